"""What the lockfiles should say: the one planner, which every verb that writes them asks.

A state goes in: its configuration, its apps with the lockfiles they have, their graph.
Texts to be come out. A lockfile names the one leaf node of its app; where that cannot
be known nothing is guessed, and the reason is raised as Refused or is in the app's plan.
"""

from oneleaf.errors import Refused
from oneleaf.lockfiles import format as lockfile
from oneleaf.planning.plan import AppPlan, Plan
from oneleaf.planning.refusals import code_in_conflict
from oneleaf.project.project import App, Project
from oneleaf.shell import word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from oneleaf.checking.state import State
    from oneleaf.config import Config
    from oneleaf.project.graph import Graph

    # Why the leaf node of an app cannot be named: a sentence with the way out.
    Why = Callable[[Graph, App], str]


def plan_lock(
    state: "State", labels: "Collection[str]" = (), *, init: bool = False
) -> Plan:
    """The lockfiles to be, for the apps with these labels or for all.

    init: also where there is none yet. A shared lockfile that cannot be read is written
    anew, for all apps. Plans files that are right already too: what is in the work tree
    is not known here. Raises Refused.
    """
    project, graph, config = state.project, state.graph, state.config
    everything = [app for app in project.apps if app.migrations]
    chosen = [app for app in everything if not labels or app.label in labels]
    if not config.shared:
        chosen = [app for app in chosen if init or app.lockfile is not None]
        files = _own(graph, config, chosen, why_unknown)
    else:
        assert project.shared_lockfile is not None
        path, content = project.shared_lockfile
        if content is None and not init:
            return Plan((), {})
        try:
            entries = lockfile.read_shared(content) if content else {}
        except lockfile.Malformed:
            entries, chosen = {}, everything
        kept = _known(project, entries)
        listed = [a for a in chosen if init or not kept or a.label in kept]
        files = {path: _shared(graph, content, kept, listed, why_unknown)}
    plans = (AppPlan(app.label, lockfile=lockfile_path(config, app)) for app in chosen)
    return Plan(tuple(plans), dict(files))


def plan_relock(state: "State", directories: "Collection[str]") -> Plan:
    """The lockfiles to be, for the apps whose migrations in these directories changed.

    state: need not hold all other apps; what a shared lockfile says of those stays.
    Empty where the repository uses no lockfiles. An app that has none yet gets one
    where others have. Why one is left alone is in its AppPlan's ``refused``, and keeps
    no other app from its own.
    """
    project, graph, config = state.project, state.graph, state.config
    apps = [a for a in project.apps if a.directory in directories and a.migrations]
    if project.shared_lockfile is not None:
        in_use = project.shared_lockfile[1] is not None
    else:
        in_use = config.lockfile_configured or any(
            app.lockfile is not None for app in project.apps
        )
    if not apps or not in_use:
        return Plan((), {})
    refused = {
        app.directory: _why_not_relocked(graph, app)
        for app in apps
        if _leaf_afterwards(graph, app) is None
    }
    files: dict[str, bytes | None] = {}
    for group in [apps] if config.shared else [[app] for app in apps]:
        sure = [app for app in group if app.directory not in refused]
        try:
            files.update(_relocked(state, sure))
        except (Refused, lockfile.Malformed) as error:
            refused.update(dict.fromkeys((a.directory for a in group), str(error)))
    plans = (
        AppPlan(
            app.label,
            lockfile=lockfile_path(config, app),
            refused=refused.get(app.directory),
        )
        for app in apps
    )
    return Plan(tuple(plans), files)


def _relocked(state: "State", apps: "list[App]") -> "dict[str, bytes]":
    if state.project.shared_lockfile is None:
        return _own(state.graph, state.config, apps, _why_not_relocked)
    path, content = state.project.shared_lockfile
    try:
        entries = lockfile.read_shared(content or b"")
    except lockfile.Malformed as error:
        msg = f"{path} cannot be read: {error}"
        raise Refused(msg) from None
    return {path: _shared(state.graph, content, entries, apps, _why_not_relocked)}


def _why_not_relocked(graph: "Graph", app: "App") -> str:
    if graph.incomplete(app):
        return f"its history cannot be read whole, see `oneleaf check {word(app.directory)}`"
    leaves = graph.leaf_nodes(app)
    return f"it has {len(leaves)} leaf nodes: {', '.join(leaves)}"


