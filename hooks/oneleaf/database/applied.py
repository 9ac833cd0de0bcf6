"""The rows of ``django_migrations``, and which file of now each of them is.

A name alone does not say: a chain that moved one number on uses its own old names again.
A ghost is applied and has no file here; not those that a squash on disk replaces, nor
rows of apps that are not installed or lie outside of the repository. Order errors are
those of Django's ``check_consistent_history`` (django/db/migrations/loader.py), all of
them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.migrations.recorder import MigrationRecorder

from oneleaf.database import clone_files
from oneleaf.database import connection as connections
from oneleaf.database.clone_files import Key, dotted
from oneleaf.database.sources import Sources
from oneleaf.database.state.loader import PaperLoader
from oneleaf.git import git
from oneleaf.migration.reading import migrations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


class AppliedRow:
    """A row of ``django_migrations``. applied: the time it tells."""

    __slots__ = ("applied", "id", "key")

    def __init__(self, number: int, key: Key, applied: Any) -> None:
        self.id = number
        self.key = key
        self.applied = applied


def rows(connection: Any) -> list[AppliedRow]:
    """Every row, in the order they were written; none where there is no table."""
    recorder = MigrationRecorder(connection)
    if not recorder.has_table():
        return []
    found = recorder.migration_qs.order_by("pk")
    return [AppliedRow(row.pk, (row.app, row.name), row.applied) for row in found]


def replace_rows(
    connection: Any, old: list[AppliedRow], new: list[tuple[Key, Any]]
) -> None:
    """Takes all old rows out and then puts all new ones in, in one transaction.

    new: (key, time it was applied). Never one by one: a chain that moved one number on
    uses its own old names again. Raises django.db.Error, with nothing changed.
    """
    recorder = MigrationRecorder(connection)
    kind = recorder.Migration
    with transaction.atomic(connection.alias):
        recorder.migration_qs.filter(pk__in=[row.id for row in old]).delete()
        for (label, name), applied in new:
            kind(app=label, name=name, applied=applied).save(
                using=connection.alias, force_insert=True
            )


def times(connection: Any) -> dict[Key, str]:
    """Each row's key -> when it was applied (ISO 8601), in the order of the rows.

    Empty where the table does not exist. Raises django.db.Error.
    """
    found = rows(connection)
    return {row.key: row.applied.isoformat() for row in found}


class Unpaired(Exception):
    """A row has no twin, or more than one; says which."""


@dataclass(frozen=True, slots=True)
class Texts:
    """What is known of contents.

    now: fingerprint of each of the app's files, by key. before: the fingerprints that
    a row of that key may have been applied with. published: files that nobody moves;
    they are a row's only where no other file is.
    """

    now: Mapping[Key, str]
    before: Callable[[Key], Sequence[str]]
    published: Collection[Key] = ()


def pair(rows: Sequence[Key], texts: Texts) -> dict[Key, Key]:
    """Old key -> new key of every row of one app that is another file now.

    rows: the app's applied rows, in the order they were applied. Rows that are what
    their name says are not in the answer. Raises Unpaired for a row without a file and
    without a twin, or where two pairings are possible.
    """
    moving = {row for row in rows if row not in texts.now}
    moving |= {row for row in rows if row not in moving and _is_other(row, rows, texts)}
    while True:
        found = _only([row for row in rows if row in moving], texts)
        displaced = {row for row in rows if row in found.values()} - moving
        if not displaced:
            return found
        moving |= displaced


def _is_other(row: Key, rows: Sequence[Key], texts: Texts) -> bool:
    """Whether what was applied under the name may be a file that has no row."""
    pending = {mark for key, mark in texts.now.items() if key not in rows}
    own = texts.now[row]
    return any(mark in pending and mark != own for mark in texts.before(row))


def _only(wanted: Sequence[Key], texts: Texts) -> dict[Key, Key]:
    """The one pairing there is. Raises Unpaired."""
    candidates = {row: _candidates(row, texts) for row in wanted}
    for row in wanted:
        if not candidates[row]:
            msg = f"{dotted(row)} has no file of the same content here"
            raise Unpaired(msg)
    pairings = _pairings(list(wanted), candidates)
    first = next(pairings, None)
    names = ", ".join(dotted(row) for row in wanted)
    if first is None:
        msg = f"no pairing of {names} keeps their order"
        raise Unpaired(msg)
    if next(pairings, None) is not None:
        msg = f"{names} may be paired with the files here in several ways"
        raise Unpaired(msg)
    return first


def _candidates(row: Key, texts: Texts) -> list[Key]:
    """Files that do what the row may have done, in order of their names."""
    marks = list(texts.before(row))
    files = [k for k in sorted(texts.now) if texts.now[k] in marks and k != row]
    return [key for key in files if key not in texts.published] or files


def _pairings(
    rows: list[Key], candidates: Mapping[Key, Sequence[Key]], after: str = ""
) -> Iterator[dict[Key, Key]]:
    """Every way to give each row a file of its own, in the order of both."""
    if not rows:
        yield {}
        return
    for key in candidates[rows[0]]:
        if key[1] > after:
            for rest in _pairings(rows[1:], candidates, key[1]):
                yield {rows[0]: key, **rest}


class Applied:
    """The rows of one database, and the files they are.

    rows: all of them, in order. moved: old key -> key of the file that has this content
    now. unpaired: label -> why its rows cannot be paired. ghosts: rows of our apps
    without a file, paired or not.
    """

    __slots__ = ("ghosts", "moved", "rows", "unpaired")

    def __init__(self, rows: list[AppliedRow]) -> None:
        self.rows = rows
        self.moved: dict[Key, Key] = {}
        self.unpaired: dict[str, str] = {}
        self.ghosts: list[AppliedRow] = []

    def keys(self, loader: PaperLoader) -> set[Key]:
        """Migrations of the graph that are applied, by the names they have now."""
        stay = set(loader.applied_migrations) - self.moved.keys()
        now: set[Key] = stay | set(self.moved.values())
        return {key for key in now if key in loader.graph.nodes}

    def row_of(self) -> dict[Key, AppliedRow]:
        """The row of each key, by the name the migration has now."""
        return {self.moved.get(row.key, row.key): row for row in self.rows}


def look(connection: Any, sources: Sources, loader: PaperLoader) -> Applied:
    """The rows of the database, paired with the files.

    loader: of the files of now. Raises django.db.Error.
    """
    found = Applied(rows(connection))
    keys = [row.key for row in found.rows]
    gone = find_ghosts(keys, loader.disk_migrations, sources)
    harmless = squashed_away(gone, loader.disk_migrations, sources)
    found.ghosts = [row for row in found.rows if row.key in {*gone} - harmless]
    when = times(connection)
    before = clone_files.before(connections.identity(connection), when, sources)
    explained = {*keys} - {*gone} | {row.key for row in found.ghosts}
    for label in sorted(sources.packages):
        files = [key for key in loader.disk_migrations if key[0] == label]
        own = [key for key in keys if key[0] == label and key in explained]
        own = [k for k in own if k in loader.disk_migrations or k in {*gone}]
        _pair(found, own, files, (sources, before))
    return found


def _pair(
    found: Applied,
    keys: list[Key],
    files: list[Key],
    texts: tuple[Sources, Callable[[Key], list[str]]],
) -> None:
    """Adds what one app's rows are; nothing to ask git where every name fits."""
    if {*keys} == {*files} or not keys:
        return
    sources, before = texts
    marks = {key: sources.fingerprint(key) or "" for key in files}
    published = sources.published(files)
    try:
        found.moved.update(pair(keys, Texts(marks, before, published)))
    except Unpaired as error:
        found.unpaired[keys[0][0]] = str(error)


