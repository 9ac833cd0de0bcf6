"""The merge driver on a shared lockfile: app by app, whatever the text looks like.

The numbers are those of the list of scenarios that ``test_driver_scenarios`` holds.
"""

from __future__ import annotations

import pytest

from e2e.clones import (
    SHARED,
    Call,
    Clone,
    Lay,
    branch,
    grow,
    share,
    shared_text,
    unregister,
)

pytestmark = pytest.mark.e2e

CALLED = [Call(7, SHARED)]
FIRST = "0001_initial"


def merge(clone: Clone, ok: tuple[int, ...] = (0,)) -> str:
    return clone.git("merge", "--no-edit", "feat", ok=ok)


def adjacent(clone: Clone) -> None:
    """Two apps in lines that touch, each side changes one."""
    share(clone, f"people: {FIRST}\nshop: {FIRST}\n", "people", "shop")
    branch(
        clone,
        grow(f"people: {FIRST}\nshop: 0002_color\n", "0002_color"),
        grow(f"people: 0002_age\nshop: {FIRST}\n", "0002_age", "people"),
    )


def test_two_apps_in_lines_that_touch_merge(lay: Lay) -> None:
    """Scenario 3."""
    clone = lay(adjacent)
    merge(clone)
    assert clone.calls() == CALLED
    assert clone.read(SHARED) == shared_text(people="0002_age", shop="0002_color")


def test_two_apps_in_lines_that_touch_conflict_without_the_driver(lay: Lay) -> None:
    """Scenario 3."""
    clone = lay(adjacent)
    unregister(clone)
    merge(clone, ok=(1,))
    assert clone.unmerged() == {SHARED: "UU"}


def apart(clone: Clone) -> None:
    """The same with a blank line between."""
    share(clone, shared_text(people=FIRST, shop=FIRST), "people", "shop")
    branch(
        clone,
        grow(shared_text(people=FIRST, shop="0002_color"), "0002_color"),
        grow(shared_text(people="0002_age", shop=FIRST), "0002_age", "people"),
    )


def test_two_apps_with_a_blank_line_between_merge_without_the_driver(lay: Lay) -> None:
    """Scenario 4."""
    clone = lay(apart)
    unregister(clone)
    merge(clone)
    assert clone.read(SHARED) == shared_text(people="0002_age", shop="0002_color")
    assert clone.oneleaf("check", "--all").code == 0


def three_apps(clone: Clone) -> None:
    """Both sides change ``people``, ours ``books`` and theirs ``shop`` as well."""
    share(clone, shared_text(books=FIRST, people=FIRST, shop=FIRST))
    branch(
        clone,
        grow(shared_text(books="0002_isbn", people="0002_age", shop=FIRST)),
        grow(shared_text(books=FIRST, people="0002_name", shop="0002_color")),
    )


def test_only_the_app_that_both_sides_changed_gets_markers(lay: Lay) -> None:
    """Scenario 5."""
    clone = lay(three_apps)
    said = merge(clone, ok=(1,))
    assert clone.read(SHARED) == (
        "books: 0002_isbn\n\n"
        "<<<<<<< ours\npeople: 0002_age\n=======\npeople: 0002_name\n>>>>>>> theirs\n\n"
        "shop: 0002_color\n"
    )
    assert "oneleaf: app people: ours has 0002_age, theirs 0002_name\n" in said


def new_apps_in_one_gap(clone: Clone) -> None:
    """Each side adds an app between the same two."""
    share(clone, shared_text(books=FIRST, shop=FIRST), "books", "shop")

    def ours(c: Clone) -> None:
        c.app("orders", FIRST)
        c.shared(books=FIRST, orders=FIRST, shop=FIRST)

    def theirs(c: Clone) -> None:
        c.app("people", FIRST)
        c.shared(books=FIRST, people=FIRST, shop=FIRST)

    branch(clone, ours, theirs)


def test_two_new_apps_in_one_gap_merge(lay: Lay) -> None:
    """Scenario 6."""
    clone = lay(new_apps_in_one_gap)
    merge(clone)
    assert clone.read(SHARED) == shared_text(
        books=FIRST, orders=FIRST, people=FIRST, shop=FIRST
    )
    assert clone.oneleaf("check", "--all").code == 0


def test_two_new_apps_in_one_gap_conflict_without_the_driver(lay: Lay) -> None:
    """Scenario 6."""
    clone = lay(new_apps_in_one_gap)
    unregister(clone)
    merge(clone, ok=(1,))
    assert clone.unmerged() == {SHARED: "UU"}


def one_new_app_at_two_places(clone: Clone) -> None:
    """Both sides add ``orders``, ours on top and theirs at the end, unsorted."""
    apps = "books", "people", "shop"
    before = shared_text(**dict.fromkeys(apps, FIRST))
    share(clone, before, *apps)

    def ours(c: Clone) -> None:
        c.app("orders", "0001_ours")
        c.write(SHARED, "orders: 0001_ours\n\n" + before)

    def theirs(c: Clone) -> None:
        c.app("orders", "0001_theirs")
        c.write(SHARED, before + "\norders: 0001_theirs\n")

    branch(clone, ours, theirs)


def test_one_new_app_at_two_places_conflicts(lay: Lay) -> None:
    """Scenario 8."""
    clone = lay(one_new_app_at_two_places)
    said = merge(clone, ok=(1,))
    assert clone.unmerged() == {SHARED: "UU"}
    assert "oneleaf: app orders: ours has 0001_ours, theirs 0001_theirs\n" in said


def test_one_new_app_at_two_places_is_found_by_the_check_without_the_driver(
    lay: Lay,
) -> None:
    """Scenario 8."""
    clone = lay(one_new_app_at_two_places)
    unregister(clone)
    merge(clone)
    done = clone.oneleaf("check", "--all")
    assert done.code == 1
    assert "OL203" in done.out
    assert "orders is here twice" in done.out


def test_octopus_merges_two_apps_with_a_blank_line_between(lay: Lay) -> None:
    """Scenario 28."""
    clone = lay(apart)
    clone.git("branch", "ours")
    clone.git("reset", "-q", "--hard", "main~1")
    clone.write("notes", "x")
    clone.commit("notes")
    clone.git("merge", "--no-edit", "feat", "ours")
    assert clone.calls() == []
    assert clone.read(SHARED) == shared_text(people="0002_age", shop="0002_color")


def crossed(clone: Clone) -> None:
    """Criss-cross merges of two apps in lines that touch, then each app grows again."""
    share(clone, f"people: {FIRST}\nshop: {FIRST}\n", "people", "shop")
    branch(
        clone,
        grow(f"people: {FIRST}\nshop: 0002_color\n"),
        grow(f"people: 0002_age\nshop: {FIRST}\n"),
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
    clone = lay(crossed)
    said = merge(clone)
    assert clone.read(SHARED) == shared_text(people="0003_name", shop="0003_size")
    assert "oneleaf" not in said
    assert [call.size for call in clone.calls()] == [9, 7]
