"""``oneleaf db lock``: one migration run at a time, across deployers."""

from __future__ import annotations

import contextlib

from oneleaf.database import applied, child, clone_files, locking, sources
from oneleaf.database import connection as connections
from oneleaf.errors import OneleafError
from oneleaf.output.terminal import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from oneleaf.arguments import Options


_WAIT = "600"


def run(options: Options) -> int:
    """The command's exit code; 1 where the lock was not had, or lost on the way.

    Raises OneleafError without a command and for a database that is not there, Refused
    where the time is over.
    """
    if not options.operands:
        raise OneleafError(
            "oneleaf db lock needs a command: oneleaf db lock -- COMMAND…"
        )
    wait = _seconds(options.text("--wait", _WAIT))
    connection = connections.connection(options.text("--database"))
    with connections.named(connection.alias):
        lock = locking.of(connection)
        try:
            locking.take(lock, wait, say)
            code = child.run(options.operands)
            held = lock.is_held()
        finally:
            lock.release()
        if code == 0:
            _remember(connection)
    if not held:
        say("the lock was lost while the command ran; another may have run beside it")
    return code or int(not held)


def _remember(connection: Any) -> None:
    """Notes in the clone what was applied; a production host has no clone."""
    with contextlib.suppress(OneleafError):
        found = sources.find()
        rows = applied.times(connection)
        clone_files.record(connections.identity(connection), rows, found)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not 0 <= value < float("inf"):
        raise OneleafError(f"--wait takes a number of seconds, not {text!r}")
    return value
