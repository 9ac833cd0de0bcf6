"""Backup and restore of SQLite, by its own backup API (sqlite.org/backup.html).

A plain copy of the file misses what is only in its write-ahead log.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import sqlite3
import time
from urllib.parse import quote

from oneleaf.database import connection as connections
from oneleaf.errors import OneleafError, Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

ENDING = ".sqlite3"
_PATIENCE = 10.0  # seconds that another connection may keep the file busy


def size(connection: Any) -> int:
    """Bytes of the database."""
    with _open(_path(connection), "ro") as own:
        (pages,) = own.execute("PRAGMA page_count").fetchone()
        (each,) = own.execute("PRAGMA page_size").fetchone()
    return int(pages) * int(each)


def line(connection: Any, target: str) -> str:
    """The command that a person would type for a backup."""
    name = str(connection.settings_dict["NAME"])
    return shlex.join(["sqlite3", name, f".backup {target}"])


def dump(connection: Any, target: str) -> None:
    """Copies the database to a new file."""
    with _open(_path(connection), "ro") as own, _open(target, "rwc") as copy:
        _copy(own, copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, whatever it was


def check(path: str) -> None:
    """Raises OneleafError where the backup is no sound database."""
    with _open(path, "ro") as copy:
        told = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
    if told != "ok":
        raise OneleafError(f"{path} is damaged: {told}")


def restore(connection: Any, path: str) -> None:
    """Copies a backup into the live file, for its other connections too.

    All or nothing: the copy is one transaction. Raises Refused, with nothing changed,
    while another connection keeps the file locked.
    """
    live = _path(connection)
    connection.close()
    with _open(path, "ro") as copy, _open(live, "rwc") as own:
        own.execute("BEGIN EXCLUSIVE")
        own.execute("ROLLBACK")
        _copy(copy, own)
        own.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    check(live)


def _path(connection: Any) -> str:
    """The file; the connection is closed, so that it holds no lock."""
    if connection.is_in_memory_db():
        raise Refused(f"database {connection.alias!r} is in memory: no file to copy")
    path = connections.identity(connection).name
    connection.close()
    return path


@contextlib.contextmanager
def _open(path: str, mode: str) -> Iterator[sqlite3.Connection]:
    """An open file; what SQLite raises in the block becomes Refused or OneleafError."""
    try:
        own = sqlite3.connect(
            _address(path, mode), uri=True, timeout=2, isolation_level=None
        )
        with contextlib.closing(own):
            yield own
    except sqlite3.OperationalError as error:
        if "locked" in str(error) or "busy" in str(error):
            raise Refused(
                f"{path} is in use ({error}); stop what uses it, such as the development"
                " server; nothing was changed"
            ) from None
        raise OneleafError(f"{path}: {error}") from None
    except sqlite3.Error as error:
        raise OneleafError(f"{path}: {error}") from None


def _address(path: str, mode: str) -> str:
    """A file's URI, on Windows with a slash before the drive (sqlite.org/uri.html)."""
    place = os.path.abspath(path).replace(os.sep, "/")
    start = "" if place.startswith("/") else "/"
    return f"file://{quote(os.fsencode(start + place), safe='/:')}?mode={mode}"


def _copy(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """All pages in one step, which no writer can come between.

    Python tries again for ever while the file is busy; this gives up.
    """
    end = time.monotonic() + _PATIENCE

    def progress(status: int, _remaining: int, _total: int) -> None:
        if status not in (0, _DONE) and time.monotonic() > end:
            message = "database is locked"
            raise sqlite3.OperationalError(message)

    source.backup(target, pages=-1, progress=progress)


_DONE = 101  # SQLITE_DONE (sqlite.org/rescode.html)
