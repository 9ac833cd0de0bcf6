"""Each quick start of the README protects a repository, as it stands there.

A row of the table is a situation that git lets pass, and what the hooks say to it. The
commits that lead there are made with ``--no-verify`` and without their lockfiles, so
that the merge driver sees nothing and the hooks are alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from e2e import quick_starts
from e2e.quick_starts import QUICK_STARTS
from oneleaf.clone.protection import HOOK_TYPES
from repository import Repository

pytestmark = pytest.mark.e2e

FOUR = ("pre-commit", "pre-merge-commit", "pre-push", "prepare-commit-msg")
LEAVES = "OL102 app shop has 2 leaf nodes: 0003_color, 0003_weight"
HINT = "hint: run `oneleaf rebase shop` to move yours behind the published one"
GONE = "OL103 shop.0002_color depends on shop.0001_initial, which does not exist"
NEEDED = "OL103 shop.0004_weight depends on shop.0003_size, which does not exist"
LOCK = "shop/migrations/max_migration.txt"


def two_branches(project: Repository, notes: str = "base\n") -> None:
    """``main`` and ``feature`` each add a migration; ``main`` is checked out."""
    project.git("switch", "-q", "-c", "feature")
    project.migration("shop", "0003_weight", "0002_color")
    project.write("notes.txt", notes)
    project.commit("weight")
    project.git("switch", "-q", "main")
    project.migration("shop", "0003_color", "0002_color")
    project.write("notes.txt", notes.replace("feature", "main"))
    project.commit("color")


def commit(project: Repository) -> str:
    two_branches(project)
    project.git("checkout", "-q", "feature", "--", "shop")
    project.git("add", "-A")
    return project.git("commit", "-m", "both", ok=(1,))


def delete(project: Repository) -> str:
    project.git("rm", "-q", "shop/migrations/0001_initial.py")
    return project.git("commit", "-m", "gone", ok=(1,))


def merge(project: Repository) -> str:
    two_branches(project)
    return project.git("merge", "--no-edit", "feature", ok=(1,))


def cherry_pick(project: Repository) -> str:
    two_branches(project)
    return project.git("cherry-pick", "feature", ok=(1, 128))


def revert(project: Repository) -> str:
    project.migration("shop", "0003_size", "0002_color")
    project.commit("size")
    project.migration("shop", "0004_weight", "0003_size")
    project.commit("weight")
    return project.git("revert", "--no-edit", "HEAD~1", ok=(1, 128))


def rebase(project: Repository) -> str:
    two_branches(project, notes="feature\n")
    project.git("switch", "-q", "feature")
    project.git("rebase", "main", ok=(1,))
    project.write("notes.txt", "both\n")
    project.add("notes.txt")
    return project.git("rebase", "--continue", ok=(1,))


def push(project: Repository) -> str:
    project.git("init", "-q", "--bare", "../remote.git")
    project.git("remote", "add", "origin", "../remote.git")
    project.git("push", "-q", "origin", "main")
    two_branches(project)
    project.git("switch", "-q", "-c", "both")
    project.git("checkout", "-q", "feature", "--", "shop")
    project.commit("both")
    project.git("switch", "-q", "main")
    said = project.git("push", "origin", "both", ok=(1,))
    assert "both" not in project.git("ls-remote", "origin")
    return said


@pytest.mark.parametrize(
    ("situation", "said"),
    [
        pytest.param(commit, (LEAVES, HINT), id="a commit"),
        pytest.param(delete, (GONE,), id="a commit that only deletes"),
        pytest.param(merge, (LEAVES, HINT), id="a clean merge"),
        pytest.param(cherry_pick, (LEAVES, HINT), id="a clean cherry-pick"),
        pytest.param(revert, (NEEDED,), id="a clean revert"),
        pytest.param(rebase, (LEAVES, HINT), id="rebase --continue"),
        pytest.param(push, (LEAVES, HINT), id="a push of another branch"),
    ],
)
def test_it_blocks(
    armed: Repository,
    situation: Callable[[Repository], str],
    said: tuple[str, ...],
) -> None:
    text = situation(armed)
    assert [words for words in said if words not in text] == []
    held = armed.git("ls-tree", "--name-only", "HEAD", "shop/migrations/")
    assert not ("0003_color" in held and "0003_weight" in held)
    assert "0001_initial" in held


def test_a_good_commit_merge_and_push_pass_without_a_finding(armed: Repository) -> None:
    armed.git("switch", "-q", "-c", "feature")
    armed.migration("shop", "0003_weight", "0002_color")
    armed.write(LOCK, "0003_weight\n")
    armed.add()
    said = armed.git("commit", "-m", "weight")
    armed.git("switch", "-q", "main")
    said += armed.git("merge", "--no-ff", "--no-edit", "feature")
    armed.git("init", "-q", "--bare", "../remote.git")
    said += armed.git("push", "../remote.git", "main")
    assert re.findall(r"OL\d+", said) == []
    assert armed.git("log", "-1", "--format=%s") == "Merge branch 'feature'\n"


def test_a_forgotten_lockfile_is_told_at_the_commit(armed: Repository) -> None:
    armed.migration("shop", "0003_weight", "0002_color")
    armed.add()
    said = armed.git("commit", "-m", "weight", ok=(1,))
    assert "OL202 the lockfile of app shop names 0002_color" in said
    assert "hint: run `oneleaf lock shop`" in said


def test_the_hook_for_rebases_is_silent_in_ordinary_commits(armed: Repository) -> None:
    two_branches(armed)
    armed.git("checkout", "-q", "feature", "--", "shop")
    said = armed.git("commit", "--no-verify", "-m", "git runs this hook all the same")
    assert re.findall(r"OL\d+", said) == []


def hook_rows(project: Repository) -> dict[str, tuple[str, str, str | None]]:
    done = project.run("oneleaf", "status", "--output-format", "json", ok=(0, 1))
    return {
        row["name"].removeprefix("hook "): (row["state"], row["text"], row["command"])
        for row in json.loads(done.out)["rows"]
    }


def test_status_says_which_hooks_are_armed(armed: Repository, start: str) -> None:
    rows = hook_rows(armed)
    ok = ("ok", f"runs oneleaf, by {QUICK_STARTS[start].runs}", None)
    assert {kind: rows[kind] for kind in FOUR} == dict.fromkeys(FOUR, ok)
    by_init = start in ("bare git", "own scripts")
    others = {rows[kind][0] for kind in HOOK_TYPES if kind not in FOUR}
    assert others == {"ok" if by_init else "risk"}
    assert armed.run("oneleaf", "status").out.endswith("this clone is protected\n")


def test_a_fresh_clone_lacks_the_hooks_and_the_cure_of_status_brings_them(
    armed: Repository, start: str, tmp_path: Path
) -> None:
    armed.git("clone", "-q", str(armed.path), str(tmp_path / "clone"))
    clone = Repository(tmp_path / "clone", armed.env)
    state, _, cure = hook_rows(clone)["pre-commit"]
    assert (state, cure) == ("missing", QUICK_STARTS[start].cure)
    assert cure is not None
    quick_starts.shell(clone, cure)
    assert hook_rows(clone)["pre-commit"][0] == "ok"


def test_every_quick_start_is_one_of_these() -> None:
    headings = re.findall(r"^### (.*)$", quick_starts.quick_start(), re.MULTILINE)
    tried = {start.heading for start in QUICK_STARTS.values()}
    assert tried == {"Quick start", *headings}
