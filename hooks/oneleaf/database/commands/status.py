"""``oneleaf db status``: what the databases hold that the files do not explain."""

from __future__ import annotations

import sys

from oneleaf.database import connection, sources
from oneleaf.database.status import inspection
from oneleaf.output.report import wants_color
from oneleaf.output.terminal import BOLD, RED, YELLOW, escape, painted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from oneleaf.arguments import Options
    from oneleaf.database.status.inspection import DatabaseReport


def run(options: Options) -> int:
    """0 where nothing is wrong, 1 where something is, 2 where that cannot be told."""
    found = sources.find()
    chosen = options.text("--database")
    aliases = [chosen] if chosen else connection.aliases()
    reports = [
        inspection.inspect(
            connection.connection(alias), found, record=options.flag("--record")
        )
        for alias in aliases
    ]
    command = inspection.command(reports)
    if options.text("--output-format", "text") == "json":
        text = render_json(reports, command)
    else:
        colored = wants_color(options.text("--color", "auto"))
        text = render_text(reports, command, colored=colored)
    sys.stdout.write(text)
    if any(report.of("unreachable") for report in reports):
        return 2
    return int(any(report.troubles for report in reports))


_WIDTH = len("unreachable")


def render_text(
    reports: Sequence[DatabaseReport], command: str, *, colored: bool
) -> str:
    """A line per database, one for each thing that is wrong, and the command to run."""
    lines: list[str] = []
    for report in reports:
        lines += _database(report, colored=colored)
    if any(report.of("ghost", "moved") for report in reports):
        lines.append("do not run migrate before this is mended: it may drop data")
    lines.append(f"run: {escape(command)}" if command else "nothing is wrong")
    return "".join(line + "\n" for line in lines)


def _database(report: DatabaseReport, *, colored: bool) -> list[str]:
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


def render_json(reports: Sequence[DatabaseReport], command: str) -> str:
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
