"""Keeps the local database and its data after the local migrations were moved.

Upstream's migrations are applied on a state that includes mine, then the rows get their
new names: apply first, rename last, so that what a crash leaves can be finished by the
same command. Only where the strict state check says that both orders end the same.
"""

from typing import Any

from django.db.migrations import Migration

from oneleaf.database import applied as applied_rows
from oneleaf.database.applied import Applied
from oneleaf.database.change import acting, guards
from oneleaf.database.change.acting import Wards
from oneleaf.database.clone_files import Key, dotted
from oneleaf.database.sources import Sources
from oneleaf.database.state import loader as loaders
from oneleaf.database.state.loader import PaperLoader
from oneleaf.database.state.verdict import (
    COMMUTE,
    MigrationStep,
    Verdict,
    judge,
    steps_of,
)
from oneleaf.errors import Refused


class Adoption:
    """What is to be done to one database.

    renamed: old key -> new key, of rows. mine: applied migrations that stand behind
    something that is not applied, or were renamed; upstream: what stands before them
    and is not applied; base: all other applied ones; each in the plan's order.
    """

    __slots__ = ("applied", "base", "loader", "mine", "upstream", "verdict", "wards")

    def __init__(self, loader: PaperLoader, applied: Applied, wards: Wards) -> None:
        self.loader = loader
        self.applied = applied
        self.wards = wards
        self.base: list[Key] = []
        self.mine: list[Key] = []
        self.upstream: list[Key] = []
        self.verdict: Verdict | None = None

    @property
    def renamed(self) -> "dict[Key, Key]":
        """Old key -> new key."""
        return self.applied.moved

    @property
    def is_needed(self) -> bool:
        """Whether any row or migration is out of its place."""
        return bool(self.mine)

    @property
    def labels(self) -> "set[str]":
        """Labels of the apps that take part."""
        return {label for label, _ in (*self.mine, *self.upstream)}

    def _migrations(self, keys: "list[Key]") -> "list[Migration]":
        return loaders.migrations(self.loader, keys)

    def act(self, connection: Any) -> None:
        """Applies upstream's on a state that has mine; then renames the rows."""
        state = loaders.state(self.loader, [*self.base, *self.mine])
        new = self._migrations(self.upstream)
        plan = [(migration, False) for migration in new]
        if new:
            acting.before_migrating(connection, state, plan)
        with acting.in_one_piece(connection, new):
            for migration in new:
                state = acting.apply(connection, migration, state)
            self._rename(connection)
        if new:
            acting.after_migrating(connection, state, plan)

    def _rename(self, connection: Any) -> None:
        """All of mine, so that the rows come in the plan's order again."""
        known = self.applied.row_of()
        own = [(key, known[key]) for key in self.mine if key in known]
        applied_rows.replace_rows(
            connection,
            [row for _, row in own],
            [(key, row.applied) for key, row in own],
        )

    def wrong(self, connection: Any) -> "list[str]":
        """What Django or the tables say against the result."""
        whole = loaders.state(self.loader, [*self.base, *self.upstream, *self.mine])
        return acting.wrong_history(connection) + self.wards.drift_after(
            whole, self.labels
        )


def plan(connection: Any, sources: Sources, wards: Wards) -> Adoption:
    """What adopting takes, from the rows and files of now.

    Raises Refused, with the reason and what to do instead, where it must not be done.
    """
    loader = loaders.load(connection)
    _refuse_several_leaves(loader, sources)
    applied = applied_rows.look(connection, sources, loader)
    if applied.unpaired:
        raise Refused(_unpaired(applied))
    found = Adoption(loader, applied, wards)
    _place(found, applied.keys(loader))
    if found.is_needed:
        _refuse_published(found, sources)
        _refuse_verdict(found)
        _refuse_drift(found)
    return found


def _place(found: Adoption, applied: "set[Key]") -> None:
    """Sorts the graph's migrations into base, mine and upstream."""
    graph = found.loader.graph
    order = loaders.plan(found.loader)
    parents = {key: {node.key for node in graph.node_map[key].parents} for key in order}
    renamed = {new for old, new in found.renamed.items() if old != new}
    behind: set[Key] = set()
    for key in order:
        if key in renamed or key not in applied or parents[key] & behind:
            behind.add(key)
    found.mine = [key for key in order if key in applied and key in behind]
    found.base = [key for key in order if key in applied and key not in behind]
    wanted = set(found.mine)
    for key in reversed(order):
        if key in wanted:
            wanted |= parents[key]
    found.upstream = [key for key in order if key in wanted and key not in applied]


def _refuse_several_leaves(loader: PaperLoader, sources: Sources) -> None:
    conflicts = loader.detect_conflicts().keys() & sources.packages.keys()
    if conflicts:
        msg = (
            f"{', '.join(sorted(conflicts))}: several leaf nodes; run `oneleaf rebase`"
            " first; nothing was changed"
        )
        raise Refused(msg)


def _unpaired(applied: Applied) -> str:
    reasons = "; ".join(applied.unpaired.values())
    apps = " ".join(sorted(applied.unpaired))
    return (
        f"cannot adopt: {reasons}; nothing was changed; see `oneleaf db status`, and"
        f" roll it back with `oneleaf db rollback {apps}`"
    )


def _refuse_published(found: Adoption, sources: Sources) -> None:
    """Guard: nothing that is published is renamed, under its old or its new name."""
    names = sorted({*found.mine, *found.renamed})
    others = [key for key in names if not sources.is_ours(key)]
    if others:
        shown = ", ".join(dotted(key) for key in others)
        msg = f"refused: {shown} is of no app of this repository; nothing was changed"
        raise Refused(msg)
    guards.require_unpublished(sources, names)


def _refuse_verdict(found: Adoption) -> None:
    """Only what commutes, and no code or SQL of upstream's: mine has run already."""
    mine = list(steps_of(loaders.migrations(found.loader, found.mine)))
    theirs = list(steps_of(loaders.migrations(found.loader, found.upstream)))
    base = loaders.state(found.loader, found.base)
    found.verdict = judge(base, mine, theirs)
    new = {dotted(key) for key in found.upstream}
    opaque = [step for step in found.verdict.opaque if step.name in new]
    if found.verdict.word == COMMUTE and not opaque:
        return
    reason = (
        _opaque(opaque[0])
        if opaque
        else f"{found.verdict.word}: {found.verdict.reason}"
    )
    apps = sorted({label for label, _ in found.mine})
    cures = ", ".join(f"`oneleaf db rollback {label} --to-upstream`" for label in apps)
    msg = f"cannot adopt: {reason}; nothing was changed; run {cures}, then `migrate`"
    raise Refused(msg)


def _opaque(step: MigrationStep) -> str:
    return f"{step} cannot be read; nothing tells whether it may run after yours"


def _refuse_drift(found: Adoption) -> None:
    """The tables must be what base and mine say: upstream's are built on that."""
    state = loaders.state(found.loader, [*found.base, *found.mine])
    drift = found.wards.drift_before(state, found.labels)
    if drift:
        msg = (
            f"cannot adopt: the database is not what its migrations say:"
            f" {'; '.join(drift)}; nothing was changed; see `oneleaf db status`; a backup"
            " of before may be restored with `oneleaf db restore`"
        )
        raise Refused(msg)
