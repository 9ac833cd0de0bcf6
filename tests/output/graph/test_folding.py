"""Folding: what is left out of a long history, and what never is."""

from __future__ import annotations

from hypothesis import given

from oneleaf.output.graph import layout
from oneleaf.output.graph.rows import DrawnRow, edges
from random_rows import SIDES, long_rows


def line(count: int) -> list[DrawnRow]:
    """A straight history, the newest first."""
    names = [f"{number:04}_m" for number in range(count)]
    return [
        DrawnRow(names[at], (names[at - 1],) if at else ())
        for at in reversed(range(count))
    ]


def reach(found: list[DrawnRow]) -> dict[str, set[str]]:
    """Key -> keys of everything below it."""
    below: dict[str, set[str]] = {}
    for row in reversed(found):
        below[row.key] = {*row.parents}.union(*(below[p] for p in row.parents))
    return below


def names(row: DrawnRow) -> tuple[str, ...]:
    return row.stretch or (row.key,)


@given(long_rows())
def test_every_migration_is_in_one_row_and_in_its_order(found: list[DrawnRow]) -> None:
    ordered, _ = layout.arranged(found)
    folded = layout.folded(ordered)
    assert [name for row in folded for name in names(row)] == [r.key for r in ordered]


@given(long_rows())
def test_what_has_something_to_tell_stays(found: list[DrawnRow]) -> None:
    ordered, _ = layout.arranged(found)
    folded = layout.folded(ordered)
    single = {row.key for row in folded if not row.stretch}
    inner = {parent for row in ordered for parent in row.parents}
    for row in ordered:
        if row.faults or row.replaces > 1 or row.key not in inner or not row.parents:
            assert row.key in single
    told = {row.key: (row.is_told, row.side) for row in ordered}
    for row in folded:
        sides = {told[name] for name in names(row) if told[name][0]}
        assert sides <= {(row.is_told, row.side)}


@given(long_rows())
def test_whatever_led_from_one_row_to_another_still_does(found: list[DrawnRow]) -> None:
    ordered, _ = layout.arranged(found)
    folded = layout.folded(ordered)
    single = {row.key for row in folded if not row.stretch}
    before, after = reach(ordered), reach(folded)
    for key in single:
        assert before[key] & single == after[key] & single


@given(long_rows())
def test_a_folded_row_without_branches_is_a_straight_line(
    found: list[DrawnRow],
) -> None:
    ordered, _ = layout.arranged(found)
    parents = {row.key: row.parents for row in ordered}
    for row in layout.folded(ordered):
        ways = [parents[name] for name in row.stretch]
        if row.stretch and not row.branches:
            assert ways == [*((name,) for name in row.stretch[1:]), row.parents]
        if row.branches:
            assert len(row.parents) == 1


def test_a_history_that_a_screen_holds_is_not_folded() -> None:
    assert layout.folded(line(28)) == line(28)


def test_500_migrations_are_14_rows() -> None:
    folded = layout.folded(line(500))
    assert [len(row.stretch) for row in folded] == [0] * 10 + [487] + [0] * 3
    assert folded[10].stretch[0] == "0489_m"
    assert folded[10].stretch[-1] == "0003_m"
    assert edges(folded)[10:12] == [("0489_m", "0002_m"), ("0002_m", "0001_m")]


def test_branches_that_met_again_are_folded_where_no_screen_holds_them() -> None:
    found = [DrawnRow("0000_m")]
    for at in range(1, 300, 3):
        before = found[-1].key
        sides = (f"{at:04}_a", f"{at:04}_b")
        found += [DrawnRow(side, (before,)) for side in sides]
        found.append(DrawnRow(f"{at:04}_merge", sides))
    folded = layout.folded(layout.arranged(found)[0])
    [row] = [row for row in folded if row.stretch]
    assert row.branches > 80
    assert len(folded) <= 16


def test_a_few_of_them_stay_as_they_are() -> None:
    found = line(40)
    found[20:21] = [DrawnRow("x", (found[21].key,)), found[20]]
    found[19] = DrawnRow(found[19].key, (found[21].key, "x"))
    folded = layout.folded(layout.arranged(found)[0])
    assert [row.branches for row in folded if row.stretch] == [0, 0]


def test_a_long_local_chain_is_folded_and_says_whose_it_is() -> None:
    local = [DrawnRow(r.key, r.parents, SIDES[2], is_told=True) for r in line(200)]
    [row] = [row for row in layout.folded(local) if row.stretch]
    assert (row.side, row.is_told) == (SIDES[2], True)
