"""Migrations as numbers, and the edges between them as their files say.

``MigrationLoader.build_graph`` of Django up to the point where it replaces: nodes,
same-app dependencies, then everything else in the order of the files.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from oneleaf.history.project import App

    # Who refers (its number), the pair as written, the attribute it stands in.
    Reference = tuple[int, tuple[str, str], str]

_FIRST = "__first__"
_LATEST = "__latest__"

_NO_EDGE = -1
_MISSING = -2


class Nodes:
    """Every migration as a number, so that edges are plain integers.

    Numbers run through the apps in order, and through an app's migrations in the
    order of their file names. Numbers from ``count`` up are deleted migrations
    which a ``replaces`` names and something still depends on: Django's dummies.

    names, owners: number -> migration name, position of its app in ``apps``.
    numbers: position of an app -> its migration names -> numbers.
    labels: app label -> positions of the apps that carry it.
    squashes: number -> its ``replaces``, for the migrations that have one.
    replaced: (position of app, name) -> numbers of the squashes that name it.
    parents: number -> numbers it depends on, as the files say.
    missing: references that nothing explains.
    ends: what ``__first__`` and ``__latest__`` mean at present, where known.
    """

    __slots__ = (
        "apps",
        "count",
        "ends",
        "labels",
        "missing",
        "names",
        "numbers",
        "owners",
        "parents",
        "replaced",
        "squashes",
    )

    def __init__(self, apps: "Sequence[App]") -> None:
        self.apps = apps
        self.names: list[str] = []
        self.owners: list[int] = []
        self.numbers: list[dict[str, int]] = []
        self.labels: dict[str, list[int]] = {}
        self.squashes: dict[int, Sequence[tuple[str, str]]] = {}
        self.replaced: dict[tuple[int, str], list[int]] = {}
        self.missing: list[Reference] = []
        self.ends: dict[tuple[int, str], int] = {}
        for position, app in enumerate(apps):
            start = len(self.names)
            self.names += sorted(app.migrations, key=_file_name)
            end = len(self.names)
            self.owners += [position] * (end - start)
            self.numbers.append({self.names[n]: n for n in range(start, end)})
            self.labels.setdefault(app.label, []).append(position)
        self.count = len(self.names)
        self.parents: list[list[int]] = [[] for _ in range(self.count)]

    def add_deleted(self, position: int, name: str) -> int:
        """Makes a node for a migration without a file, and returns its number.

        position: of its app.
        """
        number = len(self.names)
        self.names.append(name)
        self.owners.append(position)
        self.parents.append([])
        self.numbers[position][name] = number
        self.ends.clear()
        return number

    def key(self, number: int) -> "tuple[str, str]":
        """App label and name of a migration, by which Django sorts."""
        return self.apps[self.owners[number]].label, self.names[number]

    def carriers(self, position: int, label: str) -> "Sequence[int]":
        """Positions of the apps that ``label`` may mean in the app at ``position``."""
        if label == self.apps[position].label:
            return (position,)
        return self.labels.get(label, ())


def link(apps: "Sequence[App]", settings: "Mapping[str, str]") -> Nodes:
    """Number the migrations of ``apps`` and make the edges between them.

    settings: as for ``oneleaf.history.graph.build_graph``.
    """
    nodes = Nodes(apps)
    _note_squashes(nodes)
    for reference in _link_own(nodes):
        _link_other(nodes, reference, settings)
    return nodes


def _file_name(name: str) -> str:
    """Django lists files, not modules: ``0002-b.py`` comes before ``0002.py``."""
    return name + ".py"


def _note_squashes(nodes: Nodes) -> None:
    for position, app in enumerate(nodes.apps):
        for name, migration in app.migrations.items():
            if migration.replaces:
                number = nodes.numbers[position][name]
                nodes.squashes[number] = migration.replaces
                for label, replaced in migration.replaces:
                    for carrier in nodes.carriers(position, label):
                        squashes = nodes.replaced.setdefault((carrier, replaced), [])
                        squashes.append(number)


def _link_own(nodes: Nodes) -> "list[Reference]":
    """Make the edges of same-app dependencies; return what is left to resolve.

    ``MigrationLoader.add_internal_dependencies``: ``__first__`` of the own app is
    no edge, ``__latest__`` is a name like any other, and missing.
    """
    others: list[Reference] = []
    for position, app in enumerate(nodes.apps):
        label = app.label
        numbers = nodes.numbers[position]
        for name, number in list(numbers.items()):
            migration = app.migrations[name]
            parents = nodes.parents[number]
            for pair in migration.dependencies:
                if pair[0] != label:
                    others.append((number, pair, "dependencies"))
                elif pair[1] in numbers:
                    parents.append(numbers[pair[1]])
                elif pair[1] != _FIRST:
                    parent = _named(nodes, (position,), pair[1])
                    _link(nodes, (number, pair, "dependencies"), parent)
            if migration.run_before:
                others += [
                    (number, pair, "run_before") for pair in migration.run_before
                ]
    return others


def _link_other(
    nodes: Nodes, reference: "Reference", settings: "Mapping[str, str]"
) -> None:
    """Make the edge of a ``run_before`` or of a dependency on another app.

    ``MigrationLoader.add_external_dependencies`` and ``check_key``.
    """
    number, (label, name), _kind = reference
    if "." in label:
        label = settings.get(label.partition(".")[2], "").partition(".")[0]
    position = nodes.owners[number]
    carriers = nodes.carriers(position, label)
    if not carriers:
        return
    if name not in (_FIRST, _LATEST):
        target = _named(nodes, carriers, name)
    elif carriers == (position,):
        target = _NO_EDGE
    else:
        target = _end(nodes, carriers, name)
    _link(nodes, reference, target)


def _link(nodes: Nodes, reference: "Reference", target: int) -> None:
    number, _pair, kind = reference
    if target == _MISSING:
        nodes.missing.append(reference)
    elif target != _NO_EDGE:
        if kind == "dependencies":
            nodes.parents[number].append(target)
        else:
            nodes.parents[target].append(number)
            nodes.ends.clear()


def _named(nodes: Nodes, carriers: "Sequence[int]", name: str) -> int:
    """The migration ``name`` of the one app among ``carriers`` that has it."""
    holders = [at for at in carriers if name in nodes.apps[at].migrations]
    if not holders:
        holders = [at for at in carriers if (at, name) in nodes.replaced]
    if not holders:
        return _MISSING
    if len(holders) > 1:
        return _NO_EDGE
    number = nodes.numbers[holders[0]].get(name)
    return nodes.add_deleted(holders[0], name) if number is None else number


def _end(nodes: Nodes, carriers: "Sequence[int]", name: str) -> int:
    """What ``__first__`` or ``__latest__`` of another app means at this moment.

    The alphabetically first root node or leaf node before replacement, among all
    edges made so far; no edge to an app without any.
    """
    holders = [at for at in carriers if nodes.numbers[at]]
    if len(holders) != 1:
        return _NO_EDGE
    key = (holders[0], name)
    if key not in nodes.ends:
        nodes.ends[key] = _find_end(nodes, *key)
    return nodes.ends[key]


def _find_end(nodes: Nodes, position: int, name: str) -> int:
    numbers, owners, parents = nodes.numbers[position], nodes.owners, nodes.parents
    passed: set[int] = set()
    for number in numbers.values():
        older = [p for p in parents[number] if owners[p] == position]
        if name == _LATEST:
            passed.update(older)
        elif older:
            passed.add(number)
    ends = [found for found, number in numbers.items() if number not in passed]
    return numbers[min(ends)] if ends else _NO_EDGE


def targets(nodes: Nodes, squash: int) -> "list[int]":
    """The nodes that a squash replaces, as far as there are any."""
    position = nodes.owners[squash]
    found = []
    for label, name in nodes.squashes[squash]:
        carriers = nodes.carriers(position, label)
        holders = [at for at in carriers if name in nodes.numbers[at]]
        if len(holders) == 1:
            found.append(nodes.numbers[holders[0]][name])
    return found
