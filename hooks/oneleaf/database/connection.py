"""The way to a database: its alias, its identity, and how its migrations are named.

Identity is as the server and the driver have it. The settings alone do not say: a
service file, an environment variable or a socket may lead elsewhere.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass

from django.db import DEFAULT_DB_ALIAS, connections
from django.db import Error as DatabaseError

from oneleaf.errors import OneleafError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


_NO_ENGINE = "django.db.backends.dummy"


def aliases() -> list[str]:
    """Every alias in DATABASES that has an engine, the default first."""
    names = [
        alias
        for alias in connections
        if connections[alias].settings_dict["ENGINE"] != _NO_ENGINE
    ]
    return sorted(names, key=lambda alias: (alias != DEFAULT_DB_ALIAS, alias))


def connection(alias: str = "") -> Any:
    """Django's connection of an alias, not opened yet.

    Raises OneleafError where the settings have no such database.
    """
    alias = alias or DEFAULT_DB_ALIAS
    known = aliases()
    if alias not in known:
        have = ", ".join(known) or "none"
        raise OneleafError(f"DATABASES has no database {alias!r}; it has: {have}")
    return connections[alias]


@contextlib.contextmanager
def named(alias: str) -> Iterator[None]:
    """Turns what the database or its driver raises into an OneleafError."""
    try:
        yield
    except DatabaseError as error:
        reason = " ".join(str(error).split())
        raise OneleafError(f"database {alias!r}: {reason}") from None


@dataclass(frozen=True, slots=True)
class Identity:
    """A database.

    alias: its name in DATABASES. vendor: Django's word for the kind of server. host:
    "" or a folder for a socket. port: "" where there is none. name: its own name; for
    SQLite the file's absolute path, "" in memory.
    """

    alias: str
    vendor: str
    host: str
    port: str
    name: str

    @property
    def key(self) -> str:
        """The same text for the same database under the same alias, for records."""
        return "|".join((self.alias, self.vendor, self.host, self.port, self.name))

    @property
    def own_name(self) -> str:
        """What a person types to name it: for SQLite the file's name."""
        is_file = self.vendor == "sqlite"
        return os.path.basename(self.name) if is_file else self.name

    @property
    def place(self) -> str:
        """Where it is, for messages; of a server with its host and port."""
        if self.vendor == "sqlite":
            return self.name or "in memory"
        host = self.host or "a local socket"
        return f"{self.name} on {host}" + (f":{self.port}" if self.port else "")


def identity(connection: Any) -> Identity:
    """The identity of the database that an alias leads to; connects.

    Raises django.db.Error where it cannot be reached.
    """
    connection.ensure_connection()
    vendor = str(connection.vendor)
    ask = {"sqlite": _sqlite, "postgresql": _postgresql, "mysql": _mysql}
    host, port, name = ask.get(vendor, _options_of)(connection)
    return Identity(str(connection.alias), vendor, host, port, name)


def _one(connection: Any, query: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return str(cursor.fetchone()[0] or "")


def _sqlite(connection: Any) -> tuple[str, str, str]:
    """sqlite.org/pragma.html, "PRAGMA database_list"."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA database_list")
        files = {row[1]: row[2] for row in cursor.fetchall()}
    name = files.get("main") or ""
    return "", "", os.path.realpath(name) if name else ""


def _postgresql(connection: Any) -> tuple[str, str, str]:
    """libpq, "Connection Status Functions": PQhost and PQport."""
    info = connection.connection.info
    return (
        str(info.host or ""),
        str(info.port or ""),
        _one(connection, "SELECT current_database()"),
    )


def _mysql(connection: Any) -> tuple[str, str, str]:
    """Of the driver's own words, such as ``127.0.0.1 via TCP/IP`` (mysql_get_host_info)."""
    told = str(connection.connection.get_host_info())
    is_socket = "unix" in told.lower()
    host = "" if is_socket else told.removeprefix("socket ").split(" ")[0].split(":")[0]
    port = "" if is_socket else _one(connection, "SELECT @@port")
    return host, port, _one(connection, "SELECT DATABASE()")


def _options_of(connection: Any) -> tuple[str, str, str]:
    settings = connection.settings_dict
    host, port, name = (str(settings[key] or "") for key in ("HOST", "PORT", "NAME"))
    return host, port, name
