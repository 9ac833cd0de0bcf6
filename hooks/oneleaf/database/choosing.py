"""Which rows a rollback means, and what was applied under their names."""

from django.db.migrations import Migration

from oneleaf.database.keys import Key, dotted
from oneleaf.database.paper import PaperLoader
from oneleaf.database.rewriting_rows import Row
from oneleaf.database.rows import Applied
from oneleaf.database.sources import Sources
from oneleaf.errors import OneleafError, Refused


class Wish:
    """What to roll back.

    label: only this app's, "" for all. to: the migration to go back to, ``"zero"`` for
    none, "" for no target. to_upstream: everything that upstream does not have.
    """

    __slots__ = ("label", "to", "to_upstream")

    def __init__(self, label: str = "", to: str = "", *, to_upstream: bool) -> None:
        self.label = label
        self.to = to
        self.to_upstream = to_upstream


class Choice:
    """Which rows are meant by a wish.

    loader: the files' history; applied: the rows and the files they are.
    """

    def __init__(
        self, loader: PaperLoader, applied: Applied, sources: Sources, wish: Wish
    ) -> None:
        self.loader = loader
        self.applied = applied
        self.sources = sources
        self.wish = wish

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
        if self.sources.upstream is None:
            msg = (
                "no upstream branch is here; name it as `upstream` in [tool.oneleaf], or"
                " say where to go back to with --to NAME"
            )
            raise OneleafError(msg)
        return {
            row.key
            for row in self.applied.rows
            if self.sources.is_ours(row.key) and not self.sources.is_published(row.key)
        }

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


def is_itself(row: Row, loader: PaperLoader, applied: Applied) -> bool:
    """Whether the file of the row's name is what was applied."""
    return row.key in loader.disk_migrations and row.key not in applied.moved


def _parents(
    row: Row, loader: PaperLoader, applied: Applied, sources: Sources
) -> "set[Key]":
    if is_itself(row, loader, applied):
        node = loader.graph.node_map.get(row.key)
        return {parent.key for parent in node.parents} if node else set()
    return set(migration_of(row, loader, applied, sources).dependencies)


def migration_of(
    row: Row, loader: PaperLoader, applied: Applied, sources: Sources
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
