"""The lock on SQLite: an advisory one on a file beside the database's.

Not one of SQLite's own, which would keep ``migrate`` itself out. The system frees it
when its holder ends, however it ends (flock(2); Windows, LockFileEx).
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import time

from oneleaf.applying.locking import hold, let_go
from oneleaf.database import identity
from oneleaf.database.locking import ages
from oneleaf.errors import OneleafError, Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SUFFIX = ".migrate-lock"


class Lock:
    """The lock of one database file."""

    def __init__(self, connection: Any) -> None:
        name = identity.of(connection).name
        connection.close()
        if not name:
            raise Refused(
                "a database in memory has no lock: no other process can see it"
            )
        self._path = name + SUFFIX
        self._descriptor = -1

    def try_take(self) -> bool:
        """One try that does not wait. Raises OneleafError where no file can be made."""
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
            taken = hold(descriptor)
        except OSError as error:
            raise OneleafError(f"{self._path}: {error.strerror}") from None
        if not taken:
            os.close(descriptor)
            return False
        if not self._is_in_place(descriptor):  # its last holder just removed it
            let_go(descriptor)
            return False
        self._descriptor = descriptor
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()} {socket.gethostname()}".encode())
        return True

    def _is_in_place(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), os.stat(self._path))
        except FileNotFoundError:
            return False

    def holder(self) -> str:
        """The process that wrote its id into the file, and when."""
        try:
            with open(self._path, encoding="utf-8", errors="replace") as file:
                pid, _, host = file.read(300).partition(" ")
                age = time.time() - os.fstat(file.fileno()).st_mtime
        except FileNotFoundError:
            return ""
        return f"pid {pid} on {host}, for {ages.text(age)}" if pid else ""

    def is_held(self) -> bool:
        """Whether the locked file is still the one that others would lock."""
        return self._descriptor >= 0 and self._is_in_place(self._descriptor)

    def release(self) -> None:
        """Removes the file and lets it go."""
        if self._descriptor < 0:
            return
        if sys.platform == "win32":
            # It removes no open file: neither ours nor, just as well, the next one's.
            let_go(self._descriptor)
            with contextlib.suppress(OSError):
                os.unlink(self._path)
        else:
            if self._is_in_place(self._descriptor):
                os.unlink(self._path)
            let_go(self._descriptor)
        self._descriptor = -1
