"""A clone from its first command to the merged migrations, however oneleaf is run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from django_repository import LOCKFILE, Project, diverged
from repository import Done, Repository

LINE = [
    "0001_initial",
    "0002_item_price",
    "0003_item_stock",
    "0004_tag_color",
    "0005_tag_size",
]

Run = Callable[..., Done]


def configured(folder: Path, settings: Mapping[str, str]) -> Project:
    """The clone of two sides, checked out anew with git's settings."""
    project = diverged(folder)
    for key, value in settings.items():
        project.repository.git("config", key, value)
    check_out_anew(project.repository)
    return project


def check_out_anew(repository: Repository) -> None:
    """Writes every file again, in the line ends that git's settings ask for."""
    repository.git("rm", "-q", "--cached", "-r", ".")
    repository.git("reset", "-q", "--hard")


def play(project: Project, run: Run) -> None:
    """Registers the driver, meets upstream, settles it; all is as it should be then.

    run: ``oneleaf`` in a repository, by its words.
    """
    repository = project.repository
    assert run(repository, "install").code == 0
    project.commit("attributes")
    said = repository.git("merge", "origin/main", ok=(1,))
    assert "oneleaf: app shop: ours has 0003_tag_size, theirs 0003_item_stock" in said
    assert repository.read(LOCKFILE).startswith("<<<<<<<")
    assert run(repository, "check").code == 1
    done = run(repository, "rebase")
    assert (done.code, done.err) == (0, "")
    assert project.names("shop") == LINE
    repository.git("commit", "-q", "--no-edit")
    assert repository.git("status", "--porcelain") == ""
    for words in ("check --all", "lock --check", "rebase", "check --against upstream"):
        done = run(repository, *words.split())
        assert done.code == 0, done
    assert repository.git("status", "--porcelain") == ""
    rows = run(repository, "status").out.splitlines()
    driver = next(row for row in rows if "merge driver" in row)
    assert driver.split() == [
        "ok",
        "merge",
        "driver",
        "registered,",
        "and",
        "it",
        "answers",
    ]


def line_ends(repository: Repository, folder: str) -> set[bytes]:
    """The line ends of the files that are no empty ones."""
    found = set()
    for place in (repository.path / folder).iterdir():
        for line in place.read_bytes().splitlines(keepends=True):
            found.add(line[-2:] if line.endswith(b"\r\n") else line[-1:])
    return found
