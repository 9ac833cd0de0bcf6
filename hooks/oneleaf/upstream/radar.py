"""Which branches add migrations to one app, and what becomes of two of them together.

Pure: what each branch adds in, the pairs that collide out. Nobody has merged anything
yet, and upstream has none of what is compared; so the new migrations alone decide.
"""

from oneleaf.history.naming import number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from oneleaf.overlap import Operation, Overlap
    from oneleaf.reading.migrations import Migration


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
            from oneleaf.overlap import read_operations

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


class Shared:
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
        from oneleaf.overlap import describe

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


def _shared(ours: "Sequence[Added]", theirs: "Sequence[Added]") -> "Iterator[Shared]":
    """What both sides touch, each key once for a pair of migrations."""
    from oneleaf.overlap import between

    mine = [(added.name, o) for added in ours for o in added.operations]
    other = [(added.name, o) for added in theirs for o in added.operations]
    for overlap, own, others in between(mine, other):
        yield Shared(overlap, own, others)
