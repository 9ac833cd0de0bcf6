"""The rules: what is found in a project's apps, graph and lockfiles.

Each check is one function from a Case to findings; ``CHECKS`` lists them. Pure: the
only thing asked of the outside is the line on which a text stands in a file.
"""

from oneleaf.checking import lockfile_checks
from oneleaf.checking.findings import Finding, word
from oneleaf.history.naming import number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from oneleaf.config import Config
    from oneleaf.history.graph import Graph, Missing
    from oneleaf.history.project import App, Project


class Case:
    """What is judged, and what it is judged against.

    scope: directories of the apps under check; None for all.
    new, removed: paths that the change under check adds, and takes away.
    line_of: (path, text) -> the line on which the text first stands there, else 1.
    """

    __slots__ = ("config", "graph", "line_of", "new", "project", "removed", "scope")

    def __init__(
        self,
        project: "Project",
        graph: "Graph",
        config: "Config",
        scope: "frozenset[str] | None" = None,
        new: "frozenset[str]" = frozenset(),
        removed: "frozenset[str]" = frozenset(),
        line_of: "Callable[[str, str], int]" = lambda _path, _text: 1,
    ) -> None:
        self.project = project
        self.graph = graph
        self.config = config
        self.scope = scope
        self.new = new
        self.removed = removed
        self.line_of = line_of

    def apps(self) -> "Iterator[App]":
        """The apps under check."""
        for app in self.project.apps:
            if self.includes(app):
                yield app

    def includes(self, app: "App") -> bool:
        """Whether an app is under check."""
        return self.scope is None or app.directory in self.scope

    def is_new(self, app: "App", name: str) -> bool:
        """Whether the change under check adds a migration."""
        return app.path(name) in self.new


def run_checks(case: Case) -> "list[Finding]":
    """All findings that the configuration does not ignore, by path and line.

    Findings of one app stand together: the app's first path decides its place.
    """
    return arranged((f for check in CHECKS for f in check(case)), case.config)


def arranged(found: "Iterable[Finding]", config: "Config") -> "list[Finding]":
    """Findings in the order of ``run_checks``, without those that are ignored."""
    findings = [finding for finding in found if finding.code not in config.ignore]
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
                new = [name for name in faulty if case.is_new(app, name)]
                yield Finding(
                    "OL101",
                    app.label,
                    (app.path((new or faulty)[-1]), 1),
                    tuple(faulty),
                    f"app {app.label} has {len(faulty)} migrations with the number"
                    f" {value:04}: {', '.join(faulty)}",
                    conflict_hint(app),
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
        new = [name for name in leaves if case.is_new(app, name)]
        path = app.path((new or leaves)[-1])
        yield Finding(
            "OL102",
            app.label,
            (path, case.line_of(path, "dependencies")),
            tuple(leaves),
            f"app {app.label} has {len(leaves)} leaf nodes: {', '.join(leaves)}",
            conflict_hint(app),
        )


def conflict_hint(app: "App") -> str:
    """What mends two histories in one app."""
    return (
        f"run `oneleaf rebase {word(app.label)}` to move yours behind the published"
        f" one, or `oneleaf merge {word(app.label)}` where both are published"
    )


def missing_dependencies(case: Case) -> "Iterator[Finding]":
    """OL103: a dependency on a migration that none of the repository's apps has."""
    for missing in case.graph.missing:
        label, name = missing.dependency
        targets = [app for app in case.project.apps if app.label == label]
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
            _missing_hint(missing, targets),
        )


def _verb(missing: "Missing") -> str:
    return "must run before" if missing.kind == "run_before" else "depends on"


def _missing_hint(missing: "Missing", targets: "list[App]") -> str:
    """The name that was probably meant, else where the migration went."""
    stem = missing.dependency[1].removesuffix(".py")
    for app in targets:
        meant = _meant(missing, app, stem)
        if meant:
            return f"did you mean {meant!r}? Correct the name, then `git add` the file"
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


def circular_dependencies(case: Case) -> "Iterator[Finding]":
    """OL104: migrations that wait for each other, or squashes that replace each other."""
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
            f"take one of them out; see what this change did:"
            f" `git diff HEAD -- {' '.join(paths)}`",
        )


def unreadable_migrations(case: Case) -> "Iterator[Finding]":
    """OL105, and OL106 for conflict markers: what reading alone cannot tell."""
    for app in case.apps():
        for migration in app.migrations.values():
            if migration.unreadable is None:
                continue
            line, reason = migration.unreadable
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
                f"edit the file, then `git add {word(path)}`"
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
