"""What a check is about: which apps are named, which a change touches; the Case."""

from oneleaf import config as configuration
from oneleaf.history import discovery

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from oneleaf.checking.states import State
    from oneleaf.config import Config
    from oneleaf.history.graph import Graph
    from oneleaf.history.project import App, Project
    from oneleaf.repository.snapshot import Change


class Case:
    """What is judged: a state, and which of its apps.

    scope: directories of the apps under check; None for all.
    new, removed: paths that the change under check adds, and takes away.
    line_of: (path, text) -> the line on which the text first stands there, else 1.
    """

    __slots__ = ("line_of", "new", "removed", "scope", "state")

    def __init__(
        self,
        state: "State",
        scope: "frozenset[str] | None" = None,
        new: "frozenset[str] | None" = None,
    ) -> None:
        """new: where the state's changes do not say it."""
        added = frozenset(c.path for c in state.changes if c.status == "A")
        self.state = state
        self.scope = scope
        self.new = added if new is None else new
        self.removed = frozenset(c.path for c in state.changes if c.status == "D")
        self.line_of = state.line_of

    @property
    def config(self) -> "Config":
        """The state's configuration."""
        return self.state.config

    @property
    def project(self) -> "Project":
        """The state's apps, also those that are not under check."""
        return self.state.project

    @property
    def graph(self) -> "Graph":
        """The state's graph."""
        return self.state.graph

    def apps(self) -> "Iterator[App]":
        """The apps under check."""
        for app in self.project.apps:
            if self.includes(app):
                yield app

    def includes(self, app: "App") -> bool:
        """Whether an app is under check."""
        return self.scope is None or app.directory in self.scope

    def is_new(self, app: "App", name: str) -> bool:
        """Whether the change under check adds a migration."""
        return app.path(name) in self.new


def may_matter(path: str, config: "Config") -> bool:
    """Whether a changed path can change a verdict on migrations or lockfiles.

    path: ``/``-separated, from the top of the repository.
    """
    directory, _, name = path.rpartition("/")
    return (
        directory.endswith("migrations")
        or name == config.lockfile.rpartition("/")[2]
        or discovery.is_numbered(name)
        or directory in config.apps
        or path == configuration.FILE
    )


def is_migration(path: str, config: "Config") -> bool:
    """Whether a path may be that of a migration which the configuration looks at.

    path: ``/``-separated, from the top of the repository.
    """
    directory, _, name = path.rpartition("/")
    return (
        discovery.is_module(name)
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
