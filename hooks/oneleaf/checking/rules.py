"""The rules: what is found in a project's apps, graph and lockfiles.

Each rule is one function from a Case to findings; ``CHECKS`` lists them. Pure: all that
is asked of the outside is the line on which a text is found in a file.
"""

from oneleaf.checking.findings import Finding
from oneleaf.checking.state import Case
from oneleaf.lockfiles import format as lockfile
from oneleaf.project.project import number
from oneleaf.shell import word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from oneleaf.checking.state import State
    from oneleaf.config import Config
    from oneleaf.project.graph import Graph, Missing
    from oneleaf.project.project import App


def run(case: Case) -> "list[Finding]":
    """All findings that the configuration does not ignore, by path and line.

    Findings of one app stand together: the app's first path decides its place.
    """
    return arranged((f for check in CHECKS for f in check(case)), case.state)


def arranged(found: "Iterable[Finding]", state: "State") -> "list[Finding]":
    """Findings in the order of ``run``, without those that the state ignores.

    Sorted by the first path of their app, then by app, code, path and line.
    """
    findings = [finding for finding in found if finding.code not in state.config.ignore]
    first: dict[str, str] = {}
    for finding in findings:
        key = finding.app or finding.path
        first[key] = min(first.get(key, finding.path), finding.path)
    findings.sort(key=lambda f: (first[f.app or f.path], f.app, f.code, f.path, f.line))
    return findings


def duplicate_numbers(case: Case) -> "Iterator[Finding]":
    """OL101: two migrations with one number that nothing explains.

    Explained are: a squash and what it replaces; a pair that a later migration joins;
    a pair of old history of which one descends from the other.
    """
    for app in case.apps():
        for value, names in doubled(case.graph, app, case.config, case.new).items():
            new = [name for name in names if case.is_new(app, name)]
            yield Finding(
                "OL101",
                app.label,
                (app.path((new or names)[-1]), 1),
                tuple(names),
                of_doubled(app, value, names),
                of_conflict(case.graph, app),
            )


def of_doubled(app: "App", value: int, names: "list[str]") -> str:
    """The message for migrations with one number."""
    return (
        f"app {app.label} has {len(names)} migrations with the number"
        f" {value:04}: {', '.join(names)}"
    )


def doubled(
    graph: "Graph", app: "App", config: "Config", new: "frozenset[str]" = frozenset()
) -> "dict[int, list[str]]":
    """Number -> the app's migrations that share it without a reason (OL101).

    new: paths of the migrations that the change under check adds.
    """
    if graph.incomplete(app):
        return {}
    found = {
        value: _unexplained(graph, app, names, new)
        for value, names in _numbered(app).items()
        if (app.label, value) not in config.allow_duplicate_numbers
    }
    return {value: names for value, names in found.items() if names}


def _numbered(app: "App") -> "dict[int, list[str]]":
    """Number -> the names that have it, where more than one has."""
    groups: dict[int, list[str]] = {}
    for name in app.migrations:
        value = number(name)
        if value is not None:
            groups.setdefault(value, []).append(name)
    return {value: names for value, names in groups.items() if len(names) > 1}


def _unexplained(
    graph: "Graph", app: "App", names: "list[str]", new: "frozenset[str]"
) -> "list[str]":
    """Those of the names that share their number with another without a reason."""
    names = [name for name in names if not graph.replaced_by(app, name)]
    found: dict[str, None] = {}
    for index, first in enumerate(names):
        for second in names[index + 1 :]:
            linear = graph.descends(app, first, second) or graph.descends(
                app, second, first
            )
            added = app.path(first) in new or app.path(second) in new
            if linear and not added:
                continue
            if linear or not _joined(graph, app, first, second):
                found[first] = found[second] = None
    return [name for name in names if name in found]


def _joined(graph: "Graph", app: "App", first: str, second: str) -> bool:
    """Whether a later migration descends from both."""
    return any(
        graph.descends(app, later, first) and graph.descends(app, later, second)
        for later in app.migrations
        if later not in (first, second)
    )


def multiple_leaf_nodes(case: Case) -> "Iterator[Finding]":
    """OL102: as Django's ``MigrationLoader.detect_conflicts``."""
    for app in case.apps():
        leaves = case.graph.leaf_nodes(app)
        if len(leaves) < 2 or case.graph.incomplete(app):
            continue

        new = [name for name in leaves if case.is_new(app, name)]
        path = app.path((new or leaves)[-1])
        yield Finding(
            "OL102",
            app.label,
            (path, case.line_of(path, "dependencies")),
            tuple(leaves),
            f"app {app.label} has {len(leaves)} leaf nodes: {', '.join(leaves)}",
            of_conflict(case.graph, app),
        )


def missing_dependencies(case: Case) -> "Iterator[Finding]":
    """OL103: a dependency on a migration that none of the repository's apps has.

    As Django's NodeNotFoundError. A label that no app here carries is a third party's,
    whose migrations are taken to be there.
    """
    for missing in case.graph.missing:
        label, name = missing.dependency
        targets = case.graph.carriers(missing.app, label)
        taken_away = any(app.path(name) in case.removed for app in targets)
        if not case.includes(missing.app) and not taken_away:
            continue

        app = missing.app
        path = app.path(missing.migration)
        yield Finding(
            "OL103",
            app.label,
            (path, case.line_of(path, name)),
            (missing.migration,),
            f"{app.label}.{missing.migration} {_verb(missing)} {label}.{name},"
            f" which does not exist",
            of_missing(missing, targets),
        )


