"""The wards of a real database: lock, backup, drift; and what the user is asked first."""

import contextlib
import sys
from collections.abc import Iterator
from typing import Any

from django.db import DEFAULT_DB_ALIAS

from oneleaf.arguments import Options
from oneleaf.database import (
    adopting,
    applied,
    backups,
    content_record,
    drift,
    guards,
    history,
    identity,
    locking,
    opening,
    paper,
    rows,
)
from oneleaf.database.acting import Wards
from oneleaf.database.sources import Sources
from oneleaf.errors import Refused
from oneleaf.output.escape import escape

_WAIT = 600.0  # seconds


def say(message: str) -> None:
    """A line of progress, on standard error."""
    sys.stderr.write(f"oneleaf: {escape(message)}\n")
    sys.stderr.flush()


def wards(connection: Any) -> Wards:
    """What stands around a change of this database.

    Raises Refused for a database whose rows are kept once per schema.
    """
    if hasattr(connection, "set_schema") or hasattr(connection, "set_tenant"):
        msg = (
            f"database {connection.alias!r} keeps migrations once per schema"
            f" ({connection.settings_dict['ENGINE']}); oneleaf cannot change all of them"
            " together; use the package's own commands"
        )
        raise Refused(msg)
    written = paper.load().disk_migrations.values()
    by_hand = drift.sql_of(op for migration in written for op in migration.operations)
    return Wards(
        lambda: _locked(connection),
        lambda: Kept(connection),
        lambda state, labels: drift.find(connection, state, labels, labels, by_hand),
    )


@contextlib.contextmanager
def _locked(connection: Any) -> "Iterator[None]":
    lock = locking.of(connection)
    try:
        locking.take(lock, _WAIT, say)
        yield
    finally:
        lock.release()


def remember(connection: Any, sources: Sources) -> None:
    """Notes what was applied with which content, for the next time."""
    who = identity.of(connection)
    content_record.record(who, applied.rows(connection), sources)


def refuse_open_elsewhere(alias: str, sources: Sources, verb: str) -> None:
    """Guard: where several databases wait, the user says which one is meant."""
    waiting = [name for name in opening.aliases() if _is_open(name, sources)]
    if waiting and waiting != [alias]:
        commands = ", ".join(
            f"`oneleaf db {verb} --database {name}`" for name in waiting
        )
        msg = f"which database? These have migrations out of place: {commands}"
        raise Refused(msg)


def _is_open(alias: str, sources: Sources) -> bool:
    connection = opening.connection(alias)
    with opening.named(alias):
        loader = paper.load(connection)
        found = rows.look(connection, sources, loader)
        if found.moved or found.unpaired or found.ghosts:
            return True
        return bool(history.order_errors(loader, found.keys(loader)))


def adoption(connection: Any, sources: Sources, around: Wards) -> adopting.Adoption:
    """The plan to adopt, with the database's errors named."""
    with opening.named(connection.alias):
        return adopting.plan(connection, sources, around)


def require_consent(connection: Any, options: "Options") -> None:
    """Guard: only a development database, by its own name. Raises Refused."""
    given = options.text("--database-name")
    guards.require_development(identity.of(connection), given)


class Kept:
    """A backup in this clone, and the way back to it."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._backup = backups.make(connection)
        alias = connection.alias
        on = "" if alias == DEFAULT_DB_ALIAS else f" --database {alias}"
        self.line = f"oneleaf db restore {self._backup.name}{on} --apply"

    def restore(self) -> None:
        """As ``backups.restore``."""
        backups.restore(self._connection, self._backup, say)
