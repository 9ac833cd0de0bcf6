"""Files written, renamed and removed so that it holds after a crash of the system."""

import os
import sys

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
