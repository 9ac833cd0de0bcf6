"""One migration run at a time: a lock that the database server itself holds.

Never a table: its row would outlive a killed process, and travel in dumps.
"""

from __future__ import annotations

import hashlib
import time

from oneleaf.database.locking import mysql, postgresql, sqlite
from oneleaf.errors import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

    class Lock(Protocol):
        """A lock on a connection of its own."""

        def try_take(self) -> bool:
            """Takes the lock if nobody has it."""

        def holder(self) -> str:
            """Who has it, for a person; "" where that cannot be seen."""

        def is_held(self) -> bool:
            """Whether this process still has it."""

        def release(self) -> None:
            """Gives it back and closes the connection."""


_POLL = 0.3  # seconds between two tries
_REMIND = 30.0  # seconds between two messages


def of(connection: Any) -> Lock:
    """The lock of the database that an alias leads to, not taken yet.

    connection: the alias's own; the lock uses a copy. Raises Refused for a database
    that has none.
    """
    vendor = connection.vendor
    if vendor == "postgresql":
        return postgresql.Lock(connection, key)
    if vendor == "mysql":
        return mysql.Lock(connection, key)
    if vendor == "sqlite":
        return sqlite.Lock(connection)
    raise Refused(
        f"there is no lock for {connection.display_name}; see to it that only one"
        " migrate runs at a time"
    )


def key(database: str, schema: str) -> bytes:
    """What tells the lock of one database and schema from all others: 32 bytes.

    schema: "" where the server has none. The same in every version of oneleaf.
    """
    return hashlib.sha256(f"migrate-lock:v1:{database}{schema}".encode()).digest()


def take(lock: Lock, wait: float, say: Callable[[str], None]) -> None:
    """Takes the lock, waiting up to ``wait`` seconds for whoever has it.

    say: gets a message when the waiting begins, and now and then. Raises Refused when
    the time is over.
    """
    started = time.monotonic()
    said = -_REMIND
    while not lock.try_take():
        waited = time.monotonic() - started
        if waited >= wait:
            raise Refused(
                f"another migrate holds the lock{_by(lock)}; gave up after"
                f" {wait:g} s, nothing was changed"
            )
        if waited - said >= _REMIND:
            said = waited
            say(
                f"another migrate holds the lock{_by(lock)}."
                f" Waiting up to {wait:g} s; nothing was changed."
            )
        time.sleep(min(_POLL, wait - waited))


def _by(lock: Lock) -> str:
    holder = lock.holder()
    return f": {holder}" if holder else ""
