"""The rows of ``oneleaf status``, for people and for programs."""

from oneleaf.checking.findings import Finding, Report
from oneleaf.output.colors import GREEN, RED, YELLOW, painted
from oneleaf.output.escape import escape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from oneleaf.clone.protection import Row

_COLORS = {"ok": GREEN, "missing": RED, "risk": YELLOW}
_SEVERITIES = {"missing": "error", "risk": "warning"}
# First word of a row's name -> the file where it is mended, for those who ask for one.
_PLACES = {
    "hook": ".pre-commit-config.yaml",
    "attribute": ".gitattributes",
    "lockfiles": ".gitattributes",
    "upstream": "pyproject.toml",
}
_ELSEWHERE = ".git/config"


def render_text(rows: "Sequence[Row]", *, colored: bool, protected: bool) -> str:
    """A line per row: state, name, and what there is to say; below it the cure."""
    width = max(len(row.name) for row in rows)
    lines = []
    for row in rows:
        state = painted(row.state.ljust(7), _COLORS[row.state], colored=colored)
        lines.append(f"{state}  {row.name.ljust(width)}  {escape(row.text)}")
        if row.command:
            lines.append(f"    hint: {escape(row.command)}")
    lines.append(
        "this clone is protected" if protected else "this clone is NOT protected"
    )
    return "".join(line + "\n" for line in lines)


def render_json(rows: "Sequence[Row]", *, protected: bool) -> str:
    """The same as one JSON object, version 1; ASCII only."""
    import json

    listed = [
        {"name": r.name, "state": r.state, "text": r.text, "command": r.command or None}
        for r in rows
    ]
    answer = {"version": 1, "protected": protected, "rows": listed}
    return json.dumps(answer, indent=2) + "\n"


def as_report(rows: "Sequence[Row]") -> Report:
    """The rows that are not ok, each at the file that has to do with it."""
    found = [
        Finding(
            "status-" + row.name.replace(" ", "-").lower(),
            "",
            (_PLACES.get(row.name.partition(" ")[0], _ELSEWHERE), 1),
            (),
            f"{row.name}: {row.text}",
            row.command,
            _SEVERITIES[row.state],
        )
        for row in rows
        if row.state in _SEVERITIES
    ]
    return Report("clone", 0, 0, found)
