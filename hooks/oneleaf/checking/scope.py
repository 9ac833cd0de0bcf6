"""Which apps a check is about: those named, and those that a change touches."""

from oneleaf import config as configuration
from oneleaf.history import discovery

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from oneleaf.config import Config
    from oneleaf.history.project import Project
    from oneleaf.repository.snapshot import Change


def may_matter(path: str, config: "Config") -> bool:
    """Whether a changed path can change a verdict on migrations or lockfiles."""
    directory, _, name = path.rpartition("/")
    return (
        directory.endswith("migrations")
        or name == config.lockfile.rpartition("/")[2]
        or discovery.is_numbered(name)
        or directory in config.apps
        or path == configuration.FILE
    )


def is_migration(path: str, config: "Config") -> bool:
    """Whether a path may be that of a migration."""
    directory, _, name = path.rpartition("/")
    return (
        name.endswith(".py")
        and name[:1] not in "_~"
        and may_matter(path, config)
        and not discovery.excluded(directory, config)
    )


def may_edit_migrations(changes: "Sequence[Change]", config: "Config") -> bool:
    """Whether something is taken away or edited that may be a migration."""
    return any(
        change.status in "MDT" and is_migration(change.path, config)
        for change in changes
    )


def directories(
    changes: "Sequence[Change]", config: "Config"
) -> "frozenset[str] | None":
    """The directories whose apps the changes may touch; None for every app.

    A change of the configuration or of the shared lockfile touches every app.
    """
    paths = [c.path for c in changes if may_matter(c.path, config)]
    if configuration.FILE in paths or (config.shared and config.lockfile in paths):
        return None
    return frozenset(path.rpartition("/")[0] for path in paths)


def named(project: "Project", paths: "Sequence[str]") -> "frozenset[str]":
    """Directories of the apps that the paths name.

    A path names an app by lying in its migrations package, or by being a folder
    above it. Paths are relative to the top of the repository; "" is the top.
    """
    found = set()
    for app in project.apps:
        heads = _heads(app.directory)
        for path in paths:
            if path in heads or path.startswith(app.directory + "/"):
                found.add(app.directory)
                break
    return frozenset(found)


def _heads(directory: str) -> "set[str]":
    """The directory, every folder above it, and the top."""
    parts = directory.split("/")
    return {"/".join(parts[:length]) for length in range(len(parts) + 1)}
