"""Which command stands behind one of ours.

Several packages may replace ``makemigrations``; Django takes the first in
INSTALLED_APPS. So that the others are not lost, ours builds on the next one.
"""

from __future__ import annotations

import importlib
import os

from django.apps import apps
from django.core.management import (
    find_commands,
    get_commands,
    load_command_class,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from django.core.management.base import BaseCommand

APP = "oneleaf.django"


def next_command(name: str) -> type[BaseCommand]:
    """The class that Django would load, were our app not installed.

    Looked for behind our app only: who stands before it is loaded instead of us, and
    may have been built on us. Raises what importing the command raises.
    """
    for package in _packages_behind():
        found = _command(package, name)
        if found is not None:
            return found
    module = importlib.import_module(f"django.core.management.commands.{name}")
    command: type[BaseCommand] = module.Command
    return command


def _packages_behind() -> list[str]:
    names = [app.name for app in apps.get_app_configs()]
    return names[names.index(APP) + 1 :] if APP in names else []


def _command(package: str, name: str) -> type[BaseCommand] | None:
    """The command of a package; None where it has none, or it is built on ours."""
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
