"""A Python source as bytes and tree at once: string tokens are changed in place.

Only the text between a token's quotes is ever replaced. Encoding, byte-order mark,
newlines, comments and layout stay byte for byte, and each result is parsed again
and compared with what was meant before it is handed out.
"""

import ast
import codecs
import re

from oneleaf.reading import tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    Key = tuple[str, str]
    Edit = tuple[int, int, bytes]

_NEWLINE = re.compile(rb"\r\n|\r|\n")
_COOKIE = re.compile(rb"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_TOKEN = re.compile(
    rb"""([rbu]{0,2})('{3}|"{3}|'|")(?:\\.|(?!\2)[^\\])*\2""", re.DOTALL | re.IGNORECASE
)


class CannotRewrite(Exception):
    """The source is of a form that cannot be changed safely; nothing was changed.

    line: line of the source, from 1. reason: a clause without a full stop.
    """

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line
        self.reason = reason


class Text:
    """A source in the form that ``ast`` counts in: UTF-8, without byte-order mark.

    starts: offset in ``body`` of each line. Lines end at LF, CR LF and CR only, as
    in Python's lexical analysis, 2.1.2; a form feed or U+2028 ends none.
    """

    __slots__ = ("body", "bom", "encoding", "starts")

    def __init__(self, source: bytes) -> None:
        self.bom = codecs.BOM_UTF8 if source.startswith(codecs.BOM_UTF8) else b""
        self.body = source[len(self.bom) :]
        self.encoding = "utf-8" if self.bom else _declared_encoding(self.body)
        if self.encoding != "utf-8":
            self.body = self._converted(self.body, self.encoding, "utf-8")
            if self._converted(self.body, "utf-8", self.encoding) != source:
                raise CannotRewrite(1, f"{self.encoding} text would not survive")
        self.starts = [0, *(match.end() for match in _NEWLINE.finditer(self.body))]

    @staticmethod
    def _converted(source: bytes, encoding: str, other: str) -> bytes:
        try:
            return source.decode(encoding).encode(other)
        except (LookupError, UnicodeError):
            raise CannotRewrite(1, f"cannot turn {encoding} into {other}") from None

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Offsets in ``body`` of the node's first byte and behind its last."""
        last = node.end_lineno or node.lineno
        stop = self.starts[last - 1] + (node.end_col_offset or 0)
        return self.starts[node.lineno - 1] + node.col_offset, stop

    def string_edit(self, node: ast.expr, new: str) -> "Edit":
        """The edit that makes ``node`` mean ``new``; the node is changed with it.

        Quotes and prefix stay. Raises CannotRewrite for anything but one token.
        """
        start, stop = self.span(node)
        token = _TOKEN.fullmatch(self.body, start, stop)
        if not isinstance(node, ast.Constant) or token is None:
            raise CannotRewrite(node.lineno, f"the string for {new} is not one token")
        prefix, quotes = token[1].lower(), token[2]
        content = escaped(new, quotes[:1].decode())
        if not new.isprintable() or (b"r" in prefix and content != new):
            raise CannotRewrite(node.lineno, f"{new!r} cannot be written there")
        node.value = new.encode() if b"b" in prefix else new
        opening = start + token.end(2) - token.start()
        return opening, stop - len(quotes), content.encode()

    def edited(self, edits: "Iterable[Edit]") -> bytes:
        """The file's bytes with each (start, stop, replacement) of ``body`` done.

        Raises CannotRewrite for edits that overlap, and for text that the file's
        encoding cannot hold.
        """
        body, end = self.body, len(self.body)
        for start, stop, replacement in sorted(edits, reverse=True):
            if stop > end:
                raise CannotRewrite(1, "two edits of one place")
            body, end = body[:start] + replacement + body[stop:], start
        if self.encoding == "utf-8":  # may hold other bytes, outside a class head
            return self.bom + body
        return self._converted(body, "utf-8", self.encoding)


def _declared_encoding(body: bytes) -> str:
    """Python's name of the encoding a comment in the first two lines names.

    Python's lexical analysis, 2.1.4; suffixes such as ``-unix`` as it reads them.
    """
    for line in _NEWLINE.split(body, maxsplit=2)[:2]:
        if cookie := _COOKIE.match(line):
            name = cookie[1].decode("ascii", "replace").lower().replace("_", "-")
            family = re.match(r"(utf-8|latin-1|iso-8859-1|iso-latin-1)(-|$)", name)
            try:
                return codecs.lookup(family[1] if family else name).name
            except LookupError:
                raise CannotRewrite(1, f"unknown encoding {name}") from None
        if line.strip() and not line.lstrip().startswith(b"#"):
            break
    return "utf-8"


def escaped(value: str, quote: str) -> str:
    """``value`` as it stands between quotes of that kind."""
    return value.replace("\\", "\\\\").replace(quote, "\\" + quote)


def parse(body: bytes) -> ast.Module:
    """The tree of UTF-8 code. Raises CannotRewrite with the line that is wrong."""
    try:
        return tree.parse(body.decode())
    except UnicodeDecodeError as error:
        line = len(_NEWLINE.findall(body, 0, error.start)) + 1
        raise CannotRewrite(line, "not UTF-8") from None
    except tree.NotPython as error:
        raise CannotRewrite(error.line, f"not Python: {error.said}") from None


def require_same(meant: ast.Module, result: ast.Module, line: int) -> None:
    """Raises CannotRewrite unless both trees say the same. line: what to blame."""
    try:
        same = ast.dump(meant) == ast.dump(result)
    except RecursionError:
        same = False
    if not same:
        raise CannotRewrite(line, "the edit would change more than the name")
