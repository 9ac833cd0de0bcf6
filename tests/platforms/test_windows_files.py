"""What Windows does not let one do to files, and what is done instead."""

from __future__ import annotations

import errno
import ntpath
import os
import stat
import sys
import time
import types
from pathlib import Path
from typing import Any

import pytest
from pretended_windows import git_exe

from oneleaf import applying
from oneleaf.applying import disk, judging
from oneleaf.errors import Refused
from oneleaf.git import processes
from oneleaf.lockfiles import driver
from oneleaf.planning.plan import Plan
from repository import Repository

OLD, NEW = "shop/migrations/0002_b.py", "shop/migrations/0003_b.py"


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[float]:
    """This is Windows, where nobody waits while a test runs."""
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(processes, "_HAS_SPAWN", False)
    monkeypatch.setenv("PATH", git_exe(tmp_path / "programs"))
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    locks = types.ModuleType("msvcrt")
    vars(locks).update(LK_NBLCK=2, LK_UNLCK=0, locking=lambda *_: None)
    monkeypatch.setitem(sys.modules, "msvcrt", locks)
    return slept


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    repository = Repository.create(tmp_path / "work")
    repository.write(OLD, "two\n")
    repository.commit()
    monkeypatch.chdir(repository.path)
    return repository


class InUse:
    """An action on files that are in use for the first so many times."""

    def __init__(self, times: int, real: Any) -> None:
        self.left, self.real = times, real

    def __call__(self, *paths: str) -> None:
        if self.left and ".git" not in paths[0]:
            self.left -= 1
            raise PermissionError(errno.EACCES, "Permission denied", paths[0])
        self.real(*paths)


def move(repository: Repository) -> None:
    files = {OLD: None, NEW: b"two\n"}
    plan = Plan((), files, moves={OLD: NEW}, expected={OLD: b"two\n"})
    applying.apply(str(repository.path), plan, stage=True)


def migrations(repository: Repository) -> list[str]:
    return os.listdir(repository.path / "shop/migrations")


@pytest.mark.parametrize("action", ["rename", "unlink"])
def test_a_file_in_use_for_a_moment_is_waited_for(
    repository: Repository,
    monkeypatch: pytest.MonkeyPatch,
    pauses: list[float],
    action: str,
) -> None:
    monkeypatch.setattr(os, action, InUse(3, getattr(os, action)))
    move(repository)
    assert migrations(repository) == ["0003_b.py"]
    assert repository.git("status", "--short") == f"R  {OLD} -> {NEW}\n"
    assert len(pauses) == 3
    assert sum(pauses) < 1


def test_a_file_that_stays_in_use_is_named_and_nothing_is_changed(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, pauses: list[float]
) -> None:
    real = os.rename

    def rename(old: str, new: str) -> None:
        if old.endswith(OLD):
            raise PermissionError(errno.EACCES, "Permission denied", old)
        real(old, new)

    monkeypatch.setattr(os, "rename", rename)
    reason = f"{OLD} .*Permission denied; nothing was changed; close what has it open"
    with pytest.raises(Refused, match=reason):
        move(repository)
    assert migrations(repository) == ["0002_b.py"]
    assert repository.git("status", "--short") == ""
    assert len(pauses) == len(disk._PAUSES)


def test_elsewhere_what_is_not_permitted_stays_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: pytest.fail("waited"))
    with pytest.raises(PermissionError):
        disk.patiently(InUse(1, os.unlink), "a file")


@pytest.mark.usefixtures("pauses")
def test_what_is_in_the_way_is_not_waited_for(pauses: list[float]) -> None:
    def rename(old: str, new: str) -> None:
        raise FileExistsError(errno.EEXIST, "Cannot create a file", new)

    with pytest.raises(FileExistsError):
        disk.patiently(rename, "old", "new")
    assert pauses == []


def test_a_folder_that_cannot_be_opened_is_not_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_folders(path: str, flags: int) -> int:
        raise PermissionError(errno.EACCES, "Permission denied", path)

    monkeypatch.setattr(os, "open", no_folders)
    disk.sync_directory(str(tmp_path))


@pytest.mark.parametrize(
    ("tag", "is_link"),
    [
        pytest.param(0xA0000003, True, id="junction"),
        pytest.param(0x9000001A, False, id="a folder kept in the cloud"),
        pytest.param(0, False, id="folder"),
    ],
)
def test_nothing_is_written_through_a_junction(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, *, tag: int, is_link: bool
) -> None:
    def lstat(path: str) -> types.SimpleNamespace:
        folder = path.endswith("migrations")
        return types.SimpleNamespace(
            st_mode=(stat.S_IFDIR | 0o777) if folder else (stat.S_IFREG | 0o666),
            st_reparse_tag=tag if folder else 0,
        )

    plan = Plan((), {OLD: b"new\n"}, expected={OLD: b"two\n"})
    with monkeypatch.context() as patch:
        patch.setattr(os, "lstat", lstat)
        try:
            judging.entries(str(repository.path), plan)
            refused = ""
        except Refused as error:
            refused = str(error)
    assert refused.startswith("shop/migrations is a link") is is_link


@pytest.mark.parametrize(
    ("place", "inside"),
    [
        ("C:\\repo\\shop\\lock.txt", True),
        ("C:\\repository\\lock.txt", False),
        ("D:\\repo\\shop\\lock.txt", False),
        ("\\\\server\\share\\lock.txt", False),
    ],
)
def test_a_link_to_another_drive_leads_out(
    monkeypatch: pytest.MonkeyPatch, *, place: str, inside: bool
) -> None:
    real = {"C:/repo": "C:\\repo", "C:\\repo\\lock.txt": place}
    with monkeypatch.context() as patch:
        patch.setattr(os, "path", ntpath)
        patch.setattr(os, "sep", "\\")
        patch.setattr(ntpath, "realpath", lambda path: real.get(path, path))
        try:
            found = judging.inside("C:/repo", "lock.txt")
        except Refused as error:
            found = str(error)
    assert found.startswith("shop/lock.txt" if inside else "lock.txt is a link that")


def test_a_result_that_is_in_use_is_written_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [tmp_path / name for name in ("base", "ours", "theirs")]
    for file, text in zip(files, ("1_a\n", "1_a\n", "2_b\n"), strict=True):
        file.write_text(text, encoding="ascii")

    def replace(_old: str, new: str) -> None:
        raise PermissionError(errno.EACCES, "Access is denied", new)

    with monkeypatch.context() as patch:
        patch.setattr(vars(driver)["system"], "replace", replace)
        code = driver.drive([*map(str, files), "7", "shop/migrations/lock.txt"])
    assert code == 0
    assert files[1].read_text(encoding="ascii") == "2_b\n"
    assert sorted(tmp_path.iterdir()) == sorted(files)
