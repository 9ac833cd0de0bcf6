"""Imported first, makes this process take itself for one on Windows."""

from __future__ import annotations

import errno
import functools
import importlib
import os
import posix
import shutil
import subprocess
import sys
import tempfile
import types
from typing import Any

posix_locks = importlib.import_module("fcntl")  # before it is taken away


def _locking(descriptor: int, mode: int, count: int) -> None:
    """As msvcrt.locking: from the current position on, and only for whoever asks."""
    kinds = {
        msvcrt.LK_NBLCK: posix_locks.LOCK_EX | posix_locks.LOCK_NB,
        msvcrt.LK_UNLCK: posix_locks.LOCK_UN,
    }
    try:
        posix_locks.lockf(descriptor, kinds[mode], count, 0, os.SEEK_CUR)
    except BlockingIOError:
        raise PermissionError(errno.EACCES, "Permission denied") from None


def _renaming(real: Any) -> Any:
    @functools.wraps(real)
    def rename(old: str, new: str) -> None:
        if os.path.lexists(new):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), new)
        real(old, new)

    return rename


def _open(real: Any) -> Any:
    @functools.wraps(real)
    def open_(path: Any, flags: int, *args: Any, **kwargs: Any) -> int:
        if os.path.isdir(path):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return int(real(path, flags, *args, **kwargs))

    return open_


msvcrt = types.ModuleType("msvcrt")
vars(msvcrt).update(LK_NBLCK=2, LK_UNLCK=0, locking=_locking)
nt = types.ModuleType("nt")
vars(nt).update(vars(posix), O_BINARY=0)

subprocess.Popen = functools.partial(subprocess.Popen, pipesize=4096)  # type: ignore[assignment,misc]
vars(subprocess)["_USE_POSIX_SPAWN"] = False
tempfile.gettempdir()
vars(shutil)["_use_fd_functions"] = False  # as where a folder cannot be opened
for name in ("posix_spawn", "posix_spawnp", "memfd_create", "mkfifo"):
    if hasattr(os, name):
        delattr(os, name)
os.rename = _renaming(os.rename)
os.open = _open(os.open)
sys.modules.update(msvcrt=msvcrt, nt=nt)
for name in ("fcntl", "posix", "termios", "pty"):
    sys.modules[name] = None  # type: ignore[assignment]
sys.platform = "win32"
