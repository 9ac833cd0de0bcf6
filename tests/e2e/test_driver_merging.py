"""The merge driver in ``git merge``: when git calls it, and what becomes of the index.

The numbers are those of the list of scenarios that ``test_driver_scenarios`` holds.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from e2e.clones import (
    CALLED,
    LOCK,
    PEOPLE_LOCK,
    Clone,
    Lay,
    branch,
    marked,
    same_app,
    two_apps,
    unregister,
)

pytestmark = pytest.mark.e2e


def merge(clone: Clone, *words: str, ok: tuple[int, ...] = (0,)) -> str:
    return clone.git("merge", "--no-edit", *words, ok=ok)


def test_two_migrations_of_one_app_conflict_with_markers(lay: Lay) -> None:
    """Scenario 1."""
    clone = lay(same_app)
    said = merge(clone, "feat", ok=(1,))
    assert clone.read(LOCK) == marked("0002_color", "0002_weight")
    assert clone.stages() == {1: "0001_initial", 2: "0002_color", 3: "0002_weight"}
    assert clone.has("MERGE_HEAD")
    assert clone.calls() == CALLED
    assert "oneleaf: app shop: ours has 0002_color, theirs 0002_weight" in said
    assert (
        "oneleaf: to put one chain after the other, run: oneleaf rebase shop\n" in said
    )


def test_migrations_of_two_apps_merge_without_the_driver(lay: Lay) -> None:
    """Scenario 2."""
    clone = lay(two_apps)
    merge(clone, "feat")
    assert clone.calls() == []
    assert clone.read(LOCK) == "0002_color\n"
    assert clone.read(PEOPLE_LOCK) == "0002_age\n"
    assert clone.oneleaf("check", "--all").code == 0


def identical(clone: Clone) -> None:
    """Both sides add the same migration."""
    clone.app("shop", "0001_initial", lockfile=True)
    branch(clone, lambda c: c.bump("0002_color"), lambda c: c.bump("0002_color"))


def test_the_same_migration_on_both_sides_merges(lay: Lay) -> None:
    """Scenario 9."""
    clone = lay(identical)
    merge(clone, "feat")
    assert clone.calls() == []
    assert clone.read(LOCK) == "0002_color\n"


def same_name_other_body(clone: Clone) -> None:
    """Both sides add a migration of one name, and do different things in it."""
    clone.app("shop", "0001_initial", lockfile=True)

    def theirs(c: Clone) -> None:
        c.bump("0002_color")
        c.migration("shop", "0002_color", "0001_initial", atomic=False)

    branch(clone, lambda c: c.bump("0002_color"), theirs)


def test_one_name_with_two_bodies_conflicts_in_the_migration(lay: Lay) -> None:
    """Scenario 10."""
    clone = lay(same_name_other_body)
    merge(clone, "feat", ok=(1,))
    assert clone.unmerged() == {"shop/migrations/0002_color.py": "AA"}
    assert clone.calls() == []


def only_theirs(clone: Clone) -> None:
    """``feat`` adds a migration, ``main`` something else."""
    clone.app("shop", "0001_initial", lockfile=True)
    branch(clone, lambda c: c.write("notes", "x"), lambda c: c.bump("0002_weight"))


def test_a_change_on_their_side_alone_merges_without_the_driver(lay: Lay) -> None:
    """Scenario 11."""
    clone = lay(only_theirs)
    merge(clone, "feat")
    assert clone.calls() == []
    assert clone.read(LOCK) == "0002_weight\n"


def test_a_fast_forward_does_not_call_the_driver(lay: Lay) -> None:
    """Scenario 12."""
    clone = lay(same_app)
    clone.git("reset", "-q", "--hard", "main~1")
    merge(clone, "--ff-only", "feat")
    assert clone.calls() == []
    assert clone.read(LOCK) == "0002_weight\n"


def new_app(clone: Clone) -> None:
    """Both sides add the app ``shop``, with first migrations of their own."""
    clone.write("notes", "x")
    branch(
        clone,
        lambda c: c.app("shop", "0001_ours", lockfile=True),
        lambda c: c.app("shop", "0001_theirs", lockfile=True),
    )


def test_one_new_app_on_both_sides_conflicts(lay: Lay) -> None:
    """Scenario 7."""
    clone = lay(new_app)
    merge(clone, "feat", ok=(1,))
    assert clone.calls() == CALLED
    assert clone.unmerged() == {LOCK: "AA"}
    assert clone.read(LOCK) == marked("0001_ours", "0001_theirs")


def with_a_third_branch(clone: Clone) -> None:
    """``same_app``, and a branch ``notes`` that touches no app."""
    same_app(clone)
    clone.git("switch", "-q", "-c", "notes", "main~1")
    clone.write("notes", "x")
    clone.commit("notes")
    clone.git("switch", "-q", "main")


def test_octopus_gives_up_on_one_app_and_changes_nothing(lay: Lay) -> None:
    """Scenario 27."""
    clone = lay(with_a_third_branch)
    merge(clone, "feat", "notes", ok=(2,))
    assert clone.calls() == []
    assert clone.head() == "main"
    assert clone.status() == ""


def test_octopus_leaves_a_conflict_with_its_last_branch_in_markers(lay: Lay) -> None:
    """Scenario 27."""
    clone = lay(with_a_third_branch)
    merge(clone, "notes", "feat", ok=(1,))
    assert clone.calls() == []
    assert clone.unmerged() == {LOCK: "UU"}
    assert clone.read(LOCK).startswith("<<<<<<< ")


def test_the_strategy_resolve_conflicts_as_text(lay: Lay) -> None:
    """Scenario 29."""
    clone = lay(same_app)
    merge(clone, "-s", "resolve", "feat", ok=(1,))
    assert clone.calls() == []
    assert clone.unmerged() == {LOCK: "UU"}
    assert clone.read(LOCK).startswith("<<<<<<< ")


@pytest.mark.parametrize("side", ["ours", "theirs"])
def test_preferring_a_side_does_not_resolve_the_conflict(lay: Lay, side: str) -> None:
    """Scenario 30."""
    clone = lay(same_app)
    merge(clone, "-X", side, "feat", ok=(1,))
    assert clone.calls() == CALLED
    assert clone.read(LOCK) == marked("0002_color", "0002_weight")


@pytest.mark.parametrize("side", ["ours", "theirs"])
def test_preferring_a_side_without_the_driver_is_found_by_the_check(
    lay: Lay, side: str
) -> None:
    """Scenario 30."""
    clone = lay(same_app)
    unregister(clone)
    merge(clone, "-X", side, "feat")
    done = clone.oneleaf("check", "--all")
    assert done.code == 1
    assert "OL102 app shop has 2 leaf nodes: 0002_color, 0002_weight" in done.out


def test_the_strategy_ours_drops_their_migrations_too(lay: Lay) -> None:
    """Scenario 31."""
    clone = lay(same_app)
    merge(clone, "-s", "ours", "feat")
    assert clone.calls() == []
    assert not (clone.path / "shop/migrations/0002_weight.py").exists()
    assert clone.oneleaf("check", "--all").code == 0


def test_a_squashing_merge_conflicts(lay: Lay) -> None:
    """Scenario 32."""
    clone = lay(same_app)
    merge(clone, "--squash", "feat", ok=(1,))
    assert clone.unmerged() == {LOCK: "UU"}
    assert clone.read(LOCK) == marked("0002_color", "0002_weight")
    assert not clone.has("MERGE_HEAD")


def deleted_by_ours(clone: Clone) -> None:
    """``main`` deletes the app that ``feat`` adds a migration to."""
    clone.app("shop", "0001_initial", lockfile=True)
    clone.write("notes", "x")
    branch(clone, lambda c: c.git("rm", "-rq", "shop"), lambda c: c.bump("0002_weight"))


def deleted_by_theirs(clone: Clone) -> None:
    """``feat`` deletes the app that ``main`` adds a migration to."""
    clone.app("shop", "0001_initial", lockfile=True)
    clone.write("notes", "x")
    branch(clone, lambda c: c.bump("0002_color"), lambda c: c.git("rm", "-rq", "shop"))


@pytest.mark.parametrize(
    ("shape", "state"), [(deleted_by_ours, "DU"), (deleted_by_theirs, "UD")]
)
def test_a_deleted_app_and_a_new_migration_conflict_without_the_driver(
    lay: Lay, shape: Callable[[Clone], None], state: str
) -> None:
    """Scenario 37."""
    clone = lay(shape)
    merge(clone, "feat", ok=(1,))
    assert clone.calls() == []
    assert clone.unmerged()[LOCK] == state


def renamed(clone: Clone) -> None:
    """``main`` renames the app's folder, ``feat`` adds a migration to it."""
    clone.app("shop", "0001_initial", "0002_color", "0003_size", lockfile=True)
    branch(
        clone,
        lambda c: c.git("mv", "shop", "store"),
        lambda c: c.bump("0004_weight"),
    )


