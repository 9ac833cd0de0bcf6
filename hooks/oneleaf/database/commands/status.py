"""``oneleaf db status``: what the databases hold that the files do not explain."""

from __future__ import annotations

import sys

from oneleaf.arguments import OUTPUT_FORMAT, Option, Verb
from oneleaf.database import advice, inspection, opening, sources
from oneleaf.database.options import SETTINGS
from oneleaf.output import database_report
from oneleaf.output.report import wants_color

TYPE_CHECKING = False
if TYPE_CHECKING:
    from oneleaf.arguments import Options

VERB = Verb(
    "db status",
    "",
    "Says of every database in DATABASES: ghosts (applied, no file here) and what in git\n"
    "holds their files, migrations applied before one they depend on, tables that are\n"
    "not what the migrations say, migrations edited after they were applied. Ends with\n"
    "the one command to run. Reads only; exit code 1 where anything is wrong, 2 where a\n"
    "database cannot be read.",
    (
        SETTINGS,
        Option("--database", "ALIAS", "only this alias in DATABASES, not every one"),
        OUTPUT_FORMAT,
        Option(
            "--record", "", "remember in this clone what the applied migrations say"
        ),
    ),
    (("oneleaf db status", "before migrate, after a rebase or a switch of branches"),),
)


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
