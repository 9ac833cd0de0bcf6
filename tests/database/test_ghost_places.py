"""Where git still holds a file that is not in the work tree."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from oneleaf.database import sources
from repository import Repository

PATH = "shop/migrations/0002_x.py"


class Sources:
    """The two things that are asked of the sources."""

    def __init__(self, repository: Repository) -> None:
        self.top = str(repository.path)

    def path(self, key: tuple[str, str]) -> str:
        return f"{key[0]}/migrations/{key[1]}.py"


def committed(repository: Repository) -> None:
    repository.git("checkout", "-q", "-b", "feature")
    repository.write(PATH, "x = 1\n")
    repository.commit()
    repository.git("checkout", "-q", "main")


def branch_deleted(repository: Repository) -> None:
    committed(repository)
    repository.git("branch", "-q", "-D", "feature")


def tagged(repository: Repository) -> None:
    committed(repository)
    repository.git("tag", "v1", "feature")
    repository.git("branch", "-q", "-D", "feature")


def untracked_stash(repository: Repository) -> None:
    repository.write(PATH, "x = 1\n")
    repository.git("stash", "push", "-q", "--include-untracked")


def staged_stash(repository: Repository) -> None:
    repository.write(PATH, "x = 1\n")
    repository.add()
    repository.git("stash", "push", "-q")


def older_stash(repository: Repository) -> None:
    staged_stash(repository)
    repository.write("other.txt", "x")
    repository.git("stash", "push", "-q", "--include-untracked")


def amended(repository: Repository) -> None:
    repository.write(PATH, "x = 1\n")
    repository.commit()
    (repository.path / PATH).unlink()
    repository.git("add", "-A")
    repository.git("commit", "-q", "--amend", "--allow-empty", "-m", "without")


def moved_app(repository: Repository) -> None:
    repository.git("checkout", "-q", "-b", "feature")
    repository.write(f"src/{PATH}", "x = 1\n")
    repository.commit()
    repository.git("checkout", "-q", "main")


@pytest.mark.parametrize(
    ("arrange", "names"),
    [
        pytest.param(committed, "branch feature", id="another branch"),
        pytest.param(branch_deleted, "only in the reflog", id="a deleted branch"),
        pytest.param(tagged, "tag v1", id="a tag"),
        pytest.param(untracked_stash, "stash@{0}", id="an untracked file in a stash"),
        pytest.param(staged_stash, "stash@{0}", id="a staged file in a stash"),
        pytest.param(older_stash, "stash@{1}", id="an older stash"),
        pytest.param(amended, "only in the reflog", id="a commit amended away"),
        pytest.param(moved_app, "branch feature", id="another folder of the app"),
    ],
)
def test_the_file_is_found_with_what_leads_to_it(
    arrange: Callable[[Repository], None],
    names: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    repository = Repository.create(tmp_path / "r")
    repository.write("README", "x")
    repository.commit()
    arrange(repository)
    assert not (repository.path / PATH).exists()
    place = find(repository, monkeypatch)
    assert str(place) == f"commit {place.commit[:10]} ({names})"
    assert repository.git("show", f"{place.commit}:{place.path}") == "x = 1\n"


def find(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name, value in repository.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(os.devnull[:1])
    return sources.find_place(Sources(repository), ("shop", "0002_x"))  # type: ignore[arg-type]


def test_the_newest_content_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = Repository.create(tmp_path / "r")
    repository.write("README", "x")
    repository.commit()
    repository.git("checkout", "-q", "-b", "feature")
    repository.write(PATH, "x = 1\n")
    repository.commit()
    repository.write(PATH, "x = 2\n")
    newest = repository.commit()
    repository.git("checkout", "-q", "main")
    assert find(repository, monkeypatch).commit == newest


def test_a_file_that_git_never_saw_is_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = Repository.create(tmp_path / "r")
    repository.commit()
    assert find(repository, monkeypatch) is None
