"""One state judged by itself: apps, graph, findings."""

from oneleaf.checking import checks
from oneleaf.checking.scope import Case
from oneleaf.history import discovery
from oneleaf.history.graph import build_graph
from oneleaf.repository import git

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from oneleaf.checking.findings import Finding
    from oneleaf.config import Config
    from oneleaf.history.project import App, Project
    from oneleaf.repository.snapshot import Change, Snapshot


class Judged:
    """A state's project, the apps of it that were under check, and what was found."""

    __slots__ = ("apps", "findings", "project")

    def __init__(
        self,
        project: "Project",
        apps: "Sequence[App]",
        findings: "Sequence[Finding]",
    ) -> None:
        self.project = project
        self.apps = apps
        self.findings = findings


def judge(
    snapshot: "Snapshot",
    config: "Config",
    project: "Project | None" = None,
    changes: "Iterable[Change]" = (),
    directories: "frozenset[str] | None" = None,
) -> Judged:
    """Runs every check on a state, with its graph built from what it holds.

    project: where it is read already. changes: what the change under check changes.
    directories: of the apps under check, None for all. Raises OneleafError where git
    cannot read the state.
    """
    if project is None:
        project = discovery.read(snapshot, config)
    changes = list(changes)
    case = Case(
        project,
        build_graph(project.apps, project.settings),
        config,
        directories,
        frozenset(change.path for change in changes if change.status == "A"),
        frozenset(change.path for change in changes if change.status == "D"),
        lambda path, text: line_of(snapshot, path, text),
    )
    return Judged(project, list(case.apps()), checks.run_checks(case))


def line_of(snapshot: "Snapshot", path: str, text: str) -> int:
    """Line on which ``text`` first stands in a file of the state, else 1."""
    source = snapshot.read(path) or b""
    at = source.find(git.encode(text))
    return source.count(b"\n", 0, at) + 1 if at >= 0 else 1
