"""Histories for a terminal: rails, names, and at their right what is told of them."""

from textwrap import wrap

from oneleaf.output.graph import layout
from oneleaf.output.graph.rows import more
from oneleaf.output.terminal import (
    BOLD,
    GREEN,
    GREY,
    RED,
    columns,
    counted,
    cut,
    escape,
    padded,
    painted,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from oneleaf.output.graph.layout import Line
    from oneleaf.output.graph.rows import AppHistory, DrawnRow

# What a terminal must be able to show; else ASCII is drawn.
MARKS = "●○⋮…│─├┬╮╯"
_ASCII = (("─╯", "/ "), ("─╮", "\\ "), ("├", "|"), ("┬", "+"), ("─", "-"), ("│", "|"))
_LEAST = 40  # columns, however narrow the terminal
_NAME = 24  # columns that a name always has
_REF = 24  # columns of a branch's name
_GAP = "  "
_JOINT = "\0"  # a blank at which no line ends; no escaped text has one


class TextStyle:
    """How to draw. width: columns of a line, at least 40; others: see the fields."""

    __slots__ = ("colored", "unicode", "width")

    def __init__(self, width: int, *, colored: bool, unicode: bool) -> None:
        self.width = max(width, _LEAST)
        self.colored = colored
        self.unicode = unicode

    def clean(self, text: str) -> str:
        """Text from a repository: nothing in it moves a cursor or cannot be shown."""
        text = escape(text)
        if self.unicode:
            return text
        return text.encode("ascii", "backslashreplace").decode("ascii")

    def paint(self, text: str, color: str) -> str:
        """The text in a colour of ``output.colors``, where colours are wanted."""
        return painted(text, color, colored=self.colored and bool(color and text))

    def wrapped(self, text: str, indent: int) -> "list[str]":
        """Lines that fit, broken at blanks, but in a command only where it must be."""
        space = " " * indent
        parts = self.clean(text).split("`")
        for at in range(1, len(parts) - 1, 2):
            if columns(parts[at]) + 4 + indent <= self.width:
                parts[at] = parts[at].replace(" ", _JOINT)
        lines = wrap(
            "`".join(parts),
            self.width,
            initial_indent=space,
            subsequent_indent=space,
            break_on_hyphens=False,
        )
        return [cut(line.replace(_JOINT, " "), self.width) for line in lines]


def render(histories: "Sequence[AppHistory]", style: TextStyle) -> str:
    """The drawings, one below the other; every line ends with a newline."""
    blocks = ["".join(f"{line}\n" for line in _of_app(h, style)) for h in histories]
    return "\n".join(blocks)


def render_list(histories: "Sequence[AppHistory]", style: TextStyle) -> str:
    """A line for each app: its label, how many migrations it has, its leaf nodes."""
    labels = [style.clean(_name(history)) for history in histories]
    counts = [counted(history.count, "migration") for history in histories]
    first = min(max(map(columns, labels), default=0), style.width // 2)
    second = max(map(len, counts), default=0)
    lines = []
    for label, count, history in zip(labels, counts, histories, strict=True):
        head = f"{padded(cut(label, first), first)}{_GAP}{count.rjust(second)}{_GAP}"
        leaves = style.clean(", ".join(history.leaves))
        lines.append((head + cut(leaves, style.width - columns(head))).rstrip() + "\n")
    return "".join(lines)


def _name(history: "AppHistory") -> str:
    return f"{history.label} ({history.place})" if history.place else history.label


def _of_app(history: "AppHistory", style: TextStyle) -> "Iterator[str]":
    yield from _head(history, style)
    for text, hint in history.notes:
        yield from style.wrapped(text, 4)
        if hint:
            yield from style.wrapped(f"hint: {hint}", 4)
    drawn = layout.lines(history.rows, layout.trunk(history.rows))
    rails = max((len(line.rails) for line in drawn), default=0)
    if rails + 1 + _NAME > style.width:
        yield from style.wrapped(
            f"the {rails // 2 + 1} branches of this history need more than"
            f" {style.width} columns: listed; a wider terminal, or --format dot or"
            " mermaid, draws them",
            4,
        )
        drawn = [layout.Line(layout.NODE, row) for row in history.rows]
        yield from _Table(drawn, style, listed=True).lines()
    else:
        yield from _Table(drawn, style).lines()


def _head(history: "AppHistory", style: TextStyle) -> "Iterator[str]":
    counts = counted(history.count, "migration")
    if history.replaced:
        counts += f", {history.replaced} of them replaced"
    label = cut(style.clean(_name(history)), style.width // 2)
    head = f"{style.paint(label, BOLD)}{_GAP}{counts}"
    taken = columns(label) + len(_GAP) + len(counts)
    for fault in history.faults:
        if taken + 2 + len(fault) > style.width:
            break
        taken += 2 + len(fault)
        head += f", {style.paint(fault, RED)}"
    yield head


class _Table:
    """The lines of one drawing, what is told of the rows in one column.

    listed: parents are named instead of drawn.
    """

    def __init__(
        self, drawn: "Sequence[Line]", style: TextStyle, *, listed: bool = False
    ) -> None:
        self._style = style
        self._lines = drawn
        self._listed = listed
        rows = [(line, line.row) for line in drawn if line.row]
        told = [self._told(row) for _, row in rows]
        names = [
            len(line.rails) + 1 + columns(self._name(row, style.width))
            for line, row in rows
            if self._told(row)
        ]
        rails = max((len(line.rails) for line in drawn), default=0)
        right = max(map(columns, told), default=0)
        room = style.width - rails - 1 - len(_GAP)
        self._right = min(right, room - _NAME)
        # Where the column begins: after the longest name, if everything fits.
        self._column = min(max(names, default=0), style.width - self._right - len(_GAP))

    def lines(self) -> "Iterator[str]":
        for line in self._lines:
            if line.row is None:
                yield self._rails(line.rails, "")
            else:
                yield self._row(line, line.row)

    def _row(self, line: "Line", row: "DrawnRow") -> str:
        style = self._style
        told = cut(self._told(row), self._right)
        start = len(line.rails) + 1
        name = self._name(row, (self._column if told else style.width) - start)
        text = f"{self._rails(line.rails, self._mark(row))} "
        text += style.paint(name, _color(row))
        end = start + columns(name)
        if told:
            text += " " * (self._column - end) + _GAP + style.paint(told, _color(row))
            end = self._column + len(_GAP) + columns(told)
        needs = self._needs(row, style.width - end - len(_GAP))
        return text + _GAP + style.paint(needs, GREY) if needs else text

    def _rails(self, rails: str, mark: str) -> str:
        if not self._style.unicode:
            for shown, plain in _ASCII:
                rails = rails.replace(shown, plain)
            rails = rails.rstrip()
        return rails.replace(layout.NODE, mark)

    def _mark(self, row: "DrawnRow") -> str:
        if row.stretch:
            return "⋮" if self._style.unicode else ":"
        if row.side.status == "local":
            return "○" if self._style.unicode else "o"
        return "●" if self._style.unicode else "*"

    def _name(self, row: "DrawnRow", width: int) -> str:
        clean = self._style.clean
        if row.stretch:
            dots = "…" if self._style.unicode else ".."
            head = more(row)
            each = (width - len(head) - len(f" ( {dots} )")) // 2
            ends = [cut(clean(row.stretch[at]), each) for at in (-1, 0)]
            return f"{head} ({ends[0]} {dots} {ends[1]})"
        suffix = f"  (replaces {row.replaces})" if row.replaces else ""
        return cut(clean(row.key), width - len(suffix)) + suffix

    def _told(self, row: "DrawnRow") -> str:
        clean = self._style.clean
        words = []
        if row.is_told:
            words.append(row.side.text(cut(clean(row.side.ref), _REF)))
        words += row.faults
        if self._listed and row.parents:
            words.append(f"after {clean(', '.join(row.parents))}")
        return ", ".join(words)

    def _needs(self, row: "DrawnRow", room: int) -> str:
        names = [self._style.clean(name) for name in row.needs]
        for count in range(len(names), 0, -1):
            more = f" +{len(names) - count}" if count < len(names) else ""
            text = f"needs {', '.join(names[:count])}{more}"
            if columns(text) <= room:
                return text
        return ""


def _color(row: "DrawnRow") -> str:
    if row.faults:
        return RED
    if row.stretch:
        return GREY
    return GREEN if row.side.status == "local" else ""
