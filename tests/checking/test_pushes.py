"""``oneleaf check --pre-push``: each branch that a push changes, and nothing else."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from oneleaf.checking.state import pushed
from repository import ONELEAF, Repository

NONE = "0" * 40
CONFLICT = "OL102 app shop has 2 leaf nodes: 0002_color, 0002_weight"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("refs/heads/a 1 refs/heads/b 2\n", [("2", "1")]),
        (
            "refs/heads/a 1 refs/heads/a 2\nHEAD 3 refs/for/main 4\n",
            [("2", "1"), ("4", "3")],
        ),
        ("refs/tags/v1 1 refs/tags/v1 0\n", []),
        ("(delete) 0 refs/heads/a 1\n", [("1", "0")]),
    ],
)
def test_the_branches_are_read_from_what_git_tells(
    text: str, found: list[tuple[str, str]]
) -> None:
    assert pushed(text) == found


@pytest.fixture
def shop(tmp_path: Path) -> Repository:
    """``main`` has one leaf; ``bad`` has two and is not checked out."""
    repository = Repository.create(tmp_path / "work")
    repository.app("shop", "0001_initial", "0002_color")
    repository.commit("color")
    repository.git("switch", "-q", "-c", "bad")
    repository.migration("shop", "0002_weight", "0001_initial")
    repository.commit("weight")
    repository.git("switch", "-q", "main")
    return repository


def push(repository: Repository, *lines: str, words: str = "") -> tuple[int, str, str]:
    """Exit code and both streams of the hook that is told these lines."""
    done = subprocess.run(
        [*ONELEAF, "check", "--pre-push", *words.split()],
        cwd=repository.path,
        env=repository.env,
        input="".join(line + "\n" for line in lines),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def branch(repository: Repository, name: str, old: str = NONE) -> str:
    new = repository.git("rev-parse", name).strip()
    return f"refs/heads/{name} {new} refs/heads/{name} {old}"


def test_a_branch_that_is_not_checked_out_is_judged(shop: Repository) -> None:
    code, out, _ = push(
        shop, branch(shop, "bad", shop.git("rev-parse", "main").strip())
    )
    assert code == 1
    assert CONFLICT in out


def test_every_branch_is_judged_and_one_bad_one_is_enough(shop: Repository) -> None:
    for names in (["main", "bad"], ["bad", "main"]):
        code, out, _ = push(shop, *(branch(shop, name) for name in names))
        assert (code, out.count(CONFLICT)) == (1, 1)


def test_only_what_the_branch_changes_is_judged(shop: Repository) -> None:
    shop.git("switch", "-q", "-c", "notes", "bad")
    shop.write("notes.txt", "text")
    shop.commit("notes")
    old = shop.git("rev-parse", "bad").strip()
    assert push(shop, branch(shop, "notes", old)) == (0, "", "")


@pytest.mark.parametrize("old", [NONE, "1" * 40], ids=["new", "not fetched"])
def test_a_branch_without_a_known_past_is_judged_whole(
    shop: Repository, old: str
) -> None:
    assert push(shop, branch(shop, "main", old))[:2] == (0, "")
    assert push(shop, branch(shop, "bad", old))[0] == 1


def test_deletions_tags_and_a_push_of_nothing_pass(shop: Repository) -> None:
    bad = shop.git("rev-parse", "bad").strip()
    tag = f"refs/tags/v1 {bad} refs/tags/v1 {NONE}"
    assert push(shop, f"(delete) {NONE} refs/heads/bad {bad}", tag) == (0, "", "")
    assert push(shop) == (0, "", "")


def test_another_state_cannot_be_asked_for_beside_it(shop: Repository) -> None:
    code, _, err = push(shop, words="--rev main")
    assert code == 2
    assert "takes either --pre-push or --rev" in err
