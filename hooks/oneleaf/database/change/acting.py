"""Changes a development database behind a lock, a backup and a check afterwards.

What adopt and rollback have in common. The order is the point: nothing is planned
before the lock is held, nothing is changed before the backup stands.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any, Protocol

from django.core.management.sql import (
    emit_post_migrate_signal,
    emit_pre_migrate_signal,
)
from django.db import transaction
from django.db.migrations import Migration
from django.db.migrations.exceptions import InconsistentMigrationHistory
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState

from oneleaf.database.state import loader
from oneleaf.database.status.drift import EXTRA, Drift
from oneleaf.errors import Refused


class ChangePlan(Protocol):
    """A plan that was made for one database."""

    @property
    def is_needed(self) -> bool:
        """Whether there is anything to do."""

    def act(self, connection: Any) -> None:
        """Does it."""

    def wrong(self, connection: Any) -> "list[str]":
        """What is not as it should be afterwards, in sentences."""


def _told(drift: Drift) -> str:
    return f"{drift.place}: {drift.text or drift.direction}"


class Copy(Protocol):
    """A copy of the database. line: the command that restores it."""

    line: str

    def restore(self) -> None:
        """Puts the copy back."""


class Wards:
    """What stands around a change of the database that a connection leads to.

    lock: held while the plan is made and carried out. backup: makes the copy. drift:
    what the database has otherwise than a state, in the apps of these labels.
    """

    __slots__ = ("_tolerated", "backup", "drift", "lock")

    def __init__(
        self,
        lock: "Callable[[], AbstractContextManager[object]]",
        backup: "Callable[[], Copy]",
        drift: "Callable[[ProjectState, set[str]], list[Drift]]",
    ) -> None:
        self.lock = lock
        self.backup = backup
        self.drift = drift
        self._tolerated: set[str] = set()

    def drift_before(self, state: ProjectState, labels: "set[str]") -> "list[str]":
        """What the database has otherwise than a state, in sentences.

        A table that no migration knows harms nothing, and is none of ours afterwards.
        """
        found = self.drift(state, labels)
        alone = [d for d in found if d.direction == EXTRA and not d.column]
        self._tolerated = {drift.place for drift in alone}
        return [_told(drift) for drift in found if drift not in alone]

    def drift_after(self, state: ProjectState, labels: "set[str]") -> "list[str]":
        """The same when the change is made, without what was tolerated before."""
        found = self.drift(state, labels)
        return [_told(d) for d in found if d.place not in self._tolerated]


def carry_out(
    connection: Any,
    wards: Wards,
    plan: "Callable[[], ChangePlan]",
    say: "Callable[[str], None]",
) -> ChangePlan:
    """Plans behind the lock, backs up, acts, looks, and restores where that failed.

    say: is told what goes on, a line at a time. Raises what ``plan`` raises, with
    nothing changed; Refused where the change failed and the backup is back in place.
    """
    with wards.lock():
        change = plan()
        if not change.is_needed:
            return change
        backup = wards.backup()
        say(f"backed up; to restore it: {backup.line}")
        try:
            change.act(connection)
            _require_right(change.wrong(connection))
        except BaseException as error:
            say("failed; restoring the backup")
            connection.close()
            backup.restore()
            if not isinstance(error, Exception):
                raise
            reason = f"{type(error).__name__}: " * (not isinstance(error, Refused))
            msg = f"it failed and the backup was restored: {reason}{error}"
            raise Refused(msg) from error
    return change


def _require_right(wrong: "list[str]") -> None:
    if wrong:
        raise Refused("; ".join(wrong))


@contextlib.contextmanager
def in_one_piece(
    connection: Any, migrations: "Iterable[Migration]"
) -> "Iterator[bool]":
    """One transaction around several migrations, where the database can do that.

    SQLite cannot have several schema editors in one ("Transactions", its editor's own
    refusal), MySQL and MariaDB cannot take DDL back at all: there each migration stands
    for itself.
    """
    able = connection.features.can_rollback_ddl and connection.vendor != "sqlite"
    if able and all(migration.atomic for migration in migrations):
        with transaction.atomic(connection.alias):
            yield True
    else:
        yield False


def apply(connection: Any, migration: Migration, state: ProjectState) -> ProjectState:
    """Applies a migration and records it, in one transaction where that can be.

    state: before it; returns the one after it. As ``MigrationExecutor.apply_migration``,
    which records only after deferred statements have run in a transaction of their own.
    """
    with connection.schema_editor(atomic=migration.atomic) as editor:
        state = migration.apply(state, editor)
        _flush(editor)
        if editor.atomic_migration:
            _record(connection, migration)
    if not editor.atomic_migration:
        _record(connection, migration)
    return state


def unapply(connection: Any, migration: Migration, before: ProjectState) -> None:
    """Takes a migration back and its row out. before: the state without it."""
    with connection.schema_editor(atomic=migration.atomic) as editor:
        migration.unapply(before, editor)
        _flush(editor)
        if editor.atomic_migration:
            _record_unapplied(connection, migration)
    if not editor.atomic_migration:
        _record_unapplied(connection, migration)


def _flush(editor: Any) -> None:
    """Runs what the editor keeps for its end: the row must come after it."""
    for statement in editor.deferred_sql:
        editor.execute(statement, None)
    editor.deferred_sql.clear()


def _record(connection: Any, migration: Migration) -> None:
    recorder = MigrationRecorder(connection)
    for label, name in migration.replaces or [(migration.app_label, migration.name)]:
        recorder.record_applied(label, name)


def _record_unapplied(connection: Any, migration: Migration) -> None:
    recorder = MigrationRecorder(connection)
    recorder.record_unapplied(migration.app_label, migration.name)


Plan = list[tuple[Migration, bool]]  # migration, whether it goes backwards


def before_migrating(connection: Any, state: ProjectState, plan: Plan) -> None:
    """What ``migrate`` announces first; content types follow a renamed model by it."""
    _announce(emit_pre_migrate_signal, connection, state, plan)


def after_migrating(connection: Any, state: ProjectState, plan: Plan) -> None:
    """What ``migrate`` announces last; content types and permissions are made by it."""
    _announce(emit_post_migrate_signal, connection, state, plan)


def _announce(
    emit: "Callable[..., None]", connection: Any, state: ProjectState, plan: Plan
) -> None:
    alias = connection.alias
    emit(verbosity=0, interactive=False, db=alias, apps=state.apps, plan=plan)


def wrong_history(connection: Any) -> "list[str]":
    """Why Django would refuse the rows now; empty where it would not."""
    try:
        loader.load(connection).check_consistent_history(connection)
    except (InconsistentMigrationHistory, Refused) as error:
        return [f"{type(error).__name__}: {error}"]
    return []
