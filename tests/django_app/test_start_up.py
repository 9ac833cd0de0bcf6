"""Whatever is wrong with the repository: the project starts. Each run is a process of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from app_project import OWN, Project

pytestmark = [pytest.mark.django, pytest.mark.e2e]

posix: Any = os  # for what Windows lacks

Spoil = Callable[[Project], object]


def nothing(_project: Project) -> None:
    """So that a fault of the test itself shows."""


def no_repository(project: Project) -> None:
    shutil.rmtree(project.repository.path / ".git")


def no_git(project: Project) -> None:
    project.repository.env["PATH"] = "/nowhere"


def a_git_directory_that_leads_nowhere(project: Project) -> None:
    no_repository(project)
    project.write(".git", "gitdir: /nowhere\n")


def an_index_that_cannot_be_read(project: Project) -> None:
    project.write(".git/index", b"no index")


def staged(path: str, content: bytes) -> Spoil:
    """A file that the index holds too."""

    def spoil(project: Project) -> None:
        project.write(path, content)
        project.repository.add()

    spoil.__name__ = f"{path.rpartition('/')[2]}={content!r}"
    return spoil


def a_lockfile_that_is_a_folder(project: Project) -> None:
    project.delete(OWN)
    project.write(f"{OWN}/file")


def a_git_directory_that_cannot_be_written_to(project: Project) -> None:
    """Also for root, to whom modes say nothing: no folder can be made there."""
    project.write(".git/oneleaf", "in the way")
    project.write(".git/index.lock")
    (project.repository.path / ".git").chmod(0o555)


def a_merge_in_conflict(project: Project) -> None:
    repository = project.repository
    repository.git("checkout", "-q", "-b", "other")
    project.migration("0002_b", "0001_initial")
    project.write(OWN, "0002_b\n")
    repository.commit("b")
    repository.git("checkout", "-q", "main")
    project.write(OWN, "0002_a\n")
    repository.commit("a")
    repository.git("merge", "-q", "other", ok=(1,))


STATES = [
    nothing,
    no_repository,
    no_git,
    a_git_directory_that_leads_nowhere,
    an_index_that_cannot_be_read,
    staged("pyproject.toml", b"[tool.oneleaf\n"),
    staged("pyproject.toml", b"[tool.oneleaf]\nunknown = 1\n"),
    staged("pyproject.toml", b"\xff[tool.oneleaf]\n"),
    staged(OWN, b""),
    staged(OWN, b"0001_initial\n0002_b\n"),
    staged(OWN, b"\xff\x00\n"),
    a_lockfile_that_is_a_folder,
    a_git_directory_that_cannot_be_written_to,
    a_merge_in_conflict,
]
in_every_state = pytest.mark.parametrize("spoil", STATES, ids=lambda s: s.__name__)


@pytest.fixture
def shop(tmp_path: Path) -> Project:
    """One app with a lockfile, and a database that is up to date."""
    return Project.locked(tmp_path / "repository")


@in_every_state
def test_migrate_works(shop: Project, spoil: Spoil) -> None:
    spoil(shop)
    done = shop.manage("migrate", ok=())
    assert (done.code, done.err) == (0, "")
    assert "Applying shop.0001_initial... OK" in done.out


@in_every_state
def test_check_ends_with_what_it_found_and_never_with_a_traceback(
    shop: Project, spoil: Spoil
) -> None:
    spoil(shop)
    done = shop.manage("check", ok=())
    assert "Traceback" not in done.err
    assert done.code in (0, 1)
    assert (done.code == 1) == ("(oneleaf.OL" in done.err)
    assert "System check identified" in done.out + done.err


@in_every_state
def test_makemigrations_does_all_of_its_own_work(shop: Project, spoil: Spoil) -> None:
    spoil(shop)
    done = shop.manage("makemigrations", "shop", "--empty", "--name", "x", ok=())
    assert done.code == 0
    assert "Traceback" not in done.err
    assert done.err.count("\n") <= 1
    assert list((shop.repository.path / "shop/migrations").glob("*_x.py"))


@in_every_state
def test_runserver_starts(shop: Project, spoil: Spoil) -> None:
    spoil(shop)
    process = subprocess.Popen(
        [sys.executable, "-u", "manage.py", "runserver", "--noreload", "127.0.0.1:0"],
        cwd=shop.repository.path,
        env={**shop.repository.env, "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    said = []
    try:
        assert process.stdout is not None
        for line in process.stdout:
            said.append(line)
            if line.startswith("Quit the server with"):
                break
        else:
            pytest.fail("".join(said))
    finally:
        posix.killpg(process.pid, signal.Signals["SIGKILL"])
        process.communicate()
    assert "oneleaf" not in "".join(said)


def files(project: Project) -> dict[Path, int]:
    """Every file but the database, with the time of its last change."""
    return {
        path: path.stat().st_mtime_ns
        for path in project.repository.path.rglob("*")
        if path.is_file() and path.suffix != ".sqlite3"
    }


def test_a_start_writes_nothing_and_runs_no_git(shop: Project, tmp_path: Path) -> None:
    """What every command does costs nothing: the app waits to be asked."""
    mark = tmp_path / "git was run"
    git = tmp_path / "bin/git"
    git.parent.mkdir()
    git.write_text(f"#!/bin/sh\n: > '{mark}'\nexit 1\n")
    git.chmod(0o755)
    shop.repository.env["PATH"] = str(git.parent)
    before = files(shop)
    for words in (("migrate",), ("showmigrations",), ("makemigrations", "--check")):
        shop.manage(*words)
    assert not mark.exists()
    assert files(shop) == before
    shop.manage("check", ok=())
    assert mark.exists()


def test_what_every_command_imports_is_little(shop: Project) -> None:
    """Django imports makemigrations in front of every command that is checked."""
    code = (
        "from django.core.management import call_command as c; c('check')\n"
        "import sys; print(*sorted(n for n in sys.modules if n.startswith('oneleaf')))"
    )
    command = (sys.executable, "manage.py", "shell", "-v", "0", "-c", code)
    done = shop.repository.run(*command, ok=(0,))
    assert set(done.out.splitlines()[-1].split()) == {
        "oneleaf",
        "oneleaf.django",
        "oneleaf.django.apps",
        "oneleaf.django.places",
        "oneleaf.django.commands",
        "oneleaf.django.management",
        "oneleaf.django.management.commands",
        "oneleaf.django.management.commands.check",
        "oneleaf.django.management.commands.makemigrations",
        "oneleaf.django.system_check",
        "oneleaf.errors",
        "oneleaf.output",
        "oneleaf.output.terminal",
    }


def test_without_the_app_installed_oneleaf_needs_no_settings(shop: Project) -> None:
    shop.install("shop")
    assert shop.manage("check", ok=()).out.startswith(
        "System check identified no issues"
    )
    assert "Unknown command" in shop.manage("oneleaf", ok=()).err
    assert shop.oneleaf("check", "--all").code == 0
