"""The rules: what is found in a project's apps, graph and lockfiles.

Each check is one function from a ``scope.Case`` to findings; ``CHECKS`` lists them.
Pure: all that is asked of the outside is the line on which a text stands in a file.
"""

from oneleaf.checking import lockfile_checks
from oneleaf.checking.findings import Finding
from oneleaf.checking.scope import Case
from oneleaf.history.naming import number
from oneleaf.shell import word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from oneleaf.checking.states import State
    from oneleaf.history.graph import Graph, Missing
    from oneleaf.history.project import App


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
        if case.graph.incomplete(app):
            continue
        for value, names in _numbered(app).items():
            allowed = (app.label, value) in case.config.allow_duplicate_numbers
            faulty = [] if allowed else _unexplained(case, app, names)
            if faulty:
                from oneleaf.checking import hints

                new = [name for name in faulty if case.is_new(app, name)]
                yield Finding(
                    "OL101",
                    app.label,
                    (app.path((new or faulty)[-1]), 1),
                    tuple(faulty),
                    f"app {app.label} has {len(faulty)} migrations with the number"
                    f" {value:04}: {', '.join(faulty)}",
                    hints.of_conflict(case.graph, app),
                )


def _numbered(app: "App") -> "dict[int, list[str]]":
    """Number -> the names that have it, where more than one has."""
    groups: dict[int, list[str]] = {}
    for name in app.migrations:
        value = number(name)
        if value is not None:
            groups.setdefault(value, []).append(name)
    return {value: names for value, names in groups.items() if len(names) > 1}


def _unexplained(case: Case, app: "App", names: "list[str]") -> "list[str]":
    """Those of the names that share their number with another without a reason."""
    graph = case.graph
    names = [name for name in names if not graph.replaced_by(app, name)]
    found: dict[str, None] = {}
    for index, first in enumerate(names):
        for second in names[index + 1 :]:
            linear = graph.descends(app, first, second) or graph.descends(
                app, second, first
            )
            new = case.is_new(app, first) or case.is_new(app, second)
            if linear and not new:
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
        from oneleaf.checking import hints

        new = [name for name in leaves if case.is_new(app, name)]
        path = app.path((new or leaves)[-1])
        yield Finding(
            "OL102",
            app.label,
            (path, case.line_of(path, "dependencies")),
            tuple(leaves),
            f"app {app.label} has {len(leaves)} leaf nodes: {', '.join(leaves)}",
            hints.of_conflict(case.graph, app),
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
        from oneleaf.checking import hints

        app = missing.app
        path = app.path(missing.migration)
        yield Finding(
            "OL103",
            app.label,
            (path, case.line_of(path, name)),
            (missing.migration,),
            f"{app.label}.{missing.migration} {_verb(missing)} {label}.{name},"
            f" which does not exist",
            hints.of_missing(missing, targets),
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


CHECKS = (
    unresolved_merges,
    unreadable_migrations,
    duplicate_numbers,
    multiple_leaf_nodes,
    missing_dependencies,
    circular_dependencies,
    *lockfile_checks.CHECKS,
)
