"""Takes migrations back out of the local database, also when their files are gone.

Does not go through ``migrate``, which looks at the leaf nodes before it looks at what it
is asked for, and needs the files. Everything that can be known is checked before the
first statement: drift, irreversible operations, what depends on what goes.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.migrations import Migration, RunPython
from django.db.migrations.state import ProjectState

from oneleaf.database import acting, guards, losses, paper, rewriting_rows, rows
from oneleaf.database.acting import Wards
from oneleaf.database.choosing import Choice, Wish, is_itself, migration_of
from oneleaf.database.commuting import Step, run, steps_of
from oneleaf.database.invalid import InvalidState
from oneleaf.database.keys import dotted
from oneleaf.database.paper import PaperLoader
from oneleaf.database.rewriting_rows import Row
from oneleaf.database.rows import Applied
from oneleaf.database.sources import Sources
from oneleaf.errors import Refused


class Target:
    """A migration that goes. row: its row. before: the state without it."""

    __slots__ = ("before", "migration", "row")

    def __init__(self, row: Row, migration: Migration) -> None:
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
        after = paper.advanced(last.before.clone(), [last.migration])
        acting.before_migrating(connection, after, plan)
        with acting.in_one_piece(connection, going):
            for target in reversed(self.targets):
                acting.unapply(connection, target.migration, target.before.clone())
        acting.after_migrating(connection, self.base.clone(), plan)

    def wrong(self, connection: Any) -> "list[str]":
        """What Django or the tables say against the result."""
        left = {row.key for row in rewriting_rows.rows(connection)}
        still = [target.shown for target in self.targets if target.row.key in left]
        found = [f"{name} is still recorded" for name in still]
        return found + self.wards.drift_after(self.base, self.labels)


def plan(connection: Any, sources: Sources, wards: Wards, wish: Wish) -> Rollback:
    """What rolling back takes, from the rows and files of now, and from git.

    Raises Refused, with the reason, where it must not be done; OneleafError for an app
    or migration that is not there.
    """
    loader = paper.load(connection)
    applied = rows.look(connection, sources, loader)
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
            losses.of(connection, [(t.before, t.migration) for t in targets])
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
                step = Step(target.row.key[0], operation, target.shown)
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
    return paper.state(loader, [key for key in paper.plan(loader) if key in stay])


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
        state = paper.advanced(state, [target.migration])
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
