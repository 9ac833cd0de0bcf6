"""Long histories: what lies in the middle and has nothing to tell becomes one row.

First straight stretches. Where that is not enough, as in apps whose branches parted and
met again many times, also whole passages between two waists: rows that every way
through the history passes.
"""

from dataclasses import replace

from oneleaf.drawing.rows import Row

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from oneleaf.drawing.rows import History

_SCREEN = 28  # lines that need no folding
_NEWEST = 10  # rows at the top that stay
_OLDEST = 3  # and at the bottom
_SHORTEST = 4  # fewer rows are no gain


def of_history(history: "History") -> "History":
    """The history with its rows folded."""
    return replace(history, rows=tuple(folded(history.rows)))


def folded(rows: "Sequence[Row]") -> "list[Row]":
    """The rows of a history, folded where it is a long one.

    rows: in the order of ``ordering.arranged``. What stays: the newest and the oldest
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


def _height(rows: "Sequence[Row]") -> int:
    """About how many lines the rows take: a fork and a join have one of their own."""
    return len(rows) + 2 * sum(len(row.parents) - 1 for row in rows if row.parents)


def _is_plain(row: "Row") -> bool:
    """Whether there is nothing to tell of a row; one that replaces one is renamed."""
    return not (row.faults or row.replaces > 1 or row.stretch)


def _fold_stretches(rows: "Sequence[Row]") -> "list[Row]":
    children = _children(rows)
    found: list[Row] = []
    stretch: list[Row] = []
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


def _children(rows: "Sequence[Row]") -> "dict[str, int]":
    """Key -> how many rows come directly after it."""
    found: dict[str, int] = {}
    for row in rows:
        for parent in row.parents:
            found[parent] = found.get(parent, 0) + 1
    return found


def _goes_on(above: "Row", below: "Row") -> bool:
    told = (above.side, above.is_told) == (below.side, below.is_told)
    return above.parents == (below.key,) and told


def _as_one(rows: "list[Row]") -> "list[Row]":
    """Rows that lead from the first to the parents of the last, as one row."""
    if len(rows) < _SHORTEST:
        return rows
    first, last = rows[0], rows[-1]
    names = tuple(row.key for row in rows)
    ways = sum(len(row.parents) for row in rows)
    return [
        Row(
            first.key,
            last.parents,
            first.side,
            first.is_told,
            stretch=names,
            branches=ways - len(rows),
        )
    ]


def _fold_passages(rows: "Sequence[Row]") -> "list[Row]":
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


def _waists(rows: "Sequence[Row]") -> "list[int]":
    """Positions of the rows to which every way from above leads."""
    found = []
    waiting: set[str] = set()
    for at, row in enumerate(rows):
        waiting.discard(row.key)
        if not waiting:
            found.append(at)
        waiting.update(row.parents)
    return found


def _noisy(rows: "Sequence[Row]") -> "list[int]":
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


def _between(rows: "Sequence[Row]", start: int, end: int) -> "list[Row]":
    """The rows from one waist to before the next one, what is between them as one."""
    first, inner = rows[start], list(rows[start + 1 : end])
    folded_rows = _as_one(inner)
    if len(folded_rows) == len(inner):
        return [first, *inner]
    [passage] = folded_rows
    branches = passage.branches + len(first.parents) - 1
    passage = replace(passage, parents=(rows[end].key,), branches=branches)
    return [replace(first, parents=(passage.key,)), passage]
