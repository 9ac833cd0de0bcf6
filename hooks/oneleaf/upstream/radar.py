"""Which remote branches add migrations to an app, and what becomes of two of them together.

Read-only, and without the network: branches are as they were fetched last; one
``git for-each-ref``, one ``git rev-list`` and one ``git log`` for all of them. Nobody has
merged anything yet, and upstream has none of what is compared; so the new migrations
alone decide which pairs collide.
"""

import os

from oneleaf.errors import OneleafError
from oneleaf.git import git
from oneleaf.project.project import number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from oneleaf.migration.overlap import Overlap
    from oneleaf.migration.overlap.kinds import Operation
    from oneleaf.migration.reading.migrations import Migration
    from oneleaf.upstream.published import Upstream

    AddedPaths = frozenset[tuple[str, str]]


class Added:
    """One migration that a branch adds.

    directory: of its migrations package; label: of its app; source: the file's bytes.
    """

    __slots__ = ("_operations", "directory", "label", "migration", "source")

    def __init__(
        self, label: str, directory: str, migration: "Migration", source: bytes
    ) -> None:
        self.label = label
        self.directory = directory
        self.migration = migration
        self.source = source
        self._operations: tuple[Operation, ...] | None = None

    @property
    def name(self) -> str:
        """The migration's name."""
        return self.migration.name

    @property
    def path(self) -> str:
        """Path of its file."""
        return f"{self.directory}/{self.name}.py".lstrip("/")

    @property
    def operations(self) -> "tuple[Operation, ...]":
        """What it does, as far as reading can tell."""
        if self._operations is None:
            from oneleaf.migration.overlap import read_operations

            self._operations = read_operations(self.label, self.name, self.source)
        return self._operations


class Branch:
    """A branch that is not merged, and the migrations it adds.

    name: as one types it; own: whether it is checked out here. apps: directory of an
    app's migrations -> name -> what it adds there, both in order. history: all that its
    commits ever added, as (commit, path).
    """

    __slots__ = ("apps", "history", "name", "own")

    def __init__(
        self,
        name: str,
        added: "Iterable[Added]",
        *,
        own: bool,
        history: "frozenset[tuple[str, str]]" = frozenset(),
    ) -> None:
        self.name = name
        self.own = own
        self.history = history
        self.apps: dict[str, dict[str, Added]] = {}
        for one in sorted(added, key=lambda a: (a.label, a.directory, a.name)):
            self.apps.setdefault(one.directory, {})[one.name] = one

    def labels(self) -> "Iterator[tuple[str, list[str]]]":
        """(app label, names of the migrations it adds) for each app."""
        for added in self.apps.values():
            yield next(iter(added.values())).label, list(added)


class TouchedByBoth:
    """One field, table or index name that both sides of a collision touch.

    overlap: what overlap.overlaps says; ours, theirs: names of the migrations.
    """

    __slots__ = ("ours", "overlap", "theirs")

    def __init__(self, overlap: "Overlap", ours: str, theirs: str) -> None:
        self.overlap = overlap
        self.ours = ours
        self.theirs = theirs

    @property
    def what(self) -> str:
        """What it is, in words: ``field shop.Item.color``."""
        from oneleaf.migration.overlap import describe

        return describe(self.overlap.key)


class Collision:
    """Two branches that cannot both be merged into upstream as they are.

    app: the app label. first, second: the branches, the own one first. ours, theirs:
    what only the first, and only the second, adds to the app; in order of their names.
    shared: what both touch. opaque: names of migrations of which that cannot be told.
    """

    __slots__ = ("app", "first", "opaque", "ours", "second", "shared", "theirs")

    def __init__(
        self,
        first: Branch,
        second: Branch,
        ours: "Sequence[Added]",
        theirs: "Sequence[Added]",
    ) -> None:
        self.app = ours[0].label
        self.first = first
        self.second = second
        self.ours = tuple(ours)
        self.theirs = tuple(theirs)
        self.shared = tuple(_shared(ours, theirs))
        self.opaque = tuple(
            added.name
            for added in (*ours, *theirs)
            if any(operation.opaque for operation in added.operations)
        )

    @property
    def own(self) -> bool:
        """Whether it is about the own branch."""
        return self.first.own


def collisions(branches: "Sequence[Branch]") -> "list[Collision]":
    """The pairs that would leave several leaf nodes, or one number twice, in an app.

    Those of the own branch come first, then those that touch the same; then by app.
    """
    groups: dict[str, list[Branch]] = {}
    for branch in sorted(branches, key=lambda b: (not b.own, b.name)):
        for directory in branch.apps:
            groups.setdefault(directory, []).append(branch)
    found = [
        Collision(first, second, *sides)
        for directory, group in groups.items()
        for at, first in enumerate(group)
        for second in group[at + 1 :]
        if (sides := _sides(first, second, directory))
    ]
    found.sort(
        key=lambda c: (not c.own, not c.shared, c.app, c.first.name, c.second.name)
    )
    return found


