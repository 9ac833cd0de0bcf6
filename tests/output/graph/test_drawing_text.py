"""Drawings for a terminal: what fits, what is cut, what is told."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneleaf.output.graph import layout, text
from oneleaf.output.graph.rows import AppHistory, DrawnRow
from oneleaf.output.terminal import columns
from random_rows import SIDES, rows

COLORS = re.compile(r"\033\[[0-9;]*m")


def history(found: list[DrawnRow], **others: object) -> AppHistory:
    values: dict[str, object] = {
        "label": "shop",
        "place": "",
        "count": len(found),
        "replaced": 0,
        "leaves": (),
        "faults": (),
        "notes": (),
        "rows": tuple(layout.arranged(found)[0]),
    }
    return AppHistory(**{**values, **others})  # type: ignore[arg-type]


def render(
    *histories: AppHistory, width: int = 80, unicode: bool = True, colored: bool = False
) -> str:
    return text.render(
        histories, text.TextStyle(width, colored=colored, unicode=unicode)
    )


def lines(*found: DrawnRow, width: int = 80, unicode: bool = True) -> list[str]:
    shown = render(history(list(found)), width=width, unicode=unicode)
    return shown.split("\n")[1:-1]


ANY = st.text(max_size=90)


@given(
    rows(named=True),
    ANY,
    st.integers(40, 120),
    st.booleans(),
    st.lists(ANY, max_size=3),
)
def test_no_line_is_wider_than_asked(
    found: list[DrawnRow], label: str, width: int, unicode: bool, notes: list[str]
) -> None:
    told = history(
        found,
        label=label,
        place=label,
        faults=("2 leaf nodes", "number 0002 twice"),
        notes=tuple((note, note) for note in notes),
        leaves=tuple(row.key for row in found),
    )
    style = text.TextStyle(width, colored=True, unicode=unicode)
    for shown in (text.render([told], style), text.render_list([told], style)):
        for line in shown.split("\n"):
            plain = COLORS.sub("", line)
            assert columns(plain) <= width, plain
            assert plain.isprintable()
            assert unicode or plain.isascii()


@given(rows(named=True), st.integers(40, 120))
def test_every_migration_has_one_line(found: list[DrawnRow], width: int) -> None:
    shown = render(history(found), width=width)
    marks = sum(line.count("●") + line.count("○") for line in shown.split("\n"))
    names = "".join(row.key for row in found)
    if "●" not in names and "○" not in names:
        assert marks == len(found)


def test_what_is_told_stands_in_a_column() -> None:
    assert lines(
        DrawnRow("0001_initial", (), SIDES[1]),
        DrawnRow("0002_item", ("0001_initial",), SIDES[1], is_told=True),
        DrawnRow("0003_a_longer_name", ("0002_item",), SIDES[4], is_told=True),
    ) == [
        "○ 0003_a_longer_name  theirs (feature), local",
        "● 0002_item           published (origin/main)",
        "● 0001_initial",
    ]


def test_long_names_are_cut_in_the_middle() -> None:
    shown = lines(DrawnRow("0001_" + "x" * 100 + "_end"), width=40)
    assert shown == ["● 0001_xxxxxxxxxxxxx..xxxxxxxxxxxxxx_end"]


def test_a_long_branch_name_leaves_room_for_the_migration() -> None:
    [shown] = lines(DrawnRow("0001_initial", (), SIDES[2], is_told=True))
    assert shown == "○ 0001_initial  local (feature/a-l..of-a-branch)"


def test_a_squash_is_one_row_that_says_how_many_it_replaces() -> None:
    [shown] = lines(DrawnRow("0001_squashed_0004_" + "x" * 90, replaces=4))
    assert shown.endswith("x  (replaces 4)")
    assert columns(shown) == 80


def test_a_fold_names_its_ends() -> None:
    found = [DrawnRow("0000_m")]
    found += [DrawnRow(f"{n:04}_m", (f"{n - 1:04}_m",)) for n in range(1, 40)]
    shown = render(layout.shortened(history(found))).split("\n")
    assert "⋮ 27 more (0003_m … 0029_m)" in shown
    ascii_only = render(layout.shortened(history(found)), unicode=False)
    assert ": 27 more (0003_m .. 0029_m)" in ascii_only.split("\n")


def test_what_a_row_needs_of_other_apps_stands_where_there_is_room() -> None:
    needs = tuple(f"people.000{n}_with_a_name" for n in range(1, 5))
    [shown] = lines(DrawnRow("0001_initial", needs=needs))
    assert shown.endswith("needs people.0001_with_a_name, people.0002_with_a_name +2")
    [shown] = lines(DrawnRow("0001_initial", needs=needs), width=50)
    assert shown.endswith("needs people.0001_with_a_name +3")
    [shown] = lines(DrawnRow("0001_" + "x" * 40, needs=needs), width=50)
    assert shown == "● 0001_" + "x" * 40


def test_a_name_cannot_move_the_cursor() -> None:
    [shown] = lines(DrawnRow("0001_\x1b[2J\n\u202e"))
    assert shown == "● 0001_\\x1b[2J\\n\\u202e"


def test_colours_are_asked_for() -> None:
    found = history([DrawnRow("0001_a", (), SIDES[2], faults=("leaf node",))])
    assert "\033[" not in render(found)
    assert "\033[1;31m0001_a\033[0m" in render(found, colored=True)


def test_commands_in_hints_are_not_broken() -> None:
    hint = "run `oneleaf rebase shop` to move yours behind the published one, or `oneleaf merge shop` where both are"
    shown = render(history([DrawnRow("a")], notes=(("", hint),)))
    assert "`oneleaf merge shop`" in shown


def test_more_branches_than_fit_are_listed_with_what_they_follow() -> None:
    found = [
        DrawnRow("0001_a"),
        *(DrawnRow(f"0002_{n}", ("0001_a",)) for n in range(30)),
    ]
    found += [DrawnRow("0003_merge", tuple(f"0002_{n}" for n in range(30)))]
    shown = render(history(found))
    assert "30 branches" in shown
    assert re.search(r"^● 0002_7 +after 0001_a$", shown, re.MULTILINE)
    assert "├" not in shown
    assert "├" in render(history(found), width=120)


@pytest.mark.parametrize("unicode", [True, False])
def test_a_wide_script_takes_its_columns(unicode: bool) -> None:
    [shown] = lines(DrawnRow("0001_" + "木" * 60), unicode=unicode)
    assert columns(shown) <= 80


def test_a_list_has_a_line_for_each_app() -> None:
    style = text.TextStyle(80, colored=False, unicode=True)
    cart = history([DrawnRow("0001_initial")], label="cart", leaves=("0001_initial",))
    shop = history([], count=12, leaves=("0012_color",))
    assert text.render_list([cart, shop], style) == (
        "cart   1 migration  0001_initial\nshop  12 migrations  0012_color\n"
    ).replace("cart   1 migration  ", "cart    1 migration  ")
