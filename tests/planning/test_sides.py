"""Who stays and who moves."""

from collections.abc import Mapping
from typing import Any

import pytest

from oneleaf.planning import sides as planning
from oneleaf.planning.sides import Sides
from oneleaf.project.project import App
from two_sides import OnUpstream

BASE = {"m/0001.py": "1"}
MAIN = {**BASE, "m/0002_main.py": "2"}
WAITING = {**MAIN, "m/0003_waiting.py": "3"}
FEATURE = {**BASE, "m/0002_feature.py": "4"}
OTHER = {**BASE, "m/0002_other.py": "5"}

PATHS = (
    "m/0001.py",
    "m/0002_main.py",
    "m/0003_waiting.py",
    "m/0002_feature.py",
    "m/0002_other.py",
)
IN_PLACE = ("rebase", "cherry-pick", "revert", "stash", "am")


Files = Mapping[str, str]  # path -> blob id

APP = App("m", "m", {})


def choose(
    kind: str,
    published: Files | None,
    waiting: Files | None,
    trees: Mapping[str, Files],
    onto: str = "",
) -> Sides:
    """The sides where upstream, and the local branch of its name, have these files."""
    known: Any = None if published is None else OnUpstream(published)
    return planning.choose(kind, known, [waiting] if waiting else [], trees, onto)


def rank_of(sides: Sides, path: str) -> int:
    return sides.rank(APP, path.removeprefix("m/").removesuffix(".py"))


def ranks(sides: Sides) -> dict[str, int]:
    return {path: rank_of(sides, path) for path in PATHS}


def local(sides: Sides) -> list[str]:
    return [path for path in PATHS if not sides.is_fixed(rank_of(sides, path))]


@pytest.mark.parametrize("kind", ["", "merge", "rebase", "cherry-pick", "stash"])
@pytest.mark.parametrize("onto", ["", "ours", "theirs"])
def test_what_is_published_stays_in_every_operation(kind: str, onto: str) -> None:
    trees = {"ours": FEATURE, "theirs": OTHER}
    sides = choose(kind, MAIN, None, trees, onto)
    assert "m/0002_main.py" not in local(sides)
    assert "m/0001.py" not in local(sides)


@pytest.mark.parametrize("ours_is_main", [True, False], ids=["on main", "on feature"])
def test_the_feature_moves_on_either_side_of_a_merge(ours_is_main: bool) -> None:
    trees = {"ours": MAIN, "theirs": FEATURE}
    if not ours_is_main:
        trees = {"ours": FEATURE, "theirs": MAIN}
    sides = choose("merge", MAIN, None, trees)
    assert "m/0002_feature.py" in local(sides)
    assert not sides.undecided(["m/0002_feature.py"])


def test_what_waits_on_the_local_branch_stands_before_other_local_ones() -> None:
    sides = choose("merge", MAIN, WAITING, {"ours": WAITING, "theirs": FEATURE})
    rank = ranks(sides)
    assert (
        rank["m/0002_main.py"] < rank["m/0003_waiting.py"] < rank["m/0002_feature.py"]
    )
    assert not sides.undecided(["m/0002_feature.py"])


@pytest.mark.parametrize("kind", IN_PLACE)
def test_where_one_side_is_applied_on_the_other_heads_own_stay(kind: str) -> None:
    sides = choose(kind, None, None, {"ours": OTHER, "theirs": FEATURE})
    assert "m/0002_other.py" not in local(sides)
    assert "m/0002_feature.py" in local(sides)


@pytest.mark.parametrize("kind", IN_PLACE)
def test_two_unpublished_sides_stand_in_the_order_they_are_applied_in(
    kind: str,
) -> None:
    rank = ranks(choose(kind, MAIN, None, {"ours": OTHER, "theirs": FEATURE}))
    assert rank["m/0002_main.py"] < rank["m/0002_other.py"] < rank["m/0002_feature.py"]


@pytest.mark.parametrize("kind", ["merge", "squash"])
def test_a_merge_of_two_unpublished_sides_is_undecided(kind: str) -> None:
    trees = {"ours": OTHER, "theirs": FEATURE} if kind == "merge" else {"ours": OTHER}
    sides = choose(kind, MAIN, None, trees)
    assert sides.undecided(["m/0002_other.py", "m/0002_feature.py"])
    assert not sides.undecided(["m/0002_other.py"])
    assert not sides.undecided(["m/0002_feature.py"])


def test_nothing_known_is_undecided() -> None:
    assert choose("merge", None, None, {"ours": OTHER, "theirs": FEATURE}).undecided([])
    assert choose("", None, None, {}).undecided([])


@pytest.mark.parametrize(
    ("onto", "stays", "moves"),
    [
        ("ours", "m/0002_other.py", "m/0002_feature.py"),
        ("theirs", "m/0002_feature.py", "m/0002_other.py"),
    ],
)
def test_the_user_decides_what_nothing_else_does(
    onto: str, stays: str, moves: str
) -> None:
    trees = {"ours": OTHER, "theirs": FEATURE}
    for published in (None, MAIN):
        sides = choose("merge", published, None, trees, onto)
        assert ranks(sides)[stays] < ranks(sides)[moves]
        assert not sides.undecided([stays, moves])