def test_a_migration_for_a_renamed_app_conflicts_in_its_place(lay: Lay) -> None:
    """Scenario 38."""
    clone = lay(renamed)
    said = merge(clone, "feat", ok=(1,))
    assert "CONFLICT (file location)" in said
    assert list(clone.unmerged()) == ["store/migrations/0004_weight.py"]


def test_a_migration_for_a_renamed_app_conflicts_without_renames(lay: Lay) -> None:
    """Scenario 38. git 2.50 was the first whose ``ort`` takes the option to its word."""
    clone = lay(renamed)
    said = merge(clone, "-X", "no-renames", "feat", ok=(1,))
    located = list(clone.unmerged()) == ["store/migrations/0004_weight.py"]
    assert located or clone.unmerged() == {LOCK: "DU"}
    assert f"CONFLICT ({'file location' if located else 'modify/delete'})" in said


def paired(clone: Clone) -> None:
    """``main`` drops the lockfile of ``people`` and adds ``books``, all of one text."""
    clone.app("people", "0001_initial", lockfile=True)
    clone.app("shop", "0001_initial", lockfile=True)

    def ours(c: Clone) -> None:
        c.git("rm", "-q", PEOPLE_LOCK)
        c.app("books", "0001_initial", lockfile=True)

    branch(clone, ours, lambda c: c.bump("0002_age", "people"))


