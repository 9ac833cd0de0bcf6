"""Takes migrations back out of the local database, also when their files are gone.

Does not go through ``migrate``, which looks at the leaf nodes before it looks at what it
is asked for, and needs the files. Everything that can be known is checked before the
first statement: drift, irreversible operations, what depends on what goes, and what goes
for good, with counts.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

from django.db import DatabaseError
from django.db.migrations import Migration, RunPython
from django.db.migrations.operations import AddField, CreateModel
from django.db.migrations.state import ProjectState

from oneleaf.database import applied as applied_rows
from oneleaf.database.applied import Applied, AppliedRow
from oneleaf.database.change import acting, guards
from oneleaf.database.change.acting import Wards
from oneleaf.database.clone_files import Key, dotted
from oneleaf.database.sources import Sources
from oneleaf.database.state import loader as loaders
from oneleaf.database.state.loader import PaperLoader
from oneleaf.database.state.strict import InvalidState
from oneleaf.database.state.verdict import MigrationStep, run, steps_of
from oneleaf.errors import OneleafError, Refused
from oneleaf.output.terminal import counted


@dataclass(frozen=True, slots=True)
class RollbackWish:
    """What to roll back.

    label: only this app's, "" for all. to: the migration to go back to, ``"zero"`` for
    none, "" for no target. to_upstream: everything that upstream does not have.
    """

    label: str = ""
    to: str = ""
    _: KW_ONLY
    to_upstream: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """Which rows are meant by a wish.

    loader: the files' history; applied: the rows and the files they are.
    """

    loader: PaperLoader
    applied: Applied
    sources: Sources
    wish: RollbackWish

    def keys(self) -> "set[Key]":
        """Keys of the rows to take back, by the names they have in the database.

        Raises OneleafError for an app or a migration that is not there, and where it
        takes an upstream that is not known.
        """
        if self.wish.label and not self.sources.is_ours((self.wish.label, "")):
            known = ", ".join(sorted(self.sources.packages)) or "none"
            msg = f"no app {self.wish.label!r} in this repository; it has {known}"
            raise OneleafError(msg)
        if self.wish.to:
            return self._after(self.wish.label, self.wish.to)
        gone = {row.key for row in self.applied.ghosts} | self.applied.moved.keys()
        if self.wish.to_upstream:
            gone |= self._local()
        return {key for key in gone if self.wish.label in ("", key[0])}

    def _local(self) -> "set[Key]":
        if not self.sources.upstream.branches:
            msg = (
                "no upstream branch is here; name it as `upstream` in [tool.oneleaf], or"
                " say where to go back to with --to NAME"
            )
            raise OneleafError(msg)
        ours = [row.key for row in self.applied.rows if self.sources.is_ours(row.key)]
        return {*ours} - self.sources.published(ours).keys()

    def _after(self, label: str, name: str) -> "set[Key]":
        """The rows that come after a migration, in whichever app."""
        present = {row.key for row in self.applied.rows}
        own = {key for key in present if key[0] == label}
        if name != "zero" and (label, name) not in own:
            msg = f"{label}.{name} is not applied here; see `oneleaf db status`"
            raise OneleafError(msg)
        reached = {(label, name)} if name != "zero" else own
        start = set(reached)
        parents = {
            row.key: _parents(row, self.loader, self.applied, self.sources)
            for row in self.applied.rows
            if self.sources.is_ours(row.key)
        }
        while True:
            more = {k for k, above in parents.items() if above & reached} - reached
            if not more:
                return reached if name == "zero" else reached - start
            reached |= more


class Target:
    """A migration that goes. row: its row. before: the state without it."""

    __slots__ = ("before", "migration", "row")

    def __init__(self, row: AppliedRow, migration: Migration) -> None:
        self.row = row
        self.migration = migration
        self.before = ProjectState()

    @property
    def shown(self) -> str:
        """``shop.0002_color``, by the name in the database."""
        return dotted(self.row.key)


class Rollback:
    """What is to be undone in one database. targets: in the order they were applied.

    base: the state without any of them; lost: what goes with them, in sentences.
    """

    __slots__ = ("base", "lost", "targets", "wards")

    def __init__(
        self, base: ProjectState, targets: "list[Target]", wards: Wards
    ) -> None:
        self.base = base
        self.targets = targets
        self.wards = wards
        self.lost: list[str] = []

    @property
    def is_needed(self) -> bool:
        """Whether there is anything to take back."""
        return bool(self.targets)

    @property
    def labels(self) -> "set[str]":
        """Labels of the apps that take part."""
        return {target.row.key[0] for target in self.targets}

    def act(self, connection: Any) -> None:
        """Takes the targets back, the last one first, and their rows out."""
        going = [target.migration for target in reversed(self.targets)]
        plan = [(migration, True) for migration in going]
        last = self.targets[-1]
        after = loaders.advanced(last.before.clone(), [last.migration])
        acting.before_migrating(connection, after, plan)
        with acting.in_one_piece(connection, going):
            for target in reversed(self.targets):
                acting.unapply(connection, target.migration, target.before.clone())
        acting.after_migrating(connection, self.base.clone(), plan)

    def wrong(self, connection: Any) -> "list[str]":
        """What Django or the tables say against the result."""
        left = {row.key for row in applied_rows.rows(connection)}
        still = [target.shown for target in self.targets if target.row.key in left]
        found = [f"{name} is still recorded" for name in still]
        return found + self.wards.drift_after(self.base, self.labels)


def plan(
    connection: Any, sources: Sources, wards: Wards, wish: RollbackWish
) -> Rollback:
    """What rolling back takes, from the rows and files of now, and from git.

    Raises Refused, with the reason, where it must not be done; OneleafError for an app
    or migration that is not there.
    """
    loader = loaders.load(connection)
    applied = applied_rows.look(connection, sources, loader)
    going = Choice(loader, applied, sources, wish).keys()
    targets = [
        Target(row, migration_of(row, loader, applied, sources))
        for row in applied.rows
        if row.key in going
    ]
    _refuse_published(targets, sources)
    targets = _ordered(targets)
    _refuse_dependents(targets, loader, applied)
    _refuse_irreversible(targets)
    found = Rollback(_base(loader, applied, targets), targets, wards)
    if targets:
        whole = _advance(found)
        _refuse_drift(found, whole)
        found.lost = list(
            losses(connection, [(t.before, t.migration) for t in targets])
        )
    return found


def _ordered(targets: "list[Target]") -> "list[Target]":
    """By their own dependencies, ties in the order of the rows."""
    left = list(targets)
    found: list[Target] = []
    while left:
        waiting = {target.row.key for target in left}
        ready = next(
            (
                t
                for t in left
                if not waiting & {*t.migration.dependencies} - {t.row.key}
            ),
            None,
        )
        if ready is None:
            msg = f"{', '.join(t.shown for t in left)} depend on each other"
            raise Refused(msg)
        found.append(ready)
        left.remove(ready)
    return found


def _refuse_published(targets: "list[Target]", sources: Sources) -> None:
    """Guard: nothing that is published is unapplied. No flag overrides it."""
    guards.require_unpublished(sources, [target.row.key for target in targets])
    for target in targets:
        if not sources.is_ours(target.row.key):
            msg = f"refused: {target.shown} is of no app of this repository"
            raise Refused(msg)


def _refuse_dependents(
    targets: "list[Target]", loader: PaperLoader, applied: Applied
) -> None:
    going = {target.row.key for target in targets}
    # What was moved goes under its old name; files depend on it under its new one.
    names = going | {applied.moved[key] for key in going if key in applied.moved}
    for row in applied.rows:
        if row.key in going or not is_itself(row, loader, applied):
            continue
        node = loader.graph.node_map.get(row.key)
        above = {parent.key for parent in node.parents} if node else set()
        if above & names:
            other = dotted(min(above & names))
            msg = (
                f"refused: {dotted(row.key)} is applied and depends on {other}; nothing"
                f" was changed; roll {row.key[0]} back too: leave the app's name away"
            )
            raise Refused(msg)


def _refuse_irreversible(targets: "list[Target]") -> None:
    for target in targets:
        for operation in _flat(target.migration.operations):
            if not operation.reversible:
                step = MigrationStep(target.row.key[0], operation, target.shown)
                msg = (
                    f"refused: {step} cannot be undone; nothing was changed; restore a"
                    " backup of before: `oneleaf db restore`"
                )
                raise Refused(msg)


def _flat(operations: "Iterable[Any]") -> "Iterator[Any]":
    """Operations with those inside of them (SeparateDatabaseAndState)."""
    for operation in operations:
        yield operation
        yield from _flat(getattr(operation, "database_operations", ()))


def _base(
    loader: PaperLoader, applied: Applied, targets: "list[Target]"
) -> ProjectState:
    """The state of everything applied that stays."""
    going = {target.row.key for target in targets} | applied.moved.keys()
    stay = {key for key in loader.applied_migrations if key not in going}
    return loaders.state(loader, [key for key in loaders.plan(loader) if key in stay])


def _advance(found: Rollback) -> ProjectState:
    """Sets each target's state before it; returns the one after all of them."""
    state = found.base.clone()
    for target in found.targets:
        target.before = state.clone()
        try:
            run(state, list(steps_of([target.migration])))
        except InvalidState as error:
            msg = f"refused: {target.shown} does not fit what is applied: {error}"
            raise Refused(msg) from error
        state = loaders.advanced(state, [target.migration])
    return state