def _verb(missing: "Missing") -> str:
    return "must run before" if missing.kind == "run_before" else "depends on"


def circular_dependencies(case: Case) -> "Iterator[Finding]":
    """OL104: migrations that wait for each other, or squashes that replace each other.

    As Django's CircularDependencyError; all of them, not the first alone.
    """
    cycles = [(cycle, "circular dependency") for cycle in case.graph.cycles]
    cycles += [(cycle, "circular replaces") for cycle in case.graph.replaces_cycles]
    for cycle, what in cycles:
        if not any(case.includes(app) for app, _ in cycle):
            continue
        app, name = cycle[0]
        steps = [f"{app.label}.{name}" for app, name in [*cycle, cycle[0]]]
        paths = sorted({word(app.path(name)) for app, name in cycle})
        yield Finding(
            "OL104",
            app.label,
            (app.path(name), case.line_of(app.path(name), "dependencies")),
            tuple(name for _, name in cycle),
            f"{what}: {' -> '.join(steps)}",
            f"take one of them out, then `git add {' '.join(paths)}`",
        )


def unreadable_migrations(case: Case) -> "Iterator[Finding]":
    """OL105 for what reading alone cannot tell, OL106 for conflict markers in it.

    What Django itself could not load (BadMigrationError, SyntaxError) is among them.
    """
    for app in case.apps():
        for migration in app.migrations.values():
            unread = app.unread(migration)
            if unread is None:
                continue
            line, reason = unread
            path = app.path(migration.name)
            if reason.startswith("conflict marker"):
                yield Finding(
                    "OL106",
                    app.label,
                    (path, line),
                    (migration.name,),
                    f"{app.label}.{migration.name} holds a {reason}",
                    f"edit the file, then `git add {word(path)}`",
                )
            else:
                yield Finding(
                    "OL105",
                    app.label,
                    (path, line),
                    (migration.name,),
                    f"cannot tell the place of {app.label}.{migration.name}: {reason}",
                    f"mend it and `git add {word(path)}`, or list {app.directory!r} under"
                    " `exclude` in [tool.oneleaf]",
                )


def unresolved_merges(case: Case) -> "Iterator[Finding]":
    """OL106: paths that have several stages in the index (git-ls-files(1))."""
    for app in case.apps():
        for path in app.unmerged:
            is_migration = path.endswith(".py")
            yield Finding(
                "OL106",
                app.label,
                (path, 1),
                (),
                f"{path.rpartition('/')[2]} of app {app.label} has an unresolved merge",
                f"run `oneleaf rebase {word(app.label)}` if both sides added it, else"
                f" edit the file; then `git add {word(path)}`"
                if is_migration
                else f"run `oneleaf rebase {word(app.label)}` and go on with the merge",
            )


def of_conflict(graph: "Graph", app: "App") -> str:
    """What mends two histories in one app.

    Behind a dependency that does not exist every migration looks like a history of
    its own, and nothing can be moved or joined before that is mended.
    """
    if any(missing.app is app for missing in graph.missing):
        return (
            "mend the dependency that does not exist (OL103) first, then run"
            " `oneleaf check` again"
        )
    return (
        f"run `oneleaf rebase {word(app.label)}` to move yours behind the published"
        f" one, or `oneleaf merge {word(app.label)}` where both are published"
    )


def of_missing(missing: "Missing", targets: "list[App]") -> str:
    """What mends a dependency on nothing: the name that was meant, or where it went.

    targets: the apps that carry the label of the dependency.
    """
    stem = missing.dependency[1].removesuffix(".py")
    for app in targets:
        meant = _meant(missing, app, stem)
        if meant:
            own = word(missing.app.path(missing.migration))
            return f"did you mean {meant!r}? Correct the name, then `git add {own}`"
    path = targets[0].path(stem) if targets else f"*/{stem}.py"
    return f"see where it went: `git log --all --oneline --name-status -- {word(path)}`"


def _meant(missing: "Missing", app: "App", stem: str) -> "str | None":
    """The one migration of the app that differs from ``stem`` as slips do.

    In a file ending, in its number after a rename, or in a few letters.
    """
    holder = missing.app.migrations[missing.migration]
    taken = {name for label, name in holder.dependencies if label == app.label}
    if app is missing.app:
        taken.add(missing.migration)
    others = [name for name in app.migrations if name not in taken]
    rest = stem.lstrip("0123456789")
    alike = [
        name
        for name in others
        if name == stem or (rest and name.lstrip("0123456789") == rest)
    ]
    if not alike:
        from difflib import get_close_matches  # slow to import, and seldom needed

        same_number = [name for name in others if number(name) == number(stem)]
        alike = get_close_matches(stem, same_number, 2, 0.8)
    return alike[0] if len(alike) == 1 else None


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


LOCKFILE_CHECKS = (app_lockfiles, shared_lockfile, orphaned_lockfiles)


CHECKS = (
    unresolved_merges,
    unreadable_migrations,
    duplicate_numbers,
    multiple_leaf_nodes,
    missing_dependencies,
    circular_dependencies,
    *LOCKFILE_CHECKS,
)
