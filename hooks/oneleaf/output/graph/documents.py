"""Histories for documents: a Mermaid flowchart, and the language of Graphviz.

Syntax: Mermaid's documentation, "Flowcharts Syntax", in particular its section on entity
codes to escape characters; Graphviz's documentation, "DOT Language".
"""

from oneleaf.output.graph import rows
from oneleaf.output.terminal import escape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from oneleaf.output.graph.rows import AppHistory


_PLAIN = frozenset(" .,-()/:+…")


MOST_EDGES = 500  # that hosting sites draw (Mermaid's ``maxEdges``)


def mermaid(histories: "Sequence[AppHistory]") -> str:
    """A flowchart with the oldest migrations at the bottom, a frame for each app."""
    lines = [
        line
        for at, history in enumerate(histories)
        for line in _flowchart_of_app(at, history)
    ]
    return _flowchart(lines)


def mermaid_list(histories: "Sequence[AppHistory]") -> str:
    """A flowchart of one node for each app."""
    return _flowchart(
        [
            f"  a{at}[{_flowchart_text(rows.summary(history))}]:::other"
            for at, history in enumerate(histories)
        ]
    )


def _flowchart(lines: "list[str]") -> str:
    classes = [
        f"  classDef {name} fill:{fill},stroke:{line},color:#1f2328"
        for name, (fill, line) in rows.COLORS.items()
    ]
    return "\n".join(["flowchart BT", *lines, *classes]) + "\n"


def _flowchart_of_app(at: int, history: "AppHistory") -> "Iterator[str]":
    oldest_first = history.rows[::-1]
    ids = {row.key: f"a{at}n{number}" for number, row in enumerate(oldest_first)}
    yield f"  subgraph a{at}[{_flowchart_text([rows.title(history)])}]"
    yield "    direction BT"
    for row in oldest_first:
        box = ("[[", "]]") if row.replaces else ("[", "]")
        if row.stretch:
            box = ("([", "])")
        text = _flowchart_text(rows.label(row))
        yield f"    {ids[row.key]}{box[0]}{text}{box[1]}:::{rows.kind(row)}"
    for row in oldest_first:
        for parent in row.parents:
            yield f"    {ids[parent]} --> {ids[row.key]}"
    yield "  end"


def _flowchart_text(lines: "Sequence[str]") -> str:
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
        or (c == "_" and before.isalnum() and after.isalnum())
        else f"#{ord(c)};"
        for before, c, after in around
    )


_HEAD = (
    "digraph history {",
    "  rankdir=BT;",
    '  fontname="sans-serif";',
    '  node [shape=box, style="filled,rounded", fontname="sans-serif"];',
)


def dot(histories: "Sequence[AppHistory]") -> str:
    """A graph with the oldest migrations at the bottom, a cluster for each app."""
    lines = [
        line
        for at, history in enumerate(histories)
        for line in _digraph_of_app(at, history)
    ]
    return "\n".join([*_HEAD, *lines, "}"]) + "\n"


def dot_list(histories: "Sequence[AppHistory]") -> str:
    """A graph of one node for each app."""
    lines = [
        f"  a{at} [{_attributes(rows.summary(history), 'other')}];"
        for at, history in enumerate(histories)
    ]
    return "\n".join([*_HEAD, *lines, "}"]) + "\n"


def _digraph_of_app(at: int, history: "AppHistory") -> "Iterator[str]":
    oldest_first = history.rows[::-1]
    ids = {row.key: f"a{at}n{number}" for number, row in enumerate(oldest_first)}
    yield f"  subgraph cluster_a{at} {{"
    yield f"    label={_digraph_text([rows.title(history)])}; labelloc=b;"
    for row in oldest_first:
        attributes = _attributes(rows.label(row), rows.kind(row))
        shape = ", peripheries=2" if row.replaces and not row.stretch else ""
        dashed = ', style="filled,rounded,dashed"' if row.stretch else ""
        yield f"    {ids[row.key]} [{attributes}{shape}{dashed}];"
    for row in oldest_first:
        for parent in row.parents:
            yield f"    {ids[parent]} -> {ids[row.key]};"
    yield "  }"


def _attributes(lines: "Sequence[str]", kind: str) -> str:
    fill, line = rows.COLORS[kind]
    return f'label={_digraph_text(lines)}, fillcolor="{fill}", color="{line}"'


def _digraph_text(lines: "Sequence[str]") -> str:
    r"""A quoted string, in which ``\n`` begins a line, ``\\`` and ``&amp;`` are characters."""
    special = str.maketrans({"\\": "\\\\", '"': '\\"', "&": "&amp;"})
    return '"' + "\\n".join(escape(line).translate(special) for line in lines) + '"'
