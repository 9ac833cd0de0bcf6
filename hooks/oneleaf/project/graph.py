"""The migration graph: what ``django.db.migrations.loader`` would build.

Django's rules on an empty database, without Django: a node per migration, edges
from ``dependencies`` and ``run_before``, then each squash in place of what it
``replaces``. Where Django stops at the first fault, all of them are collected.
Where Django 5.2 depends on the order of a set, the rule of Django 6 holds:
apps in order, migrations in the order of their file names.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from oneleaf.project.project import App

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
    settings: as for ``build_graph``.
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
        "settings",
        "squashes",
    )

    def __init__(self, apps: "Sequence[App]", settings: "Mapping[str, str]") -> None:
        self.apps = apps
        self.settings = settings
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
            # Django lists files, not modules: ``0002-b.py`` comes before ``0002.py``.
            self.names += sorted(app.migrations, key=lambda name: name + ".py")
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
        """Positions of the apps that ``label`` may mean in the app at ``position``.

        Its own label is the app itself, whatever other apps carry it. None: a third
        party's, or a setting's that is not known.
        """
        if "." in label:
            label = self.settings.get(label.partition(".")[2], "").partition(".")[0]
        if label == self.apps[position].label:
            return (position,)
        return self.labels.get(label, ())

    def holders(self, carriers: "Sequence[int]", name: str) -> "list[int]":
        """Those of the apps that have a migration; else those where squashes replace it."""
        return [at for at in carriers if name in self.apps[at].migrations] or [
            at for at in carriers if (at, name) in self.replaced
        ]


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


def _link_other(nodes: Nodes, reference: "Reference") -> None:
    """Make the edge of a ``run_before`` or of a dependency on another app.

    ``MigrationLoader.add_external_dependencies`` and ``check_key``.
    """
    number, (label, name), _kind = reference
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
    holders = nodes.holders(carriers, name)
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
    position = holders[0]
    if (position, name) not in nodes.ends:
        numbers = nodes.numbers[position]
        passed: set[int] = set()
        for number in numbers.values():
            older = [p for p in nodes.parents[number] if nodes.owners[p] == position]
            if name == _LATEST:
                passed.update(older)
            elif older:
                passed.add(number)
        ends = [found for found, number in numbers.items() if number not in passed]
        nodes.ends[position, name] = numbers[min(ends)] if ends else _NO_EDGE
    return nodes.ends[position, name]


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


class Missing:
    """A dependency on a migration that is nowhere.

    dependency: the (app label, migration name) pair as it is written.
    app, migration, kind: where, in ``"dependencies"`` or in ``"run_before"``.
    """

    __slots__ = ("app", "dependency", "kind", "migration")

    def __init__(
        self, app: "App", migration: str, dependency: "tuple[str, str]", kind: str
    ) -> None:
        self.app = app
        self.migration = migration
        self.dependency = dependency
        self.kind = kind


class Graph:
    """The history of every app, and what is wrong with it.

    Each app stands for itself, by its directory: two of one label are never mixed.

    missing: dependencies that nothing explains, in order of apps and files.
    cycles: for each knot of migrations that depend on each other one cycle, the
        shortest through the first migration of the knot: each depends on the
        next one and the last on the first. Sought after replacement.
    replaces_cycles: the same for squashes that replace each other. Those squashes
        replace nothing.
    """

    __slots__ = (
        "_descendants",
        "_edges",
        "_gone",
        "_nodes",
        "_positions",
        "_replaced",
        "_younger",
        "cycles",
        "missing",
        "replaces_cycles",
    )

    def __init__(self, nodes: "Nodes") -> None:
        self._nodes = nodes
        self._positions = {app.directory: at for at, app in enumerate(nodes.apps)}
        self._replaced = {n: targets(nodes, n) for n in sorted(nodes.squashes)}
        self._edges: Sequence[Sequence[int]] = nodes.parents
        self._gone: set[int] = set()
        circles: list[list[int]] = []
        if self._replaced:  # of most apps that a commit touches none is a squash
            from oneleaf.project.squashes import collapse

            collapsed = collapse(nodes.parents, self._replaced)
            self._edges, self._gone = collapsed.edges, collapsed.gone
            circles = collapsed.cycles
        self.missing = [
            Missing(nodes.apps[nodes.owners[n]], nodes.names[n], pair, kind)
            for n, pair, kind in sorted(nodes.missing, key=lambda found: found[0])
        ]
        self.cycles = self._spelled(_cycles(nodes.count, self._edges))
        self.replaces_cycles = self._spelled(circles)
        self._younger: list[list[int]] = []
        self._descendants: dict[int, set[int]] = {}

    def carriers(self, app: "App", label: str) -> "list[App]":
        """The apps that a label may mean in the files of an app; see ``build_graph``."""
        nodes = self._nodes
        found = nodes.carriers(self._positions[app.directory], label)
        return [nodes.apps[at] for at in found]

    def meant(self, app: "App", pair: "tuple[str, str]") -> "list[tuple[str, str]]":
        """The migrations that a pair means in the files of an app: (directory, name).

        One, as a rule. A deleted one means the squashes of its app that stand for it.
        Empty for ``__first__`` and ``__latest__`` of the own app, for a third party's,
        for what is nowhere, and for what several apps of one label have.
        """
        nodes = self._nodes
        own, (label, name) = self._positions[app.directory], pair
        holders = carriers = nodes.carriers(own, label)
        if name not in (_FIRST, _LATEST):
            holders = nodes.holders(carriers, name)
        elif carriers != (own,) and (number := _end(nodes, carriers, name)) >= 0:
            holders, name = (nodes.owners[number],), nodes.names[number]
        if len(holders) != 1:
            return []
        found = nodes.apps[holders[0]]
        names = [name] if name in found.migrations else self.replaced_by(found, name)
        return [(found.directory, each) for each in names if each in found.migrations]

    def leaf_nodes(self, app: "App") -> "list[str]":
        """Names of the app's leaf nodes, sorted.

        As ``MigrationGraph.leaf_nodes``: the migrations, after replacement, that
        no other migration of the same app depends on.
        """
        position = self._positions[app.directory]
        live = self._live(position)
        owners, edges = self._nodes.owners, self._edges
        inner = {p for n in live for p in edges[n] if owners[p] == position}
        return sorted([self._nodes.names[n] for n in live if n not in inner])

    def root_nodes(self, app: "App") -> "list[str]":
        """Names of the app's root nodes, sorted.

        As ``MigrationGraph.root_nodes``: the migrations, after replacement, that
        depend on no other migration of the same app.
        """
        position = self._positions[app.directory]
        roots = [n for n in self._live(position) if not self._same_app(n, self._edges)]
        return sorted([self._nodes.names[n] for n in roots])

    def live_parents(self, app: "App") -> "dict[str, list[str]]":
        """Migration name -> those of the same app it depends on, all sorted.

        After replacement: without what a squash stands for.
        """
        names = self._nodes.names
        live = self._live(self._positions[app.directory])
        return {
            names[n]: sorted({names[p] for p in self._same_app(n, self._edges)})
            for n in sorted(live, key=names.__getitem__)
        }

    def incomplete(self, app: "App") -> bool:
        """Whether some migration of the app could not be read to the end.

        Its true edges are not known then, and leaf nodes are a guess.
        """
        return any(app.unread(m) is not None for m in app.migrations.values())

    def history(self, app: "App", name: str) -> "list[str]":
        """Names of the app's migrations up to ``name``, in the order of Django's plan.

        As ``MigrationGraph.forwards_plan``, after replacement, without other apps'.
        """
        nodes = self._nodes
        own = self._positions[app.directory]
        plan: list[int] = []
        entered: set[int] = set()
        stack = [(self._number(app, name), False)]
        while stack:
            number, left = stack.pop()
            if left:
                plan.append(number)
            elif number not in entered:
                entered.add(number)
                stack.append((number, True))
                parents = sorted(self._edges[number], key=nodes.key)
                stack += [(parent, False) for parent in parents]
        return [nodes.names[n] for n in plan if nodes.owners[n] == own]

    def replaced_by(self, app: "App", name: str) -> "list[str]":
        """Names of the squashes, of any app, that stand for ``name``.

        Nearest first: those whose ``replaces`` names it, then those that replace
        these. ``name`` need not exist any more.
        """
        nodes = self._nodes
        found = list(nodes.replaced.get((self._positions[app.directory], name), ()))
        for squash in found:
            outer = nodes.replaced.get((nodes.owners[squash], nodes.names[squash]), ())
            found += [number for number in outer if number not in found]
        return [nodes.names[number] for number in found]

    def descends(self, app: "App", later: str, earlier: str) -> bool:
        """Whether one migration of an app comes after another, in one step or more.

        Along edges within the app, as the files say and as they are after replacement;
        a squash also comes after each migration it replaces. So a child of a replaced
        migration comes after the squash too. Nothing comes after itself, not even in a
        cycle. Remembers what descends from ``earlier``: ask for many ``later`` in a row.
        """
        if not self._younger:
            self._younger = [[] for _ in self._nodes.names]
            for number in range(len(self._nodes.names)):
                for older in self._older(number):
                    self._younger[older].append(number)
        start = self._number(app, earlier)
        if start not in self._descendants:
            self._descendants[start] = _reached(start, self._younger.__getitem__)
        return later != earlier and self._number(app, later) in self._descendants[start]

    def _spelled(self, cycles: "list[list[int]]") -> "list[list[tuple[App, str]]]":
        nodes = self._nodes
        return [
            [(nodes.apps[nodes.owners[n]], nodes.names[n]) for n in cycle]
            for cycle in cycles
        ]

    def _number(self, app: "App", name: str) -> int:
        return self._nodes.numbers[self._positions[app.directory]][name]

    def _live(self, position: int) -> "list[int]":
        """The numbers of an app's migrations that are left after replacement."""
        count, gone = self._nodes.count, self._gone
        numbers = self._nodes.numbers[position].values()
        return [n for n in numbers if n < count and n not in gone]

    def _same_app(self, number: int, edges: "Sequence[Sequence[int]]") -> "list[int]":
        """Existing parents of a migration in its own app."""
        owners, count = self._nodes.owners, self._nodes.count
        own = owners[number]
        return [p for p in edges[number] if owners[p] == own and p < count]

    def _older(self, number: int) -> "list[int]":
        """What a migration comes directly after; see ``descends``."""
        nodes = self._nodes
        own = nodes.owners[number]
        older = [p for p in nodes.parents[number] if nodes.owners[p] == own]
        if number not in self._gone:
            older += self._same_app(number, self._edges)
        older += self._replaced.get(number, ())
        return older


