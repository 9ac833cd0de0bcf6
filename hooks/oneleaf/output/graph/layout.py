"""Where the rows of a drawing go: their order, a lane for each branch, what is folded.

Order: the newest first, each above its parents, branch by branch. What is published goes
straight down; everything else decides by the longest line, then by name, so that one
history has one drawing.

Lanes: a rail leads straight down from a row to its parent. Between two rows there are
lines of two kinds, which read without doubt because no way ever leads up:

* parting, ``├─┬─╮``: from the row above at the left, ways to its parents;
* meeting, ``├─╯``: the right rail ends and goes on in the left one, since both lead
  to the same parent.

A rail that such a line passes stays whole: ``├─│─╮``.

Folding: what lies in the middle and is not news becomes one row. First straight
stretches; where that is not enough, whole passages between two rows that every way
through the history passes.
"""

from dataclasses import dataclass, replace

from oneleaf.output.graph.rows import DrawnRow
from oneleaf.project.squashes import parents_first

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from oneleaf.output.graph.rows import AppHistory

    Edge = tuple[str, str]
    Preference = tuple[bool, bool, int, str]


def arranged(rows: "Sequence[DrawnRow]") -> "tuple[list[DrawnRow], list[Edge]]":
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


def trunk(rows: "Sequence[DrawnRow]") -> str:
    """The leaf whose lane is the first one: of several the one that comes last."""
    inner = {parent for row in rows for parent in row.parents}
    return next((row.key for row in reversed(rows) if row.key not in inner), "")


def _oldest_first(rows: "dict[str, DrawnRow]") -> "list[str]":
    """All keys, each after those of its parents unless in a circle.

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
    rows: "dict[str, DrawnRow]",
    parents: "dict[str, list[str]]",
    oldest_first: "list[str]",
) -> "dict[str, Preference]":
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


NODE = "o"  # where a row's own mark stands


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a drawing.

    rails: two characters for each lane, the second one between it and the next; the
    last one without. row: what the line is about, None between rows.
    """

    rails: str
    row: "DrawnRow | None" = None


class _Lanes:
    """What the rail of each lane leads to, a row's key; "" for a lane that is free.

    trunk: the row that the first lane is kept for; no rail leads to it.
    """

    __slots__ = ("_keys", "_trunk")

    def __init__(self, trunk: str) -> None:
        self._keys = [trunk]
        self._trunk = trunk

    def enter(self, key: str) -> int:
        """The lane in which a row stands: where its rail arrives, else a free one."""
        if key in self._keys:
            return self._keys.index(key)
        return self.take(key)

    def take(self, key: str, after: int = -1) -> int:
        """Gives the first free lane to the right of ``after`` a rail to ``key``."""
        for lane in range(after + 1, len(self._keys)):
            if not self._keys[lane]:
                self._keys[lane] = key
                return lane
        self._keys.append(key)
        return len(self._keys) - 1

    def lead(self, lane: int, key: str) -> None:
        """Lets the rail of a lane lead to ``key``; "" ends it."""
        self._keys[lane] = key
        while self._keys and not self._keys[-1]:
            self._keys.pop()

    def leading_to(self, key: str) -> "list[int]":
        return [lane for lane, other in enumerate(self._keys) if other == key]

    def is_free(self, lane: int) -> bool:
        return lane >= len(self._keys) or self._keys[lane] in ("", self._trunk)

    def rails(self, marks: "dict[int, str]", way: "range | None" = None) -> str:
        """A line of rails; marks: lane -> what stands there instead.

        way: the lanes that a level line runs through, from the first to the last.
        """
        level = way or range(0)
        cells = []
        for lane in range(max(len(self._keys), *(m + 1 for m in marks), 1)):
            blank = "─" if lane in level else " "
            rail = blank if self.is_free(lane) else "│"
            cells.append(marks.get(lane, rail))
            cells.append("─" if lane in level[:-1] else " ")
        return "".join(cells).rstrip()


def lines(rows: "Sequence[DrawnRow]", trunk: str = "") -> "list[Line]":
    """The lines of a drawing.

    rows: each above its parents, all of which are rows. trunk: the leaf that stands in
    the first lane.
    """
    lanes = _Lanes(trunk)
    found: list[Line] = []
    ended = -1  # the lane that the row above ended, a root node
    for row in rows:
        gap = lanes.rails({})
        own = lanes.enter(row.key)
        if own == ended:
            found.append(Line(gap))  # else the two would look tied
        found.append(Line(lanes.rails({own: NODE}), row))
        ended = -1 if row.parents else own
        found += _parting(lanes, own, row.parents)
        for parent in row.parents:
            found += _meeting(lanes, parent)
    return found


def _parting(lanes: _Lanes, own: int, parents: "Sequence[str]") -> "list[Line]":
    """Leads a way to each parent: the first straight on, others in lanes at the right."""
    others: list[int] = []
    lanes.lead(own, parents[0] if parents else "")
    marks = {own: "├"}
    for parent in parents[1:]:
        others.append(lanes.take(parent, after=own))
        marks[others[-1]] = "┬"
    if not others:
        return []
    last = max(others)
    marks[last] = "╮"
    return [Line(lanes.rails(marks, range(own, last + 1)))]


