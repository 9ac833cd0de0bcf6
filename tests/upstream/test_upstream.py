"""Which branch is upstream, and what git is in the middle of."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from oneleaf.errors import OneleafError
from oneleaf.git import progress, snapshot, worktree
from oneleaf.upstream import published
from repository import Repository

STOPPED = (0, 1, 128)


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A clone whose remote has the branches main, next and release/1."""
    remote = Repository.create(tmp_path / "remote")
    for number, branch in enumerate(("main", "next", "release/1")):
        remote.git("checkout", "-q", "-B", branch)
        remote.write("file", str(number))
        remote.commit()
    remote.git("checkout", "-q", "main")
    remote.git("clone", "-q", str(remote.path), str(tmp_path / "clone"))
    clone = Repository(tmp_path / "clone", remote.env)
    for name in [n for n in os.environ if n.startswith("GIT_")]:
        monkeypatch.delenv(name)
    for name, value in clone.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(clone.path)
    return clone


@pytest.mark.parametrize(
    ("configured", "environ", "expected"),
    [
        (None, {}, "origin/main"),
        ("next", {}, "origin/next"),
        ("origin/next", {}, "origin/next"),
        ("release/1", {"GITHUB_BASE_REF": "next"}, "origin/release/1"),
        (None, {"GITHUB_BASE_REF": "next"}, "origin/next"),
        (None, {"GITHUB_BASE_REF": ""}, "origin/main"),
        (None, {"GITHUB_BASE_REF": "nosuch"}, "origin/main"),
        (
            None,
            {"CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "release/1"},
            "origin/release/1",
        ),
    ],
)
def test_the_first_that_exists_is_upstream(
    clone: Repository, configured: str | None, environ: dict[str, str], expected: str
) -> None:
    [found] = published.find_upstreams(configured, environ)
    assert found.name == expected
    assert found.commit == clone.git("rev-parse", expected).strip()


@pytest.mark.parametrize("branch", ["main", "master"])
def test_without_a_default_branch_the_usual_names_are_tried(
    clone: Repository, branch: str
) -> None:
    clone.git("remote", "set-head", "origin", "--delete")
    if branch == "master":
        clone.git(
            "update-ref", "refs/remotes/origin/master", "refs/remotes/origin/main"
        )
        clone.git("update-ref", "-d", "refs/remotes/origin/main")
    [found] = published.find_upstreams(None, {})
    assert found.name == f"origin/{branch}"


def test_without_a_remote_there_is_no_upstream(clone: Repository) -> None:
    clone.git("remote", "remove", "origin")
    assert published.find_upstreams(None, {}) == []


def test_without_a_remote_a_local_branch_may_be_configured(clone: Repository) -> None:
    clone.git("remote", "remove", "origin")
    [found] = published.find_upstreams("main", {})
    assert found.name == "main"


@pytest.mark.usefixtures("clone")
def test_a_configured_upstream_that_is_not_there_is_an_error() -> None:
    with pytest.raises(OneleafError, match="nosuch"):
        published.find_upstreams("nosuch", {})


def test_the_local_branch_of_upstreams_name_is_found(clone: Repository) -> None:
    head = clone.git("rev-parse", "main").strip()
    [found] = published.find_upstreams(None, {})
    assert published.local_branch(found.name) == head
    clone.git("checkout", "-q", "--detach")
    clone.git("branch", "-q", "-D", "main")
    assert published.local_branch(found.name) == ""


def test_a_tree_is_every_path_and_its_blob(clone: Repository) -> None:
    clone.write("äöü dir/a b.py", "x")
    commit = clone.commit()
    tree = snapshot.blobs(commit)
    assert set(tree) == {"file", "äöü dir/a b.py"}
    assert tree["file"] == clone.git("rev-parse", "HEAD:file").strip()


def conflict(clone: Repository) -> None:
    """Two branches that change one file."""
    clone.git("checkout", "-q", "-b", "mine", "origin/main")
    clone.write("file", "mine")
    clone.commit("mine")
    clone.write("file", "mine again")
    clone.commit("mine again")


@pytest.mark.parametrize(
    ("command", "kind", "theirs"),
    [
        (["merge", "origin/next"], "merge", "origin/next"),
        (["merge", "--squash", "origin/next"], "squash", ""),
        (["rebase", "origin/next"], "rebase", "mine~1"),
        (["rebase", "--apply", "origin/next"], "rebase", "mine~1"),
        (["rebase", "--rebase-merges", "origin/next"], "rebase", "mine~1"),
        (["cherry-pick", "origin/next"], "cherry-pick", "origin/next"),
        (["cherry-pick", "--no-commit", "origin/next"], "stash", ""),
        (["revert", "--no-edit", "HEAD~1"], "revert", "mine~2"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_is_in_progress_is_told(
    clone: Repository, command: list[str], kind: str, theirs: str
) -> None:
    conflict(clone)
    expected = clone.git("rev-parse", theirs).strip() if theirs else ""
    clone.git(*command, ok=STOPPED)
    now = progress.read(unmerged=True)
    assert now.kind == kind
    assert now.ours == clone.git("rev-parse", "HEAD").strip()
    assert now.theirs == expected


def test_a_stash_pop_is_in_progress_while_something_is_unmerged(
    clone: Repository,
) -> None:
    clone.write("file", "stashed")
    clone.git("stash", "-q")
    stash = clone.git("rev-parse", "refs/stash").strip()
    clone.write("file", "other")
    clone.commit()
    clone.git("stash", "pop", ok=STOPPED)
    assert progress.read(unmerged=True).kind == "stash"
    assert progress.read(unmerged=True).theirs == stash
    assert progress.read(unmerged=False).kind == ""


def test_am_is_told_from_a_rebase(clone: Repository) -> None:
    conflict(clone)
    clone.write("../patch", clone.git("format-patch", "-1", "--stdout", "HEAD~1"))
    clone.git("checkout", "-q", "-b", "other", "origin/next")
    clone.git("am", "-q", "-3", "../patch", ok=STOPPED)
    assert progress.read(unmerged=True).kind == "am"


def test_a_linked_work_tree_has_its_own_operation(
    clone: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    conflict(clone)
    clone.git("worktree", "add", "-q", "../linked", "origin/next")
    clone.git("merge", "origin/next", ok=STOPPED)
    assert progress.read(unmerged=True).kind == "merge"
    monkeypatch.chdir(clone.path / "../linked")
    assert progress.read(unmerged=False).kind == ""


def test_the_last_merge_has_its_two_sides(clone: Repository) -> None:
    assert progress.parents_of_last_merge() == ("", "")
    clone.git("checkout", "-q", "-b", "mine", "origin/main")
    clone.write("other", "x")
    ours = clone.commit()
    clone.git("merge", "-q", "--no-edit", "origin/next")
    clone.write("other", "y")
    clone.commit()
    theirs = clone.git("rev-parse", "origin/next").strip()
    assert progress.parents_of_last_merge() == (ours, theirs)


def test_work_tree_changes_are_told_by_content_and_name(clone: Repository) -> None:
    for name in ("gone", "edited", "touched", "sp ace ü"):
        clone.write(name, name)
    clone.commit()
    (clone.path / "gone").unlink()
    clone.write("edited", "else")
    clone.write("sp ace ü", "else")
    clone.write("touched", "touched")
    os.utime(clone.path / "touched", (1, 1))
    clone.write("intended", "x")
    clone.git("add", "-N", "intended")
    clone.write("untracked ü", "x")
    assert worktree.changes() == {
        "gone": "D",
        "edited": "M",
        "sp ace ü": "M",
        "intended": "A",
    }
    assert worktree.untracked() == ["untracked ü"]


def test_files_that_hold_a_name_are_found_untracked_ones_too(clone: Repository) -> None:
    clone.write("a/tracked.py", "'0002_x'")
    clone.write("a/other.txt", "'0002_x'")
    clone.write("regex.py", "'0002Xx'")
    clone.write("a/migrations/0003_y.py", "'0002_x'")
    clone.write("a/migrations/helper.py", "'0002_x'")
    clone.commit()
    clone.write("ü untracked.py", "'0002_x'")
    assert worktree.naming({"0002_x", "0003_y"}) == [
        "a/migrations/helper.py",
        "a/tracked.py",
        "ü untracked.py",
    ]
    assert worktree.naming({"0004_z"}) == []
