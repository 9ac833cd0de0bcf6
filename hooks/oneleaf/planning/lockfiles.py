"""The lockfiles as a rebase leaves them."""

from oneleaf import lockfile
from oneleaf.errors import Refused
from oneleaf.planning.shared_lockfile import update_shared

TYPE_CHECKING = False
if TYPE_CHECKING:
    from oneleaf.history.graph import Graph
    from oneleaf.history.project import App, Project
    from oneleaf.planning.situation import Situation


def plan_lockfiles(
    situation: "Situation", project: "Project", graph: "Graph", touched: "set[str]"
) -> "dict[str, bytes]":
    """path -> content of the lockfiles that have to name a leaf node of ``project``.

    project, graph: the planned state. touched: directories of apps whose history
    changes. Included are also the chosen apps' lockfiles that are in conflict, or
    stale beside local migrations. None is created where there was none.
    """
    if situation.config.shared:
        return _shared(situation, project, graph, touched)
    chosen = {app.directory for app in situation.chosen()}
    found = {}
    for app in project.apps:
        path = f"{app.directory}/{situation.config.lockfile}"
        unmerged = path in app.unmerged
        if not app.migrations or (app.lockfile is None and not unmerged):
            continue
        if app.directory in touched or (app.directory in chosen and unmerged):
            found[path] = lockfile.format_app(_leaf(graph, app))
        elif app.directory in chosen and _has_local(situation, app):
            leaves = graph.leaf_nodes(app)
            if len(leaves) == 1 and not graph.incomplete(app):
                found[path] = lockfile.format_app(leaves[0])
    return found


def _has_local(situation: "Situation", app: "App") -> bool:
    return any(situation.is_local((app.directory, name)) for name in app.migrations)


def _shared(
    situation: "Situation", project: "Project", graph: "Graph", touched: "set[str]"
) -> "dict[str, bytes]":
    """The shared lockfile, whole where it is in conflict or cannot be read."""
    assert project.shared_lockfile is not None
    path, content = project.shared_lockfile
    sources = situation.stages or ([] if content is None else [content])
    read = [_entries(source) for source in sources]
    whole = bool(situation.stages) or None in read
    if not sources or not (whole or touched):
        return {}
    entries = {label: name for part in read for label, name in (part or {}).items()}
    for app in project.apps:
        listed = app.label in entries or None in read
        if app.migrations and (app.directory in touched or (whole and listed)):
            entries[app.label] = _leaf(graph, app)
    known = {app.label for app in project.apps if app.migrations}
    kept = {label: name for label, name in entries.items() if label in known}
    return {path: update_shared(sources[0], kept)}


def _entries(source: bytes) -> "dict[str, str] | None":
    try:
        return lockfile.parse_shared(source).entries
    except lockfile.Malformed:
        return None


def _leaf(graph: "Graph", app: "App") -> str:
    """The one leaf node. Raises Refused where there is no such thing."""
    leaves = graph.leaf_nodes(app)
    code = [path for path in app.unmerged if path.endswith(".py")]
    if code:
        msg = f"{code[0]} is in conflict itself; edit it and `git add` it first"
        raise Refused(msg)
    if len(leaves) == 1 and not graph.incomplete(app):
        return leaves[0]
    msg = (
        f"the lockfile cannot name the leaf node of app {app.label}, which has"
        f" {len(leaves)}; nothing was changed; run `oneleaf rebase` for it too, or see"
        f" `oneleaf check {app.directory}`"
    )
    raise Refused(msg)
