"""The one command that mends most of what ``oneleaf db status`` found."""

from __future__ import annotations

import shlex

from oneleaf.database.options import on

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from oneleaf.database.report import Report


def command(reports: Sequence[Report]) -> str:
    """The command to run next, "" where nothing is wrong.

    Of the first database that has anything; nothing else there helps before it ran.
    """
    for report in reports:
        told = _of(report)
        if told:
            return told + (on(report.alias) if told.startswith("oneleaf db") else "")
    return ""


def _of(report: Report) -> str:
    if report.of("unreachable"):
        return "oneleaf db status"
    if report.of("history"):
        return "oneleaf check --all"
    ghosts = report.of("ghost")
    if any(not ghost.now and not ghost.held for ghost in ghosts):
        # What was only ever staged may still be among git's loose objects.
        return _RESTORE if report.restorable else "git fsck --lost-found"
    if any(not ghost.now for ghost in ghosts):
        apps = sorted({ghost.app for ghost in ghosts})
        return f"oneleaf db rollback {apps[0]}" if len(apps) == 1 else _ALL
    if ghosts or report.of("moved", "order"):
        return "oneleaf db adopt"
    drift = report.of("drift")
    if drift:
        search = f"git log --all --oneline -S{shlex.quote(drift[0].name)}"
        return _RESTORE if report.restorable else f"{search} -- '*/migrations/*.py'"
    edited = report.of("edited")
    return f"git log -p -- {edited[0].held}" if edited else ""


_ALL = "oneleaf db rollback"
_RESTORE = "oneleaf db restore"
