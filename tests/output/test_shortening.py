"""Text in so many columns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneleaf.output.terminal import columns, cut, padded


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("short", 5, "short"),
        ("0001_initial", 8, "000..ial"),
        ("0001_initial", 7, "00..ial"),
        ("0001_initial", 2, ".."),
        ("0001_initial", 1, "."),
        ("0001_initial", 0, ""),
        ("木木木木", 6, "木..木"),
        ("", 0, ""),
    ],
)
def test_the_middle_is_left_out(text: str, width: int, expected: str) -> None:
    assert cut(text, width) == expected


@given(st.text(), st.integers(0, 40))
def test_what_is_cut_fits(text: str, width: int) -> None:
    assert columns(cut(text, width)) <= width
    if columns(text) <= width:
        assert cut(text, width) == text
        assert columns(padded(text, width)) == width


def test_wide_characters_take_two_columns_and_accents_none() -> None:
    assert columns("木") == 2
    assert columns("e\u0301") == 1
