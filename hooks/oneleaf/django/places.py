"""Which repository a folder is in, and where the project's own apps keep their migrations.

Without git: ``makemigrations`` often runs in a container that has no git, or only a part
of the repository. So nothing here starts a process: ``.git`` is looked for, upwards.
"""

from __future__ import annotations

import importlib
import importlib.util
import os

from django.apps import apps
from django.db.migrations.loader import MigrationLoader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    Listing = frozenset[tuple[str, int, int]]


CONFIGURATION = "pyproject.toml"
_INSTALLED = {"site-packages", "dist-packages"}


def is_installed(folder: str) -> bool:
    """Whether a folder belongs to an installed distribution, not to the project."""
    return not _INSTALLED.isdisjoint(folder.split(os.sep))


def repository(folder: str) -> str:
    """The top of the repository that a folder is in, "" where none is seen."""
    return next((p for p in _upwards(folder) if os.path.lexists(f"{p}/.git")), "")


def tops(folders: Iterable[str]) -> dict[str, str]:
    """Folder -> the folder that stands for the top of its repository.

    Where no ``.git`` is seen, that is the nearest one with a configuration of oneleaf's,
    else the folder that holds all of those left.
    """
    found = {folder: repository(folder) or _configured(folder) for folder in folders}
    left = [os.path.dirname(folder) for folder, top in found.items() if not top]
    try:
        common = os.path.commonpath(left) if left else ""
    except ValueError:  # on several drives of Windows
        common = ""
    return {
        folder: top or common or os.path.dirname(folder)
        for folder, top in found.items()
    }


def _configured(folder: str) -> str:
    return next((p for p in _upwards(folder) if _has_section(p)), "")


def _has_section(place: str) -> bool:
    try:
        with open(os.path.join(place, CONFIGURATION), "rb") as file:
            return b"[tool.oneleaf" in file.read()
    except OSError:
        return False


def _upwards(folder: str) -> Iterator[str]:
    place = os.path.realpath(folder)
    yield place
    while place != os.path.dirname(place):
        place = os.path.dirname(place)
        yield place


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
        if folder and not is_installed(folder):
            found[app.label] = folder
    return found


def _folder(module: str) -> str:
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
