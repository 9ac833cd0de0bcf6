"""What ``oneleaf db status`` found, for people and for programs."""

from oneleaf.output.escape import escape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from oneleaf.database.report import Report

_BOLD, _RED, _YELLOW, _PLAIN = "\033[1m", "\033[1;31m", "\033[1;33m", "\033[0m"
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
    head = escape(head.removesuffix(", "))
    counts = f"({report.applied} applied, {len(report.pending)} not yet)"
    lines = [f"{_BOLD}{head}{_PLAIN} {counts}" if colored else f"{head} {counts}"]
    red, yellow = (_RED, _YELLOW) if colored else ("", "")
    lines += [_line(each.kind, each.message, red) for each in report.troubles]
    lines += [_line("CANNOT TELL", text, yellow) for text in report.unclear]
    lines += [_line("note", text, "") for text in report.notes]
    return lines


def _line(kind: str, message: str, color: str) -> str:
    word = kind.ljust(_WIDTH)
    if color:
        word = f"{color}{word}{_PLAIN}"
    return f"  {word}  {escape(message)}"


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
