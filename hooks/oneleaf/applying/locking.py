"""One writer at a time in a work tree."""

import errno
import os

from oneleaf.errors import Refused

_BUSY = (
    "another oneleaf is writing in this work tree; run it again when that one is done"
)


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
            _lock(self._fd)
        except OSError as error:
            os.close(self._fd)
            if error.errno in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
                raise Refused(_BUSY) from None
            raise

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)


def _lock(fd: int) -> None:
    try:
        import fcntl
    except ImportError:
        import msvcrt

        # Windows only; elsewhere the module has none of this.
        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        return
    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
