"""The lock on PostgreSQL: advisory, of a transaction, on a connection of its own.

A lock of the *session* would be given to two processes behind a proxy that pools by
transaction, and leak there; one of the *transaction* pins its server connection for
as long as it is held (PostgreSQL, "Advisory Locks"; pgbouncer, "pool_mode").
"""

from __future__ import annotations

from django.db import Error as DatabaseError

from oneleaf.database.locking import ages

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

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
_HOLDER = """
    SELECT l.pid, host(a.client_addr), a.application_name,
        extract(epoch FROM clock_timestamp() - a.xact_start)
    FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid)
    WHERE l.locktype = 'advisory' AND l.granted
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND l.classid::bigint = %s AND l.objid::bigint = %s AND l.objsubid = 1
"""


class Lock:
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
            cursor.execute(_HOLDER, self._halves())
            row = cursor.fetchone()
        self._own.rollback()
        if row is None:
            return ""
        pid, address, application, age = row
        place = address or "a local socket"
        called = f" ({application})" if application else ""
        lasted = f", for {ages.text(float(age))}" if age is not None else ""
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
