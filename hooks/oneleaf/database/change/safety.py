"""The wards of a real database: lock, backup, drift; and what the user is asked first."""

import contextlib
from collections.abc import Iterator
from typing import Any

from oneleaf.arguments import Options
from oneleaf.database import applied, backups, clone_files, locking
from oneleaf.database import connection as connections
from oneleaf.database.change import adopt, guards
from oneleaf.database.change.acting import Wards
from oneleaf.database.options import on
from oneleaf.database.sources import Sources
from oneleaf.database.state import loader as loaders
from oneleaf.database.status import drift
from oneleaf.errors import Refused
from oneleaf.output.terminal import say

_WAIT = 600.0  # seconds


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
    written = loaders.load().disk_migrations.values()
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
    who = connections.identity(connection)
    clone_files.record(who, applied.times(connection), sources)


def refuse_open_elsewhere(alias: str, sources: Sources, verb: str) -> None:
    """Raises Refused where several databases wait: the user says which one is meant.

    alias: the one that the command would take; verb: of ``oneleaf db``, for the
    message.
    """
    waiting = [name for name in connections.aliases() if _is_open(name, sources)]
    if waiting and waiting != [alias]:
        commands = ", ".join(
            f"`oneleaf db {verb} --database {name}`" for name in waiting
        )
        msg = f"which database? These have migrations out of place: {commands}"
        raise Refused(msg)


def _is_open(alias: str, sources: Sources) -> bool:
    connection = connections.connection(alias)
    with connections.named(alias):
        loader = loaders.load(connection)
        found = applied.look(connection, sources, loader)
        if found.moved or found.unpaired or found.ghosts:
            return True
        return bool(applied.order_errors(loader, found.keys(loader)))


def adoption(connection: Any, sources: Sources, around: Wards) -> adopt.Adoption:
    """The plan to adopt, as ``adopt.plan`` makes and refuses it.

    Raises OneleafError for what the database itself says no to.
    """
    with connections.named(connection.alias):
        return adopt.plan(connection, sources, around)


def require_consent(connection: Any, options: "Options") -> None:
    """Raises Refused for anything but a development database that may be changed.

    options: with ``--database-name``, see ``guards``.
    """
    given = options.text("--database-name")
    guards.require_development(connections.identity(connection), given)


class Kept:
    """A backup in this clone, and the way back to it."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._backup = backups.make(connection)
        database = on(connection.alias)
        self.line = f"oneleaf db restore {self._backup.name}{database} --apply"

    def restore(self) -> None:
        """As ``backups.restore``."""
        backups.restore(self._connection, self._backup, say)
