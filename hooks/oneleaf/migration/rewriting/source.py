"""A migration file read for editing: its bytes, its tree, what its attributes hold.

Only the text between a string token's quotes is ever replaced. Encoding, byte-order
mark, newlines, comments and layout stay byte for byte, and each result is parsed again
and compared with what was meant before it is handed out.
"""

import ast
import codecs
import re

from oneleaf.migration.reading import tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    Key = tuple[str, str]
    Edit = tuple[int, int, bytes]
    Entry = tuple[ast.expr, ast.expr]


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


OWN = "Migration."
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.expr)
_CLASS = re.compile(rb"class[ \t]+Migration\b")
_OPERATIONS = re.compile(rb"[ \t]+operations[ \t]*[:=]")
_BEYOND = re.compile(
    rb"<{7}|>{7}|(?:[ \t]+|Migration\.)(?:dependencies|run_before|replaces)[ \t]*[:=+.]"
)


class File:
    """A migration file: its text, its tree, its classes called Migration.

    values: name -> all expressions that are assigned or added to it; ``Migration.x``
    for the classes' own. A name can stand for several: all of them are edited.
    """

    __slots__ = ("classes", "head_only", "source", "text", "tree", "values")

    def __init__(self, source: bytes) -> None:
        self.source = source
        self.text = Text(source)
        self.tree, self.head_only = _tree(self.text.body)
        module = list(_statements(self.tree.body))
        self.classes = [
            statement
            for statement in module
            if isinstance(statement, ast.ClassDef) and statement.name == "Migration"
        ]
        self.values: dict[str, list[ast.expr]] = {}
        self._collect(module, "")
        for found in self.classes:
            self._collect(_statements(found.body), OWN)

    def _collect(self, statements: "Iterable[ast.stmt]", prefix: str) -> None:
        for statement in statements:
            for name, value in assigned(statement):
                self.values.setdefault(prefix + name, []).append(value)

    def named(self, name: str) -> list[ast.expr]:
        """All that a name used in the class can stand for."""
        return [*self.values.get(OWN + name, ()), *self.values.get(name, ())]

    def entries(self, *attributes: str) -> "list[Entry]":
        """(list or tuple, entry) of what stands in the attributes, each entry once.

        Raises CannotRewrite for a name that cannot be looked up.
        """
        seen: set[str] = set()
        found = [
            entry
            for name in attributes
            for value in self.values.get(OWN + name, ())
            for entry in self._unfolded(value, seen)
        ]
        return list({id(entry): (holder, entry) for holder, entry in found}.values())

    def _unfolded(self, value: ast.expr, seen: set[str]) -> "Iterator[Entry]":
        if isinstance(value, (ast.List, ast.Tuple)):
            for entry in value.elts:
                if isinstance(entry, ast.Starred):
                    yield from self._unfolded(entry.value, seen)
                else:
                    yield value, entry
        elif isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
            yield from self._unfolded(value.left, seen)
            yield from self._unfolded(value.right, seen)
        elif isinstance(value, ast.IfExp):
            yield from self._unfolded(value.body, seen)
            yield from self._unfolded(value.orelse, seen)
        elif isinstance(value, ast.Name):
            if self.head_only:
                raise CannotRewrite(value.lineno, f"{value.id} cannot be looked up")
            values = [] if value.id in seen else self.named(value.id)
            seen.add(value.id)
            for each in values:
                yield from self._unfolded(each, seen)
        else:
            yield value, value

    def pair(self, entry: ast.expr, wanted: "Iterable[Key]") -> "Key | None":
        """The (app label, migration name) the entry means, None for anything else.

        Raises CannotRewrite where a name of ``wanted`` stands in an entry that
        cannot be read.
        """
        if isinstance(entry, ast.Tuple) and len(entry.elts) == 2:
            label, name = (self._string(element, 0) for element in entry.elts)
            if label is not None and name is not None:
                return label, name
        names = {name for _, name in wanted}
        for node in ast.walk(entry):
            if isinstance(node, ast.Constant) and node.value in names:
                raise CannotRewrite(
                    node.lineno, f"{node.value} stands in a computation"
                )
        return None

    def _string(self, node: ast.expr, depth: int) -> "str | None":
        if isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)):
            value = node.value
            return value if isinstance(value, str) else value.decode("latin-1")
        parts: list[ast.expr] = []
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            parts = [node.left, node.right]
        elif isinstance(node, ast.JoinedStr):
            parts = node.values
        elif isinstance(node, ast.Name) and depth < 9:
            parts = self.named(node.id)[:1]
        strings = [self._string(part, depth + 1) for part in parts]
        texts = [string for string in strings if string is not None]
        return "".join(texts) if parts and len(texts) == len(parts) else None

    def renamed(
        self, entries: "Iterable[ast.expr]", renames: "Mapping[Key, Key]"
    ) -> bytes:
        """The source with those of the entries renamed that are in ``renames``.

        Raises CannotRewrite for a name that is not one string token.
        """
        pairs = [(entry, self.pair(entry, renames)) for entry in entries]
        edits = []
        line = 1
        for entry, old in pairs:
            if old is None or old not in renames or not isinstance(entry, ast.Tuple):
                continue
            line = entry.lineno
            for node, before, after in zip(entry.elts, old, renames[old], strict=True):
                if before != after:
                    edits.append(self.text.string_edit(node, after))
        return self.edited(edits, line)

    def edited(self, edits: "Iterable[Edit]", line: int) -> bytes:
        """The edits done, and proved to mean what ``tree`` says by now.

        line: what to blame. Raises CannotRewrite where they would mean anything else.
        """
        result = self.text.edited(edits)
        require_same(self.tree, _tree(Text(result).body)[0], line)
        return result


