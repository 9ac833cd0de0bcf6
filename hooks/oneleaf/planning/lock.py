"""Plans lockfiles that name the leaf nodes."""

from oneleaf import lockfile
from oneleaf.errors import Refused
from oneleaf.foreign_lockfiles import may_be_foreign, recognise
from oneleaf.planning.plan import AppPlan, Plan
from oneleaf.planning.shared_lockfile import update_shared
from oneleaf.shell import word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneleaf.config import Config
    from oneleaf.history.graph import Graph
    from oneleaf.history.project import App, Project


def plan_lock(
    project: "Project",
    graph: "Graph",
    config: "Config",
    labels: "frozenset[str]" = frozenset(),
    *,
    init: bool = False,
) -> Plan:
    """The lockfiles to be, for the apps with these labels or for all.

    init: also where there is none yet. Plans files that are right already too: what
    is in the work tree is not known here. Raises Refused where an app has several
    leaf nodes, or its history cannot be read.
    """
    chosen = [
        app
        for app in project.apps
        if app.migrations and (not labels or app.label in labels)
    ]
    if config.shared:
        return _plan_shared(project, graph, chosen, init=init)
    apps = [app for app in chosen if init or app.lockfile is not None]
    plans = tuple(
        AppPlan(app.label, lockfile=f"{app.directory}/{config.lockfile}")
        for app in apps
    )
    contents = [lockfile.format_app(_leaf(graph, app)) for app in apps]
    files = {
        plan.lockfile or "": data for plan, data in zip(plans, contents, strict=True)
    }
    return Plan(plans, dict(files))


def _plan_shared(
    project: "Project", graph: "Graph", chosen: "list[App]", *, init: bool
) -> Plan:
    assert project.shared_lockfile is not None
    path, content = project.shared_lockfile
    if content is None and not init:
        return Plan((), {})
    try:
        entries = lockfile.read_shared(content) if content else {}
    except lockfile.Malformed:
        entries = {}
        chosen = [app for app in project.apps if app.migrations]
    known = {app.label for app in project.apps if app.migrations}
    entries = {label: name for label, name in entries.items() if label in known}
    leaves: dict[str, list[str]] = {}
    for app in chosen:
        if init or content is None or app.label in entries or not entries:
            leaves.setdefault(app.label, []).append(_leaf(graph, app))
    for label, names in leaves.items():
        if entries.get(label) not in names:  # apps of one label share an entry
            entries[label] = names[0]
    plans = tuple(AppPlan(app.label, lockfile=path) for app in chosen)
    return Plan(plans, {path: update_shared(content, entries)})


def _leaf(graph: "Graph", app: "App") -> str:
    """The one leaf node of an app. Raises Refused where there is no such thing."""
    code = [path for path in app.unmerged if path.endswith(".py")]
    if code:
        msg = f"{code[0]} is in conflict itself; edit it and `git add` it first"
        raise Refused(msg)
    if graph.incomplete(app):
        msg = (
            f"the history of app {app.label} cannot be read whole; nothing was changed;"
            f" run `oneleaf check {word(app.directory)}` to see where"
        )
        raise Refused(msg)
    leaves = graph.leaf_nodes(app)
    if len(leaves) != 1:
        what = (
            f"{len(leaves)} leaf nodes: {', '.join(leaves)}"
            if leaves
            else "no leaf node"
        )
        msg = (
            f"app {app.label} has {what}; nothing was changed;"
            f" run `oneleaf check {word(app.directory)}` first"
        )
        raise Refused(msg)
    return leaves[0]


def notes_on_foreign(
    sources: "Mapping[str, bytes]", project: "Project", graph: "Graph"
) -> "tuple[str, ...]":
    """What other tools' lockfiles say, and where they differ from the leaf nodes.

    sources: path -> content of the candidates, see ``foreign_candidates``.
    """
    notes: list[str] = []
    leaves = {app.label: graph.leaf_nodes(app) for app in project.apps}
    for path, data in sources.items():
        foreign = recognise(path, data)
        if foreign is None:
            continue
        notes.append(f"{path}: {foreign.kind}; no longer needed: `git rm {word(path)}`")
        for label, name in foreign.entries.items():
            if label in leaves and [name] != leaves[label]:
                notes.append(
                    f"{path}: names {name} for app {label}, but the leaf node is"
                    f" {' or '.join(leaves[label])}"
                )
    return tuple(notes)


def foreign_candidates(paths: "list[str]") -> "list[str]":
    """Those of the paths that may be another tool's lockfile."""
    return [path for path in paths if may_be_foreign(path)]