def test_a_lockfile_that_git_takes_for_renamed_is_found_by_the_check(lay: Lay) -> None:
    """Scenario 39."""
    clone = lay(paired)
    merge(clone, "feat")
    assert clone.calls() == []
    assert clone.read("books/migrations/max_migration.txt") == "0002_age\n"
    done = clone.oneleaf("check", "--all")
    assert done.code == 1
    assert "OL202 the lockfile of app books names 0002_age" in done.out
    assert "OL201" in done.out


def three_lockfiles(clone: Clone) -> None:
    """Both sides add a migration to each of three apps."""
    labels = "books", "people", "shop"
    for label in labels:
        clone.app(label, "0001_initial", lockfile=True)

    def side(name: str) -> Callable[[Clone], None]:
        def bump_all(c: Clone) -> None:
            for label in labels:
                c.bump(name, label)

        return bump_all

    branch(clone, side("0002_ours"), side("0002_theirs"))


def test_three_lockfiles_conflict_one_by_one(lay: Lay) -> None:
    """Scenario 69."""
    clone = lay(three_lockfiles)
    said = merge(clone, "feat", ok=(1,))
    paths = {
        f"{label}/migrations/max_migration.txt": "UU"
        for label in ("books", "people", "shop")
    }
    assert clone.unmerged() == paths
    assert {call.path for call in clone.calls()} == set(paths)
    assert said.count("oneleaf: app ") == 3
    for path in paths:
        assert clone.read(path) == marked("0002_ours", "0002_theirs")


def test_git_refuses_over_a_changed_lockfile_and_nothing_is_left_behind(
    lay: Lay,
) -> None:
    """Scenario 70."""
    clone = lay(same_app)
    clone.write(LOCK, "0001_initial\n")
    merge(clone, "feat", ok=(2,))
    assert clone.calls() == CALLED
    assert clone.status() == f" M {LOCK}\n"
    assert clone.read(LOCK) == "0001_initial\n"
    assert not clone.has("MERGE_HEAD")


def test_git_refuses_over_a_staged_lockfile_before_the_driver_is_called(
    lay: Lay,
) -> None:
    """Scenario 70."""
    clone = lay(same_app)
    clone.write(LOCK, "0001_initial\n")
    clone.add()
    merge(clone, "feat", ok=(1, 2))
    assert clone.calls() == []
    assert clone.status() == f"M  {LOCK}\n"
