"""What the rows of ``django_migrations`` stand for in the files of now."""

from collections.abc import Callable
from typing import Any

from oneleaf.database import (
    applied,
    content_record,
    ghosts,
    identity,
    pairing,
    rewriting_rows,
)
from oneleaf.database.keys import Key
from oneleaf.database.paper import PaperLoader
from oneleaf.database.rewriting_rows import Row
from oneleaf.database.sources import Sources


class Applied:
    """The rows of one database, and the files they are.

    rows: all of them, in order. moved: old key -> key of the file that has this content
    now. unpaired: label -> why its rows cannot be paired. ghosts: rows of our apps
    without a file, paired or not.
    """

    __slots__ = ("ghosts", "moved", "rows", "unpaired")

    def __init__(self, rows: "list[Row]") -> None:
        self.rows = rows
        self.moved: dict[Key, Key] = {}
        self.unpaired: dict[str, str] = {}
        self.ghosts: list[Row] = []

    def keys(self, loader: PaperLoader) -> "set[Key]":
        """Migrations of the graph that are applied, by the names they have now."""
        stay = set(loader.applied_migrations) - self.moved.keys()
        now: set[Key] = stay | set(self.moved.values())
        return {key for key in now if key in loader.graph.nodes}

    def row_of(self) -> "dict[Key, Row]":
        """The row of each key, by the name the migration has now."""
        return {self.moved.get(row.key, row.key): row for row in self.rows}


def look(connection: Any, sources: Sources, loader: PaperLoader) -> Applied:
    """The rows of the database, paired with the files.

    loader: of the files of now. Raises django.db.Error.
    """
    found = Applied(rewriting_rows.rows(connection))
    keys = [row.key for row in found.rows]
    gone = ghosts.find(keys, loader.disk_migrations, sources)
    harmless = ghosts.squashed_away(gone, loader.disk_migrations, sources)
    found.ghosts = [row for row in found.rows if row.key in {*gone} - harmless]
    when = applied.rows(connection)
    before = content_record.before(identity.of(connection), when, sources)
    explained = {*keys} - {*gone} | {row.key for row in found.ghosts}
    for label in sorted(sources.packages):
        files = [key for key in loader.disk_migrations if key[0] == label]
        own = [key for key in keys if key[0] == label and key in explained]
        own = [k for k in own if k in loader.disk_migrations or k in {*gone}]
        _pair(found, own, files, (sources, before))
    return found


def _pair(
    found: Applied,
    keys: "list[Key]",
    files: "list[Key]",
    texts: "tuple[Sources, Callable[[Key], list[str]]]",
) -> None:
    """Adds what one app's rows are; nothing to ask git where every name fits."""
    if {*keys} == {*files} or not keys:
        return
    sources, before = texts
    marks = {key: sources.fingerprint(key) or "" for key in files}
    published = [key for key in files if sources.is_published(key)]
    try:
        found.moved.update(pairing.pair(keys, pairing.Texts(marks, before, published)))
    except pairing.Unpaired as error:
        found.unpaired[keys[0][0]] = str(error)
