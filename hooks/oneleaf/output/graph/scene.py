"""What ``graph`` draws: a state, what is wrong with it, and whose its migrations are.

Whose: published or local, ours or theirs, and on which branch. Who stays and who moves is
for ``oneleaf.planning.sides`` to say.
"""

import os

from oneleaf.checking import rules
from oneleaf.checking.findings import Finding
from oneleaf.checking.state import Case
from oneleaf.errors import OneleafError
from oneleaf.git import progress
from oneleaf.git.git import merge_base
from oneleaf.git.snapshot import blobs
from oneleaf.output.graph.rows import Side
from oneleaf.planning.sides import PUBLISHED, Sides
from oneleaf.upstream import published

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from oneleaf.checking.state import State
    from oneleaf.git.snapshot import Tree
    from oneleaf.output.graph.states import Twin
    from oneleaf.project.project import App
    from oneleaf.upstream.published import Upstream

    Hint = Callable[[App], str]
    Has = Callable[[str], bool]


# What a drawing tells; lockfiles are not in it.
_CODES = ("OL101", "OL102", "OL103", "OL104", "OL105", "OL106")
_CONFLICT = ("OL101", "OL102", "OL106")


class Scene:
    """A state to be drawn.

    title: what the state is and who is who, "" for a plain index. place: the state in
    two words. unknown: why nothing is known of what is published, "" where it is.
    findings: directory of an app -> what is wrong with it.
    """

    __slots__ = (
        "findings",
        "graph",
        "place",
        "project",
        "sides",
        "state",
        "title",
        "unknown",
    )

    def __init__(
        self,
        title: str,
        place: str,
        state: "State",
        sides: "dict[str, dict[str, Side]]",
    ) -> None:
        self.title = title
        self.place = place
        self.state = state
        self.project = state.project
        self.graph = state.graph
        self.sides = sides
        self.unknown = ""
        self.findings: dict[str, list[Finding]] = {}

    def is_local(self, app: "App") -> bool:
        """Whether the app has a migration that is not published."""
        return any(s.status == "local" for s in self.sides[app.directory].values())


def scene(title: str, place: str, state: "State", whose: "Whose") -> Scene:
    """The scene of a state; sides of every app are told."""
    sides = {app.directory: whose.of_app(app) for app in state.project.apps}
    return Scene(title, place, state, sides)


def judge(
    found: Scene,
    twins: "Collection[str]" = (),
    hint: "Hint | None" = None,
) -> None:
    """Adds to a scene what is wrong with it.

    twins: paths in conflict of which both sides' migrations are drawn. hint: what mends
    a conflict in an app, where that is not what ``check`` says of a state.
    """
    apps = {app.directory: app for app in found.project.apps}
    for finding in rules.run(Case(found.state)):
        directory = finding.path.rpartition("/")[0]
        is_drawn = finding.code == "OL106" and finding.path in twins
        if finding.code in _CODES and directory in apps and not is_drawn:
            if hint and finding.code in _CONFLICT:
                finding.hint = hint(apps[directory])
            found.findings.setdefault(directory, []).append(finding)


class Landmark:
    """What is known of upstream.

    branch: None where none is known; unknown: why not, where that is a fault. before:
    what it had when the state parted from it; tree: that, and what it has now;
    waiting: what the local branch of its name has.
    """

    __slots__ = ("before", "branch", "tree", "unknown", "waiting")

    def __init__(self, configured: "str | None") -> None:
        self.branch: Upstream | None = None
        self.before: Tree = {}
        self.tree: Tree | None = None
        self.waiting: Tree | None = None
        self.unknown = ""
        try:
            self.branch = published.find_upstream(configured, os.environ)
        except OneleafError as error:
            self.unknown = str(error)

    def look(self, commit: str, names: "Names") -> None:
        """Reads the trees. commit: id of what the state stands on, "" for nothing."""
        if self.branch is None:
            return
        there = self.branch.commit
        base = merge_base(commit, there) if commit else None
        now = blobs(there)
        self.before = blobs(base) if base and base != there else now
        self.tree = {**self.before, **now}
        names.published = self.branch.name
        local = published.local_branch(self.branch)
        if local and local != there:
            names.waiting = self.branch.name.partition("/")[2]
            self.waiting = blobs(local)

    def name(self, commit: str) -> str:
        """What a commit is called: as upstream where it is there, else by a branch."""
        if self.branch is not None and self.branch.commit == commit:
            return self.branch.name
        return progress.at(commit)

    def sides(self) -> Sides:
        """Who stays, as far as upstream alone tells it."""
        stays = [] if self.tree is None or self.waiting is None else [self.waiting]
        return Sides(self.tree, stays)


class Names:
    """What branches are called.

    published: upstream. waiting: the local branch of its name. local: what the state
    itself is on. ours, theirs: the sides that meet.
    """

    __slots__ = ("local", "ours", "published", "theirs", "waiting")

    def __init__(self, local: str) -> None:
        self.local = local
        self.published = ""
        self.waiting = ""
        self.ours = local
        self.theirs = ""


class Whose:
    """What is known of the sides of a state.

    published: what is known of upstream. blob: path -> id of the file's content in the
    state. meeting: whether ours, and whether theirs, has a path, where two sides meet.
    twins: see ``oneleaf.output.graph.states``.
    """

    def __init__(
        self,
        published: "Landmark",
        names: Names,
        blob: "Callable[[str], str | None]",
        meeting: "tuple[Has, Has] | None" = None,
    ) -> None:
        self._published = published
        self._sides = published.sides()
        self._names = names
        self._blob = blob
        self._meeting = meeting
        self.twins: Mapping[str, Twin] = {}

    def of_app(self, app: "App") -> "dict[str, Side]":
        """Migration name -> its side.

        Ours and theirs only where each of them has something in the app that the
        other has not.
        """
        roles = {name: self._role(app.path(name)) for name in app.migrations}
        meet = {"ours", "theirs"} <= set(roles.values())
        return {
            name: self._side(app.path(name), role, is_told=meet)
            for name, role in roles.items()
        }

    def _side(self, path: str, role: str, *, is_told: bool) -> Side:
        status = self._status(path)
        refs = {"ours": self._names.ours, "theirs": self._names.theirs}
        if role and is_told:
            return Side(status, refs[role], role)
        if status == "published":
            return Side(status, self._names.published)
        if not status:
            return Side()
        if path in (self._published.waiting or ()):
            return Side(status, self._names.waiting)
        return Side(
            status, self._names.theirs if role == "theirs" else self._names.local
        )

    def is_theirs(self, path: str) -> bool:
        """Whether only the side that comes in has it."""
        return self._role(path) == "theirs"

    def _role(self, path: str) -> str:
        if path in self.twins:
            return self.twins[path].role
        if self._meeting is None:
            return ""
        ours, theirs = (has(path) for has in self._meeting)
        if ours == theirs:
            return ""
        return "ours" if ours else "theirs"

    def _status(self, path: str) -> str:
        """``"published"``, ``"local"``, or "" where no upstream is known."""
        published = self._published.tree
        if published is None:
            return ""
        twin = self.twins.get(path)
        place = twin.path if twin else path
        blob = twin.blob if twin else self._blob(path)
        # Both added it, since they parted: what is here is not what is published.
        if place in published and place not in self._published.before and blob:
            return "published" if published[place] == blob else "local"
        rank = self._sides.rank(path, blob)
        return "published" if rank == PUBLISHED else "local"
