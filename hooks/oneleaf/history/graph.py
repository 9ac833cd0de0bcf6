"""The migration graph: what ``django.db.migrations.loader`` would build.

Django's rules on an empty database, without Django: a node per migration, edges
from ``dependencies`` and ``run_before``, then each squash in place of what it
``replaces``. Where Django stops at the first fault, all of them are collected.
Where Django 5.2 depends on the order of a set, the rule of Django 6 holds:
apps in order, migrations in the order of their file names.
"""

from oneleaf.history.nodes import link, targets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from oneleaf.history.nodes import Nodes
    from oneleaf.history.project import App


class Missing:
    """A dependency on a migration that is nowhere.

    app, migration: where the dependency is written.
    dependency: the (app label, migration name) pair as it is written there.
    kind: the attribute it is written in, ``"dependencies"`` or ``"run_before"``.
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
            from oneleaf.history.replacing import collapse

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
    return Graph(link(apps, settings))


def _cycles(count: int, edges: "Sequence[Sequence[int]]") -> "list[list[int]]":
    """As ``find_cycles``, of the first ``count`` nodes.

    Nothing is searched where each one comes after its parents, as in most apps.
    """
    if all(p < n or p >= count for n in range(count) for p in edges[n]):
        return []
    from oneleaf.history.cycles import find_cycles, unsettled

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