def plan_lockfiles(
    state: "State",
    touched: "Collection[str]",
    why: "Why",
    *,
    stages: "Sequence[bytes]" = (),
    also: "Collection[str]" = (),
    anew: bool = False,
) -> "dict[str, bytes]":
    """path -> content of the lockfiles that have to follow what a plan does.

    state: the planned one. touched: directories of the apps whose history changes.
    stages: contents of a shared lockfile in conflict, one for each side; it is
    written whole. also: directories of further apps whose own lockfile is settled where
    it is in conflict, and mended where their leaf node is known. anew: a shared lockfile
    that cannot be read is written whole, too; else Malformed is raised.

    None is created where there was none. Raises Refused.
    """
    project, graph, config = state.project, state.graph, state.config
    if project.shared_lockfile is None:
        apps = []
        for app in project.apps:
            unmerged = lockfile_path(config, app) in app.unmerged
            if app.migrations and (app.lockfile is not None or unmerged):
                here = app.directory
                known = unmerged or _leaf_afterwards(graph, app) is not None
                if here in touched or (here in also and known):
                    apps.append(app)
        return _own(graph, config, apps, why)
    path, content = project.shared_lockfile
    texts = stages or ([] if content is None else [content])
    entries: dict[str, str] = {}
    whole = bool(stages)
    try:
        for text in texts:
            entries.update(lockfile.parse_shared(text).entries)
    except lockfile.Malformed:
        if not anew:
            raise
        entries, whole = dict.fromkeys((app.label for app in project.apps), ""), True
    if not texts or not (whole or touched):
        return {}
    kept = _known(project, entries)
    apps = [
        app
        for app in project.apps
        if app.migrations
        and (app.directory in touched or (whole and app.label in kept))
    ]
    return {path: _shared(graph, texts[0], kept, apps, why)}


def with_lockfiles(
    project: "Project", config: "Config", files: "Mapping[str, bytes]"
) -> Project:
    """The project with these lockfiles (path -> content) in it, their conflicts over."""
    apps = []
    for app in project.apps:
        path = f"{app.directory}/{config.lockfile}"
        content, unmerged = app.lockfile, app.unmerged
        if path in files and not config.shared:
            content = files[path]
            unmerged = tuple(each for each in unmerged if each != path)
        apps.append(App(app.label, app.directory, app.migrations, content, unmerged))
    shared = project.shared_lockfile
    if shared is not None and shared[0] in files:
        shared = (shared[0], files[shared[0]])
    left = frozenset(path for path in project.unmerged if path not in files)
    return Project(
        tuple(apps), project.settings, shared, project.orphaned_lockfiles, left
    )


def lockfile_path(config: "Config", app: "App") -> str:
    """Where the lockfile is that names the app's leaf node, or would be."""
    return config.lockfile if config.shared else f"{app.directory}/{config.lockfile}"


def _known(project: "Project", entries: "Mapping[str, str]") -> "dict[str, str]":
    known = {app.label for app in project.apps if app.migrations}
    return {label: name for label, name in entries.items() if label in known}


def _own(
    graph: "Graph", config: "Config", apps: "Iterable[App]", why: "Why"
) -> "dict[str, bytes]":
    return {
        lockfile_path(config, app): lockfile.format_app(_required(graph, app, why))
        for app in apps
    }


def _shared(
    graph: "Graph",
    text: "bytes | None",
    entries: "Mapping[str, str]",
    apps: "Iterable[App]",
    why: "Why",
) -> bytes:
    """The shared lockfile of these entries, in which these apps have their leaf node.

    text: whose comments stay. Apps of one label share an entry: it is right if it is
    for one of them.
    """
    leaves: dict[str, list[str]] = {}
    for app in apps:
        leaves.setdefault(app.label, []).append(_required(graph, app, why))
    named = {
        label: entries[label] if entries.get(label) in names else names[0]
        for label, names in leaves.items()
    }
    return lockfile.update_shared(text, {**entries, **named})


def _required(graph: "Graph", app: "App", why: "Why") -> str:
    leaf = _leaf_afterwards(graph, app)
    if leaf is None:
        raise Refused(code_in_conflict(app) or why(graph, app))
    return leaf


def _leaf_afterwards(graph: "Graph", app: "App") -> "str | None":
    """The leaf node that a lockfile may name; None where there is no one, or a guess."""
    leaves = graph.leaf_nodes(app)
    doubtful = len(leaves) != 1 or graph.incomplete(app) or code_in_conflict(app)
    return None if doubtful else leaves[0]


def why_unknown(graph: "Graph", app: "App") -> str:
    """Why the leaf node of an app is not known, for verbs that change no history."""
    leaves = graph.leaf_nodes(app)
    if graph.incomplete(app):
        return (
            f"the history of app {app.label} cannot be read whole; nothing was changed;"
            f" run `oneleaf check {word(app.directory)}` to see where"
        )
    what = (
        f"{len(leaves)} leaf nodes: {', '.join(leaves)}" if leaves else "no leaf node"
    )
    return (
        f"app {app.label} has {what}; nothing was changed;"
        f" run `oneleaf check {word(app.directory)}` first"
    )
