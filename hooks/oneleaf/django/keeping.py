"""Keeps the lockfiles right while one of Django's commands writes migrations.

Nobody is asked what was written: the folders are looked at before and after. So it
holds for every option, for what other packages make of the command, and also where
the command fails half-way.
"""

from __future__ import annotations

import contextlib
import os

from oneleaf.django import folders
from oneleaf.output.escape import escape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from django.core.management.base import BaseCommand


@contextlib.contextmanager
def lockfiles(command: BaseCommand, options: Mapping[str, Any]) -> Iterator[None]:
    """Around a command's ``handle``, whose outcome stands whatever happens here.

    options: those of the command; ``verbosity`` and ``scriptable`` say how much is
    written, and where.
    """
    before = _listings()
    try:
        yield
    finally:
        try:
            _relock(command, options, before)
        except Exception as error:  # noqa: BLE001 - the command has done its work
            reason = f"{type(error).__name__}: {error}"
            text = (
                "no lockfile was written: {}; stage the migrations, run `oneleaf lock`"
            )
            _say(command, text.format(reason))


def _listings() -> dict[str, folders.Listing] | None:
    """What is there before; None where it cannot be told. Django will say why."""
    try:
        return folders.listings(folders.find())
    except Exception:  # noqa: BLE001 - never in the way of the command
        return None


def _relock(
    command: BaseCommand,
    options: Mapping[str, Any],
    before: Mapping[str, folders.Listing] | None,
) -> None:
    if before is None:
        return
    # Not before it is needed: Django imports this command in front of every other one,
    # for a check of its own (django/core/checks/commands.py).
    from oneleaf.django import relocking

    found = folders.find()
    after = folders.listings(found)
    touched = {
        label for label, now in after.items() if now != before.get(label, frozenset())
    }
    for outcome in relocking.relock(found, touched):
        if isinstance(outcome, relocking.Failed):
            _say(command, outcome.reason)
        elif options.get("verbosity", 1) >= 1:
            out = command.stderr if options.get("scriptable") else command.stdout
            out.write(f"Wrote {escape(_shown(outcome.path))}")


def _say(command: BaseCommand, text: str) -> None:
    command.stderr.write(f"oneleaf: {escape(text)}")


def _shown(path: str) -> str:
    """As Django shows what it wrote: relative where that leads downwards."""
    try:
        relative = os.path.relpath(path)
    except ValueError:  # on another drive
        return path
    return path if relative.startswith("..") else relative
