"""An app of a project to its History: what is told of it, and in which order."""

from dataclasses import replace

from oneleaf.checking.findings import CODES
from oneleaf.output.graph.layout import arranged
from oneleaf.output.graph.rows import AppHistory, DrawnRow, Side
from oneleaf.project.project import number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from oneleaf.checking.findings import Finding
    from oneleaf.project.graph import Graph
    from oneleaf.project.project import App

# What stands in the drawing itself; the others are told in a line each.
_DRAWN = ("OL101", "OL102")
_NOBODYS = Side()


def history(
    app: "App",
    graph: "Graph",
    sides: "Mapping[str, Side]",
    findings: "Sequence[Finding]",
    *,
    place: str = "",
) -> AppHistory:
    """The history of one app.

    sides: whose each of its migrations is, as far as that is known. findings: what is
    wrong with the app. place: see History.
    """
    rows = _rows(app, graph, sides, _faults(findings))
    ordered, left_out = arranged(rows)
    notes = _notes(findings)
    notes += [
        (f"not drawn: {key} depends on {parent}, which leads back to it", "")
        for key, parent in left_out
    ]
    return AppHistory(
        app.label,
        place,
        len(app.migrations),
        len(app.migrations) - len(rows),
        tuple(graph.leaf_nodes(app)),
        tuple(map(_in_short, filter(_is_drawn, findings))),
        tuple(notes),
        tuple(_told(ordered)),
    )


def _rows(
    app: "App",
    graph: "Graph",
    sides: "Mapping[str, Side]",
    faults: "Mapping[str, Sequence[str]]",
) -> "list[DrawnRow]":
    return [
        DrawnRow(
            name,
            tuple(parents),
            sides.get(name, _NOBODYS),
            faults=tuple(faults.get(name, ())),
            replaces=len(app.migrations[name].replaces),
            needs=_needs(app, name),
        )
        for name, parents in graph.live_parents(app).items()
    ]


def _is_drawn(finding: "Finding") -> bool:
    return finding.code in _DRAWN


def _notes(findings: "Sequence[Finding]") -> "list[tuple[str, str]]":
    """What mends the conflict; then each other fault, with a hint that is not that one."""
    hints = dict.fromkeys(finding.hint for finding in findings if _is_drawn(finding))
    found = [("", hint) for hint in hints]
    for finding in findings:
        is_lockfile = finding.code == "OL106" and not finding.path.endswith(".py")
        if _is_drawn(finding) or (hints and is_lockfile):
            continue  # a lockfile in conflict is no news where the histories are
        hint = "" if finding.hint in hints else finding.hint
        found.append((f"{finding.code} {finding.message}", hint))
    return found


def _in_short(finding: "Finding") -> str:
    count = len(finding.migrations)
    if finding.code == "OL102":
        return f"{count} leaf nodes"
    value = number(finding.migrations[0]) or 0
    return f"number {value:04} {'twice' if count == 2 else f'{count} times'}"


def _faults(findings: "Sequence[Finding]") -> "dict[str, list[str]]":
    leaves = {m for f in findings if f.code == "OL102" for m in f.migrations}
    found: dict[str, list[str]] = {}
    for finding in findings:
        words = CODES[finding.code][0].replace("-", " ")
        if finding.code == "OL102":
            words = "leaf node"
        for name in finding.migrations:
            if finding.code == "OL101" and name in leaves:
                continue
            if words not in found.setdefault(name, []):
                found[name].append(words)
    return found


def _needs(app: "App", name: str) -> "tuple[str, ...]":
    pairs = app.migrations[name].dependencies
    return tuple(
        label if other.startswith("__") else f"{label}.{other}"
        for label, other in dict.fromkeys(pairs)
        if label != app.label
    )


def _told(rows: "Sequence[DrawnRow]") -> "list[DrawnRow]":
    """The rows with their sides told: of what is published by its newest alone.

    Everything below it is published too; a drawing that says so in each row says
    nothing.
    """
    below = {
        parent
        for row in rows
        for parent in row.parents
        if row.side.status == "published"
    }
    return [
        replace(
            row,
            is_told=bool(row.side.role)
            or row.side.status == "local"
            or (row.side.status == "published" and row.key not in below),
        )
        for row in rows
    ]
