"""The whole of the git side, with every branch that Windows takes."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import Any

import pretended_windows
import pytest
from clone_story import configured, line_ends, play
from test_git_settings import FOLDER, WINDOWS

from oneleaf.applying import disk
from programs import script
from repository import SOURCE_ROOT, Repository

LAUNCHER = SOURCE_ROOT / "oneleaf/lockfiles/launcher.py"


def test_the_pretended_system_has_nothing_of_posix(tmp_path: Path) -> None:
    repository = Repository.create(tmp_path / "work")
    done = pretended_windows.run(
        repository,
        "import os, shutil; print(sys.platform, hasattr(os, 'posix_spawnp'),"
        " sys.modules['fcntl'], sys.modules['posix'], shutil.os.path.isfile('.git/HEAD'))",
    )
    assert done.out == "win32 False None None True\n"


@pytest.mark.e2e
@pytest.mark.slow
@pytest.mark.django
def test_a_clone_is_protected(tmp_path: Path) -> None:
    project = configured(tmp_path, WINDOWS)
    play(project, pretended_windows.oneleaf)
    assert line_ends(project.repository, FOLDER) == {b"\r\n"}
    project.assert_sound()


def test_every_other_command_answers_the_same(tmp_path: Path) -> None:
    repository = Repository.create(tmp_path / "work")
    repository.app("shop", "0001_initial", "0002_a", lockfile=True)
    repository.commit()
    repository.git("update-ref", "refs/remotes/origin/main", "HEAD")
    repository.migration("shop", "0002_b", "0001_initial")
    repository.commit()
    repository.app("cart", *(f"{n:04}_{'x' * 60}" for n in range(1, 300)))
    repository.commit()
    for words in (
        "check --all",
        "check --rev HEAD",
        "check --from-ref HEAD~1 --to-ref HEAD",
        "check --all --against origin/main",
        "check nosuch/path",
        "merge --dry-run",
        "rebase --dry-run",
        "radar",
        "graph --all",
        "advise",
        "uninstall",
        "init --dry-run",
        "check --rev nosuch",
        "nosuch",
    ):
        plain = repository.oneleaf(*words.split())
        assert pretended_windows.oneleaf(repository, *words.split()) == plain, words


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    """Held by another process, as far as Windows' module tells."""
    repository = Repository.create(tmp_path / "work")
    repository.app("shop", "0001_initial", lockfile=True)
    repository.write("shop/migrations/max_migration.txt", "0000_stale\n")
    repository.add()
    lock = repository.path / ".git/oneleaf/apply/main/lock"
    lock.parent.mkdir(parents=True)
    fcntl: Any = importlib.import_module("fcntl")
    with lock.open("w") as file:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, disk._BYTE)
        done = pretended_windows.oneleaf(repository, "lock")
        assert done.code == 1
        assert "another oneleaf is writing" in done.err
        assert repository.read("shop/migrations/max_migration.txt") == "0000_stale\n"
    assert "Wrote" in pretended_windows.oneleaf(repository, "lock").out


@pytest.mark.parametrize(
    ("theirs", "code", "result"),
    [
        ("1_a", 0, "2_b\n"),
        ("2_c", 1, "<<<<<<< ours\n2_b\n=======\n2_c\n>>>>>>> theirs\n"),
    ],
)
def test_the_driver_merges(tmp_path: Path, theirs: str, code: int, result: str) -> None:
    repository = Repository.create(tmp_path / "work")
    for name, text in (("O", "1_a"), ("A", "2_b"), ("B", theirs)):
        repository.write(name, f"{text}\n")
    start = f"import runpy; runpy.run_path({str(LAUNCHER)!r}, run_name='__main__')"
    done = pretended_windows.run(repository, start, "O", "A", "B", "7", "x/lock.txt")
    assert done.code == code
    assert repository.read("A") == result
    assert sorted(os.listdir(repository.path)) == [".git", "A", "B", "O"]


def test_a_git_in_the_work_tree_is_not_run(tmp_path: Path) -> None:
    repository = Repository.create(tmp_path / "work")
    repository.app("shop", "0001_initial")
    repository.commit()
    script(repository.path / "git.exe", f"#!{sys.executable}\nopen('TRAPPED', 'w')\n")
    real = pretended_windows.git_exe(tmp_path / "real")
    path = os.pathsep.join((".", "", real))
    assert pretended_windows.oneleaf(repository, "check", "--all", PATH=path).code == 0
    assert not (repository.path / "TRAPPED").exists()
