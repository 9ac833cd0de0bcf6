"""Databases of real servers, each with a name of its own, gone after the test.

SQLite is always there. PostgreSQL and MariaDB are looked for on this machine, or where
``ONELEAF_POSTGRESQL`` and ``ONELEAF_MARIADB`` (``user@host:port``) say; tests that need
one say so when they are skipped, and fail where ``ONELEAF_REQUIRE_SERVERS`` is set.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

posix: Any = os  # for what Windows lacks

# What is tried on each kind: a newcomer's run tries SQLite alone.
VENDORS = (
    "sqlite",
    pytest.param("postgresql", marks=pytest.mark.slow),
    pytest.param("mysql", marks=pytest.mark.slow),
)
PROXIED = "pgbouncer"

_USUAL = {
    "postgresql": ("ONELEAF_POSTGRESQL", "postgres@127.0.0.1:5432"),
    "mysql": ("ONELEAF_MARIADB", "root@127.0.0.1:3306"),
}


def address(vendor: str) -> tuple[str, str, int]:
    """User, host and port of a server."""
    variable, usual = _USUAL[vendor]
    user, _, place = os.environ.get(variable, usual).partition("@")
    host, _, port = place.partition(":")
    return user, host, int(port)


def absent(reason: str) -> None:
    """Skips the test, or fails it where servers are required."""
    if os.environ.get("ONELEAF_REQUIRE_SERVERS"):
        pytest.fail(f"ONELEAF_REQUIRE_SERVERS is set, but {reason}")
    pytest.skip(reason)


@dataclass
class Database:
    """An empty database, and how to look into it."""

    vendor: str
    name: str
    settings: dict[str, Any] = field(default_factory=dict)

    def connect(self) -> Any:
        """A connection of the driver's own, committing each statement."""
        if self.vendor == "sqlite":
            return sqlite3.connect(self.name, isolation_level=None, timeout=20)
        return _connect(self.vendor, self.name)

    def run(self, *statements: str) -> list[tuple[Any, ...]]:
        """Runs statements one by one; the rows of the last, if it gives any."""
        with contextlib.closing(self.connect()) as connection:
            cursor = connection.cursor()
            for statement in statements:
                cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []

    def applied(self, label: str = "shop") -> list[str]:
        """The app's rows in ``django_migrations``."""
        query = f"SELECT name FROM django_migrations WHERE app = '{label}' ORDER BY id"
        return [name for (name,) in self.run(query)]


@cache
def _why_not(vendor: str) -> str:
    """Why a server cannot be used; "" where it can."""
    _user, host, port = address(vendor)
    try:
        _connect(vendor, {"postgresql": "postgres", "mysql": "mysql"}[vendor]).close()
    except ImportError as error:
        return f"{error} (the driver of {vendor})"
    except Exception as error:
        return f"{vendor} does not answer on {host}:{port}: {error}"
    return ""


def _connect(vendor: str, name: str) -> Any:
    user, host, port = address(vendor)
    if vendor == "postgresql":
        return import_module("psycopg").connect(
            host=host, port=port, user=user, dbname=name, autocommit=True
        )
    return import_module("pymysql").connect(
        host=host, port=port, user=user, database=name, autocommit=True
    )


@contextlib.contextmanager
def database(vendor: str, folder: Path) -> Iterator[Database]:
    """An empty database; ``folder`` is where SQLite's file goes."""
    if vendor == "sqlite":
        path = str(folder / "db.sqlite3")
        engine = "django.db.backends.sqlite3"
        yield Database(vendor, path, {"ENGINE": engine, "NAME": path})
        return
    reason = _why_not(vendor)
    if reason:
        absent(reason)
    user, host, port = address(vendor)
    name = f"oneleaf_{uuid.uuid4().hex[:12]}"
    settings = {
        "ENGINE": f"django.db.backends.{vendor}",
        "NAME": name,
        "USER": user,
        "HOST": host,
        "PORT": str(port),
    }
    admin = Database(vendor, {"postgresql": "postgres", "mysql": "mysql"}[vendor])
    admin.run(f"CREATE DATABASE {name}")
    try:
        yield Database(vendor, name, settings)
    finally:
        force = " WITH (FORCE)" if vendor == "postgresql" else ""
        admin.run(f"DROP DATABASE {name}{force}")


PGBOUNCER = """\
[databases]
* = host={host} port={port} user={user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
max_client_conn = 50
query_wait_timeout = 60
"""


@contextlib.contextmanager
def pgbouncer() -> Iterator[int]:
    """Port of a proxy that pools by transaction, two server connections per database."""
    program = shutil.which("pgbouncer", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if program is None:
        absent("pgbouncer is not installed")
    assert program is not None
    user, host, port = address("postgresql")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        own = probe.getsockname()[1]
    # A folder of its own, since the proxy will not run as root, and no one else may
    # look into a test's folder.
    with tempfile.TemporaryDirectory(prefix="oneleaf-pgbouncer-") as folder:
        config = Path(folder, "pgbouncer.ini")
        config.write_text(PGBOUNCER.format(host=host, port=port, user=user, own=own))
        Path(folder).chmod(0o755)
        process = subprocess.Popen(
            [program, "-q", str(config)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            user="nobody" if posix.geteuid() == 0 else None,
        )
        try:
            _await_port(own)
            yield own
        finally:
            process.kill()
            process.wait()


def _await_port(port: int) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.connect(("127.0.0.1", port))
            return
        time.sleep(0.05)
    raise AssertionError(f"nothing listens on port {port}")
