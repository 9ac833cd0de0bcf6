"""The plain door agrees with ``tomllib`` whenever it answers."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from oneleaf import toml_section

if sys.version_info >= (3, 11):
    from tomllib import loads
else:
    from tomli import loads


def truth(text: str) -> object:
    """The section as ``tomllib`` reads it; ValueError's class where it refuses."""
    try:
        section = loads(text).get("tool", {})
    except ValueError:
        return ValueError
    section = section.get("oneleaf", {}) if isinstance(section, dict) else ValueError
    return section if isinstance(section, dict) else ValueError


def plain(text: str) -> object:
    """What the plain door says; None where it leaves the answer to ``tomllib``."""
    try:
        return toml_section.read_plain(text)
    except toml_section._NotPlain:
        return None


def normal(text: str) -> dict[str, Any]:
    """What the plain door says of a text it must know."""
    found = plain(text)
    assert isinstance(found, dict)
    assert found == truth(text)
    return found


PLAIN = {
    "empty": "[tool.oneleaf]\n",
    "a string": "[tool.oneleaf]\nlockfile = 'x'\n",
    "without a final newline": "[tool.oneleaf]\nlockfile = 'x'",
    "CR LF": "[tool.oneleaf]\r\nlockfile = 'x'\r\n",
    "comments": "# a\n[tool.oneleaf] # b\n# c\nlockfile = 'x' # d\n",
    "a list on a line": "[tool.oneleaf]\nignore = ['a', \"b\",]\n",
    "a list over lines": "[tool.oneleaf]\nignore = [ # a\n  'a', # b\n\n  # c\n  'b'\n]\n",
    "an empty list": "[tool.oneleaf]\nignore = []\n",
    "an inline table": "[tool.oneleaf]\napps = { 'a/b' = 'c', d = \"e\" }\n",
    "an empty inline table": "[tool.oneleaf]\napps = {}\n",
    "a table": "[tool.oneleaf]\n[tool.oneleaf.apps]\n'a/b' = 'c'\n[project]\nname = 'x'\n",
    "a table alone": "[tool.oneleaf.allow-changed]\n'a' = 'b'\n",
    "other tools' tables": "[tool.a]\nx = 1\n[[tool.b]]\n[tool.oneleaf]\nupstream = 'u'\n[c]\n",
    "a hash in a string": "[tool.oneleaf]\nupstream = 'a#b'\n",
    "another tool's long literal": (
        "[tool.black]\nexclude = '''\n(a\\.b\n[tool.oneleaf]\n)\n''' # c\n[tool.oneleaf]\n"
        "upstream = 'u'\n"
    ),
    "another tool's long string": (
        '[a]\nb.c = """d\n[tool.oneleaf]\n"""\n[tool.oneleaf]\nupstream = "u"\n'
    ),
    "another tool's long string on a line": (
        "[a]\nb = '''c'''\n[tool.oneleaf]\nupstream = 'u'\n"
    ),
    "a backslash in single quotes": "[tool.oneleaf]\nupstream = 'a\\b'\n",
}


@pytest.mark.parametrize("text", PLAIN.values(), ids=PLAIN.keys())
def test_what_people_write_goes_through_the_plain_door(text: str) -> None:
    normal(text)