def _sides(
    one: Branch, other: Branch, directory: str
) -> "tuple[list[Added], list[Added]] | None":
    """What only each of two branches adds to one app; None where they do not collide.

    What both have alike came from one to the other, or from a third, and is neither's.
    What both come from and one took away, or renamed, is gone once they are merged.
    """
    first, second = one.apps[directory], other.apps[directory]
    ours = [added for added in first.values() if not _has(second, added)]
    theirs = [added for added in second.values() if not _has(first, added)]
    if not (ours and theirs):
        return None
    common = {path for _, path in one.history & other.history}
    ours = [a for a in ours if a.name in second or a.path not in common]
    theirs = [a for a in theirs if a.name in first or a.path not in common]
    if any(added.name in second for added in ours) or _doubled(ours, theirs):
        return ours, theirs
    alike = [added for added in first.values() if _has(second, added)]
    leaves = _leaves({added.name: added for added in (*alike, *ours, *theirs)})
    if any(a.name in leaves for a in ours) and any(a.name in leaves for a in theirs):
        return ours, theirs
    return None


def _has(branch: "Mapping[str, Added]", added: Added) -> bool:
    other = branch.get(added.name)
    return other is not None and other.source == added.source


def _doubled(ours: "Sequence[Added]", theirs: "Sequence[Added]") -> bool:
    """Whether both sides use one number, and no ``replaces`` explains it."""
    return any(
        number(mine.name) is not None
        and number(mine.name) == number(other.name)
        and (other.label, other.name) not in mine.migration.replaces
        and (mine.label, mine.name) not in other.migration.replaces
        for mine in ours
        for other in theirs
    )


def _leaves(added: "Mapping[str, Added]") -> "set[str]":
    """Names of the leaf nodes that new migrations of one app make.

    A squash is none: it stands in the place of migrations that others follow. Neither
    is what asks to run before another migration of the app (Django's ``run_before``).
    """
    followed = {
        name
        for one in added.values()
        for label, name in (*one.migration.dependencies, *one.migration.replaces)
        if label == one.label
    }
    return {
        name
        for name, one in added.items()
        if name not in followed
        and not one.migration.replaces
        and all(label != one.label for label, _ in one.migration.run_before)
    }


def _shared(
    ours: "Sequence[Added]", theirs: "Sequence[Added]"
) -> "Iterator[TouchedByBoth]":
    """What both sides touch, each key once for a pair of migrations."""
    from oneleaf.migration.overlap import between

    mine = [(added.name, o) for added in ours for o in added.operations]
    other = [(added.name, o) for added in theirs for o in added.operations]
    for overlap, own, others in between(mine, other):
        yield TouchedByBoth(overlap, own, others)


_HEADS, _REMOTES = "refs/heads/", "refs/remotes/"
_DAY = 86_400


class Tip:
    """A branch and the commit it is at.

    name: as one types it, ``origin/topic``; the own branch's without a remote, ``HEAD``
    where none is checked out. own: whether it is what is checked out here.
    """

    __slots__ = ("commit", "name", "own")

    def __init__(self, name: str, commit: str, *, own: bool = False) -> None:
        self.name = name
        self.commit = commit
        self.own = own


class Ref:
    """One line of ``git for-each-ref``.

    current: whether it is checked out; tracks: the full name of its upstream, "" where
    it has none; date: of its commit, in seconds since 1970.
    """

    __slots__ = ("commit", "current", "date", "name", "tracks")

    def __init__(
        self, name: str, commit: str, date: int, tracks: str = "", *, current: bool
    ) -> None:
        self.name = name
        self.commit = commit
        self.date = date
        self.tracks = tracks
        self.current = current


def refs() -> "list[Ref]":
    """All local and remote branches; symbolic ones, as origin/HEAD, are left out."""
    fields = ("HEAD", "refname", "objectname", "committerdate:unix", "upstream")
    line = "%00".join(f"%({field})" for field in (*fields, "symref"))
    raw = git.decode(git.run("for-each-ref", f"--format={line}", _HEADS, _REMOTES))
    found = []
    for record in raw.split("\n"):
        if not record:
            continue
        head, name, commit, date, tracks, target = record.split("\0")
        if not target and date:  # a ref to anything but a commit has no such date
            found.append(Ref(name, commit, int(date), tracks, current=head == "*"))
    return found