def _refuse_drift(found: Rollback, whole: ProjectState) -> None:
    drift = found.wards.drift_before(whole, found.labels)
    if drift:
        msg = (
            "refused: the database is not what its migrations say:"
            f" {'; '.join(drift)}; nothing was changed; restore a backup of before:"
            " `oneleaf db restore`"
        )
        raise Refused(msg)


def has_code(found: Rollback) -> bool:
    """Whether undoing runs the project's own code."""
    return any(
        isinstance(operation, RunPython)
        for target in found.targets
        for operation in target.migration.operations
    )


def is_itself(row: AppliedRow, loader: PaperLoader, applied: Applied) -> bool:
    """Whether the file of the row's name is what was applied."""
    return row.key in loader.disk_migrations and row.key not in applied.moved


def _parents(
    row: AppliedRow, loader: PaperLoader, applied: Applied, sources: Sources
) -> "set[Key]":
    if is_itself(row, loader, applied):
        node = loader.graph.node_map.get(row.key)
        return {parent.key for parent in node.parents} if node else set()
    return set(migration_of(row, loader, applied, sources).dependencies)


def migration_of(
    row: AppliedRow, loader: PaperLoader, applied: Applied, sources: Sources
) -> Migration:
    """What was applied under the row's name: the file, or what git has of it.

    Raises Refused where git has it no more, or it does not load.
    """
    if is_itself(row, loader, applied):
        return loader.disk_migrations[row.key]
    blobs = sources.blobs(row.key)
    twin = applied.moved.get(row.key)
    if twin is not None:
        mark = sources.fingerprint(twin)
        blobs = [blob for blob in blobs if sources.mark(blob) == mark]
    if not blobs:
        msg = (
            f"ghost {dotted(row.key)}: applied, but in no commit, stash or reflog; it"
            " cannot be undone; restore the file, or a backup: `oneleaf db restore`"
        )
        raise Refused(msg)
    return sources.load(row.key, sources.text(blobs[0]))


