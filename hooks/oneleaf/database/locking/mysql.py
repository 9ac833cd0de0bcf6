"""The lock on MySQL and MariaDB: a named one of a session of its own.

Such names belong to the whole server, so the database's is part of them
(MySQL Reference Manual, "Locking Functions").
"""

from __future__ import annotations

from django.db import Error as DatabaseError

from oneleaf.database.locking import ages

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_LONGEST_IDLE = 31536000  # seconds; what the server takes at most ("wait_timeout")
_HOLDER = """
    SELECT id, host, time FROM information_schema.processlist
    WHERE id = IS_USED_LOCK(%s)
"""


class Lock:
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
            cursor.execute(_HOLDER, [self._name])
            row = cursor.fetchone()
            if row is not None:
                return f"connection {row[0]} from {row[1]}, for {ages.text(row[2])}"
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
