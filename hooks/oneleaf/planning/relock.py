"""Plans the lockfiles of some apps, from a project that may not hold all others.

The sibling of ``lock`` for who has just changed these apps: an app whose leaf node
cannot be told does not keep the others from theirs, and what a shared lockfile says
of an app that is not at hand stays.
"""

from oneleaf import lockfile
from oneleaf.errors import Refused
from oneleaf.planning.plan import AppPlan, Plan
from oneleaf.planning.shared_lockfile import update_shared
from oneleaf.shell import word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from oneleaf.config import Config
    from oneleaf.history.graph import Graph
    from oneleaf.history.project import App, Project


def plan_relock(
    project: "Project",
    graph: "Graph",
    config: "Config",
    directories: "Collection[str]",
) -> Plan:
    """The lockfiles to be, for the apps whose migrations are in the directories.

    Empty where the repository uses no lockfiles. An app that has none yet gets one
    where others have. Why one is left alone stands in its AppPlan's ``refused``.
    """
    apps = [
        app for app in project.apps if app.directory in directories and app.migrations
    ]
    if project.shared_lockfile is not None:
        return _plan_shared(project.shared_lockfile, graph, apps)
    in_use = config.lockfile_configured or any(
        app.lockfile is not None for app in project.apps
    )
    plans: list[AppPlan] = []
    files: dict[str, bytes | None] = {}
    for app in apps if in_use else ():
        path = f"{app.directory}/{config.lockfile}"
        refused = None
        try:
            files[path] = lockfile.format_app(_leaf(graph, app))
        except (Refused, lockfile.Malformed) as error:
            refused = str(error)
        plans.append(AppPlan(app.label, lockfile=path, refused=refused))
    return Plan(tuple(plans), files)


def _plan_shared(
    shared: "tuple[str, bytes | None]", graph: "Graph", apps: "list[App]"
) -> Plan:
    path, content = shared
    if content is None or not apps:
        return Plan((), {})
    try:
        entries = lockfile.read_shared(content)
    except lockfile.Malformed as error:
        why = f"{path} cannot be read: {error}"
        plans = [AppPlan(app.label, lockfile=path, refused=why) for app in apps]
        return Plan(tuple(plans), {})
    plans = []
    for app in apps:
        refused = None
        try:
            entries[app.label] = _leaf(graph, app)
        except Refused as error:
            refused = str(error)
        plans.append(AppPlan(app.label, lockfile=path, refused=refused))
    try:
        return Plan(tuple(plans), {path: update_shared(content, entries)})
    except lockfile.Malformed as error:
        plans = [AppPlan(app.label, lockfile=path, refused=str(error)) for app in apps]
        return Plan(tuple(plans), {})


def _leaf(graph: "Graph", app: "App") -> str:
    """The one leaf node of an app. Raises Refused where there is no such thing."""
    if graph.incomplete(app):
        raise Refused(
            f"its history cannot be read whole, see"
            f" `oneleaf check {word(app.directory)}`"
        )
    leaves = graph.leaf_nodes(app)
    if len(leaves) != 1:
        raise Refused(f"it has {len(leaves)} leaf nodes: {', '.join(leaves)}")
    return leaves[0]
