"""The rules for lockfiles: each must name its app's one leaf node."""

from oneleaf import lockfile
from oneleaf.checking.findings import Finding
from oneleaf.shell import word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from oneleaf.checking.scope import Case
    from oneleaf.history.project import App


def _rewrite(path: str, label: str = "", options: str = "") -> str:
    """The hint that a lockfile is to be written anew, for one app or for all."""
    words = ["oneleaf lock", options, word(label) if label else ""]
    return f"run `{' '.join(filter(None, words))}` and `git add {word(path)}`"


def app_lockfiles(case: "Case") -> "Iterator[Finding]":
    """OL201, OL202, OL203, OL106 for lockfiles of one app each.

    An app without one is a fault only where the repository uses lockfiles.
    """
    if case.config.shared:
        return
    in_use = case.config.lockfile_configured or any(
        app.lockfile is not None for app in case.project.apps
    )
    for app in case.apps():
        path = f"{app.directory}/{case.config.lockfile}"
        if app.lockfile is None:
            if in_use and app.migrations and path not in app.unmerged:
                yield _missing(app, path)
            continue
        try:
            named = lockfile.read_app(app.lockfile)
        except lockfile.Malformed as error:
            yield _malformed(app.label, path, error)
            continue
        yield from _stale(case, app, path, named)


def shared_lockfile(case: "Case") -> "Iterator[Finding]":
    """OL201, OL202, OL203, OL204, OL106 for one lockfile of all apps."""
    if case.project.shared_lockfile is None:
        return
    path, content = case.project.shared_lockfile
    apps = [app for app in case.apps() if app.migrations]
    if path in case.project.unmerged:
        message = f"the lockfile {path} has an unresolved merge"
        hint = "run `oneleaf rebase` and go on with the merge"
        yield Finding("OL106", "", (path, 1), (), message, hint)
    elif content is not None:
        try:
            entries = lockfile.read_shared(content)
        except lockfile.Malformed as error:
            yield _malformed("", path, error)
            return
        yield from _stale_entries(case, apps, path, entries)
        yield from _orphaned_entries(case, path, entries)
    elif apps:
        message = f"the lockfile {path} does not exist"
        hint = _rewrite(path, options="--init")
        yield Finding("OL201", "", (path, 1), (), message, hint)


def _stale_entries(
    case: "Case", apps: "list[App]", path: str, entries: "dict[str, str]"
) -> "Iterator[Finding]":
    """OL201, OL202. Apps of one label have one entry: it is right if it is for one."""
    right = {
        app.label
        for app in case.project.apps
        if case.graph.leaf_nodes(app) == [entries.get(app.label)]
    }
    for app in apps:
        if app.label not in entries:
            yield _missing(app, path)
        elif app.label not in right:
            yield from _stale(case, app, path, entries[app.label])


def _orphaned_entries(
    case: "Case", path: str, entries: "dict[str, str]"
) -> "Iterator[Finding]":
    """OL204: where all apps are under check, or migrations are taken away."""
    if case.scope is not None and not any(
        gone.rpartition("/")[0] in case.scope for gone in case.removed
    ):
        return
    known = {app.label for app in case.project.apps if app.migrations}
    for label in sorted(set(entries) - known):
        yield Finding(
            "OL204",
            label,
            (path, case.line_of(path, f"{label}:")),
            (entries[label],),
            f"{path} names app {label}, which has no migrations",
            _rewrite(path),
        )


def orphaned_lockfiles(case: "Case") -> "Iterator[Finding]":
    """OL204: a lockfile without migrations beside it."""
    for path in case.project.orphaned_lockfiles:
        directory = path.rpartition("/")[0]
        if case.scope is None or directory in case.scope:
            yield Finding(
                "OL204",
                "",
                (path, 1),
                (),
                f"the lockfile {path} has no migrations beside it",
                f"run `git rm {word(path)}`",
            )


def _missing(app: "App", path: str) -> Finding:
    return Finding(
        "OL201",
        app.label,
        (path, 1),
        (),
        f"app {app.label} has no entry in the lockfile {path}"
        if not path.startswith(app.directory + "/")
        else f"app {app.label} has no lockfile {path.rpartition('/')[2]}",
        _rewrite(path, app.label, "--init"),
    )


def _malformed(label: str, path: str, error: lockfile.Malformed) -> Finding:
    if error.reason.startswith("conflict marker"):
        return Finding(
            "OL106",
            label,
            (path, error.line),
            (),
            f"the lockfile {path} holds a {error.reason}",
            f"run `oneleaf rebase {word(label)}`" if label else "run `oneleaf rebase`",
        )
    return Finding(
        "OL203",
        label,
        (path, error.line),
        (),
        f"the lockfile {path} cannot be read: {error.reason}",
        _rewrite(path, label),
    )


def _stale(case: "Case", app: "App", path: str, named: str) -> "Iterator[Finding]":
    """OL202: the lockfile names something else than the leaf node.

    With several leaf nodes, or a history that cannot be read whole, only a name that
    no migration has is a fault of the lockfile's own. What is in conflict itself may
    be the leaf node.
    """
    leaves = case.graph.leaf_nodes(app)
    if [named] == leaves or any(path.endswith(".py") for path in app.unmerged):
        return
    doubtful = len(leaves) != 1 or case.graph.incomplete(app)
    if doubtful and (named in app.migrations or not app.migrations):
        return
    right = leaves[0] if len(leaves) == 1 else " or ".join(leaves)
    first = "make the history one line, then " if doubtful else ""
    yield Finding(
        "OL202",
        app.label,
        (path, case.line_of(path, named)),
        (named, *leaves),
        f"the lockfile of app {app.label} names {named}, but the leaf node is {right}",
        first + _rewrite(path, app.label),
    )


CHECKS = (app_lockfiles, shared_lockfile, orphaned_lockfiles)
