"""Migration numbers are Django's."""

from __future__ import annotations

import pytest
from django.db.migrations.autodetector import MigrationAutodetector
from hypothesis import example, given
from hypothesis import strategies as st

from oneleaf.project.project import format_number, number

pytestmark = pytest.mark.django

NAMES = st.lists(
    st.sampled_from(
        [
            "_squashed_",
            "squashed_",
            "_squashed",
            "_",
            "0",
            "1",
            "0002",
            "x",
            "\n",
            "٣",
            "²",
            "-",
            "",
        ]
    ),
    max_size=8,
).map("".join)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("0001_initial", 1),
        ("0002_auto_20380101_1112", 2),
        ("0002_model2_squashed_0003_other4", 3),
        ("0001_squashed_v2", 1),
        ("0002_squashed_0003_squashed_0004", 4),
        ("0002_squashed_0003_squashed_more", 3),
        ("2_squashed_4", 4),
        ("no_number", None),
        ("10006_fix", 10006),
        ("00018_wide", 18),
        ("0005a_letter", 5),
        ("0007", 7),
        ("", None),
        ("_squashed_squashed_3", 3),
        ("٠٠١٢_arabic", 12),
        ("²_superscript", None),
    ],
)
def test_a_name_has_the_number_django_sees(name: str, expected: int | None) -> None:
    assert number(name) == expected
    assert MigrationAutodetector.parse_number(name) == expected


@given(NAMES | st.text())
@example("0001_squashed_\n0002_squashed_0003")
@example("a_squashed_1\nb_squashed_2")
def test_every_name_has_the_number_django_sees(name: str) -> None:
    assert number(name) == MigrationAutodetector.parse_number(name)


def test_more_digits_than_python_converts_are_no_number() -> None:
    assert number("9" * 5000) is None


@pytest.mark.parametrize(
    ("value", "width", "expected"),
    [(1, 4, "0001"), (10007, 4, "10007"), (42, 5, "00042"), (3, 1, "3")],
)
def test_a_number_is_written_with_at_least_its_width(
    value: int, width: int, expected: str
) -> None:
    assert format_number(value, width) == expected


def test_four_digits_are_the_habit() -> None:
    assert format_number(7) == "0007"