def find_ghosts(
    rows: Iterable[Key], on_disk: Mapping[Key, Any], sources: Sources
) -> list[Key]:
    """The ghosts among a database's rows, in the order of the rows.

    on_disk: the migrations that have files here, by key, as Django loaded them.
    """
    replaced = {tuple(old) for m in on_disk.values() for old in m.replaces}
    return [
        key
        for key in rows
        if key not in on_disk and key not in replaced and sources.is_ours(key)
    ]


def squashed_away(
    ghosts: Iterable[Key], on_disk: Iterable[Key], sources: Sources
) -> set[Key]:
    """Those ghosts that a file here once replaced, before its ``replaces`` was removed.

    Such rows stay for good and do no harm (Django, "Squashing migrations":
    ``migrate --prune``).
    """
    labels = {label for label, _ in ghosts}
    replaced: set[Key] = set()
    with git.Objects() as objects:
        for key in on_disk:
            if key[0] in labels and sources.is_ours(key):
                blobs = sources.blobs(key)
                texts = objects.read(blobs if len(blobs) > 1 else ())
                for text in texts:
                    replaced.update(migrations.read(key[1], text or b"").replaces)
    return {key for key in ghosts if key in replaced}


def order_errors(loader: Any, applied: Collection[Key]) -> list[tuple[Key, Key]]:
    """(migration, its unapplied dependency) pairs, sorted.

    loader: Django's, with its graph built for the database. applied: all its rows.
    """
    return sorted(
        (key, parent.key)
        for key in applied
        if key in loader.graph.nodes
        for parent in loader.graph.node_map[key].parents
        if parent.key not in applied and not _is_replaced(loader, parent.key, applied)
    )


def _is_replaced(loader: Any, key: Key, applied: Collection[Key]) -> bool:
    """Whether a squash counts as applied: all that it replaces is."""
    squash = loader.replacements.get(key)
    return squash is not None and all(old in applied for old in squash.replaces)
