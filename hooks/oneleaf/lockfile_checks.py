"""The rules for lockfiles: each must name its app's one leaf node."""

from oneleaf import lockfile
from oneleaf.findings import Finding, word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from oneleaf.checks import Case
    from oneleaf.project import App


def _rewrite(path: str, *words: str) -> str:
    """The hint that a lockfile is to be written anew."""
    command = " ".join(("oneleaf lock", *map(word, words)))
    return f"run `{command}` and `git add {word(path)}`"


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
    """The same, and OL204, for one lockfile of all apps."""
    if case.project.shared_lockfile is None:
        return
    path, content = case.project.shared_lockfile
    apps = [app for app in case.apps() if app.migrations]
    if content is None:
        if apps:
            yield Finding(
                "OL201",
                "",
                (path, 1),
                (),
                f"the lockfile {path} does not exist",
                _rewrite(path, "--init"),
            )
        return
    try:
        entries = lockfile.read_shared(content)
    except lockfile.Malformed as error:
        yield _malformed("", path, error)
        return
    for app in apps:
        if app.label in entries:
            yield from _stale(case, app, path, entries[app.label])
        else:
            yield _missing(app, path)
    known = {app.label for app in case.project.apps if app.migrations}
    if case.scope is None:
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
        _rewrite(path, "--init", app.label),
    )


def _malformed(label: str, path: str, error: lockfile.Malformed) -> Finding:
    words = (label,) if label else ()
    if error.reason.startswith("conflict marker"):
        return Finding(
            "OL106",
            label,
            (path, error.line),
            (),
            f"the lockfile {path} holds a {error.reason}",
            f"run `{' '.join(('oneleaf rebase', *map(word, words)))}`",
        )
    return Finding(
        "OL203",
        label,
        (path, error.line),
        (),
        f"the lockfile {path} cannot be read: {error.reason}",
        _rewrite(path, *words),
    )


def _stale(case: "Case", app: "App", path: str, named: str) -> "Iterator[Finding]":
    """OL202: the lockfile names something else than the leaf node.

    With several leaf nodes, or a history that cannot be read whole, only a name that
    no migration has is a fault of the lockfile's own.
    """
    leaves = case.graph.leaf_nodes(app)
    if [named] == leaves:
        return
    doubtful = len(leaves) != 1 or case.graph.incomplete(app)
    if doubtful and (named in app.migrations or not app.migrations):
        return
    right = leaves[0] if len(leaves) == 1 else " or ".join(leaves)
    yield Finding(
        "OL202",
        app.label,
        (path, case.line_of(path, named)),
        (named, *leaves),
        f"the lockfile of app {app.label} names {named}, but the leaf node is {right}",
        _rewrite(path, app.label),
    )


CHECKS = (app_lockfiles, shared_lockfile, orphaned_lockfiles)
