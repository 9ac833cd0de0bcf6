"""Histories in the language of Graphviz (its documentation, "DOT Language")."""

from oneleaf.drawing import nodes
from oneleaf.output.escape import escape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from oneleaf.drawing.rows import History

_HEAD = (
    "digraph history {",
    "  rankdir=BT;",
    '  fontname="sans-serif";',
    '  node [shape=box, style="filled,rounded", fontname="sans-serif"];',
)


def render(histories: "Sequence[History]") -> str:
    """A graph with the oldest migrations at the bottom, a cluster for each app."""
    lines = [
        line for at, history in enumerate(histories) for line in _of_app(at, history)
    ]
    return "\n".join([*_HEAD, *lines, "}"]) + "\n"


def render_list(histories: "Sequence[History]") -> str:
    """A graph of one node for each app."""
    lines = [
        f"  a{at} [{_attributes(nodes.summary(history), 'other')}];"
        for at, history in enumerate(histories)
    ]
    return "\n".join([*_HEAD, *lines, "}"]) + "\n"


def _of_app(at: int, history: "History") -> "Iterator[str]":
    oldest_first = history.rows[::-1]
    ids = {row.key: f"a{at}n{number}" for number, row in enumerate(oldest_first)}
    yield f"  subgraph cluster_a{at} {{"
    yield f"    label={_text([nodes.title(history)])}; labelloc=b;"
    for row in oldest_first:
        attributes = _attributes(nodes.label(row), nodes.kind(row))
        shape = ", peripheries=2" if row.replaces and not row.stretch else ""
        dashed = ', style="filled,rounded,dashed"' if row.stretch else ""
        yield f"    {ids[row.key]} [{attributes}{shape}{dashed}];"
    for row in oldest_first:
        for parent in row.parents:
            yield f"    {ids[parent]} -> {ids[row.key]};"
    yield "  }"


def _attributes(lines: "Sequence[str]", kind: str) -> str:
    fill, line = nodes.COLORS[kind]
    return f'label={_text(lines)}, fillcolor="{fill}", color="{line}"'


def _text(lines: "Sequence[str]") -> str:
    r"""A quoted string, in which ``\n`` begins a line, ``\\`` and ``&amp;`` are characters."""
    special = str.maketrans({"\\": "\\\\", '"': '\\"', "&": "&amp;"})
    return '"' + "\\n".join(escape(line).translate(special) for line in lines) + '"'
