"""Where the project's own apps keep their migrations, and what is there."""

from __future__ import annotations

import importlib
import importlib.util
import os

from django.apps import apps
from django.db.migrations.loader import MigrationLoader

from oneleaf.django import places

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    Listing = frozenset[tuple[str, int, int]]


def find() -> dict[str, str]:
    """App label -> folder of its migrations package, links resolved.

    Of installed apps that are no installed distributions: nothing has to be listed in
    the settings. As ``MigrationLoader.migrations_module`` says, ``MIGRATION_MODULES``
    included.
    """
    importlib.invalidate_caches()  # a package may have been made a moment ago
    found = {}
    for app in apps.get_app_configs():
        module, _ = MigrationLoader.migrations_module(app.label)
        folder = _folder(module) if module else ""
        if folder and not places.is_installed(folder):
            found[app.label] = folder
    return found


def _folder(module: str) -> str:
    """The folder of a package, "" where there is no such package."""
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, AttributeError, ValueError):
        return ""
    ways = list(spec.submodule_search_locations or ()) if spec else []
    return os.path.realpath(ways[0]) if ways else ""


def listings(found: Mapping[str, str]) -> dict[str, Listing]:
    """App label -> name, time and size of the modules in its folder."""
    return {label: _listing(folder) for label, folder in found.items()}


def _listing(folder: str) -> Listing:
    try:
        with os.scandir(folder) as entries:
            return frozenset(
                (entry.name, entry.stat().st_mtime_ns, entry.stat().st_size)
                for entry in entries
                if entry.name.endswith(".py")
            )
    except OSError:
        return frozenset()
