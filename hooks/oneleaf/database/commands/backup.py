"""``oneleaf db backup``: a copy of a database, kept in the clone."""

from __future__ import annotations

import json
import sys

from oneleaf.database import backups
from oneleaf.database import connection as connections
from oneleaf.database.options import on
from oneleaf.errors import OneleafError
from oneleaf.output.terminal import escape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from oneleaf.arguments import Options


def run(options: Options) -> int:
    """0 where the backup is made, or the command printed.

    Raises Refused for a database that is too large, OneleafError where it fails.
    """
    connection = connections.connection(options.text("--database"))
    if options.flag("--print"):
        server = backups.kind(connection)
        print(server.line(connection, f"{connection.alias}-backup{server.ENDING}"))
        return 0
    limit = _mebibytes(options.text("--max-size", str(backups.LIMIT >> 20)))
    with connections.named(connection.alias):
        made = backups.make(connection, limit=limit)
    again = f"oneleaf db restore {made.name} --apply{on(connection.alias)}"
    if options.text("--output-format", "text") == "json":
        told = {"version": 1, "path": made.path, "size": made.size, "restore": again}
        print(json.dumps({**told, "migrations": made.migrations}, indent=2))
    else:
        sys.stdout.write(f"{escape(made.path)}\nto bring it back: {escape(again)}\n")
    return 0


def _mebibytes(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise OneleafError(f"--max-size takes a whole number of MiB, not {text!r}")
    return int(text) << 20
