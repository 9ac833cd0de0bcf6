"""Reads ``[tool.oneleaf]`` out of a pyproject.toml.

The fast door reads the plain forms people write in such a section: strings, lists
of strings, tables of strings. Importing ``tomllib`` would take longer than the
check, and Python 3.10 has none. Whatever the door does not know goes to the slow
twin, ``tomllib``; a test holds that they agree.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_TABLES = ("apps", "allow-changed")
_BARE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")

_BLANKS = " \t"


class _NotPlain(Exception):
    """The text is not in the plain form; ``tomllib`` decides."""


def read(text: str) -> "dict[str, Any]":
    """The section as TOML's values; empty where the file has none.

    text: the whole file. Raises ValueError for invalid TOML, and ImportError where
    the section is not in the plain form and this Python has no TOML reader.
    """
    if "oneleaf" not in text:
        return {}
    try:
        return read_plain(text)
    except _NotPlain:
        return read_whole(text)


def read_whole(text: str) -> "dict[str, Any]":
    """The slow twin: the whole file through the standard library.

    Raises ValueError for invalid TOML, ImportError where this Python has no reader of
    it.
    """
    try:
        import tomllib as toml
    except ImportError:
        import tomli as toml  # type: ignore[import-not-found,no-redef,unused-ignore]

    section = toml.loads(text).get("tool", {}).get("oneleaf", {})
    if not isinstance(section, dict):
        msg = "tool.oneleaf must be a table"
        raise ValueError(msg)  # noqa: TRY004 - as tomllib's own errors
    return section


def read_plain(text: str) -> "dict[str, Any]":
    """The fast door. Raises _NotPlain for everything it does not know.

    Other tools' tables are passed over: faults in them are theirs to report.
    """
    section: dict[str, Any] = {}
    headers: list[str] = []
    table: dict[str, Any] | None = None
    lines = iter(text.replace("\r\n", "\n").split("\n"))
    for line in lines:
        stripped = line.strip(_BLANKS)
        if stripped.startswith("["):
            headers.append(_header(stripped))
            table = _table_of(headers, section)
        elif not stripped or stripped.startswith("#"):
            _end(stripped)
        elif table is not None:
            _pair(stripped, lines, table)
        elif not headers:
            raise _NotPlain  # a key of the top: it may be `tool`
        elif '"""' in line or "'''" in line:
            _skip_long_string(stripped, lines)
    return section


def _header(line: str) -> str:
    """A line that begins with ``[``, without its comment."""
    if "oneleaf" not in line:
        return line
    header, mark, comment = line.partition("#")
    _end(mark + comment)
    return header.rstrip(_BLANKS)


def _table_of(
    headers: "list[str]", section: "dict[str, Any]"
) -> "dict[str, Any] | None":
    """The table that the lines below the last header fill; None for other tools'."""
    name = headers[-1]
    if "oneleaf" not in name:
        if name.replace(" ", "").startswith(("[tool]", "[[tool]]")):
            raise _NotPlain
        return None
    if headers.count(name) > 1:
        raise _NotPlain
    if name == "[tool.oneleaf]":
        if section:
            raise _NotPlain
        return section
    for key in _TABLES:
        if name == f"[tool.oneleaf.{key}]" and key not in section:
            table: dict[str, Any] = {}
            section[key] = table
            return table
    raise _NotPlain


def _skip_long_string(line: str, lines: "Any") -> None:
    """Passes over ``key = '''...'''`` of another tool's table: it may hide a header."""
    key, _, text = line.partition("=")
    text = text.lstrip(_BLANKS)
    quotes = text[:3]
    if not _BARE.issuperset(key.replace(".", "").strip(_BLANKS)) or quotes not in (
        '"""',
        "'''",
    ):
        raise _NotPlain
    text = text[3:]
    while quotes not in text:
        following = next(lines, None)
        if following is None or (quotes == '"""' and "\\" in text):
            raise _NotPlain
        text = str(following)
    content, _, rest = text.partition(quotes)
    if quotes == '"""' and "\\" in content:
        raise _NotPlain
    _end(rest)


def _pair(line: str, lines: "Any", table: "dict[str, Any]") -> None:
    """Reads ``key = value``, a list over as many lines as it takes."""
    key, rest = _key(line)
    if key in table:
        raise _NotPlain
    if rest.startswith("["):
        table[key] = _list(rest[1:], lines)
        return
    if rest.startswith("{"):
        table[key] = _inline_table(rest[1:])
        return
    value, rest = _string(rest)
    _end(rest)
    table[key] = value


def _key(text: str) -> "tuple[str, str]":
    """A bare or quoted key; the text behind its ``=``."""
    if text[:1] in ('"', "'"):
        key, rest = _string(text)
    else:
        length = next((n for n, c in enumerate(text) if c not in _BARE), len(text))
        key, rest = text[:length], text[length:]
    rest = rest.lstrip(_BLANKS)
    if not key or not rest.startswith("="):
        raise _NotPlain
    return key, rest[1:].lstrip(_BLANKS)


def _string(text: str) -> "tuple[str, str]":
    """A string on one line without escapes; the text behind it."""
    quote = text[:1]
    if quote not in ('"', "'") or text.startswith(quote * 3):
        raise _NotPlain
    end = text.find(quote, 1)
    value = text[1:end]
    if end < 0 or not value.isprintable() or (quote == '"' and "\\" in value):
        raise _NotPlain
    return value, text[end + 1 :]


def _end(rest: str) -> None:
    rest = rest.strip(_BLANKS)
    if rest and not (rest.startswith("#") and rest.replace("\t", "").isprintable()):
        raise _NotPlain


def _list(text: str, lines: "Any") -> "list[str]":
    values: list[str] = []
    comma = True
    while True:
        text = text.lstrip(_BLANKS)
        if not text or text.startswith("#"):
            _end(text)
            following = next(lines, None)
            if following is None:
                raise _NotPlain
            text = str(following)
        elif text.startswith("]"):
            _end(text[1:])
            return values
        elif text.startswith(",") and not comma:
            comma, text = True, text[1:]
        elif comma:
            value, text = _string(text)
            values.append(value)
            comma = False
        else:
            raise _NotPlain


def _inline_table(text: str) -> "dict[str, str]":
    table: dict[str, str] = {}
    text = text.lstrip(_BLANKS)
    if text.startswith("}"):
        _end(text[1:])
        return table
    while True:
        key, text = _key(text.lstrip(_BLANKS))
        value, text = _string(text)
        if key in table:
            raise _NotPlain
        table[key] = value
        text = text.lstrip(_BLANKS)
        if text.startswith("}"):
            _end(text[1:])
            return table
        if not text.startswith(","):
            raise _NotPlain
        text = text[1:]
