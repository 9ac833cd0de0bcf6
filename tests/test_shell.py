"""A path or a label becomes one word of a command that can be pasted."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneleaf.shell import quoted, word


@pytest.mark.parametrize(
    ("path", "pasted"),
    [
        ("shop/migrations/0002_x.py", "shop/migrations/0002_x.py"),
        ("a b/$(x).py", "'a b/$(x).py'"),
        ("it's.py", "'it'\\''s.py'"),
        ("-rf/x.py", "./-rf/x.py"),
        ("", "''"),
    ],
)
def test_a_path_is_pasted_as_one_word(path: str, pasted: str) -> None:
    assert word(path) == pasted


def test_text_that_begins_with_a_dash_is_left_as_it_is() -> None:
    assert quoted("-n x") == "'-n x'"


@given(st.text(st.characters(exclude_characters="\0", codec="utf-8")))
def test_a_shell_reads_any_text_back(text: str) -> None:
    assert shlex.split(quoted(text)) == [text]
