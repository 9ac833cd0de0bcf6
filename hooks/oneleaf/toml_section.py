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
    """The slow twin: the whole file through the standard library."""
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
    """The fast door. Raises _NotPlain for everything it does not know."""
    section: dict[str, Any] = {}
    table: dict[str, Any] | None = None
    lines = iter(text.replace("\r\n", "\n").split("\n"))
    for line in lines:
        stripped = line.strip()
        if stripped.startswith("["):
            table = _table_of(stripped, section)
        elif table is None:
            if (
                '"""' in line
                or "'''" in line
                or "oneleaf" in stripped.partition("#")[0].partition("=")[0]
            ):
                raise _NotPlain
        elif stripped and not stripped.startswith("#"):
            _pair(stripped, lines, table)
    return section


def _table_of(header: str, section: "dict[str, Any]") -> "dict[str, Any] | None":
    """The table that the lines below ``header`` fill; None for other tools' tables."""
    name = header.partition("#")[0].strip()
    if "oneleaf" not in name:
        if name in ("[tool]", "[[tool]]"):
            raise _NotPlain
        return None
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
    rest = rest.lstrip(" \t")
    if not key or not rest.startswith("="):
        raise _NotPlain
    return key, rest[1:].lstrip(" \t")


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
    rest = rest.strip(" \t")
    if rest and not (rest.startswith("#") and rest.isprintable()):
        raise _NotPlain


def _list(text: str, lines: "Any") -> "list[str]":
    values: list[str] = []
    comma = True
    while True:
        text = text.lstrip(" \t")
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
    text = text.lstrip(" \t")
    if text.startswith("}"):
        _end(text[1:])
        return table
    while True:
        key, text = _key(text.lstrip(" \t"))
        value, text = _string(text)
        if key in table:
            raise _NotPlain
        table[key] = value
        text = text.lstrip(" \t")
        if text.startswith("}"):
            _end(text[1:])
            return table
        if not text.startswith(","):
            raise _NotPlain
        text = text[1:]
