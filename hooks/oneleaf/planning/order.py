"""The order in which local migrations will come, after what stays, and their new names.

A key is (directory of the migrations package, migration name). A name keeps everything
but its number.
"""

from dataclasses import KW_ONLY, dataclass
from heapq import heappop, heappush

from oneleaf.project.project import SQUASHED, format_number, leading_digits, number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from oneleaf.project.graph import Graph
    from oneleaf.project.project import App, Project

    Place = tuple[str, str]
    Edges = dict[Place, set[Place]]


class Ancestry:
    """Who comes directly after whom in a project, as its files say.

    parents: key -> keys it depends on, of any app, by ``dependencies`` or the other's
        ``run_before``; what a squash replaces counts as before it. A dependency on a
        deleted migration is one on the squashes that stand for it.
    replaces: key of a squash -> the keys of its own app it replaces, those that exist.
    """

    __slots__ = ("parents", "replaces")

    def __init__(self, project: "Project", graph: "Graph") -> None:
        self.parents: Edges = {
            (app.directory, name): set()
            for app in project.apps
            for name in app.migrations
        }
        self.replaces: dict[Place, list[Place]] = {}
        for app in project.apps:
            for name in app.migrations:
                self._link(app, name, graph)

    def _link(self, app: "App", name: str, graph: "Graph") -> None:
        key = (app.directory, name)
        migration = app.migrations[name]
        for pair in migration.dependencies:
            self.parents[key].update(graph.meant(app, pair))
        for pair in migration.run_before:
            for later in graph.meant(app, pair):
                self.parents[later].add(key)
        if migration.replaces:
            pairs = [graph.meant(app, pair) for pair in migration.replaces]
            present = [k for keys in pairs for k in keys if k != key]
            self.parents[key].update(present)
            self.replaces[key] = [k for k in present if k[0] == app.directory]

    def ancestors(self, keys: "Iterable[Place]") -> "set[Place]":
        """Everything that any of the keys comes after, in all apps."""
        found: set[Place] = set()
        waiting = list(keys)
        while waiting:
            for parent in self.parents[waiting.pop()]:
                if parent not in found:
                    found.add(parent)
                    waiting.append(parent)
        return found


def in_order(
    history: Ancestry, ranks: "Mapping[Place, int]", chosen: "Iterable[Place]"
) -> "tuple[list[Place], list[Place]]":
    """The chosen keys in the order to be, and those that a circle leaves over.

    Parents stand before their children, and what one squash replaces stands together,
    the squash behind it: nothing can come between once it has taken their place. Of
    what is free to choose, the lower rank comes first, then what follows directly on
    the one before it (so that a chain stays together), then the lower number, then
    the name.
    """
    keys = set(chosen)
    units = _units(history, keys)
    waiting: Edges = {}
    for key, unit in units.items():
        parents = {units[p] for p in history.parents[key] & keys} - {unit}
        waiting.setdefault(unit, set()).update(parents)
    order, circle = _sorted_units(waiting, ranks)
    members: dict[Place, list[Place]] = {}
    for key, unit in units.items():
        members.setdefault(unit, []).append(key)
    done: list[Place] = []
    for unit in order:
        inner = {
            key: history.parents[key] & set(members[unit]) for key in members[unit]
        }
        inside, left = _sorted_units(inner, ranks)
        done += inside
        circle += left
    return done, circle


def _units(history: Ancestry, keys: "set[Place]") -> "dict[Place, Place]":
    """Key -> the outermost of the squashes, among the keys, that it belongs to."""
    squash = {
        original: key
        for key in sorted(keys)
        for original in history.replaces.get(key, ())
    }
    units = {}
    for key in keys:
        unit, seen = key, {key}
        while unit in squash and squash[unit] not in seen:
            unit = squash[unit]
            seen.add(unit)
        units[key] = unit
    return units


def _sorted_units(
    waiting: "Edges", ranks: "Mapping[Place, int]"
) -> "tuple[list[Place], list[Place]]":
    """Keys in the order described at ``in_order``; waiting: key -> its parents."""
    children: dict[Place, list[Place]] = {}
    for key, parents in waiting.items():
        for parent in parents:
            children.setdefault(parent, []).append(key)
    left = {key: len(parents) for key, parents in waiting.items()}
    heap: list[tuple[int, int, int, str, str]] = []

    def push(key: "Place", follows: int) -> None:
        directory, name = key
        value = number(name)
        first = value if value is not None else 1 << 62
        heappush(heap, (ranks[key], follows, first, name, directory))

    for key, count in left.items():
        if not count:
            push(key, 1)
    done: list[Place] = []
    while heap:
        *_, name, directory = heappop(heap)
        done.append((directory, name))
        for child in children.get(done[-1], ()):
            left[child] -= 1
            if not left[child]:
                push(child, int(child[0] != directory))
    return done, sorted(waiting.keys() - set(done))


