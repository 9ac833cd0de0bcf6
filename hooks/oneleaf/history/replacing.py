"""Squashes take the place of the migrations they replace.

``MigrationLoader.replace_migration`` and ``MigrationGraph.remove_replaced_nodes``
of Django 6 with nothing applied, on numbered nodes.
"""

from oneleaf.history.cycles import find_cycles, find_knots, parents_first

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