def losses(
    connection: Any, targets: "Sequence[tuple[ProjectState, Migration]]"
) -> "Iterator[str]":
    """One sentence for each column and table that undoing these migrations drops.

    targets: each migration with the state before it.
    """
    for before, migration in targets:
        state = before.clone()
        migration.mutate_state(state, preserve=False)
        for operation in migration.operations:
            if isinstance(operation, CreateModel):
                yield from _table(
                    connection, state, migration.app_label, operation.name
                )
            elif isinstance(operation, AddField):
                yield from _column(connection, state, migration.app_label, operation)


def _table(
    connection: Any, state: ProjectState, label: str, name: str
) -> "Iterator[str]":
    if (label, name.lower()) not in state.models:
        return
    meta: Any = state.apps.get_model(label, name)._meta  # noqa: SLF001 -- Django's own name
    if meta.can_migrate(connection):
        table = connection.ops.quote_name(meta.db_table)
        yield f"table {meta.db_table} ({_rows(connection, table)})"


def _column(
    connection: Any, state: ProjectState, label: str, operation: AddField
) -> "Iterator[str]":
    key = label, operation.model_name.lower()
    if key not in state.models or operation.name not in state.models[key].fields:
        return
    model: Any = state.apps.get_model(*key)
    field = model._meta.get_field(operation.name)  # noqa: SLF001 -- Django's own name
    meta = model._meta  # noqa: SLF001 -- Django's own name
    if not meta.can_migrate(connection) or field.column is None:
        return
    quote = connection.ops.quote_name
    condition = f" WHERE {quote(field.column)} IS NOT NULL"
    count = _rows(connection, quote(meta.db_table) + condition)
    yield f"column {meta.db_table}.{field.column} ({count} with a value)"


def _rows(connection: Any, what: str) -> str:
    """How many rows there are: ``1 row``."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT COUNT(*) FROM {what}")  # noqa: S608 -- quoted above
            number = int(cursor.fetchone()[0])
    except DatabaseError:
        return "rows cannot be counted"
    return counted(number, "row")
