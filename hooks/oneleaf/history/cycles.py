"""Cycles among numbered nodes, each given with the list of its parents.

Nothing here recurses, and nothing takes more than linear time: chains of a
thousand migrations and histories that branch and merge many times are ordinary.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


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
