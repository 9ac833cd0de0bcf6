"""A plan: the edits to be made, before they are made; the state it leaves, and its proof."""

from dataclasses import KW_ONLY, dataclass, field

from oneleaf.checking import rules
from oneleaf.checking.state import State
from oneleaf.git import git
from oneleaf.lockfiles import format as lockfile
from oneleaf.migration.reading import migrations
from oneleaf.project.project import App, Project

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from oneleaf.config import Config
    from oneleaf.planning.rebase import Move
    from oneleaf.planning.situation import Situation
    from oneleaf.project.graph import Graph

    Sources = Mapping[str, Mapping[str, bytes]]


@dataclass(frozen=True, slots=True)
class AppPlan:
    """What a plan does to one app.

    app: label; upstream: names that stay; moved: (old name, new name) pairs; dropped:
    (name, name it has elsewhere) pairs, of copies of migrations that are there under
    another name; edited: paths whose content changes; lockfile: its path where it is
    written; refused: why nothing is done to this app, None where something is.
    """

    app: str
    _: KW_ONLY
    upstream: "tuple[str, ...]" = ()
    moved: "tuple[tuple[str, str], ...]" = ()
    dropped: "tuple[tuple[str, str], ...]" = ()
    edited: "tuple[str, ...]" = ()
    lockfile: "str | None" = None
    refused: "str | None" = None


@dataclass(frozen=True, slots=True)
class Plan:
    """All edits of one command.

    apps: what is done to each app, for showing.
    files: path -> content to be there afterwards, None for a file to be gone. Contents
        are work tree contents (line ends as in the work tree); staging them is `git add`.
    notes: sentences for the user.
    moves: old path -> new path, for files that move. Each new path is in ``files``
        with its content; each old path is too, with None or, where another file
        takes its place, with that one's content. Whoever applies it keeps the file's
        mode. A file that goes and does not move is removed: only where git has it.
    expected: path -> the work tree content that the plan was made from, None where
        there was no file. Has every path of ``files``. Whoever applies it refuses,
        before the first byte, where a path holds something else by now: nobody's edit
        is lost, no file is overwritten that the plan does not know.
    """

    apps: "tuple[AppPlan, ...]"
    files: "dict[str, bytes | None]"
    _: KW_ONLY
    notes: "tuple[str, ...]" = ()
    moves: "dict[str, str]" = field(default_factory=dict)
    expected: "dict[str, bytes | None]" = field(default_factory=dict)


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
    for app in project.apps:
        if app.directory in touched:
            doubled = rules.doubled(after, app, config)
            found += [rules.of_doubled(app, n, names) for n, names in doubled.items()]
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


def as_in(current: "bytes | None", data: bytes) -> bytes:
    """New content in the line ends of the file it replaces.

    current: that file in the work tree, None for none. data: with LF, or with line ends
    of its own, which stay.
    """
    if b"\r\n" in (current or b"") and b"\r" not in data:
        return data.replace(b"\n", b"\r\n")
    return data


def shown(
    situation: "Situation",
    moves: "list[Move]",
    changed: "Mapping[str, bytes | None]",
    lockfiles: "Mapping[str, bytes]",
) -> "Iterator[AppPlan]":
    """What is done to each app, whether it moves or is merely edited.

    changed: path -> new content, None for a file that goes. lockfiles: those among
    them.
    """
    config = situation.config
    by_directory = {move.app.directory: move for move in moves}
    written: dict[str, list[str]] = {}
    for path, content in changed.items():
        if path not in lockfiles and content is not None:
            written.setdefault(path.rpartition("/")[0], []).append(path)
    for app in situation.project.apps:
        move = by_directory.get(app.directory)
        own = config.lockfile if config.shared else f"{app.directory}/{config.lockfile}"
        locked = own in changed and (not config.shared or move is not None)
        edited = tuple(written.get(app.directory, ()))
        if move is not None or edited or locked:
            yield AppPlan(
                app.label,
                upstream=tuple(move.upstream if move else ()),
                moved=_old_and_new(situation, move) if move else (),
                edited=edited,
                lockfile=own if locked else None,
            )


def _old_and_new(situation: "Situation", move: "Move") -> "tuple[tuple[str, str], ...]":
    app = move.app
    origins = [situation.files.origin(app.path(step.name)) for step in move.line]
    shown = [origin.rpartition("/")[2].removesuffix(".py") for origin in origins]
    pairs = [(old, move.names[s.name]) for old, s in zip(shown, move.line, strict=True)]
    return tuple((old, new) for old, new in pairs if old != new)
