"""Squashes take the place of the migrations they replace; cycles among what is left.

``MigrationLoader.replace_migration`` and ``MigrationGraph.remove_replaced_nodes``
of Django 6 with nothing applied, on numbered nodes, each with the list of its parents.
Nothing here recurses, and nothing takes more than linear time: chains of a
thousand migrations and histories that branch and merge many times are ordinary.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Collapsed:
    """A graph after replacement.

    edges: node -> its parents. Of no meaning for the nodes in ``gone``.
    gone: nodes that a squash has replaced; no other node has them as parents.
    cycles: squashes that replace each other, one cycle for each knot of them.
    """

    __slots__ = ("cycles", "edges", "gone")

    def __init__(
        self,
        edges: "Sequence[Sequence[int]]",
        gone: "set[int]",
        cycles: "list[list[int]]",
    ) -> None:
        self.edges = edges
        self.gone = gone
        self.cycles = cycles


def collapse(
    edges: "Sequence[Sequence[int]]", replaced: "Mapping[int, Sequence[int]]"
) -> Collapsed:
    """The graph in which each squash stands for what it replaces.

    edges: node -> its parents; left as it is.
    replaced: squash -> the nodes it replaces, in the order in which squashes are
        to be carried out. One that another one replaces comes before that one
        all the same. Of two that replace the same node the later finds only what
        the earlier left.

    Squashes that replace each other, or themselves, replace nothing.
    """
    if not replaced:
        return Collapsed(edges, set(), [])
    inner = {
        squash: [node for node in nodes if node in replaced]
        for squash, nodes in replaced.items()
    }
    stuck = {squash for knot in find_knots(inner) for squash in knot}
    around = _Surroundings(edges, replaced)
    for squash in parents_first(inner):
        if squash not in stuck:
            around.replace(squash, set(replaced[squash]))
    collapsed = list(edges)
    for node, parents in around.parents.items():
        collapsed[node] = sorted(parents)
    return Collapsed(collapsed, around.gone, find_cycles(inner))


class _Surroundings:
    """The edges around squashes and replaced nodes, while they change.

    parents: for each node whose parents may change.
    children: for the squashes and the replaced.
    """

    __slots__ = ("children", "gone", "parents")

    def __init__(
        self,
        edges: "Sequence[Sequence[int]]",
        replaced: "Mapping[int, Sequence[int]]",
    ) -> None:
        self.gone: set[int] = set()
        self.children: dict[int, set[int]] = {squash: set() for squash in replaced}
        for nodes in replaced.values():
            self.children.update((node, set()) for node in nodes)
        changing = set(self.children)
        for node, parents in enumerate(edges):
            for parent in parents:
                if parent in self.children:
                    self.children[parent].add(node)
                    changing.add(node)
        self.parents = {node: set(edges[node]) for node in changing}

    def replace(self, squash: int, replaced: "set[int]") -> None:
        """Hand all edges of the replaced nodes that are left to the squash."""
        for node in replaced - self.gone:
            self.gone.add(node)
            for child in self.children[node]:
                self.parents[child].discard(node)
                if child not in replaced:
                    self._add(child, squash)
            for parent in self.parents[node]:
                if parent not in replaced:
                    self._add(squash, parent)

    def _add(self, child: int, parent: int) -> None:
        self.parents[child].add(parent)
        if parent in self.children:
            self.children[parent].add(child)


def find_cycles(edges: "Mapping[int, Sequence[int]]") -> "list[list[int]]":
    """One cycle for each knot, a group of nodes that all depend on each other.

    edges: node -> its parents, all of them nodes of ``edges``.

    Each cycle is the shortest through the smallest node of its knot and starts
    there: each node's parent is the next one, the last one's the first.
    """
    return [_shortest_cycle(knot, edges) for knot in find_knots(edges)]


def unsettled(
    nodes: "Sequence[int]", edges: "Sequence[Sequence[int]]"
) -> "dict[int, list[int]]":
    """Those of ``nodes`` that may be in a cycle, with their parents that may.

    edges: node -> its parents; parents outside ``nodes`` count for nothing.

    A node whose parents are all settled is settled. One pass in the given order
    settles nearly everything, as migrations mostly come after their parents; a
    second one, depth first, all the rest but what is in or behind a cycle.
    """
    open_nodes = bytearray(len(edges))
    for node in nodes:
        open_nodes[node] = 1
    rest = _settle(nodes, edges, open_nodes)
    ahead = {n: [p for p in edges[n] if open_nodes[p]] for n in rest}
    rest = _settle(parents_first(ahead), edges, open_nodes)
    return {n: [p for p in ahead[n] if open_nodes[p]] for n in rest}


def _settle(
    nodes: "Sequence[int]", edges: "Sequence[Sequence[int]]", open_nodes: bytearray
) -> "list[int]":
    """Settle what can be settled in one pass; return the rest."""
    rest = []
    for number in nodes:
        for parent in edges[number]:
            if open_nodes[parent]:
                rest.append(number)
                break
        else:
            open_nodes[number] = 0
    return rest


def parents_first(edges: "Mapping[int, Sequence[int]]") -> "list[int]":
    """All nodes in depth-first order, each after its parents unless in a cycle."""
    order: list[int] = []
    seen: set[int] = set()
    for start in edges:
        stack = [(start, iter(edges[start]))] if start not in seen else []
        seen.add(start)
        while stack:
            number, parents = stack[-1]
            for parent in parents:
                if parent not in seen:
                    seen.add(parent)
                    stack.append((parent, iter(edges[parent])))
                    break
            else:
                order.append(number)
                stack.pop()
    return order


def find_knots(edges: "Mapping[int, Sequence[int]]") -> "list[list[int]]":
    """Sorted groups of nodes that all depend on each other.

    Kosaraju's algorithm: from the last node of a depth-first order, whatever
    reaches it against the edges and is not taken yet is one group.
    """
    children: dict[int, list[int]] = {number: [] for number in edges}
    for number, parents in edges.items():
        for parent in parents:
            children[parent].append(number)
    left = set(edges)
    knots = []
    for start in reversed(parents_first(edges)):
        if start in left:
            knot = _take(start, children, left)
            if len(knot) > 1 or start in edges[start]:
                knots.append(knot)
    return sorted(knots)


def _take(
    start: int, children: "Mapping[int, Sequence[int]]", left: "set[int]"
) -> "list[int]":
    """Take what is reached from ``start`` out of ``left``."""
    left.remove(start)
    taken = [start]
    for number in taken:
        found = [child for child in children[number] if child in left]
        left.difference_update(found)
        taken += dict.fromkeys(found)
    return sorted(taken)


def _shortest_cycle(
    knot: "list[int]", edges: "Mapping[int, Sequence[int]]"
) -> "list[int]":
    """A shortest way from the first node of a knot, over parents, back to it."""
    start, inside = knot[0], set(knot)
    child_of: dict[int, int] = {}
    reached = [start]
    for number in reached:
        if start in edges[number]:
            way = [number]
            while way[-1] != start:
                way.append(child_of[way[-1]])
            return way[::-1]
        for parent in edges[number]:
            if parent in inside and parent not in child_of:
                child_of[parent] = number
                reached.append(parent)
    raise AssertionError(knot)
