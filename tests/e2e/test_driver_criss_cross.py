"""The merge driver in criss-cross merges, where git merges the merge bases first.

The numbers are those of the list of scenarios that ``test_driver_scenarios`` holds.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from e2e.clones import (
    LOCK,
    SHARED,
    Clone,
    Lay,
    branch,
    grow,
    marked,
    same_app,
    share,
    shared_text,
)

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def merge(clone: Clone, *words: str, ok: tuple[int, ...] = (0,)) -> str:
    return clone.git("merge", "--no-edit", *words, ok=ok)


def crossed(ours: str, theirs: str) -> Callable[[Clone], None]:
    """Both sides of ``same_app`` merged into each other, resolved to these names."""

    def side(name: str) -> Callable[[Clone], None]:
        def resolve(c: Clone) -> None:
            for parent in ("0002_color", "0002_weight"):
                c.migration("shop", parent, "0001_initial")
            if name not in ("0002_color", "0002_weight"):
                c.migration("shop", name, "0002_color", "0002_weight")
            c.write(LOCK, name + "\n")

        return resolve

    def shape(clone: Clone) -> None:
        same_app(clone)
        clone.criss_cross(side(ours), side(theirs))

    return shape


def diverged_again(clone: Clone) -> None:
    """A criss-cross of different resolutions, and a further migration on each side."""
    crossed("0003_merge", "0003_join")(clone)
    clone.bump("0004_size")
    clone.commit("main again")
    clone.git("switch", "-q", "feat")
    clone.bump("0004_price")
    clone.commit("feat again")
    clone.git("switch", "-q", "main")


def resolved_alike(clone: Clone) -> None:
    """A criss-cross of one resolution, after which ``main`` goes on."""
    crossed("0003_merge", "0003_merge")(clone)
    clone.bump("0004_size")
    clone.commit("main again")


def one_kept_the_inner_name(clone: Clone) -> None:
    """A criss-cross in which ``main`` kept the name that was its own."""
    crossed("0002_color", "0003_join")(clone)


@pytest.mark.parametrize(
    ("shape", "ours", "theirs"),
    [
        pytest.param(diverged_again, "0004_size", "0004_price", id="33-diverged"),
        pytest.param(resolved_alike, "0004_size", "0003_merge", id="35-alike"),
        pytest.param(one_kept_the_inner_name, "0002_color", "0003_join", id="36-kept"),
    ],
)
def test_a_criss_cross_of_one_app_conflicts_and_speaks_once(
    lay: Lay, shape: Callable[[Clone], None], ours: str, theirs: str
) -> None:
    """Scenarios 33, 35, 36."""
    clone = lay(shape)
    said = merge(clone, "feat", ok=(1,))
    assert [call.size for call in clone.calls()] == [9, 7]
    assert clone.stages()[2] == ours
    assert clone.stages()[3] == theirs
    assert clone.read(LOCK) == marked(ours, theirs)
    assert said.count("oneleaf: ") == 2
    assert f"ours has {ours}, theirs {theirs}" in said


@pytest.mark.parametrize("side", ["ours", "theirs"])
def test_preferring_a_side_does_not_resolve_a_criss_cross(lay: Lay, side: str) -> None:
    """Scenarios 30, 33."""
    clone = lay(diverged_again)
    merge(clone, "-X", side, "feat", ok=(1,))
    assert clone.unmerged()[LOCK] == "UU"
    assert clone.read(LOCK) == marked("0004_size", "0004_price")


def two_apps_crossed(clone: Clone) -> None:
    """Criss-cross merges of two apps in lines that touch, then each app grows again."""
    share(clone, "people: 0001_initial\nshop: 0001_initial\n", "people", "shop")
    branch(
        clone,
        grow("people: 0001_initial\nshop: 0002_color\n"),
        grow("people: 0002_age\nshop: 0001_initial\n"),
    )
    both = grow(shared_text(people="0002_age", shop="0002_color"))
    clone.criss_cross(both, both)
    clone.shared(people="0002_age", shop="0003_size")
    clone.commit("main again")
    clone.git("switch", "-q", "feat")
    clone.shared(people="0003_name", shop="0002_color")
    clone.commit("feat again")
    clone.git("switch", "-q", "main")


def test_two_apps_in_a_criss_cross_merge(lay: Lay) -> None:
    """Scenario 34."""
    clone = lay(two_apps_crossed)
    said = merge(clone, "feat")
    assert clone.read(SHARED) == shared_text(people="0003_name", shop="0003_size")
    assert "oneleaf" not in said
    assert [call.size for call in clone.calls()] == [9, 7]