ODD = {
    "a basic string with an escape": '[tool.oneleaf]\nupstream = "a\\u0062"\n',
    "a long string": "[tool.oneleaf]\nupstream = '''a\nb'''\n",
    "a dotted key": "[tool.oneleaf]\napps.shop = 'x'\n",
    "a dotted key above": "[tool]\noneleaf.upstream = 'x'\n",
    "a quoted header": "[tool.'oneleaf']\nupstream = 'x'\n",
    "a spaced header": "[ tool . oneleaf ]\nupstream = 'x'\n",
    "an inline section": "[tool]\noneleaf = { upstream = 'x' }\n",
    "an inline section of the top": "tool = { oneleaf = { upstream = 'x' } }\n",
    "a section of the top": "tool.oneleaf.upstream = 'x'\n",
    "an array of tables": "[[tool.oneleaf]]\nupstream = 'x'\n",
    "a header inside a string": 'x = """\n[tool.oneleaf]\nupstream = 1\n"""\n',
    "a header inside a literal": "x = '''\n[tool.oneleaf]\nupstream = 1\n'''\n",
    "a header inside a string of a table": (
        '[tool.oneleaf]\nupstream = "x"\n[a]\ny = """\n[tool.oneleaf.apps]\n"""\n'
    ),
    "an escaped quote in a long string": (
        '[a]\nb = """\\"""\n[tool.oneleaf]\n"""\n[tool.oneleaf]\nupstream = "u"\n'
    ),
    "four quotes": ("[a]\nb = '''c''''\n[tool.oneleaf]\nupstream = 'u'\n"),
    "a long string in a list": (
        "[a]\nb = ['''\n[tool.oneleaf]\nx = 1\n''']\n[tool.oneleaf]\nupstream = 'u'\n"
    ),
    "a long string that does not end": "[a]\nb = '''\n[tool.oneleaf]\n",
    "the table twice": "[tool.oneleaf]\nupstream = 'a'\n[tool.oneleaf]\nignore = []\n",
    "the empty table twice": "[tool.oneleaf]\n[tool.oneleaf]\nignore = []\n",
    "a table twice": "[tool.oneleaf.apps]\n[tool.oneleaf.apps]\n",
    "an inline table and a table": (
        "[tool.oneleaf]\napps = {}\n[tool.oneleaf.apps]\na = 'b'\n"
    ),
    "the table behind its own": "[tool.oneleaf.apps]\na = 'b'\n[tool.oneleaf]\nignore = []\n",
    "a key of a table that comes below": "[tool.oneleaf.apps]\n[tool.oneleaf]\napps = {}\n",
    "a list that spans a header": "[a]\nx = [\n[tool.oneleaf]\n]\n",
    "a list of other tools over a header": "[a]\nx = [\n  ['b'],\n  ['oneleaf'],\n]\n",
    "other values": "[tool.oneleaf]\nupstream = 1\n",
    "a date": "[tool.oneleaf]\nupstream = 1979-05-27\n",
    "a nested list": "[tool.oneleaf]\nignore = [['a']]\n",
    "a trailing comma in an inline table": "[tool.oneleaf]\napps = { a = 'b', }\n",
    "two commas": "[tool.oneleaf]\nignore = ['a',,'b']\n",
    "a leading comma": "[tool.oneleaf]\nignore = [,'a']\n",
    "no comma": "[tool.oneleaf]\nignore = ['a' 'b']\n",
    "text behind a value": "[tool.oneleaf]\nupstream = 'a' b\n",
    "text behind a header": "[tool.oneleaf] b\n",
    "a control character": "[tool.oneleaf]\nupstream = 'a\x01'\n",
    "a control character in a comment": "[tool.oneleaf]\n# a\x01\nupstream = 'a'\n",
    "a control character elsewhere": "[a]\nb = 'c\x01'\n[tool.oneleaf]\nupstream = 'a'\n",
    "a lone CR": "[tool.oneleaf]\nupstream = 'a'\rignore = []\n",
    "a vertical tab": "[tool.oneleaf]\nupstream = 'a'\x0b\n",
    "a no-break space": "[tool.oneleaf]\nupstream\xa0= 'a'\n",
    "a no-break space in front": "\xa0[tool.oneleaf]\nupstream = 'a'\n",
    "a line separator": "[tool.oneleaf]\nupstream = 'a\u2028b'\n",
    "a byte order mark": "\ufeff[tool.oneleaf]\nupstream = 'a'\n",
    "no equals sign": "[tool.oneleaf]\nupstream: 'a'\n",
    "no key": "[tool.oneleaf]\n= 'a'\n",
    "an empty key": "[tool.oneleaf]\n'' = 'a'\n",
    "a key of digits": "[tool.oneleaf]\n12 = 'a'\n",
    "a bare key beyond ASCII": "[tool.oneleaf]\nä = 'a'\n",
    "broken further down": "[tool.oneleaf]\nupstream = 'a'\n[b\n",
    "broken above": "[b\n[tool.oneleaf]\nupstream = 'a'\n",
    "an open list": "[tool.oneleaf]\nignore = ['a'\n",
    "an open inline table": "[tool.oneleaf]\napps = { a = 'b'\n",
    "an unknown table": "[tool.oneleaf.rules]\na = 'b'\n",
    "a deeper table": "[tool.oneleaf.apps.a]\nb = 'c'\n",
    "another tool of that name": "[tool.oneleaf2]\nupstream = 'a'\n",
    "a name elsewhere": "[project]\nname = 'oneleaf'\n",
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD.keys())
def test_odd_text_is_answered_as_tomllib_does_or_not_at_all(text: str) -> None:
    found = plain(text)
    assert found is None or agrees(found, text)


