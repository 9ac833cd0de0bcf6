"""The state that a plan would leave behind, and whether it is sound."""

from oneleaf import lockfile
from oneleaf.checking import checks
from oneleaf.checking.scope import Case
from oneleaf.checking.states import State
from oneleaf.history.project import App, Project
from oneleaf.reading import migrations
from oneleaf.repository import git

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from oneleaf.config import Config
    from oneleaf.history.graph import Graph

    Sources = Mapping[
        str, Mapping[str, bytes]
    ]  # directory -> migration name -> content


def planned(
    project: "Project", gone: "Iterable[tuple[str, str]]", sources: "Sources"
) -> Project:
    """The project after the plan.

    gone: (directory, migration name) of what is not there any more. sources: what is
    written; it is read anew, by the same reader that reads the index.
    """
    lost = set(gone)
    apps = []
    for app in project.apps:
        written = sources.get(app.directory, {})
        kept = {
            name: migration
            for name, migration in app.migrations.items()
            if (app.directory, name) not in lost and name not in written
        }
        read = {name: migrations.read(name, source) for name, source in written.items()}
        after = {**kept, **read}
        unchanged = len(kept) == len(app.migrations) and not read
        apps.append(
            app
            if unchanged
            else App(app.label, app.directory, after, app.lockfile, app.unmerged)
        )
    return Project(
        tuple(apps),
        project.settings,
        project.shared_lockfile,
        project.orphaned_lockfiles,
        project.unmerged,
    )


def objections(
    before: "Graph",
    after: "Graph",
    project: "Project",
    config: "Config",
    touched: "set[str]",
) -> "list[str]":
    """Why the planned state is not sound; empty where it is.

    before: the graph the plan was made from: what was wrong elsewhere already is no
    objection. project, after: the planned state. touched: directories of the apps
    whose history the plan changes.
    """
    found: list[str] = []
    known = {_spelled(m.app, m.dependency) for m in before.missing}
    for missing in after.missing:
        if (
            missing.app.directory in touched
            or _spelled(missing.app, missing.dependency) not in known
        ):
            label, name = missing.dependency
            found.append(
                f"{missing.app.label}.{missing.migration} names {label}.{name}, which does not exist"
            )
    for cycle in after.cycles:
        if len(after.cycles) > len(before.cycles) or any(
            a.directory in touched for a, _ in cycle
        ):
            steps = " -> ".join(
                f"{app.label}.{name}" for app, name in [*cycle, cycle[0]]
            )
            found.append(f"circular dependency: {steps}")
    for app in project.apps:
        if app.directory in touched:
            found += _of_app(after, app)
    case = Case(state(project, after, config), frozenset(touched))
    found += [finding.message for finding in checks.duplicate_numbers(case)]
    return found


def _of_app(graph: "Graph", app: "App") -> "list[str]":
    leaves = graph.leaf_nodes(app)
    found = []
    if len(leaves) != 1:
        found.append(
            f"app {app.label} has {len(leaves)} leaf nodes: {', '.join(leaves)}"
        )
    for migration in app.migrations.values():
        unread = app.unread(migration)
        if unread is not None:
            line, reason = unread
            found.append(f"{app.path(migration.name)}:{line} cannot be read: {reason}")
    if app.unmerged:
        found.append(f"{app.unmerged[0]} is in conflict")
    if app.lockfile is not None and len(leaves) == 1:
        try:
            named = lockfile.read_app(app.lockfile)
        except lockfile.Malformed as error:
            return [*found, f"the lockfile of app {app.label} cannot be read: {error}"]
        if named != leaves[0]:
            found.append(
                f"the lockfile of app {app.label} names {named}, not {leaves[0]}"
            )
    return found


def _spelled(app: "App", pair: "tuple[str, str]") -> "tuple[str, str, str]":
    return (app.directory, *pair)


def build(project: "Project") -> "Graph":
    """The graph of a project."""
    return State("plan", git.Objects(), project=project).graph


def state(project: "Project", graph: "Graph", config: "Config") -> State:
    """The state that a plan would leave behind, of which nothing else is known."""
    objects = git.Objects()
    return State("plan", objects, config=config, project=project, graph=graph)
