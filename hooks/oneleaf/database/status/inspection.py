"""Looks at one database and says all that is wrong with it, and what mends it. Reads only."""

from __future__ import annotations

import shlex

from django.db import Error as DatabaseError
from django.db.migrations.loader import MigrationLoader

from oneleaf.database import applied, backups, clone_files, sources
from oneleaf.database import connection as connections
from oneleaf.database.clone_files import Key, dotted
from oneleaf.database.options import on
from oneleaf.database.state import loader as loaders
from oneleaf.database.status import drift
from oneleaf.errors import Refused
from oneleaf.output.terminal import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from oneleaf.database.connection import Identity
    from oneleaf.database.sources import Sources


class Trouble:
    """One thing that is wrong.

    kind: ``unreachable``, ``history``, ``ghost``, ``moved``, ``order``, ``drift`` or
    ``edited``. app: its label, "" where it is none's. migration: a name, "" for
    none. message: whole, for a person. now: name of the file that a ghost is now, ""
    where there is none. held: what in git holds a ghost's file, "" where nothing does;
    the path of an edited one. name: the column or table that drifted.
    """

    __slots__ = ("app", "held", "kind", "message", "migration", "name", "now")

    def __init__(
        self,
        kind: str,
        key: Key,
        message: str,
        now: str = "",
        held: str = "",
        name: str = "",
    ) -> None:
        self.kind = kind
        self.app, self.migration = key
        self.message = message
        self.now = now
        self.held = held
        self.name = name


class DatabaseReport:
    """One database.

    alias, vendor, place: which one. applied: how many migrations are. pending: those
    of the files that are not, as ``app.name``. troubles: what is wrong. notes: what is
    said and is not wrong. unclear: what could not be told, and why. restorable: whether
    this clone has a backup of it.
    """

    __slots__ = (
        "alias",
        "applied",
        "notes",
        "pending",
        "place",
        "restorable",
        "troubles",
        "unclear",
        "vendor",
    )

    def __init__(self, alias: str, vendor: str, place: str = "") -> None:
        self.alias = alias
        self.vendor = vendor
        self.place = place
        self.applied = 0
        self.restorable = False
        self.pending: list[str] = []
        self.troubles: list[Trouble] = []
        self.notes: list[str] = []
        self.unclear: list[str] = []

    def of(self, *kinds: str) -> list[Trouble]:
        """The troubles of these kinds, in the order in which they were found."""
        return [trouble for trouble in self.troubles if trouble.kind in kinds]


class Inspected:
    """One database beside the files.

    rows: key -> when applied. loader: Django's, None where the files make no graph.
    on_disk: the migrations that have files.
    """

    __slots__ = ("connection", "identity", "loader", "on_disk", "rows", "sources")

    def __init__(self, connection: Any, own: Identity, sources: Sources) -> None:
        self.connection = connection
        self.identity = own
        self.sources = sources
        self.rows = applied.times(connection)
        self.loader: Any = None
        self.on_disk: Mapping[Key, Any] = {}


def inspect(
    connection: Any, sources: Sources, *, record: bool = False
) -> DatabaseReport:
    """The report of the database that an alias leads to.

    record: also remember what the applied migrations say now. Raises nothing where the
    database cannot be reached: that is in the report.
    """
    report = DatabaseReport(str(connection.alias), str(connection.vendor))
    try:
        own = connections.identity(connection)
        report.place = own.place
        report.restorable = bool(backups.listed(own))
        case = Inspected(connection, own, sources)
        report.applied = len(case.rows)
        _load(case, report)
        if record:
            new = clone_files.record(own, case.rows, sources)
            what = counted(new, "applied migration")
            report.notes.append(f"remembered the content of {what}")
        if case.rows:
            _look(case, report)
    except DatabaseError as error:
        reason = " ".join(str(error).split())
        report.troubles.append(Trouble("unreachable", ("", ""), reason))
    return report


def _load(case: Inspected, report: DatabaseReport) -> None:
    """The files' history; where they make none, that is the first trouble."""
    try:
        case.loader = loaders.load(case.connection)
    except Refused as error:
        report.troubles.append(Trouble("history", ("", ""), str(error)))
        bare: Any = MigrationLoader(None, load=False)
        bare.load_disk()
        case.on_disk = bare.disk_migrations
        return
    case.on_disk = case.loader.disk_migrations
    done = case.loader.applied_migrations
    plan = loaders.plan(case.loader)
    report.pending = [dotted(key) for key in plan if key not in done]
    for label, names in sorted(case.loader.detect_conflicts().items()):
        if label in case.sources.packages:
            several = ", ".join(sorted(names))
            message = f"{label} has several leaf nodes: {several}"
            report.troubles.append(Trouble("history", (label, ""), message))


def _look(case: Inspected, report: DatabaseReport) -> None:
    pairs = _order_errors(case)
    found = applied.find_ghosts(case.rows, case.on_disk, case.sources)
    gone = applied.squashed_away(found, case.on_disk, case.sources)
    if gone:
        report.notes.append(
            "`manage.py migrate APP --prune` removes what a squash replaced:"
            f" {counted(len(gone), 'row')}"
        )
    left = [key for key in found if key not in gone]
    labels = {key[0] for key in left} | {key[0] for key, _ in pairs}
    twins = _twins(case, labels & set(case.sources.packages), gone)
    report.troubles += (_ghost(case, key, twins) for key in left)
    report.troubles += (
        Trouble(
            "moved",
            old,
            f"{dotted(old)} is applied as what is {dotted(new)} now",
            new[1],
        )
        for old, new in twins.items()
        if old not in left
    )
    report.troubles += (_order(case, *pair) for pair in pairs)
    _look_for_drift(case, report)
    report.troubles += _edited(case, set(twins))


