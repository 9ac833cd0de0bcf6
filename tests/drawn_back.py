"""A drawing read back: which rows it has, and which ways lead from one to another.

Written against what people see, not against the layout's own data: it follows the rails
from each row downwards, as an eye does, and never up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

MARKS = "●○⋮"
ASCII_MARKS = "*o:"
_LINE = {
    "unicode": re.compile(rf"([ │{MARKS}]*[{MARKS}][ │]*) (\S+)"),
    "ascii": re.compile(rf"([ |{ASCII_MARKS}]*[{ASCII_MARKS}][ |]*) (\S+)"),
}


@dataclass
class Drawing:
    """Names of the rows in order, and the edges from each row to its parents."""

    rows: list[str] = field(default_factory=list)
    edges: set[tuple[str, str]] = field(default_factory=set)


@dataclass
class _Grid:
    """Lines of cells, two for each lane; the name on those that are rows."""

    cells: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    seen: set[tuple[int, int]] = field(default_factory=set)

    def at(self, line: int, column: int) -> str:
        text = self.cells[line]
        return text[column] if column < len(text) else " "


def read(lines: list[str], *, unicode: bool = True, whole: bool = False) -> Drawing:
    """The drawing in lines without head and notes; fails where a rail leads nowhere.

    whole: all that stands behind the rails is the row's name, not only a word.
    """
    grid = _Grid()
    for text in lines:
        found = _LINE["unicode" if unicode else "ascii"].match(text)
        rails, name = found.groups() if found else (text, "")
        name = text[len(rails) + 1 :] if whole and name else name
        grid.cells.append(rails if unicode else _with_corners(rails))
        grid.names.append(name)
    drawing = Drawing([name for name in grid.names if name])
    for line, name in enumerate(grid.names):
        if name:
            at = next(n for n, c in enumerate(grid.cells[line]) if c in MARKS)
            grid.seen.add((line, at))
            parents = _down(grid, line, at)
            assert len(parents) == len(set(parents)), f"{name} is tied twice"
            drawing.edges |= {(name, parent) for parent in parents}
    _assert_no_ghosts(grid)
    return drawing


def _with_corners(rails: str) -> str:
    """ASCII rails as the others: a corner's lane is the one at the right of its slash."""
    for plain, mark in zip(ASCII_MARKS, MARKS, strict=True):
        rails = rails.replace(plain, mark)
    rails = (rails + " ").replace("/ ", "-╯").replace("\\ ", "-╮").replace("+", "┬")
    cells = list(rails.rstrip())
    for at, cell in enumerate(cells):
        if cell == "|":
            before = cells[at - 1] if at else " "
            starts = cells[at + 1 : at + 2] == ["-"] and before != "─"
            cells[at] = "├" if starts else "│"
        elif cell == "-":
            cells[at] = "─"
    return "".join(cells)


def _down(grid: _Grid, line: int, column: int) -> list[str]:
    """Names of the rows that a rail leads to from below a cell."""
    assert column % 2 == 0
    below = line + 1
    if below == len(grid.cells):
        return []
    cell = grid.at(below, column)
    if cell == " " and grid.at(line, column) in MARKS:
        return []  # a root node
    grid.seen.add((below, column))
    if cell in MARKS:
        return [grid.names[below]]
    if cell == "│":
        return _down(grid, below, column)
    if cell == "├":
        return _down(grid, below, column) + _right(grid, below, column)
    assert cell == "╯", f"line {below}, column {column}: {cell!r}"
    return _left(grid, below, column)


def _right(grid: _Grid, line: int, column: int) -> list[str]:
    """The ways that part from a row; none where another rail comes in instead."""
    found: list[str] = []
    while True:
        column += 1
        grid.seen.add((line, column))
        cell = grid.at(line, column)
        if cell in "┬╮":
            found += _down(grid, line, column)
        elif cell == "│":
            assert grid.at(line, column - 1) == grid.at(line, column + 1) == "─"
        if cell in "╮╯":
            return found
        assert cell in "─┬│", f"line {line}, column {column}: {cell!r}"


def _left(grid: _Grid, line: int, column: int) -> list[str]:
    while True:
        column -= 1
        cell = grid.at(line, column)
        if cell == "├":
            return _down(grid, line, column)
        assert cell in "─│", f"line {line}, column {column}: {cell!r}"


def _assert_no_ghosts(grid: _Grid) -> None:
    """Every rail in the drawing belongs to an edge."""
    for line, text in enumerate(grid.cells):
        for column, cell in enumerate(text):
            if cell not in " ─":
                assert (line, column) in grid.seen, (line, column, grid.cells)