def agrees(found: object, text: str) -> bool:
    """Whether the answer is right: ``tomllib``'s, where that reads the file.

    Where it does not, because of a fault in another tool's table, its answer for the
    file without those tables: that fault is theirs to report.
    """
    expected = truth(text)
    return found == (truth(own_part(text)) if expected is ValueError else expected)


def own_part(text: str) -> str:
    """The lines that begin the file, and those of oneleaf's tables."""
    kept = []
    own = True
    for line in text.split("\n"):
        if line.lstrip(" \t").startswith("["):
            own = "oneleaf" in line
        if own:
            kept.append(line)
    return "\n".join(kept)


LINES = st.sampled_from(
    [
        "[tool.oneleaf]",
        "[tool.oneleaf.apps]",
        "[tool.oneleaf.allow-changed]",
        "[tool.black]",
        "[[tool.x]]",
        "[tool]",
        "upstream = 'a'",
        'upstream = "b"',
        "lockfile = 'c' # d",
        "ignore = ['a',",
        "'b'",
        "]",
        "ignore = []",
        "ignore = ['x', 'y']",
        "apps = { a = 'b' }",
        "apps = {}",
        "'a/b' = 'c'",
        "a.b = 'c'",
        "oneleaf = 1",
        "oneleaf.apps = {}",
        'x = """',
        'y = """a"""',
        "b = '''c\\''' # d",
        "x = '''",
        '"""',
        "'''",
        "x = [",
        "# oneleaf",
        "",
        "  ",
        "\t",
    ]
)
ALPHABET = st.text(st.sampled_from("ab='\"[]{},.# \t\n\r\\\x01é\u2028-_1"), max_size=12)


@given(st.lists(LINES, max_size=8).map("\n".join))
@example("[tool.oneleaf]\nx = [\n[tool.oneleaf.apps]\n]")
def test_lines_in_any_order_agree(text: str) -> None:
    found = plain(text)
    assert found is None or agrees(found, text)


@given(ALPHABET, ALPHABET)
def test_any_value_agrees(key: str, value: str) -> None:
    text = f"[tool.oneleaf]\n{key} = {value}\n"
    found = plain(text)
    assert found is None or agrees(found, text)


@given(
    st.dictionaries(
        st.sampled_from(["upstream", "lockfile"]),
        st.text(st.characters(codec="utf-8"), max_size=8),
    )
)
def test_every_string_that_toml_can_write_is_read_back(values: dict[str, str]) -> None:
    lines = [f"{key} = {_basic(value)}" for key, value in values.items()]
    text = "\n".join(["[tool.oneleaf]", *lines, ""])
    assert toml_section.read(text) == values


def _basic(value: str) -> str:
    """A TOML basic string."""
    escaped = "".join(
        c if c.isprintable() and c not in '"\\' else f"\\U{ord(c):08x}" for c in value
    )
    return f'"{escaped}"'


def test_a_file_without_the_word_is_not_even_read() -> None:
    assert toml_section.read("[[[ no toml at all") == {}


def test_without_a_toml_reader_plain_forms_still_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("tomllib", "tomli"):
        monkeypatch.setitem(sys.modules, name, None)
    assert toml_section.read("[tool.oneleaf]\nupstream = 'a'\n") == {"upstream": "a"}
    with pytest.raises(ImportError):
        toml_section.read('[tool.oneleaf]\nupstream = "\\u0061"\n')
