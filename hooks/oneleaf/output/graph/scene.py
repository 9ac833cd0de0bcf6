"""What ``graph`` draws: a state, what is wrong with it, and whose its migrations are.

Whose: published or local, ours or theirs, and on which branch. Who stays and who moves is
for ``oneleaf.planning.sides`` to say.
"""

from oneleaf.checking import rules
from oneleaf.checking.findings import Finding
from oneleaf.checking.state import Case
from oneleaf.output.graph.rows import Side
from oneleaf.upstream.published import LOCAL, Standing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from oneleaf.checking.state import State
    from oneleaf.git.snapshot import Tree
    from oneleaf.output.graph.states import DrawnTwice
    from oneleaf.project.project import App
    from oneleaf.upstream.published import Published

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


class BranchNames:
    """What branches are called.

    local: what the state itself is on. ours, theirs: the sides that meet.
    """

    __slots__ = ("local", "ours", "theirs")

    def __init__(self, local: str) -> None:
        self.local = local
        self.ours = local
        self.theirs = ""


class Whose:
    """What is known of the sides of a state.

    published: for this state. waiting: name and tree of each local branch of an
    upstream's name. blob: path -> id of the file's content in the state. meeting:
    whether ours, and whether theirs, has a path, where two sides meet. twins: see
    ``oneleaf.output.graph.states``.
    """

    def __init__(
        self,
        published: "Published",
        waiting: "Sequence[tuple[str, Tree]]",
        names: BranchNames,
        blob: "Callable[[str], str | None]",
        meeting: "tuple[Has, Has] | None" = None,
    ) -> None:
        self._published = published
        self._waiting = waiting
        self._names = names
        self._blob = blob
        self._meeting = meeting
        self.twins: Mapping[str, DrawnTwice] = {}

    def of_app(self, app: "App") -> "dict[str, Side]":
        """Migration name -> its side.

        Ours and theirs only where each of them has something in the app that the
        other has not.
        """
        roles = {name: self._role(app.path(name)) for name in app.migrations}
        meet = {"ours", "theirs"} <= set(roles.values())
        return {
            name: self._side(app, name, role, is_told=meet)
            for name, role in roles.items()
        }

    def _side(self, app: "App", name: str, role: str, *, is_told: bool) -> Side:
        refs = {"ours": self._names.ours, "theirs": self._names.theirs}
        known = bool(self._published.branches)
        standing = self._standing(app, name) if known else Standing("")
        if role and is_told:
            return Side(standing.word, refs[role], role)
        if standing.word != LOCAL:
            return Side(standing.word, standing.branch)
        for branch, tree in self._waiting:
            if app.path(name) in tree:
                return Side(LOCAL, branch)
        return Side(LOCAL, refs["theirs"] if role == "theirs" else self._names.local)

    def _standing(self, app: "App", name: str) -> Standing:
        twin = self.twins.get(app.path(name))
        if twin is None:
            return self._published.standing(app, name, self._blob(app.path(name)))
        # Both added it, since they parted: one of the two is what is published.
        known = twin.path.rpartition("/")[2][:-3]
        if self._published.has(app, known, twin.blob):
            return self._published.standing(app, known, twin.blob)
        return Standing(LOCAL)

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