@dataclass(frozen=True, slots=True)
class Position:
    """One local migration of an app and what comes directly before it in the line.

    before: the name it has to depend on, None where nothing comes before.
    same: names that mean the same as ``before``: a dependency on one of them does.
    aside: it is a squash beside what it replaces, and no part of the line.
    """

    name: str
    before: "str | None"
    same: "frozenset[str]"
    _: KW_ONLY
    aside: bool


def steps(
    base: "tuple[str, frozenset[str]] | None",
    names: "Iterable[str]",
    replaced: "Callable[[str], list[str]]",
) -> "list[Position]":
    """The line of an app's local migrations.

    base: the leaf node of what stays, and the names that mean the same; None where
        nothing of the app stays.
    names: the local migrations in their order. replaced: name -> the existing names
        of the same app that it replaces, none for what is no squash.
    """
    before, same = base or (None, frozenset())
    found: dict[str, Position] = {}
    for name in names:
        originals = replaced(name)
        if not originals:
            found[name] = Position(name, before, same, aside=False)
            before, same = name, frozenset((name,))
            continue
        inner = [found[original] for original in originals if original in found]
        first = inner[0] if inner else None
        found[name] = Position(
            name,
            first.before if first else None,
            first.same if first else frozenset(),
            aside=True,
        )
        if before in originals:
            same |= {name}
    return list(found.values())


def renumber(
    names: "Iterable[str]",
    taken: "Iterable[int]",
    last: "int | None",
    replaced: "Collection[str]" = (),
) -> "list[str]":
    """The new names of a line, for its names in their order.

    taken: numbers that other migrations of the app keep. last: the number of what
    stands before the first, None or 0 where it has none. replaced: names of deleted
    migrations that a squash stands for. A database may still hold them as applied, so
    that nothing else is ever called so. A number that is greater
    than the one before it and not taken stays as it is; another becomes the next
    free one (``MigrationAutodetector.arrange_for_graph``: the leaf's number plus
    one). A name without a number stays.
    """
    numbers = set(taken)
    last = last or 0
    renamed = []
    for name in names:
        value = number(name)
        if value is None:
            renamed.append(name)
            continue
        free = value
        if value <= last or value in numbers:
            free = last + 1
            while free in numbers or with_number(name, free) in replaced:
                free += 1
        numbers.add(free)
        last = free
        renamed.append(with_number(name, free))
    return renamed


def replaced_and_deleted(app: "App") -> "set[str]":
    """Names that a squash of the app stands for and that have no file any more."""
    return {
        name
        for migration in app.migrations.values()
        for label, name in migration.replaces
        if label == app.label and name not in app.migrations
    }


def with_number(name: str, value: int) -> str:
    """The name with another number, its width and all the rest kept.

    A squash's leading number moves along with the one behind ``_squashed_``, which
    is the one that counts (``MigrationAutodetector.parse_number``).
    """
    old = number(name)
    if old is None or old == value:
        return name
    head, mark, tail = name.rpartition(SQUASHED)
    digits = leading_digits(tail)
    if mark and digits:
        lead = leading_digits(head)
        if lead:
            head = _put(head, lead, max(int(lead) + value - old, 0))
        return head + mark + _put(tail, digits, value)
    return _put(name, leading_digits(name), value)


def squash_name(name: str, first: "tuple[str, str]", last: "tuple[str, str]") -> str:
    """A squash's name after what it replaces was renamed.

    first, last: old and new name of the first and the last of ``replaces``. Names as
    ``squashmigrations`` builds them (``0002_a_squashed_0004_c``) take over the new
    numbers, and the new names where they hold the old ones whole.
    """
    head, mark, tail = name.rpartition(SQUASHED)
    if not mark:
        return _after(name, first)
    return _after(head, first) + mark + _after(tail, last)


def _after(text: str, renamed: "tuple[str, str]") -> str:
    """``text``, which begins with the number of the old name, with that of the new."""
    old, new = renamed
    if text == old:
        return new
    digits, value = leading_digits(text), number(new)
    if not digits or value is None or int(digits) != number(old):
        return text
    return _put(text, digits, value)


def _put(text: str, digits: str, value: int) -> str:
    return format_number(value, len(digits)) + text[len(digits) :]
