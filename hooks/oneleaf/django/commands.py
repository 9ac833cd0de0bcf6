"""Django's commands that we build on, and the lockfiles kept right while they write.

Several packages may replace ``makemigrations``; Django takes the first in INSTALLED_APPS.
So that the others are not lost, ours builds on the next one. Nobody is asked what was
written: the folders are looked at before and after, so it holds for every option, and
also where the command fails half-way.
"""

from __future__ import annotations

import contextlib
import importlib
import os

from django.apps import apps
from django.core.management import find_commands, get_commands, load_command_class

from oneleaf.django import places
from oneleaf.output.terminal import escape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from django.core.management.base import BaseCommand


APP = "oneleaf.django"


def next_command(name: str) -> type[BaseCommand]:
    """The class that Django would load, were our app not installed.

    Looked for after our app only: one before it is loaded instead of ours, and may be
    built on it. Raises what importing the command raises.
    """
    for package in _packages_after():
        found = _command(package, name)
        if found is not None:
            return found
    module = importlib.import_module(f"django.core.management.commands.{name}")
    command: type[BaseCommand] = module.Command
    return command


def _packages_after() -> list[str]:
    names = [app.name for app in apps.get_app_configs()]
    return names[names.index(APP) + 1 :] if APP in names else []


def _command(package: str, name: str) -> type[BaseCommand] | None:
    config = next(app for app in apps.get_app_configs() if app.name == package)
    if name not in find_commands(os.path.join(config.path, "management")):
        return None
    try:
        module = importlib.import_module(f"{package}.management.commands.{name}")
    except ImportError as error:
        if error.name == f"{APP}.management.commands.{name}":
            return None
        raise
    found: type[BaseCommand] | None = getattr(module, "Command", None)
    return found


def hidden_by(name: str) -> str:
    """The package whose command Django loads instead of ours, "" where ours is used.

    Ours is used also where that command is built on it.
    """
    package = get_commands().get(name, "")
    if package in ("", APP, "django.core"):
        return ""
    try:
        used = load_command_class(package, name)
        own = load_command_class(APP, name)
    except Exception:  # noqa: BLE001 - Django will say so when the command is run
        return ""
    return "" if isinstance(used, type(own)) else package


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


def _listings() -> dict[str, places.Listing] | None:
    """What is there before; None where it cannot be told. Django will say why."""
    try:
        return places.listings(places.find())
    except Exception:  # noqa: BLE001 - never in the way of the command
        return None


def _relock(
    command: BaseCommand,
    options: Mapping[str, Any],
    before: Mapping[str, places.Listing] | None,
) -> None:
    if before is None:
        return
    # Not before it is needed: Django imports this command in front of every other one,
    # for a check of its own (django/core/checks/commands.py).
    from oneleaf.django import relocking

    found = places.find()
    after = places.listings(found)
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
