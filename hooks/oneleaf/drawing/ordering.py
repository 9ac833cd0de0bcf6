"""The order of the rows: the newest first, each above its parents, branch by branch.

What is published is the trunk: it goes straight down, and what is local stands beside
it. Everything else decides by the longest line, then by name, so that one history has
one drawing.
"""

from dataclasses import replace

from oneleaf.history.squashes import parents_first

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from oneleaf.drawing.rows import Row

    Edge = tuple[str, str]  # key of a row, key of its parent
    Preference = tuple[bool, bool, int, str]


def arranged(rows: "Sequence[Row]") -> "tuple[list[Row], list[Edge]]":
    """The rows in order, and the edges that a drawing has no way for.

    Edges are left out where migrations depend on each other in a circle, one for each
    way round, and where one depends on itself; parents that are no row are left out
    too.
    """
    by_key = {row.key: row for row in sorted(rows, key=lambda row: row.key)}
    oldest_first = _oldest_first(by_key)
    place = {key: at for at, key in enumerate(oldest_first)}
    left_out: list[Edge] = []
    parents: dict[str, list[str]] = {}
    for key, row in by_key.items():
        known = [parent for parent in dict.fromkeys(row.parents) if parent in by_key]
        parents[key] = [parent for parent in known if place[parent] < place[key]]
        left_out += [(key, parent) for parent in known if place[parent] >= place[key]]
    prefer = _preferences(by_key, parents, oldest_first)
    for key, above in parents.items():
        parents[key] = sorted(above, key=prefer.__getitem__)
    order = _newest_first(parents, prefer)
    return [
        replace(by_key[key], parents=tuple(parents[key])) for key in order
    ], left_out


def trunk(rows: "Sequence[Row]") -> str:
    """The leaf whose lane is the first one: of several the one that comes last."""
    inner = {parent for row in rows for parent in row.parents}
    return next((row.key for row in reversed(rows) if row.key not in inner), "")


def _oldest_first(rows: "dict[str, Row]") -> "list[str]":
    """All keys, each behind those of its parents unless in a circle.

    Sought from the last name: in a circle what has the higher number comes later.
    """
    keys = list(rows)[::-1]
    numbers = {key: number for number, key in enumerate(keys)}
    edges = {
        numbers[key]: [numbers[p] for p in rows[key].parents if p in numbers]
        for key in keys
    }
    return [keys[number] for number in parents_first(edges)]


def _preferences(
    rows: "dict[str, Row]", parents: "dict[str, list[str]]", oldest_first: "list[str]"
) -> "dict[str, Preference]":
    """Key -> what sorts the branches that meet in a row; the least goes straight."""
    length: dict[str, int] = {}
    for key in oldest_first:
        length[key] = 1 + max((length[parent] for parent in parents[key]), default=0)
    return {
        key: (
            row.side.status == "local",
            row.side.role == "theirs",
            -length[key],
            key,
        )
        for key, row in rows.items()
    }


def _newest_first(
    parents: "dict[str, list[str]]", prefer: "dict[str, Preference]"
) -> "list[str]":
    """A branch to its end before the next one begins, the trunk last."""
    waits_for = dict.fromkeys(parents, 0)
    for above in parents.values():
        for parent in above:
            waits_for[parent] += 1
    leaves = [key for key, count in waits_for.items() if not count]
    ready = sorted(leaves, key=prefer.__getitem__)
    order = []
    while ready:
        key = ready.pop()
        order.append(key)
        for parent in parents[key]:
            waits_for[parent] -= 1
            if not waits_for[parent]:
                ready.append(parent)
    return order
