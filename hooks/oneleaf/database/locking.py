"""One migration run at a time: a lock that the database server itself holds.

Never a table: its row would outlive a killed process, and travel in dumps.

* SQLite: an advisory lock on a file beside the database's. Not one of SQLite's own, which
  would keep ``migrate`` itself out. The system frees it when its holder ends, however it
  ends (flock(2); Windows, LockFileEx).
* PostgreSQL: advisory, of a transaction, on a connection of its own. A lock of the
  *session* would be given to two processes behind a proxy that pools by transaction, and
  leak there; one of the *transaction* pins its server connection for as long as it is held
  (PostgreSQL, "Advisory Locks"; pgbouncer, "pool_mode").
* MySQL and MariaDB: a named one of a session of its own. Such names belong to the whole
  server, so the database's is part of them (MySQL Reference Manual, "Locking Functions").
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
import sys
import time

from django.db import Error as DatabaseError

from oneleaf.applying.disk import hold, let_go
from oneleaf.database import connection as connections
from oneleaf.errors import OneleafError, Refused
from oneleaf.output import terminal

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
        return PostgresqlLock(connection, key)
    if vendor == "mysql":
        return MysqlLock(connection, key)
    if vendor == "sqlite":
        return SqliteLock(connection)
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


SUFFIX = ".migrate-lock"


class SqliteLock:
    """The lock of one database file."""

    def __init__(self, connection: Any) -> None:
        name = connections.identity(connection).name
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
        return f"pid {pid} on {host}, for {terminal.lasting(age)}" if pid else ""

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


# A host that vanished is noticed in about a minute, not after hours
# (libpq, "Parameter Key Words").
_KEEPALIVES = {
    "keepalives": 1,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}
_MINE = """
    SELECT count(*) FROM pg_locks
    WHERE locktype = 'advisory' AND granted AND pid = pg_backend_pid()
    AND classid::bigint = %s AND objid::bigint = %s AND objsubid = 1
"""
_POSTGRESQL_HOLDER = """
    SELECT l.pid, host(a.client_addr), a.application_name,
        extract(epoch FROM clock_timestamp() - a.xact_start)
    FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid)
    WHERE l.locktype = 'advisory' AND l.granted
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND l.classid::bigint = %s AND l.objid::bigint = %s AND l.objsubid = 1
"""


class PostgresqlLock:
    """The advisory lock of one database and schema."""

    def __init__(self, connection: Any, key: Callable[[str, str], bytes]) -> None:
        self._own = connection.copy()
        settings = self._own.settings_dict
        settings["AUTOCOMMIT"] = False
        settings["OPTIONS"].pop("pool", None)
        settings["OPTIONS"] = {**_KEEPALIVES, **settings["OPTIONS"]}
        self._key = key
        self._number = 0

    def try_take(self) -> bool:
        """One try in a transaction of its own, ended at once where it fails.

        Else each waiter would keep one of the proxy's server connections.
        """
        with self._own.cursor() as cursor:
            self._begin(cursor)
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [self._number])
            if cursor.fetchone()[0]:
                return True
        self._own.rollback()
        return False

    def _begin(self, cursor: Any) -> None:
        """A transaction that may stay open and hinders nobody.

        READ COMMITTED keeps no snapshot, for which CREATE INDEX CONCURRENTLY would
        wait. The server may end idle or long transactions; not this one.
        """
        cursor.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SELECT current_database(), current_schema()")
        database, schema = cursor.fetchone()
        cursor.execute("SHOW server_version_num")
        if int(cursor.fetchone()[0]) >= 170000:
            cursor.execute("SET LOCAL transaction_timeout = 0")
        digest = self._key(database, schema or "")
        self._number = int.from_bytes(digest[:8], "big", signed=True)

    def _halves(self) -> list[int]:
        """The number as ``pg_locks`` shows it: two unsigned halves."""
        return [self._number >> 32 & 0xFFFFFFFF, self._number & 0xFFFFFFFF]

    def holder(self) -> str:
        """The server process's id, its client's address and the transaction's age."""
        with self._own.cursor() as cursor:
            cursor.execute(_POSTGRESQL_HOLDER, self._halves())
            row = cursor.fetchone()
        self._own.rollback()
        if row is None:
            return ""
        pid, address, application, age = row
        place = address or "a local socket"
        called = f" ({application})" if application else ""
        lasted = f", for {terminal.lasting(float(age))}" if age is not None else ""
        return f"pid {pid}{called} from {place}{lasted}"

    def is_held(self) -> bool:
        """Whether the transaction is still open and has the lock."""
        try:
            with self._own.cursor() as cursor:
                cursor.execute(_MINE, self._halves())
                return bool(cursor.fetchone()[0])
        except DatabaseError:
            return False

    def release(self) -> None:
        """Ends the transaction and with it the lock."""
        self._own.close()


_LONGEST_IDLE = 31536000  # seconds; what the server takes at most ("wait_timeout")
_MYSQL_HOLDER = """
    SELECT id, host, time FROM information_schema.processlist
    WHERE id = IS_USED_LOCK(%s)
"""


class MysqlLock:
    """The named lock of one database."""

    def __init__(self, connection: Any, key: Callable[[str, str], bytes]) -> None:
        self._own = connection.copy()
        self._key = key
        self._name = ""

    def try_take(self) -> bool:
        """One try that does not wait."""
        with self._own.cursor() as cursor:
            if not self._name:
                cursor.execute(f"SET SESSION wait_timeout = {_LONGEST_IDLE}")
                cursor.execute("SELECT DATABASE()")
                digest = self._key(cursor.fetchone()[0] or "", "")
                self._name = f"oneleaf:{digest.hex()[:40]}"
            cursor.execute("SELECT GET_LOCK(%s, 0)", [self._name])
            return bool(cursor.fetchone()[0])

    def holder(self) -> str:
        """The connection's id, its client's address and how long it has been idle.

        Idle since it took the lock: it does nothing else.
        """
        with self._own.cursor() as cursor:
            cursor.execute(_MYSQL_HOLDER, [self._name])
            row = cursor.fetchone()
            if row is not None:
                return (
                    f"connection {row[0]} from {row[1]}, for {terminal.lasting(row[2])}"
                )
            # Without the PROCESS privilege other users' connections are not shown.
            cursor.execute("SELECT IS_USED_LOCK(%s)", [self._name])
            number = cursor.fetchone()[0]
        return f"connection {number}" if number else ""

    def is_held(self) -> bool:
        """Whether the session still lives and has the lock."""
        try:
            with self._own.cursor() as cursor:
                cursor.execute("SELECT IS_USED_LOCK(%s), CONNECTION_ID()", [self._name])
                holder, own = cursor.fetchone()
        except DatabaseError:
            return False
        return bool(holder == own)

    def release(self) -> None:
        """Ends the session and with it the lock."""
        self._own.close()