def _tree(body: bytes) -> tuple[ast.Module, bool]:
    """The tree, and whether it is of the class head alone, since the rest is not Python."""
    try:
        return parse(body), False
    except CannotRewrite as error:
        return parse(_class_head(body, error)), True


def _class_head(body: bytes, error: CannotRewrite) -> bytes:
    """``body`` with all lines emptied but those from ``class Migration`` to ``operations``."""
    lines = re.findall(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z", body)
    first = [number for number, line in enumerate(lines) if _CLASS.match(line)]
    last = [number for number, line in enumerate(lines) if _OPERATIONS.match(line)]
    last = [number for number in last if number > min(first, default=0)]
    if len(first) != 1 or not last:
        raise error
    head = range(first[0], last[0])
    if any(_BEYOND.match(lines[n]) for n in range(len(lines)) if n not in head):
        raise error
    return b"".join(
        line if number in head else line[len(line.rstrip(b"\r\n")) :]
        for number, line in enumerate(lines)
    )


def _statements(nodes: "Iterable[ast.AST]") -> "Iterator[ast.stmt]":
    """The statements of a body, those under ``if``, ``for``, ``try``, ``with`` too."""
    waiting = [*nodes][::-1]  # no recursion: each elif is one level deeper
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.stmt):
            yield node
        if not isinstance(node, _DEFINITIONS):
            waiting += [*ast.iter_child_nodes(node)][::-1]


def assigned(statement: ast.stmt) -> "Iterator[tuple[str, ast.expr]]":
    """Names a statement assigns or adds to, and what: ``=``, ``+=``, ``.append()``…"""
    targets: list[ast.expr] = []
    value: ast.expr | None = None
    if isinstance(statement, ast.Assign):
        targets, value = statement.targets, statement.value
    elif isinstance(statement, (ast.AnnAssign, ast.AugAssign)):
        targets, value = [statement.target], statement.value
    elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        call = statement.value
        if isinstance(call.func, ast.Attribute) and call.args:
            targets, value = [call.func.value], call.args[-1]
            if call.func.attr in ("append", "insert"):
                value = ast.copy_location(ast.List([value], ast.Load()), value)
    for target in targets:
        if value is None:
            continue
        if isinstance(target, ast.Name):
            yield target.id, value
        elif isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
            yield f"{target.value.id}.{target.attr}", value
