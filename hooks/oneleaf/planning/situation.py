"""Everything that ``rebase`` has to know before it can plan."""

from oneleaf.planning import plan
from oneleaf.planning.order import Ancestry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from oneleaf.config import Config
    from oneleaf.planning.order import Place
    from oneleaf.planning.sides import Sides
    from oneleaf.project.graph import Graph
    from oneleaf.project.project import App, Project


class PlanFiles:
    """The files that a plan is made from.

    current: path -> what is in the work tree now, None where nothing is.
    edited: paths whose work tree content the index does not hold.
    prepared: path -> content to start from instead of what is in the work tree. The
        project was read from these.
    origins: path -> where the file really is, for one that has a made-up path since
        another side's migration of the same name stays at its own.
    """

    __slots__ = ("current", "edited", "origins", "prepared")

    def __init__(
        self,
        current: "Callable[[str], bytes | None]",
        edited: "frozenset[str]" = frozenset(),
        prepared: "Mapping[str, bytes] | None" = None,
        origins: "Mapping[str, str] | None" = None,
    ) -> None:
        self.current = current
        self.edited = edited
        self.prepared = prepared or {}
        self.origins = origins or {}

    def source(self, path: str) -> bytes:
        """What an edit of the file starts from; b"" where there is no such file."""
        if path in self.prepared:
            return self.prepared[path]
        return self.current(path) or b""

    def origin(self, path: str) -> str:
        """Where the file of a made-up path really is; any other path as it is."""
        return self.origins.get(path, path)


class Wishes:
    """What the user asks for. labels: of the apps to look at, all where empty."""

    __slots__ = ("despite_overlap", "labels")

    def __init__(
        self, labels: "frozenset[str]" = frozenset(), *, despite_overlap: bool = False
    ) -> None:
        self.labels = labels
        self.despite_overlap = despite_overlap


class Situation:
    """A project in which local migrations stand beside what stays.

    ranks: every migration -> its rank, see ``oneleaf.planning.sides``.
    former: (directory, name) of migrations that are gone, though the branch that comes
        in was made on them: a dependency on one may be tied to something else.
    stages: contents of a shared lockfile in conflict, one for each side.
    """

    __slots__ = (
        "_kept",
        "_local",
        "config",
        "files",
        "former",
        "graph",
        "history",
        "project",
        "ranks",
        "sides",
        "stages",
        "wishes",
    )

    def __init__(
        self,
        project: "Project",
        graph: "Graph",
        config: "Config",
        sides: "Sides",
        ranks: "Mapping[Place, int]",
        files: PlanFiles,
    ) -> None:
        self.project = project
        self.graph = graph
        self.config = config
        self.sides = sides
        self.ranks = ranks
        self.files = files
        self.history = Ancestry(project, graph)
        self.former: frozenset[Place] = frozenset()
        self.stages: Sequence[bytes] = ()
        self.wishes = Wishes()
        self._kept: dict[str, list[str]] = {}
        self._local = {key for key, rank in ranks.items() if not sides.is_fixed(rank)}

    def is_published(self, key: "Place") -> bool:
        """Whether upstream has a (directory, migration name) that may be gone here."""
        return any(
            app.directory == key[0] and self.sides.is_published(app, key[1])
            for app in self.project.apps
        )

    def is_local(self, key: "Place") -> bool:
        """Whether a (directory, migration name) may be renamed and edited."""
        return key in self._local

    def local(self, app: "App") -> "list[str]":
        """Names of the app's local migrations, in listing order."""
        here = app.directory
        return [name for name in app.migrations if (here, name) in self._local]

    def fixed(self, app: "App") -> "list[str]":
        """Names of the app's migrations that nothing may touch."""
        here = app.directory
        return [name for name in app.migrations if (here, name) not in self._local]

    def chosen(self) -> "list[App]":
        """The apps the user asks for, all where nothing is asked."""
        labels = self.wishes.labels
        return [app for app in self.project.apps if not labels or app.label in labels]

    def base_leaves(self, app: "App") -> "list[str]":
        """The leaf nodes of what stays of the app, as they are without what is local."""
        if not self._kept:
            gone = self._local
            kept = plan.planned(self.project, gone, {})
            graph = plan.build(kept)
            self._kept = {each.directory: graph.leaf_nodes(each) for each in kept.apps}
        return self._kept[app.directory]
