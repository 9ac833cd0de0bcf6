"""The tree of a Python file: made silently, or refused with a line and a reason."""

from __future__ import annotations

import pytest

from oneleaf.reading.tree import NotPython, parse


@pytest.mark.parametrize(
    "source",
    [
        b'PATTERN = "\\d"\n',
        b"print(1 is 1)\n",
        "NAME = 'é'\n",
        "# coding: latin-1\nNAME = 'é'\n".encode("latin-1"),
        b"\xef\xbb\xbfNAME = 1\r\n",
    ],
    ids=["invalid escape", "odd comparison", "text", "latin-1", "byte-order mark"],
)
def test_what_python_accepts_has_a_tree_and_nothing_is_printed(
    source: bytes | str,
) -> None:
    assert len(parse(source).body) == 1


@pytest.mark.parametrize(
    ("source", "lines", "reason"),
    [
        (b"x = 1\ny = = 2\n", {2}, "cannot parse it: invalid syntax"),
        ("x = 1\ny = '\0'\n", {1, 2}, "null byte"),
        (b"# coding: klingon\n", {1}, "klingon"),
        (b"x = " + b"[" * 5000, {1}, "(too many|too deeply)"),
    ],
    ids=["syntax", "null byte", "encoding", "deep"],
)
def test_what_python_refuses_is_one_error(
    source: bytes | str, lines: set[int], reason: str
) -> None:
    with pytest.raises(NotPython, match=reason) as caught:
        parse(source)
    assert caught.value.line in lines
