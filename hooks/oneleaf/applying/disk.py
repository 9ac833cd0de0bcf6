"""Files written, renamed and removed so that it lasts; one writer at a time."""

import errno
import os
import sys

from oneleaf.errors import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


_PAUSES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.4)  # seconds


def write(path: str, data: bytes, mode: int = -1) -> None:
    """Writes a new file and waits until it is on disk. Raises OSError.

    mode: its permission bits, -1 for those of any new file. A file of that name must
    not be there, nor a link.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    fd = os.open(path, flags, 0o666)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(fd, view) :]
        if mode >= 0:
            os.chmod(path, mode)
        os.fsync(fd)
    finally:
        os.close(fd)


def remove(path: str) -> None:
    """Removes a file that may be gone already. Raises OSError."""
    if os.path.lexists(path):
        patiently(os.unlink, path)


def patiently(action: "Callable[..., None]", *paths: str) -> None:
    """Renames or removes a file. Raises OSError.

    On Windows nothing can be done to a file that a virus scanner or an indexer looks
    into, for a moment, after it was written (CreateFileW, "dwShareMode"): what is not
    permitted there is tried again for most of a second.
    """
    if sys.platform == "win32":
        import contextlib
        import time

        for pause in _PAUSES:
            with contextlib.suppress(PermissionError):
                action(*paths)
                return
            time.sleep(pause)
    action(*paths)


def sync_directory(path: str) -> None:
    """Makes renames in a directory durable, where the system can do that.

    Not an error where it cannot (Windows, some network file systems): the order of
    what reaches the disk is all that is lost then.
    """
    try:
        fd = os.open(path, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(fd)
    except OSError:
        return
    finally:
        os.close(fd)


_BUSY = (
    "another oneleaf is writing in this work tree; run it again when that one is done"
)
_TAKEN = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
# Windows keeps others from reading what is locked (LockFileEx): not what is written there.
_BYTE = 1 << 30


class FolderLock:
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
