"""What ``graph`` draws: a state, what is wrong with it, and whose its migrations are.

Whose: published or local, ours or theirs, and on which branch. Who stays and who moves is
for ``oneleaf.planning.sides`` to say.
"""

from dataclasses import dataclass, field

from oneleaf.checking import rules
from oneleaf.checking.findings import Finding
from oneleaf.checking.state import Case
from oneleaf.errors import Refused
from oneleaf.output.graph.rows import Side
from oneleaf.planning.sides import tell_apart
from oneleaf.upstream.published import LOCAL, Standing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from oneleaf.checking.state import State
    from oneleaf.planning.sides import Sides
    from oneleaf.project.graph import Graph
    from oneleaf.project.project import App, Project

    Hint = Callable[[App], str]
    Has = Callable[[str], bool]


# What a drawing tells; lockfiles are not in it.
_CODES = ("OL101", "OL102", "OL103", "OL104", "OL105", "OL106")
_CONFLICT = ("OL101", "OL102", "OL106")
_STAGES = {"ours": 2, "theirs": 3}


@dataclass(slots=True)
class Scene:
    """A state to be drawn.

    title: what the state is and who is who, "" for a plain index. place: the state in
    two words. sides: directory of an app -> migration name -> whose it is. unknown: why
    nothing is known of what is published, "" where it is. findings: directory of an app
    -> what is wrong with it.
    """

    title: str
    place: str
    state: "State"
    sides: "dict[str, dict[str, Side]]"
    unknown: str = ""
    findings: "dict[str, list[Finding]]" = field(default_factory=dict)

    @property
    def project(self) -> "Project":
        return self.state.project

    @property
    def graph(self) -> "Graph":
        return self.state.graph

    def is_local(self, app: "App") -> bool:
        """Whether the app has a migration that is not published."""
        return any(s.status == "local" for s in self.sides[app.directory].values())


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


@dataclass(frozen=True, slots=True)
class DrawnTwice:
    """One of two migrations that have one name. role: ``"ours"`` or ``"theirs"``.

    path: where both are. blobs: stage -> blob id, of the two (git-ls-files(1)).
    """

    role: str
    path: str
    blobs: "Mapping[int, str]"


@dataclass(frozen=True, slots=True)
class Owners:
    """Whose the migrations of a state are, by the sides that ``rebase`` asks.

    waiting: rank -> the local branch of an upstream's name that has what upstream has
    not. names: "" -> what the state itself is on; "ours", "theirs" -> what the sides that
    meet are called. blob: path -> id of the file's content in the state. meeting:
    whether ours, and whether theirs, has a path, where two sides meet. twins: path ->
    what is drawn there of a name that both sides added.
    """

    sides: "Sides"
    waiting: "Mapping[int, str]"
    names: "Mapping[str, str]"
    blob: "Callable[[str], str | None]"
    meeting: "tuple[Has, Has] | None" = None
    twins: "Mapping[str, DrawnTwice]" = field(default_factory=dict)

    def of_app(self, app: "App") -> "dict[str, Side]":
        """Migration name -> its side.

        Ours and theirs only where each of them has something in the app that the
        other has not.
        """
        roles = {name: self.role(app.path(name)) for name in app.migrations}
        meet = {"ours", "theirs"} <= set(roles.values())
        return {
            name: self._side(app, name, role, is_told=meet)
            for name, role in roles.items()
        }

    def _side(self, app: "App", name: str, role: str, *, is_told: bool) -> Side:
        standing = self._standing(app, name)
        if role and is_told:
            return Side(standing.word, self.names[role], role)
        if standing.word != LOCAL or standing.branch:
            return Side(standing.word, standing.branch)
        return Side(LOCAL, self.names["theirs" if role == "theirs" else ""])

    def _standing(self, app: "App", name: str) -> Standing:
        """As ``rebase`` ranks it; with the local branch on which it waits, if any."""
        sides, path = self.sides, app.path(name)
        if sides.published is None:
            return Standing("")
        blob = self.blob(path)
        if twin := self.twins.get(path):
            name, stage = twin.path.rpartition("/")[2][:-3], _STAGES[twin.role]
            try:
                mover = tell_apart(app, twin.path, twin.blobs, sides).mover
            except Refused:
                return Standing(LOCAL)
            if mover == stage:
                return Standing(LOCAL)
            blob = twin.blobs[stage]
        rank = sides.rank(app, name, blob)
        if rank == 0:
            return sides.published.standing(app, name, blob)
        return Standing(LOCAL, self.waiting.get(rank, ""))

    def role(self, path: str) -> str:
        """The one side that has it: "ours", "theirs", or "" for both or none."""
        if path in self.twins:
            return self.twins[path].role
        if self.meeting is None:
            return ""
        ours, theirs = (has(path) for has in self.meeting)
        if ours == theirs:
            return ""
        return "ours" if ours else "theirs"
