"""What ``graph`` draws: a state, what is wrong with it, and whose its migrations are."""

from oneleaf.checking import checks
from oneleaf.checking.findings import Finding
from oneleaf.checking.scope import Case

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from oneleaf.checking.states import State
    from oneleaf.drawing.rows import Side
    from oneleaf.history.project import App
    from oneleaf.planning.whose import Whose

    Hint = Callable[[App], str]

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
    for finding in checks.run(Case(found.state)):
        directory = finding.path.rpartition("/")[0]
        is_drawn = finding.code == "OL106" and finding.path in twins
        if finding.code in _CODES and directory in apps and not is_drawn:
            if hint and finding.code in _CONFLICT:
                finding.hint = hint(apps[directory])
            found.findings.setdefault(directory, []).append(finding)
