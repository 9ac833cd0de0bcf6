"""The layout: a lane for each branch, and where branches part and meet.

A rail leads straight down from a row to its parent. Between two rows stand lines of
two kinds, which read without doubt because no way ever leads up:

* parting, ``├─┬─╮``: from the row above at the left, ways to its parents;
* meeting, ``├─╯``: the right rail ends and goes on in the left one, since both lead
  to the same parent.

A rail that such a line passes stays whole: ``├─│─╮``.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from oneleaf.drawing.rows import Row

NODE = "o"  # where a row's own mark stands


class Line:
    """One line of a drawing.

    rails: two characters for each lane, the second one between it and the next; the
    last one without. row: what the line is about, None between rows.
    """

    __slots__ = ("rails", "row")

    def __init__(self, rails: str, row: "Row | None" = None) -> None:
        self.rails = rails
        self.row = row


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

    def take(self, key: str, behind: int = -1) -> int:
        """Gives the first free lane to the right of ``behind`` a rail to ``key``."""
        for lane in range(behind + 1, len(self._keys)):
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


def lines(rows: "Sequence[Row]", trunk: str = "") -> "list[Line]":
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
        others.append(lanes.take(parent, behind=own))
        marks[others[-1]] = "┬"
    if not others:
        return []
    last = max(others)
    marks[last] = "╮"
    return [Line(lanes.rails(marks, range(own, last + 1)))]


def _meeting(lanes: _Lanes, key: str) -> "list[Line]":
    """Ends all rails to a row but the one at the left."""
    left, *others = lanes.leading_to(key)
    found = []
    for lane in others:
        marks = {left: "├", lane: "╯"}
        found.append(Line(lanes.rails(marks, range(left, lane + 1))))
        lanes.lead(lane, "")
    return found