def choose(
    found: "Sequence[Ref]", head: str, published: "Upstream", oldest: float
) -> "tuple[list[Tip], int]":
    """The own branch, and the remote branches to compare it with; how many were old.

    head: id of the commit that is checked out, "" before the first one. The remote's
    copy of the own branch is not another branch, and neither is upstream. oldest: in
    seconds since 1970; a branch whose last commit is older is left out.
    """
    own = next((ref for ref in found if ref.current), None)
    tips = []
    if head:
        name = own.name.removeprefix(_HEADS) if own else "HEAD"
        tips.append(Tip(name, head, own=True))
    old = 0
    for ref in found:
        name = ref.name.removeprefix(_REMOTES)
        if name == ref.name or _is_own(ref, own, head):
            continue
        if name == published.name or ref.commit == published.commit:
            continue
        if ref.date < oldest:
            old += 1
            continue
        tips.append(Tip(name, ref.commit))
    return tips, old


def _is_own(ref: Ref, own: "Ref | None", head: str) -> bool:
    """Whether a remote branch is what is checked out here, as it was pushed."""
    if ref.commit == head:
        return True
    if own is None:
        return False
    branch = ref.name.removeprefix(_REMOTES).partition("/")[2]
    return ref.name == own.tracks or branch == own.name.removeprefix(_HEADS)


def oldest(now: float, days: int) -> float:
    """The moment ``days`` days before ``now``; 0 days: none is too old."""
    return now - days * _DAY if days else 0.0


def added_files(
    tips: "Sequence[Tip]", published: "Upstream"
) -> "dict[str, AddedPaths]":
    """Commit of a tip -> what its commits add, of those that upstream lacks.

    Some may be gone again, or stand upstream by another way: ask the trees.
    """
    wanted = "".join(f"{tip.commit}\n" for tip in tips) + f"^{published.commit}\n"
    revs = wanted.encode()
    order = git.run("rev-list", "--topo-order", "--reverse", "--parents", "--stdin", stdin=revs)  # fmt: skip
    lines = git.decode(order).splitlines()
    return reachable([line.split(" ") for line in lines], _added_by_commit(revs))


def _added_by_commit(revs: bytes) -> "dict[str, list[str]]":
    """Commit -> paths it adds; of a merge those that none of its parents has."""
    flags = ("--no-renames", "--diff-filter=A", "--name-only", "-z", "-c")
    plain = ("--no-color", "--no-ext-diff", "--no-show-signature", "--no-relative")
    raw = git.run("log", "--stdin", "--format=%x01%H", *flags, *plain, stdin=revs)
    found: dict[str, list[str]] = {}
    paths: list[str] = []
    for token in git.decode(raw).split("\0"):
        if token.startswith("\x01"):
            paths = found.setdefault(token[1:].strip("\n"), [])
        elif token.strip("\n"):
            paths.append(token.removeprefix("\n"))
    return found


def reachable(
    order: "Iterable[Sequence[str]]", added: "dict[str, list[str]]"
) -> "dict[str, AddedPaths]":
    """Commit -> all that it and the commits it comes from add, and which of them did.

    order: a commit and its parents each, every one behind those of its parents that are
    there at all (git-rev-list(1), ``--topo-order --reverse --parents``).
    """
    total: dict[str, AddedPaths] = {}
    nothing: AddedPaths = frozenset()
    for commit, *parents in order:
        # Most commits add nothing of their own and share their parent's set.
        sets = {id(s): s for p in parents if (s := total.get(p, nothing))}
        own = [(commit, path) for path in added.get(commit, ())]
        if own or len(sets) > 1:
            total[commit] = frozenset().union(own, *sets.values())
        else:
            total[commit] = next(iter(sets.values()), nothing)
    return total


def fetched() -> "float | None":
    """When anything was fetched last, in seconds since 1970; None where never.

    git writes ``FETCH_HEAD`` in every fetch (git-fetch(1)); a fresh clone has none.
    """
    path = git.line("rev-parse", "--git-path", "FETCH_HEAD")
    try:
        return os.stat(path).st_mtime
    except OSError:
        return None


def is_partial() -> bool:
    """Whether this clone lacks objects on purpose (git-clone(1), ``--filter``).

    Raises OneleafError where git would fetch what is missing, one by one, unasked:
    ``GIT_NO_LAZY_FETCH`` (git(1)) is heeded since 2.44.
    """
    keys = r"^(extensions\.partialclone|remote\..*\.promisor)$"
    code, _ = git.run_code("config", "--get-regexp", keys, ok=(0, 1))
    if code:
        return False
    if git.version() < (2, 44):
        msg = (
            "this is a partial clone, and git before 2.44 would fetch what others'"
            " branches hold; use a full clone or a later git"
        )
        raise OneleafError(msg)
    return True
