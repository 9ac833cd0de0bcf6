"""One writer at a time in a work tree."""

import errno
import os
import sys

from oneleaf.errors import Refused

_BUSY = (
    "another oneleaf is writing in this work tree; run it again when that one is done"
)
_TAKEN = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
# Windows keeps others from reading what is locked (LockFileEx): not what is written there.
_BYTE = 1 << 30


class Lock:
    """Holds the folder for one process, for a ``with`` block; a kill lets it go.

    Raises Refused where another process has it, OSError where it cannot be made.
    """

    def __init__(self, place: str) -> None:
        self._place = place
        self._fd = -1

    def __enter__(self) -> None:
        os.makedirs(self._place, exist_ok=True)
        self._fd = os.open(os.path.join(self._place, "lock"), os.O_RDWR | os.O_CREAT)
        try:
            taken = hold(self._fd)
        except OSError:
            os.close(self._fd)
            raise
        if not taken:
            os.close(self._fd)
            raise Refused(_BUSY)

    def __exit__(self, *_: object) -> None:
        let_go(self._fd)


def hold(descriptor: int) -> bool:
    """Locks an open file; False, at once, where another process has locked it.

    The system frees it when its holder ends, however that ends. Raises OSError where
    the file system has no locks.
    """
    try:
        if sys.platform == "win32":
            _lock_byte(descriptor)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _TAKEN:
            return False
        raise
    return True


def let_go(descriptor: int) -> None:
    """Frees a locked file and closes it."""
    try:
        if sys.platform == "win32":  # may take its time where a file is only closed
            _lock_byte(descriptor, free=True)
    finally:
        os.close(descriptor)


def _lock_byte(descriptor: int, *, free: bool = False) -> None:
    if sys.platform == "win32":
        import msvcrt

        os.lseek(descriptor, _BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK if free else msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)