def _order_errors(case: Inspected) -> list[tuple[Key, Key]]:
    return applied.order_errors(case.loader, case.rows) if case.loader else []


def _twins(case: Inspected, labels: set[str], gone: set[Key]) -> dict[Key, Key]:
    """Row -> the file that does what the row did, of apps whose files have moved."""
    found: dict[Key, Key] = {}
    before = clone_files.before(case.identity, case.rows, case.sources)
    for label in sorted(labels):
        rows = [key for key in case.rows if key[0] == label and key not in gone]
        now = {}
        for key in case.on_disk:
            mark = case.sources.fingerprint(key) if key[0] == label else None
            if mark:
                now[key] = mark
        try:
            found.update(applied.pair(rows, applied.Texts(now, before)))
        except applied.Unpaired:
            continue  # the ghosts say what can be said
    return found


def _ghost(case: Inspected, key: Key, twins: Mapping[Key, Key]) -> Trouble:
    start = f"{dotted(key)} is applied and has no file here"
    if key in twins:
        message = f"{start}; it is {dotted(twins[key])} now"
        return Trouble("ghost", key, message, now=twins[key][1])
    place = sources.find_place(case.sources, key)
    if place is None:
        return Trouble("ghost", key, f"{start}, nor in any commit, stash or reflog")
    return Trouble("ghost", key, f"{start}; {place} has it", held=str(place))


def _order(case: Inspected, key: Key, parent: Key) -> Trouble:
    since = ""
    if case.sources.is_ours(key):
        path = case.sources.path(key)
        commit = sources.commit_that_added(case.sources.top, path, parent[1])
        since = f"since commit {commit}" if commit else "not committed"
    message = f"{dotted(key)} is applied, {dotted(parent)} that it depends on is not"
    return Trouble("order", key, message + (f" (dependency {since})" if since else ""))


def _look_for_drift(case: Inspected, report: DatabaseReport) -> None:
    if case.loader is None:
        report.unclear.append("drift: the files make no history")
        return
    loader = case.loader
    keys = [key for key in loaders.plan(loader) if key in loader.applied_migrations]
    labels = loader.migrated_apps
    try:
        state = loaders.state(loader, keys)
        by_hand = drift.sql_of(
            operation
            for key in keys
            for operation in loader.graph.nodes[key].operations
        )
        ours = set(case.sources.packages)
        found = drift.find(case.connection, state, labels, ours, by_hand)
        report.unclear += (
            f"drift of {table}: a table of another schema"
            for table in drift.unclear(state, labels)
        )
    except DatabaseError:
        raise
    except Exception as error:  # noqa: BLE001
        # Django's states raise whatever an operation stumbles over.
        what = f"{type(error).__name__}: {error}"
        report.unclear.append(f"drift: the applied migrations make no state ({what})")
        return
    if case.connection.vendor == "sqlite":
        drift.count_data(case.connection, found)
    report.troubles += map(_drift, found)


def _drift(one: drift.Drift) -> Trouble:
    name = one.column or one.table
    if one.direction == drift.DIFFERS:
        message = f"{one.place} {one.text}"
        return Trouble("drift", (one.label, ""), message, name=name)
    message = f"{one.direction}: {one.place}"
    if one.rows > 0:
        message += f" ({counted(one.rows, 'row')} with data)"
    return Trouble("drift", (one.label, ""), message, name=name)


def _edited(case: Inspected, paired: set[Key]) -> Iterator[Trouble]:
    for key in clone_files.edited(case.identity, case.rows, case.sources):
        if key not in paired:
            message = f"{dotted(key)} was edited after it was applied"
            yield Trouble("edited", key, message, held=case.sources.path(key))


def command(reports: Sequence[DatabaseReport]) -> str:
    """The command to run next, "" where nothing is wrong.

    Of the first database that has anything; nothing else there helps before it ran.
    """
    for report in reports:
        told = _of(report)
        if told:
            return told + (on(report.alias) if told.startswith("oneleaf db") else "")
    return ""


def _of(report: DatabaseReport) -> str:
    if report.of("unreachable"):
        return "oneleaf db status"
    if report.of("history"):
        return "oneleaf check --all"
    ghosts = report.of("ghost")
    if any(not ghost.now and not ghost.held for ghost in ghosts):
        # What was only ever staged may still be among git's loose objects.
        return _RESTORE if report.restorable else "git fsck --lost-found"
    if any(not ghost.now for ghost in ghosts):
        apps = sorted({ghost.app for ghost in ghosts})
        return f"oneleaf db rollback {apps[0]}" if len(apps) == 1 else _ALL
    if ghosts or report.of("moved", "order"):
        return "oneleaf db adopt"
    drift = report.of("drift")
    if drift:
        search = f"git log --all --oneline -S{shlex.quote(drift[0].name)}"
        return _RESTORE if report.restorable else f"{search} -- '*/migrations/*.py'"
    edited = report.of("edited")
    return f"git log -p -- {edited[0].held}" if edited else ""


_ALL = "oneleaf db rollback"
_RESTORE = "oneleaf db restore"
