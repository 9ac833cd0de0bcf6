"""A state that nobody made: the merge of two states, computed from git's objects.

As git's own strategy computes it (git-merge(1), "ort"): path by path, one-sided
changes win, texts that both changed are merged, a file that one side renamed takes the
other side's edit along, and several merge bases are merged into a virtual one first.
Only contents that a check reads are merged; of the others ours stands for both.
Nothing is written.
"""

from oneleaf import config as configuration
from oneleaf.driver import merging
from oneleaf.errors import OneleafError
from oneleaf.repository import git
from oneleaf.repository.snapshot import Snapshot
from oneleaf.upstream import renaming, text_merge

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from oneleaf.config import Config
    from oneleaf.upstream.renaming import Renames, Tree

_LINK = "@"  # ends the entry of a link; no object id has it
_STYLE = merging.Style()


class Contents(git.Objects):
    """The repository's objects, and texts that are in none of them."""

    def __init__(self, objects: git.Objects) -> None:
        super().__init__()
        self._objects = objects
        self._kept: dict[str, bytes] = {}

    def start(self) -> None:
        """Starts git, as the objects behind do."""
        self._objects.start()

    def read(self, names: "Iterable[str]") -> "Iterator[bytes | None]":
        """As ``git.Objects.read``; texts that were kept are found by their ids too."""
        wanted = list(names)
        stored = self._objects.read(name for name in wanted if name not in self._kept)
        for name in wanted:
            yield self._kept[name] if name in self._kept else next(stored)

    def keep(self, text: bytes, like: str) -> str:
        """The id that git would give the text; ``like``: any id of the repository."""
        import hashlib

        algorithm = hashlib.sha1 if len(like) == 40 else hashlib.sha256
        blob = algorithm(b"blob %d\0" % len(text) + text).hexdigest()
        self._kept[blob] = text
        return blob


class Meeting:
    """Three states and what is known of how files moved between them.

    base: what both sides come from; ours, theirs: the sides.
    moved_by_us, moved_by_them: files that the side renamed since the base.
    """

    __slots__ = ("base", "moved_by_them", "moved_by_us", "ours", "theirs")

    def __init__(
        self,
        base: Snapshot,
        ours: Snapshot,
        theirs: Snapshot,
        moved_by_us: "Renames | None" = None,
        moved_by_them: "Renames | None" = None,
    ) -> None:
        self.base = base
        self.ours = ours
        self.theirs = theirs
        self.moved_by_us = moved_by_us or {}
        self.moved_by_them = moved_by_them or {}


def merge(
    meeting: Meeting,
    contents: Contents,
    depth: int = 0,
    config: "Config | None" = None,
) -> Snapshot:
    """The state that merging the two sides would leave.

    ``unmerged`` of it are the paths on which git would stop: of lockfiles there is no
    content then; of migrations ours stays, so that what depends on one is not lost.
    depth: 0 for a merge people make; more for the merge of merge bases, in which
    conflicts stay as text with markers (merge-recursive's virtual ancestors).
    config: the merged one, where it is known; else it is merged too.
    """
    sides = [_tree(s) for s in (meeting.base, meeting.ours, meeting.theirs)]
    base, ours, theirs = sides
    renames = meeting.moved_by_us, meeting.moved_by_them
    stuck = renaming.follow(base, ours, theirs, renames)
    stuck += renaming.follow(base, theirs, ours, renames[::-1])
    if not depth:  # merge bases are merged without regard to folders that moved
        stuck += renaming.follow_folders(base, ours, theirs, renames[0])
        stuck += renaming.follow_folders(base, theirs, ours, renames[1])
    work = _Work(contents, depth)
    config = config or work.config(base, ours, theirs)
    result: Tree = {}
    for directory in {**base, **ours, **theirs}:
        b, o, t = (side.get(directory, {}) for side in sides)
        if t in (b, o):
            files = o
        elif b == o:
            files = t
        else:
            files = work.files(directory, config, (b, o, t))
        if files or not directory:
            result[directory] = dict(files)
    return _snapshot(result, (*work.unmerged, *stuck), contents, config, depth)


class _Work:
    """The merge of contents, and the paths where it failed."""

    __slots__ = ("_contents", "_depth", "unmerged")

    def __init__(self, contents: Contents, depth: int) -> None:
        self._contents = contents
        self._depth = depth
        self.unmerged: list[str] = []

    def config(self, base: "Tree", ours: "Tree", theirs: "Tree") -> "Config":
        """The merged configuration; ours where the merge of it cannot be used."""
        name = configuration.FILE
        entries = [side.get("", {}).get(name) for side in (base, ours, theirs)]
        merged, _ = self._entry(name, tuple(entries))
        try:
            return configuration.parse(self._content(merged))
        except OneleafError:
            return configuration.parse(self._content(entries[1]))

    def files(
        self, directory: str, config: "Config", sides: "tuple[dict[str, str], ...]"
    ) -> "dict[str, str]":
        """The merged files of a directory that both sides changed."""
        found = {}
        for name in {**sides[0], **sides[1], **sides[2]}:
            path = f"{directory}/{name}" if directory else name
            entries = tuple(side.get(name) for side in sides)
            kind = renaming.kind(path, config)
            entry, clean = self._entry(kind, entries)
            if not clean and kind in ("lockfile", "shared lockfile", "migration"):
                self.unmerged.append(path)
            if entry is not None:
                found[name] = entry
        return found

    def _entry(
        self, kind: str, entries: "tuple[str | None, ...]"
    ) -> "tuple[str | None, bool]":
        """What is left of a file, and whether merging it is clean."""
        base, ours, theirs = entries
        if theirs in (base, ours):
            return ours, True
        if base == ours:
            return theirs, True
        if not kind:
            return ours or theirs, True
        if ours is None or theirs is None:
            return (base if self._depth else ours or theirs), False
        if _LINK in ours + theirs + (base or ""):
            return ours, False
        texts = [self._content(entry) for entry in entries]
        text, clean = self._text(kind, texts)
        if clean or self._depth:
            return self._contents.keep(text, ours), clean
        return ours, False

    def _text(self, kind: str, texts: "list[bytes]") -> "tuple[bytes, bool]":
        if kind.endswith("lockfile"):
            merge = merging.merge_app if kind == "lockfile" else merging.merge_shared
            done = merge(texts[0], texts[1], texts[2], _STYLE)
            return done.content, done.clean
        return text_merge.merge(texts[0], texts[1], texts[2], 7 + 2 * self._depth)

    def _content(self, entry: "str | None") -> bytes:
        return next(self._contents.read([entry])) or b"" if entry else b""


def _tree(snapshot: Snapshot) -> "Tree":
    """The state's files, links marked as such."""
    tree = dict(snapshot.directories)
    for path in snapshot.links:
        renaming.put(tree, path, f"{snapshot.blob(path)}{_LINK}")
    return tree


def _snapshot(
    tree: "Tree",
    unmerged: "tuple[str, ...]",
    contents: Contents,
    config: "Config",
    depth: int,
) -> Snapshot:
    links = []
    for directory, files in tree.items():
        for name, entry in files.items():
            if entry.endswith(_LINK):
                files[name] = entry[:-1]
                links.append(f"{directory}/{name}" if directory else name)
    relevant = [path for path in unmerged if renaming.kind(path, config)]
    if depth:
        return Snapshot("merge", tree, contents, frozenset(links))
    for path in relevant:
        if renaming.kind(path, config).endswith("lockfile"):
            renaming.put(tree, path, None)
    return Snapshot(
        "merge", tree, contents, frozenset(links), tuple(sorted({*relevant}))
    )
