"""What a state changes of the migrations that upstream has published.

Compared with the merge base, not with upstream's tip: what upstream added since then is
not ours to have. Read-only; the rules are in ``oneleaf.checking.published_checks``.
"""

import os

from oneleaf.checking import scope
from oneleaf.checking.states import INDEX
from oneleaf.errors import OneleafError
from oneleaf.history import discovery
from oneleaf.reading import migrations
from oneleaf.repository import git, trees
from oneleaf.repository import snapshot as snapshots
from oneleaf.upstream import forks, locating

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from oneleaf.checking.states import State
    from oneleaf.reading.migrations import Migration
    from oneleaf.repository.snapshot import Change


class Edit:
    """A published migration that the state changes, or does not have any more.

    path: its file. blob: id of the file's content in the state, or where the state has
    none, of what it was. old: the published content; new: the state's, None for none.
    renamed: the file beside it that the state has with that content instead, "" for
    none.
    """

    __slots__ = ("blob", "new", "old", "path", "renamed")

    def __init__(self, path: str, blob: str, old: bytes, new: "bytes | None") -> None:
        self.path = path
        self.blob = blob
        self.old = old
        self.new = new
        self.renamed = ""


class Published:
    """Upstream, and what the state changes of it.

    name: the branch, "" where it was not looked for. unknown: why nothing can be said,
    "" where it can.
    """

    __slots__ = ("_commit", "_objects", "edits", "name", "unknown")

    def __init__(
        self, objects: git.Objects, name: str = "", commit: str = "", unknown: str = ""
    ) -> None:
        self._objects = objects
        self._commit = commit
        self.name = name
        self.unknown = unknown
        self.edits: list[Edit] = []

    def migrations(self, directory: str) -> "list[Migration]":
        """The migrations that upstream has in a directory."""
        files = trees.blobs(self._commit, [directory])
        blobs = {
            path.rpartition("/")[2][:-3]: blob
            for path, blob in files.items()
            if path.rpartition("/")[0] == directory
            and discovery.is_module(path.rpartition("/")[2])
        }
        contents = self._objects.read(blobs.values())
        return [
            migrations.read(name, source or b"")
            for name, source in zip(blobs, list(contents), strict=True)
        ]


def look(state: "State") -> Published:
    """What a state changes of upstream's migrations.

    Raises nothing where upstream, or the history that would tell, is not here.
    """
    config, objects = state.config, state.objects
    try:
        found = locating.require(config.upstream, os.environ)
    except OneleafError as error:
        return Published(objects, unknown=str(error))
    fork = forks.find(state.name, found.commit)
    if fork is None or not fork.bases:
        unknown = (
            f"{found.name} and this have no common history here; in a shallow clone"
        )
        return Published(
            objects, unknown=f"{unknown} run `git fetch --unshallow` first"
        )
    published = Published(objects, found.name, found.commit)
    changes = _changes(state.name, fork)
    candidates = [c for c in changes if c.status in "MDT"]
    candidates = [c for c in candidates if scope.is_migration(c.path, config)]
    if candidates:
        _add_edits(published, candidates, found.commit, objects)
        _mark_renamed(published.edits, changes)
    return published


def _mark_renamed(edits: "Sequence[Edit]", changes: "Sequence[Change]") -> None:
    """Says of a removed file which new one of its folder has its content."""
    added = {
        (change.path.rpartition("/")[0], change.new): change.path
        for change in changes
        if change.status == "A"
    }
    for edit in edits:
        if edit.new is None:
            key = edit.path.rpartition("/")[0], edit.blob
            edit.renamed = added.get(key, "")


def _changes(state: str, fork: forks.Fork) -> "list[Change]":
    """What differs from every merge base; one may hold what another does not yet."""
    found: dict[str, Change] | None = None
    for base in fork.bases:
        if state == INDEX:
            changes = snapshots.changes_of_index(base)
        else:
            changes = snapshots.changes_between(base, state)
        paths = {change.path: change for change in changes}
        found = {p: c for p, c in paths.items() if found is None or p in found}
    return list((found or {}).values())


def _add_edits(
    published: Published,
    changes: "Sequence[Change]",
    commit: str,
    objects: git.Objects,
) -> None:
    """Those that upstream still has, with another content than the state's."""
    tip = trees.blobs(commit, [change.path for change in changes])
    edited = [c for c in changes if tip.get(c.path, c.new) != c.new]
    old = list(objects.read([change.old for change in edited]))
    new = list(objects.read([c.new for c in edited if c.status != "D"]))
    contents: Iterator[bytes | None] = iter(new)
    for change, before in zip(edited, old, strict=True):
        after = None if change.status == "D" else next(contents)
        blob = change.old if change.status == "D" else change.new
        name = change.path.rpartition("/")[2][:-3]
        if migrations.read(name, before or b"").is_django:
            published.edits.append(Edit(change.path, blob, before or b"", after))
