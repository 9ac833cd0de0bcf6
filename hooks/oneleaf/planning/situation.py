"""Everything that ``rebase`` has to know before it can plan."""

from dataclasses import dataclass, field
from functools import cached_property

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


@dataclass(frozen=True, slots=True)
class PlanFiles:
    """The files that a plan is made from.

    current: path -> what is in the work tree now, None where nothing is.
    edited: paths whose work tree content the index does not hold.
    prepared: path -> content to start from instead of what is in the work tree. The
        project was read from these.
    origins: path -> where the file really is, for one that has a made-up path since
        another side's migration of the same name stays at its own.
    """

    current: "Callable[[str], bytes | None]"
    edited: "frozenset[str]" = frozenset()
    prepared: "Mapping[str, bytes]" = field(default_factory=dict)
    origins: "Mapping[str, str]" = field(default_factory=dict)

    def source(self, path: str) -> bytes:
        """What an edit of the file starts from; b"" where there is no such file."""
        if path in self.prepared:
            return self.prepared[path]
        return self.current(path) or b""

    def origin(self, path: str) -> str:
        """Where the file of a made-up path really is; any other path as it is."""
        return self.origins.get(path, path)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user asks for. labels: of the apps to look at, all where empty."""

    labels: "frozenset[str]" = frozenset()
    despite_overlap: bool = False


@dataclass(frozen=True)
class Situation:
    """A project in which local migrations stand beside what stays.

    ranks: every migration -> its rank, see ``oneleaf.planning.sides``.
    former: (directory, name) of migrations that are gone, though the branch that comes
        in was made on them: a dependency on one may be tied to something else.
    stages: contents of a shared lockfile in conflict, one for each side.
    """

    project: "Project"
    graph: "Graph"
    config: "Config"
    sides: "Sides"
    ranks: "Mapping[Place, int]"
    files: PlanFiles
    former: "frozenset[Place]" = frozenset()
    stages: "Sequence[bytes]" = ()
    wishes: Wishes = Wishes()

    @cached_property
    def history(self) -> Ancestry:
        """The order of the project's migrations."""
        return Ancestry(self.project, self.graph)

    @cached_property
    def _local(self) -> "frozenset[Place]":
        fixed = self.sides.is_fixed
        return frozenset(key for key, rank in self.ranks.items() if not fixed(rank))

    @cached_property
    def _leaves(self) -> "dict[str, list[str]]":
        kept = plan.planned(self.project, self._local, {})
        graph = plan.build(kept)
        return {app.directory: graph.leaf_nodes(app) for app in kept.apps}

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
        return self._leaves[app.directory]
