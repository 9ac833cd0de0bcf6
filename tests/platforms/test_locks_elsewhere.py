"""The locks of Windows, where the module ``fcntl`` is not."""

from __future__ import annotations

import errno
import os
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from oneleaf.applying import disk
from oneleaf.applying.disk import Lock, hold, let_go
from oneleaf.database import locking
from oneleaf.errors import OneleafError, Refused

CONTENT = 1 << 20  # bytes: nobody writes as much into a file that is a lock


class Msvcrt(types.ModuleType):
    """As the module of that name: locks bytes from the current position on."""

    LK_UNLCK, LK_LOCK, LK_NBLCK = 0, 1, 2

    def __init__(self) -> None:
        super().__init__("msvcrt")
        self.held: dict[int, int] = {}
        self.error: OSError | None = None

    def locking(self, descriptor: int, mode: int, count: int) -> None:
        assert count == 1
        start = os.lseek(descriptor, 0, os.SEEK_CUR)
        assert start > CONTENT, "nobody could read what is written there"
        file = os.fstat(descriptor).st_ino
        if self.error:
            raise self.error
        if mode == self.LK_UNLCK:
            assert self.held.pop(file) == start
        elif self.held.setdefault(file, start) is not start:
            raise PermissionError(errno.EACCES, "Permission denied")


@pytest.fixture
def msvcrt(monkeypatch: pytest.MonkeyPatch) -> Msvcrt:
    made = Msvcrt()
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setitem(sys.modules, "msvcrt", made)
    monkeypatch.setitem(sys.modules, "fcntl", None)
    return made


def opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT)


def test_one_writer_at_a_time(tmp_path: Path, msvcrt: Msvcrt) -> None:
    with Lock(str(tmp_path)), pytest.raises(Refused, match="another oneleaf"):
        Lock(str(tmp_path)).__enter__()
    with Lock(str(tmp_path)):
        assert len(msvcrt.held) == 1
    assert msvcrt.held == {}


@pytest.mark.parametrize("number", sorted(disk._TAKEN))
def test_taken_is_what_the_system_calls_it(
    tmp_path: Path, msvcrt: Msvcrt, number: int
) -> None:
    msvcrt.error = OSError(number, "taken")
    assert hold(opened(tmp_path / "lock")) is False


def test_another_error_is_not_taken_for_a_holder(
    tmp_path: Path, msvcrt: Msvcrt
) -> None:
    msvcrt.error = OSError(errno.ENOLCK, "no locks here")
    with pytest.raises(OSError, match="no locks here"):
        hold(opened(tmp_path / "lock"))


def test_the_file_is_closed_even_if_it_cannot_be_freed(
    tmp_path: Path, msvcrt: Msvcrt
) -> None:
    descriptor = opened(tmp_path / "lock")
    assert hold(descriptor)
    msvcrt.error = OSError(errno.EACCES, "odd")
    with pytest.raises(OSError, match="odd"):
        let_go(descriptor)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


# SQLite


class Connection:
    """As much of Django's as the lock asks for."""

    def __init__(self, path: Path) -> None:
        self.alias, self.vendor, self._path = "default", "sqlite", path

    def ensure_connection(self) -> None:
        """Nothing to connect to."""

    def close(self) -> None:
        """Nothing to close."""

    def cursor(self) -> Any:
        rows = types.SimpleNamespace(
            execute=lambda query: None, fetchall=lambda: [(0, "main", str(self._path))]
        )
        return _Context(rows)


class _Context:
    def __init__(self, value: object) -> None:
        self.value = value

    def __enter__(self) -> object:
        return self.value

    def __exit__(self, *_: object) -> None:
        """Nothing to end."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "db.sqlite3"


def lock(path: Path) -> locking.SqliteLock:
    return locking.SqliteLock(Connection(path))


@pytest.mark.usefixtures("msvcrt")
def test_one_migrate_at_a_time(path: Path) -> None:
    first, second = lock(path), lock(path)
    assert first.try_take()
    assert not second.try_take()
    assert first.is_held()
    assert second.holder().startswith(f"pid {os.getpid()} on ")
    first.release()
    assert second.try_take()
    second.release()
    assert list(path.parent.iterdir()) == []


def test_a_file_that_another_has_open_stays(
    path: Path, msvcrt: Msvcrt, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = lock(path), lock(path)
    assert first.try_take()

    def unlink(place: str) -> None:
        assert msvcrt.held == {}, "Windows removes no open file, not even one's own"
        raise PermissionError(errno.EACCES, "in use", place)

    with monkeypatch.context() as patch:
        patch.setattr(os, "unlink", unlink)
        first.release()
    assert second.try_take()


def test_a_file_system_without_locks_is_said(path: Path, msvcrt: Msvcrt) -> None:
    msvcrt.error = OSError(errno.ENOLCK, "no locks here")
    with pytest.raises(OneleafError, match=r"migrate-lock: no locks here"):
        lock(path).try_take()