def _meeting(lanes: _Lanes, key: str) -> "list[Line]":
    left, *others = lanes.leading_to(key)
    found = []
    for lane in others:
        marks = {left: "├", lane: "╯"}
        found.append(Line(lanes.rails(marks, range(left, lane + 1))))
        lanes.lead(lane, "")
    return found


_SCREEN = 28  # lines that need no folding
_NEWEST = 10  # rows at the top that stay
_OLDEST = 3  # and at the bottom
_SHORTEST = 4  # fewer rows are no gain


def shortened(history: "AppHistory") -> "AppHistory":
    """The history with its rows folded."""
    return replace(history, rows=tuple(folded(history.rows)))


def folded(rows: "Sequence[DrawnRow]") -> "list[DrawnRow]":
    """The rows of a history, folded where it is a long one.

    rows: in the order of ``arranged``. What stays: the newest and the oldest
    rows; leaf nodes and root nodes; squashes; whatever has a fault or is not yet
    published; and forks and joins, but for those between two waists of a history that
    no screen holds otherwise.
    """
    if _height(rows) <= _SCREEN:
        return list(rows)
    straight = _fold_stretches(rows)
    if _height(straight) <= _SCREEN:
        return straight
    return _fold_stretches(_fold_passages(rows))


def _height(rows: "Sequence[DrawnRow]") -> int:
    """About how many lines the rows take: a fork and a join have one of their own."""
    return len(rows) + 2 * sum(len(row.parents) - 1 for row in rows if row.parents)


def _is_plain(row: "DrawnRow") -> bool:
    """Whether there is nothing to tell of a row; one that replaces one is renamed."""
    return not (row.faults or row.replaces > 1 or row.stretch)


def _fold_stretches(rows: "Sequence[DrawnRow]") -> "list[DrawnRow]":
    children = _children(rows)
    found: list[DrawnRow] = []
    stretch: list[DrawnRow] = []
    for at, row in enumerate(rows):
        inside = (
            _NEWEST <= at < len(rows) - _OLDEST
            and _is_plain(row)
            and len(row.parents) == 1
            and children.get(row.key) == 1
        )
        if stretch and not (inside and _goes_on(stretch[-1], row)):
            found += _as_one(stretch)
            stretch = []
        (stretch if inside else found).append(row)
    return found + _as_one(stretch)


def _children(rows: "Sequence[DrawnRow]") -> "dict[str, int]":
    found: dict[str, int] = {}
    for row in rows:
        for parent in row.parents:
            found[parent] = found.get(parent, 0) + 1
    return found


def _goes_on(above: "DrawnRow", below: "DrawnRow") -> bool:
    told = (above.side, above.is_told) == (below.side, below.is_told)
    return above.parents == (below.key,) and told


def _as_one(rows: "list[DrawnRow]") -> "list[DrawnRow]":
    if len(rows) < _SHORTEST:
        return rows
    first, last = rows[0], rows[-1]
    names = tuple(row.key for row in rows)
    ways = sum(len(row.parents) for row in rows)
    return [
        DrawnRow(
            first.key,
            last.parents,
            first.side,
            first.is_told,
            stretch=names,
            branches=ways - len(rows),
        )
    ]


def _fold_passages(rows: "Sequence[DrawnRow]") -> "list[DrawnRow]":
    waists = _waists(rows)  # the newest row is always one
    at = max((waist for waist in waists if waist < _NEWEST), default=waists[0])
    found = list(rows[:at])
    end = next((w for w in waists if w >= len(rows) - _OLDEST), waists[-1])
    ahead = [waist for waist in waists if at < waist <= end]
    noisy = _noisy(rows)
    while ahead:
        limit = next((n for n in noisy if n > at), len(rows))
        reached = max((waist for waist in ahead if waist <= limit), default=0)
        if reached:
            found += _between(rows, at, reached)
        else:
            reached = ahead[0]
            found += rows[at:reached]
        at = reached
        ahead = [waist for waist in ahead if waist > at]
    return found + list(rows[at:])


def _waists(rows: "Sequence[DrawnRow]") -> "list[int]":
    """Positions of the rows to which every way from above leads."""
    found = []
    waiting: set[str] = set()
    for at, row in enumerate(rows):
        waiting.discard(row.key)
        if not waiting:
            found.append(at)
        waiting.update(row.parents)
    return found


def _noisy(rows: "Sequence[DrawnRow]") -> "list[int]":
    """Positions of the rows that stay: no passage leads over one of them."""
    children = _children(rows)
    return [
        at
        for at, row in enumerate(rows)
        if not _is_plain(row)
        or row.is_told
        or not row.parents
        or row.key not in children
    ]


def _between(rows: "Sequence[DrawnRow]", start: int, end: int) -> "list[DrawnRow]":
    """The rows from one waist to before the next one, what is between them as one."""
    first, inner = rows[start], list(rows[start + 1 : end])
    folded_rows = _as_one(inner)
    if len(folded_rows) == len(inner):
        return [first, *inner]
    [passage] = folded_rows
    branches = passage.branches + len(first.parents) - 1
    passage = replace(passage, parents=(rows[end].key,), branches=branches)
    return [replace(first, parents=(passage.key,)), passage]
