"""What the driver cannot see is stopped by the hooks, under real pre-commit.

The numbers are those of the list of scenarios that ``test_driver_scenarios`` holds.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from e2e.clones import LINE, LOCK, Clone, branch, marked
from e2e.hook_project import CONFIG, HookRunner

pytestmark = pytest.mark.e2e

TWO_LEAVES = "OL102 app shop has 2 leaf nodes: 0002_color, 0002_weight"


def forgetful(clone: Clone) -> None:
    """``feat`` adds a migration and forgets the lockfile."""
    branch(
        clone,
        lambda c: c.bump("0002_color"),
        lambda c: c.migration("shop", "0002_weight", "0001_initial"),
    )


def both(clone: Clone) -> None:
    """Both sides add a migration."""
    branch(clone, lambda c: c.bump("0002_color"), lambda c: c.bump("0002_weight"))


@pytest.fixture
def clone(pre_commit: HookRunner, tmp_path: Path) -> Clone:
    """An armed clone of one app, with the hooks of every stage that can block."""
    clone = Clone.create(tmp_path / "clone")
    clone.env.update(pre_commit.env)
    clone.write(".pre-commit-config.yaml", CONFIG.format(source=pre_commit.source))
    clone.write(".gitattributes", LINE)
    clone.app("shop", "0001_initial", lockfile=True)
    assert clone.oneleaf("install").code == 0
    return clone


def install(pre_commit: HookRunner, clone: Clone, *stages: str) -> None:
    pre_commit.run(clone, "install", *(w for stage in stages for w in ("-t", stage)))


def test_a_forgotten_lockfile_is_stopped_before_the_merge_commit(
    pre_commit: HookRunner, clone: Clone
) -> None:
    """Scenario 64."""
    forgetful(clone)
    install(pre_commit, clone, "pre-merge-commit")
    said = clone.git("merge", "--no-edit", "feat", ok=(1,))
    assert clone.calls() == []
    assert TWO_LEAVES in said
    assert clone.has("MERGE_HEAD")
    assert clone.head() == "main"


def test_a_resolution_that_keeps_two_leaves_is_stopped(
    pre_commit: HookRunner, clone: Clone
) -> None:
    """Scenario 65."""
    both(clone)
    install(pre_commit, clone, "pre-commit")
    clone.git("merge", "feat", ok=(1,))
    assert clone.read(LOCK) == marked("0002_color", "0002_weight")
    clone.write(LOCK, "0002_color\n")
    clone.add(LOCK)
    assert TWO_LEAVES in clone.git("commit", "--no-edit", ok=(1,))
    assert clone.head() == "main"


def test_a_merge_committed_by_hand_is_checked_though_no_file_is_passed(
    pre_commit: HookRunner, clone: Clone
) -> None:
    """Scenario 66."""
    forgetful(clone)
    install(pre_commit, clone, "pre-commit")
    clone.git("merge", "--no-commit", "feat")
    assert TWO_LEAVES in clone.git("commit", "--no-edit", ok=(1,))
    assert clone.head() == "main"


def two_leaves_on_feat(pre_commit: HookRunner, clone: Clone) -> None:
    """``feat`` holds two leaves, ``main`` is checked out; ``origin`` is empty."""
    both(clone)
    clone.git("init", "-q", "--bare", "../remote.git")
    clone.git("remote", "add", "origin", "../remote.git")
    clone.git("switch", "-q", "feat")
    clone.migration("shop", "0002_color", "0001_initial")
    clone.commit("two leaves")
    clone.git("switch", "-q", "main")
    install(pre_commit, clone, "pre-push")


def test_a_branch_pushed_from_another_is_checked_by_its_own_tree(
    pre_commit: HookRunner, clone: Clone
) -> None:
    """Scenario 68."""
    two_leaves_on_feat(pre_commit, clone)
    clone.git("push", "-q", "origin", "main")
    assert TWO_LEAVES in clone.git("push", "origin", "feat", ok=(1,))
    assert "feat" not in clone.git("ls-remote", "origin")


def test_the_first_push_to_a_remote_is_checked_by_the_pushed_tree(
    pre_commit: HookRunner, clone: Clone
) -> None:
    """Scenario 68. pre-commit names no range here, only the branch."""
    two_leaves_on_feat(pre_commit, clone)
    assert TWO_LEAVES in clone.git("push", "origin", "feat", ok=(1,))
    assert clone.git("ls-remote", "origin") == ""
