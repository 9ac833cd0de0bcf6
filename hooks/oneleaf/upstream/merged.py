"""A state that nobody made: the merge of two states, computed from git's objects.

Path by path, where that is what git's own strategy comes to (git-merge(1), "ort"):
one-sided changes win, and lockfiles that both changed are merged as the driver merges
them. Texts are not merged here, and renamed files not followed: ``made_by_git`` does
that, and of contents that no check reads ours stands for both. Nothing is written.
"""

from oneleaf import config as configuration
from oneleaf.driver import merging
from oneleaf.repository import git
from oneleaf.repository.snapshot import EMPTY_BLOBS, Snapshot
from oneleaf.upstream import relevance

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from oneleaf.config import Config

    Tree = dict[str, dict[str, str]]  # directory -> file name -> entry
    Entries = tuple[str | None, ...]  # of one file: in the base, ours, theirs

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
    """Three states: base, what both sides come from; ours and theirs, the sides."""

    __slots__ = ("base", "ours", "theirs")

    def __init__(self, base: Snapshot, ours: Snapshot, theirs: Snapshot) -> None:
        self.base = base
        self.ours = ours
        self.theirs = theirs


def config(meeting: Meeting) -> "Config | None":
    """The merged configuration; None where only the merged text tells it.

    Raises OneleafError where it cannot be used.
    """
    sides = (meeting.base, meeting.ours, meeting.theirs)
    base, ours, theirs = (side.blob(configuration.FILE) for side in sides)
    if theirs in (base, ours):
        return configuration.parse(meeting.ours.read(configuration.FILE))
    if base == ours:
        return configuration.parse(meeting.theirs.read(configuration.FILE))
    texts = [side.read(configuration.FILE) or b"" for side in sides]
    return None if b"oneleaf" in b"\n".join(texts) else configuration.parse(None)


def merge(meeting: Meeting, contents: Contents, config: "Config") -> "Snapshot | None":
    """The state that merging the two sides would leave; None where only git can tell.

    No file that ``renaming`` cares for may have moved. ``unmerged`` of the state are
    the paths on which git would stop: of lockfiles there is no content then; of
    migrations ours stays, so that what depends on one is not lost.
    config: the merged one.
    """
    base, ours, theirs = (
        _tree(side) for side in (meeting.base, meeting.ours, meeting.theirs)
    )
    work = _Work(contents, config)
    result: Tree = {}
    for directory in {**base, **ours, **theirs}:
        b, o, t = (side.get(directory, {}) for side in (base, ours, theirs))
        if t in (b, o):
            files = o
        elif b == o:
            files = t
        else:
            files = work.files(directory, (b, o, t))
        if files or not directory:
            result[directory] = dict(files)
    links = _take_links(result)
    guessed = work.has_guessed and any(relevance.kind(path, config) for path in links)
    if work.is_unsure or guessed:
        return None
    unmerged = tuple(sorted(work.unmerged))
    return Snapshot("merge", result, contents, frozenset(links), unmerged)


class _Work:
    """The merge of files that both sides changed.

    unmerged: paths where it failed. is_unsure: git may see one otherwise. has_guessed:
    ours stands for a content that no check reads, unless a link leads to it.
    """

    __slots__ = ("_config", "_contents", "has_guessed", "is_unsure", "unmerged")

    def __init__(self, contents: Contents, config: "Config") -> None:
        self._contents = contents
        self._config = config
        self.unmerged: list[str] = []
        self.is_unsure = False
        self.has_guessed = False

    def files(
        self, directory: str, sides: "tuple[dict[str, str], ...]"
    ) -> "dict[str, str]":
        """The merged files of a directory."""
        found = {}
        for name in {**sides[0], **sides[1], **sides[2]}:
            path = f"{directory}/{name}" if directory else name
            base, ours, theirs = (side.get(name) for side in sides)
            if theirs in (base, ours):
                entry = ours
            elif base == ours:
                entry = theirs
            else:
                entry = self._both(path, (base, ours, theirs))
            if entry is not None:
                found[name] = entry
        return found

    def _both(self, path: str, entries: "Entries") -> "str | None":
        """What is left of a file that both sides changed."""
        base, ours, theirs = entries
        kind = relevance.kind(path, self._config)
        if not kind or path == configuration.FILE:
            self.has_guessed = True
            return ours or theirs
        if any(entry and entry.endswith(_LINK) for entry in entries):
            self.is_unsure = True
            return ours
        if ours is not None and theirs is not None:
            if kind.endswith("lockfile"):
                return self._lockfile(path, kind, (base or "", ours, theirs))
            if kind == "source":
                return self._source(entries)
            if base is not None or not {ours, theirs}.isdisjoint(EMPTY_BLOBS):
                self.is_unsure = True  # texts may merge; an empty one merges with any
        if kind in relevance.JUDGED:
            self.unmerged.append(path)
        return None if kind.endswith("lockfile") else ours or theirs

    def _lockfile(
        self, path: str, kind: str, entries: "tuple[str, str, str]"
    ) -> "str | None":
        contents = self._contents.read(filter(None, entries))
        texts = [(next(contents) or b"") if entry else b"" for entry in entries]
        merge = merging.merge_app if kind == "lockfile" else merging.merge_shared
        done = merge(texts[0], texts[1], texts[2], _STYLE)
        if done.clean:
            return self._contents.keep(done.content, entries[1])
        self.unmerged.append(path)
        return None

    def _source(self, entries: "Entries") -> "str | None":
        """Either, where none of the texts says anything that another could change."""
        texts = self._contents.read(filter(None, entries))
        self.is_unsure |= any(relevance.says_something(text) for text in list(texts))
        return entries[1]


def _tree(snapshot: Snapshot) -> "Tree":
    """The state's files, links marked as such."""
    tree = dict(snapshot.directories)
    for path in snapshot.links:
        directory, _, name = path.rpartition("/")
        tree[directory] = {**tree[directory], name: f"{snapshot.blob(path)}{_LINK}"}
    return tree


def _take_links(tree: "Tree") -> "list[str]":
    """Paths of the links; their entries are plain ids then."""
    links = []
    for directory, files in tree.items():
        for name, entry in files.items():
            if entry.endswith(_LINK):
                files[name] = entry[:-1]
                links.append(f"{directory}/{name}" if directory else name)
    return links
