"""The merge driver in rebases, where git's "ours" is upstream.

The numbers are those of the list of scenarios that ``test_driver_scenarios`` holds.
"""

from __future__ import annotations

import pytest

from e2e.clones import CALLED, LOCK, Clone, Lay, branch, marked, same_app

pytestmark = pytest.mark.e2e

CONFLICT = marked("0002_color", "0002_weight")
TWO_LEAVES = "OL102 app shop has 2 leaf nodes: 0002_color, 0003_size"


def two_commits(clone: Clone) -> None:
    """``feat``, checked out, adds two migrations in two commits; ``main`` adds one."""
    clone.app("shop", "0001_initial", lockfile=True)
    branch(clone, lambda c: c.bump("0002_color"), lambda c: c.bump("0002_weight"))
    clone.git("switch", "-q", "feat")
    clone.bump("0003_size")
    clone.commit("feat again")


def renumber_the_first(clone: Clone) -> None:
    """Resolves the first stop as one does by hand."""
    clone.git("rm", "-qf", "shop/migrations/0002_weight.py")
    clone.migration("shop", "0003_weight", "0002_color")
    clone.write(LOCK, "0003_weight\n")
    clone.add()


def test_a_rebase_stops_again_at_the_second_migration(lay: Lay) -> None:
    """Scenario 15."""
    clone = lay(two_commits)
    clone.git("rebase", "main", ok=(1,))
    renumber_the_first(clone)
    clone.git("rebase", "--continue", ok=(1,))
    assert clone.calls() == CALLED * 2
    assert clone.stages() == {1: "0002_weight", 2: "0003_weight", 3: "0003_size"}
    assert clone.read(LOCK) == marked("0003_weight", "0003_size")


def take_theirs(clone: Clone) -> None:
    """The resolution that hides the conflict from all later commits."""
    clone.git("checkout", "-q", "--theirs", LOCK)
    clone.add()


def test_their_side_taken_in_a_rebase_is_found_before_the_push(lay: Lay) -> None:
    """Scenario 16."""
    clone = lay(two_commits)
    clone.git("rebase", "main", ok=(1,))
    take_theirs(clone)
    clone.git("rebase", "--continue")
    assert clone.calls() == CALLED
    assert clone.read(LOCK) == "0003_size\n"
    clone.git("init", "-q", "--bare", "../remote.git")
    clone.hook("pre-push", "check", "--rev", "HEAD")
    assert TWO_LEAVES in clone.git("push", "../remote.git", "feat", ok=(1,))


def test_their_side_taken_in_a_rebase_is_stopped_by_the_message_hook(lay: Lay) -> None:
    """Scenario 16."""
    clone = lay(two_commits)
    clone.hook("prepare-commit-msg", "check", "--prepare-commit-msg", '"$1"')
    clone.git("rebase", "main", ok=(1,))
    take_theirs(clone)
    said = clone.git("rebase", "--continue", ok=(1,))
    assert "OL102 app shop has 2 leaf nodes: 0002_color, 0002_weight" in said
    assert clone.has("rebase-merge")


def test_a_rebase_that_stashes_keeps_the_stash_of_a_changed_lockfile(lay: Lay) -> None:
    """Scenario 22."""
    clone = lay(same_app)
    clone.git("switch", "-q", "-c", "notes", "main~1")
    clone.write("notes", "x")
    clone.commit("notes")
    clone.write(LOCK, "0002_local\n")
    clone.git("rebase", "--autostash", "main")
    assert clone.calls() == CALLED
    assert clone.unmerged() == {LOCK: "UU"}
    assert clone.read(LOCK) == marked("0002_color", "0002_local")
    assert "autostash" in clone.git("stash", "list")


def test_a_rebase_goes_on_once_the_two_leaves_are_gone(lay: Lay) -> None:
    """Scenario 67."""
    clone = lay(two_commits)
    clone.git("reset", "-q", "--hard", "feat~1")
    clone.hook("prepare-commit-msg", "check", "--prepare-commit-msg", '"$1"')
    clone.git("rebase", "main", ok=(1,))
    take_theirs(clone)
    said = clone.git("rebase", "--continue", ok=(1,))
    assert "OL102 app shop has 2 leaf nodes: 0002_color, 0002_weight" in said
    assert clone.has("rebase-merge")
    renumber_the_first(clone)
    clone.git("rebase", "--continue")
    assert not clone.has("rebase-merge")
    assert clone.head() == "feat"
    assert clone.oneleaf("check", "--all").code == 0
