"""``oneleaf advise``: two lines after the fact, and never in the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from oneleaf.checking.findings import Finding
from oneleaf.commands import advise
from repository import Repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """On main with one chain; on feat the app has two leaf nodes."""
    found = Repository.create(tmp_path / "work")
    found.app("shop", "0001_initial")
    found.commit("base")
    found.git("checkout", "-q", "-b", "feat")
    found.migration("shop", "0002_a", "0001_initial")
    found.migration("shop", "0003_b", "0001_initial")
    found.commit("two leaves")
    return found


def finding(number: int) -> Finding:
    return Finding("OL102", "shop", ("p", 1), (), f"message {number}", f"hint {number}")


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, ""),
        (1, "oneleaf: HEAD: message 0\n    hint: hint 0\n"),
        (
            3,
            "oneleaf: HEAD: message 0 (and 2 more: `oneleaf check --rev HEAD`)\n    hint: hint 0\n",
        ),
    ],
)
def test_advice_takes_two_lines_at_most(count: int, text: str) -> None:
    assert advise.advice([finding(number) for number in range(count)]) == text


def test_several_leaf_nodes_in_head_are_told(repository: Repository) -> None:
    done = repository.oneleaf("advise")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[0] == (
        "oneleaf: HEAD: app shop has 2 leaf nodes: 0002_a, 0003_b"
    )


def test_a_head_in_order_is_passed_in_silence(repository: Repository) -> None:
    repository.git("checkout", "-q", "main")
    assert repository.oneleaf("advise").out == ""


def checkout(
    repository: Repository, old: str, new: str, kind: str = "1"
) -> dict[str, str]:
    refs = [
        repository.git("rev-parse", rev).strip() if rev.strip("0") else rev
        for rev in (old, new)
    ]
    return {
        "PRE_COMMIT_FROM_REF": refs[0],
        "PRE_COMMIT_TO_REF": refs[1],
        "PRE_COMMIT_CHECKOUT_TYPE": kind,
    }


@pytest.mark.parametrize(
    ("old", "new", "kind", "speaks"),
    [
        pytest.param("main", "feat", "1", True, id="a branch that changes the app"),
        pytest.param("feat", "feat", "1", False, id="a new branch"),
        pytest.param("main", "feat", "0", False, id="files only"),
        pytest.param("0" * 40, "feat", "1", True, id="a new work tree"),
    ],
)
def test_after_a_checkout_only_what_it_changed_is_judged(
    repository: Repository, old: str, new: str, kind: str, speaks: bool
) -> None:
    done = repository.oneleaf("advise", **checkout(repository, old, new, kind))
    assert bool(done.out) is speaks


def test_a_checkout_that_leaves_the_app_alone_is_passed_in_silence(
    repository: Repository,
) -> None:
    repository.write("README", "text\n")
    repository.commit("other")
    done = repository.oneleaf("advise", **checkout(repository, "HEAD^", "HEAD"))
    assert done.out == ""


def test_an_amended_commit_was_judged_before(repository: Repository) -> None:
    assert repository.oneleaf("advise", PRE_COMMIT_REWRITE_COMMAND="amend").out == ""
    assert repository.oneleaf("advise", PRE_COMMIT_REWRITE_COMMAND="rebase").out != ""


@pytest.mark.parametrize("state", ["no commit", "no repository", "bad configuration"])
def test_nothing_makes_it_fail(tmp_path: Path, state: str) -> None:
    repository = Repository.create(tmp_path / "work")
    cwd = "."
    if state == "no repository":
        cwd = ".."
    if state == "bad configuration":
        repository.write("pyproject.toml", "[tool.oneleaf]\nodd = 1\n")
        repository.commit()
    done = repository.oneleaf("advise", cwd=cwd, GIT_CEILING_DIRECTORIES="/")
    assert (done.code, done.out, done.err) == (0, "", "")