def build_graph(apps: "Sequence[App]", settings: "Mapping[str, str]") -> Graph:
    """The graph of ``apps``, as Django's ``MigrationLoader.build_graph`` builds it.

    settings: names in the project's settings and their values, for swappable
        dependencies (``{"AUTH_USER_MODEL": "people.User"}``).

    Nothing is applied, so that every squash replaces. A label that none of the
    apps carries belongs to a third party: its migrations are there, without
    edges; so is what a setting means that ``settings`` does not have. A label of
    several apps means in each of them that app itself; elsewhere it makes an edge
    only where exactly one of them has the migration.
    """
    nodes = Nodes(apps, settings)
    _note_squashes(nodes)
    for reference in _link_own(nodes):
        _link_other(nodes, reference)
    return Graph(nodes)


def _cycles(count: int, edges: "Sequence[Sequence[int]]") -> "list[list[int]]":
    """As ``find_cycles``, of the first ``count`` nodes.

    Nothing is searched where each one comes after its parents, as in most apps.
    """
    if all(p < n or p >= count for n in range(count) for p in edges[n]):
        return []
    from oneleaf.project.squashes import find_cycles, unsettled

    return find_cycles(unsettled(range(count), edges))


def _reached(start: int, neighbours: "Callable[[int], list[int]]") -> "set[int]":
    """What is reached from ``start`` in one step or more."""
    found: set[int] = set()
    waiting = [start]
    while waiting:
        for number in neighbours(waiting.pop()):
            if number not in found:
                found.add(number)
                waiting.append(number)
    return found
