"""Histories as a Mermaid flowchart, which hosting sites draw in Markdown.

Syntax: Mermaid's documentation, "Flowcharts Syntax"; in particular its section on
entity codes to escape characters.
"""

from oneleaf.drawing import nodes
from oneleaf.output.escape import escape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from oneleaf.drawing.rows import History

_PLAIN = frozenset(" .,-()/:+…")


MOST_EDGES = 500  # that hosting sites draw (Mermaid's ``maxEdges``)


def render(histories: "Sequence[History]") -> str:
    """A flowchart with the oldest migrations at the bottom, a frame for each app."""
    lines = [
        line for at, history in enumerate(histories) for line in _of_app(at, history)
    ]
    return _document(lines)


def render_list(histories: "Sequence[History]") -> str:
    """A flowchart of one node for each app."""
    return _document(
        [
            f"  a{at}[{_text(nodes.summary(history))}]:::other"
            for at, history in enumerate(histories)
        ]
    )


def _document(lines: "list[str]") -> str:
    classes = [
        f"  classDef {name} fill:{fill},stroke:{line},color:#1f2328"
        for name, (fill, line) in nodes.COLORS.items()
    ]
    return "\n".join(["flowchart BT", *lines, *classes]) + "\n"


def _of_app(at: int, history: "History") -> "Iterator[str]":
    oldest_first = history.rows[::-1]
    ids = {row.key: f"a{at}n{number}" for number, row in enumerate(oldest_first)}
    yield f"  subgraph a{at}[{_text([nodes.title(history)])}]"
    yield "    direction BT"
    for row in oldest_first:
        box = ("[[", "]]") if row.replaces else ("[", "]")
        if row.stretch:
            box = ("([", "])")
        text = _text(nodes.label(row))
        yield f"    {ids[row.key]}{box[0]}{text}{box[1]}:::{nodes.kind(row)}"
    for row in oldest_first:
        for parent in row.parents:
            yield f"    {ids[parent]} --> {ids[row.key]}"
    yield "  end"


def _text(lines: "Sequence[str]") -> str:
    return f'"{"<br/>".join(map(_escaped, lines))}"'


def _escaped(text: str) -> str:
    """Everything that might mean something as its code.

    Labels are read as Markdown in places, where an underscore within a word means
    nothing (CommonMark, "Emphasis and strong emphasis").
    """
    shown = escape(text)
    around = zip(f" {shown}", shown, f"{shown[1:]} ", strict=False)
    return "".join(
        c
        if c.isalnum()
        or c in _PLAIN
        or (c == "_" and before.isalnum() and behind.isalnum())
        else f"#{ord(c)};"
        for before, c, behind in around
    )
