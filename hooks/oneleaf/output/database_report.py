"""What ``oneleaf db status`` found, for people and for programs."""

from oneleaf.output.colors import BOLD, RED, YELLOW, painted
from oneleaf.output.escape import escape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from oneleaf.database.report import Report

_WIDTH = len("unreachable")


def render_text(reports: "Sequence[Report]", command: str, *, colored: bool) -> str:
    """A line per database, one for each thing that is wrong, and the command to run."""
    lines: list[str] = []
    for report in reports:
        lines += _database(report, colored=colored)
    if any(report.of("ghost", "moved") for report in reports):
        lines.append("do not run migrate before this is mended: it may drop data")
    lines.append(f"run: {escape(command)}" if command else "nothing is wrong")
    return "".join(line + "\n" for line in lines)


def _database(report: "Report", *, colored: bool) -> "list[str]":
    head = f"{report.alias}: {report.vendor}, {report.place}"
    head = painted(escape(head.removesuffix(", ")), BOLD, colored=colored)
    lines = [f"{head} ({report.applied} applied, {len(report.pending)} not yet)"]
    told = [(each.kind, each.message, RED) for each in report.troubles]
    told += [("CANNOT TELL", text, YELLOW) for text in report.unclear]
    told += [("note", text, "") for text in report.notes]
    for kind, message, color in told:
        word = painted(kind.ljust(_WIDTH), color, colored=colored and bool(color))
        lines.append(f"  {word}  {escape(message)}")
    return lines


def render_json(reports: "Sequence[Report]", command: str) -> str:
    """The same as one JSON object, version 1; ASCII only."""
    import json

    databases = [
        {
            "alias": report.alias,
            "vendor": report.vendor,
            "database": report.place,
            "applied": report.applied,
            "pending": report.pending,
            "findings": [
                {
                    "kind": trouble.kind,
                    "app": trouble.app or None,
                    "migration": trouble.migration or None,
                    "message": trouble.message,
                    "now": trouble.now or None,
                    "held": trouble.held or None,
                }
                for trouble in report.troubles
            ],
            "cannot_tell": report.unclear,
            "notes": report.notes,
        }
        for report in reports
    ]
    answer = {"version": 1, "databases": databases, "command": command or None}
    return json.dumps(answer, indent=2) + "\n"
