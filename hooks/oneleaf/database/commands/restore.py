"""``oneleaf db restore``: a backup back into its database."""

from __future__ import annotations

import json
import os
import sys

from oneleaf.database import applied, backups
from oneleaf.database import connection as connections
from oneleaf.database.change import guards
from oneleaf.database.clone_files import dotted
from oneleaf.errors import OneleafError, Refused
from oneleaf.output.terminal import counted, escape, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from oneleaf.arguments import Options
    from oneleaf.database.backups import Backup
    from oneleaf.database.connection import Identity


def run(options: Options) -> int:
    """0 where it is restored, or said what would be.

    Raises Refused without a backup and without consent, OneleafError where it fails.
    """
    connection = connections.connection(options.text("--database"))
    with connections.named(connection.alias):
        own = connections.identity(connection)
        found = backups.listed(own)
        if options.flag("--list"):
            _list(found, options)
            return 0
        chosen = _choose(found, options.operands, own)
        told = _plan(connection, own, chosen, found)
        if not options.flag("--apply"):
            _show(told, chosen, options)
            return 0
        guards.require_development(own, options.text("--database-name"))
        if not options.flag("--no-backup"):
            kept = backups.make(connection, spared={chosen.name})
            told["kept"] = kept.name
        backups.restore(connection, chosen, say)
    told["applied"] = True
    _show(told, chosen, options)
    return 0


def _list(found: list[Backup], options: Options) -> None:
    if options.text("--output-format", "text") == "json":
        rows = [{"name": b.name, "made": b.made, "size": b.size} for b in found]
        print(json.dumps({"version": 1, "backups": rows}, indent=2))
        return
    for backup in found:
        print(escape(f"{backup.name}  made {backup.made}  {backup.size} bytes"))
    if not found:
        print("there are no backups of this database in this clone")


def _choose(found: list[Backup], operands: list[str], own: Identity) -> Backup:
    if len(operands) > 1:
        raise OneleafError("oneleaf db restore takes one backup")
    if not found:
        raise Refused(f"this clone has no backup of {own.place}")
    if not operands:
        return found[0]
    wanted = os.path.basename(operands[0])
    for backup in found:
        if backup.name == wanted:
            return backup
    raise Refused(
        f"{wanted} is no backup of {own.place} in this clone; see"
        " `oneleaf db restore --list`"
    )


def _plan(
    connection: Any, own: Identity, chosen: Backup, found: list[Backup]
) -> dict[str, Any]:
    """What the restore would change of the applied migrations."""
    now = [dotted(key) for key in applied.times(connection)]
    return {
        "version": 1,
        "applied": False,
        "backup": chosen.name,
        "made": chosen.made,
        "newer": found.index(chosen),
        "database": own.place,
        "gone": [name for name in now if name not in chosen.migrations],
        "back": [name for name in chosen.migrations if name not in now],
        "kept": None,
    }


def _show(told: dict[str, Any], chosen: Backup, options: Options) -> None:
    if options.text("--output-format", "text") == "json":
        print(json.dumps(told, indent=2))
        return
    would = "restored" if told["applied"] else "would restore"
    lines = [f"{would} {chosen.name}, made {chosen.made}, into {told['database']}"]
    if told["newer"]:
        lines.append(f"  newer than that: {counted(told['newer'], 'backup')}")
    lines += [f"  applied since, not any more: {name}" for name in told["gone"]]
    lines += [f"  applied again: {name}" for name in told["back"]]
    lines.append("  every row that was written since is gone")
    if told["kept"]:
        lines.append(f"  what was there is kept as {told['kept']}")
    if not told["applied"]:
        lines.append("nothing was changed; to do it, add --apply")
    sys.stdout.write("".join(escape(line) + "\n" for line in lines))
