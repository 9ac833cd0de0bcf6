"""``oneleaf db status``: what the databases hold that the files do not explain."""

from __future__ import annotations

import sys

from oneleaf.database import advice, inspection, opening, sources
from oneleaf.output import database_report
from oneleaf.output.report import wants_color

TYPE_CHECKING = False
if TYPE_CHECKING:
    from oneleaf.arguments import Options


def run(options: Options) -> int:
    """0 where nothing is wrong, 1 where something is, 2 where that cannot be told."""
    found = sources.find()
    chosen = options.text("--database")
    aliases = [chosen] if chosen else opening.aliases()
    reports = [
        inspection.inspect(
            opening.connection(alias), found, record=options.flag("--record")
        )
        for alias in aliases
    ]
    command = advice.command(reports)
    if options.text("--output-format", "text") == "json":
        text = database_report.render_json(reports, command)
    else:
        colored = wants_color(options.text("--color", "auto"))
        text = database_report.render_text(reports, command, colored=colored)
    sys.stdout.write(text)
    if any(report.of("unreachable") for report in reports):
        return 2
    return int(any(report.troubles for report in reports))
