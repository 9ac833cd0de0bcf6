"""Plans to move local migrations after those that stay."""

from dataclasses import dataclass

from oneleaf.checking import rules
from oneleaf.errors import Refused
from oneleaf.migration.overlap import describe, opaque, overlaps, read_operations
from oneleaf.migration.rewriting.edits import add_dependency, rename_references, repoint
from oneleaf.migration.rewriting.source import CannotRewrite
from oneleaf.planning import order, plan
from oneleaf.planning.lockfiles import lockfile_path, plan_lockfiles, with_lockfiles
from oneleaf.planning.order import in_order, steps
from oneleaf.planning.plan import AppPlan, Plan, shown
from oneleaf.planning.refusals import (
    cannot_edit,
    refusal,
    refuse_edited,
    refuse_in_the_way,
)
from oneleaf.project.project import number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneleaf.migration.overlap import Overlap
    from oneleaf.migration.overlap.kinds import Operation
    from oneleaf.migration.reading.migrations import Migration
    from oneleaf.planning.order import Place, Position
    from oneleaf.planning.situation import Situation
    from oneleaf.project.graph import Graph
    from oneleaf.project.project import App, Project

    Written = dict[Place, tuple[str, bytes]]
    Read = list[tuple[str, tuple[Operation, ...]]]


@dataclass(frozen=True, slots=True)
class Move:
    """What becomes of one app.

    app, upstream: the app and the names that stay; line: its local migrations and
    what comes before each; names: old -> new name, for all of them.
    """

    app: "App"
    upstream: "list[str]"
    line: "list[Position]"
    names: "dict[str, str]"


def plan_rebase(situation: "Situation") -> Plan:
    """The edits that put each app's local migrations in one line behind the others.

    Only apps with a fault that involves a local migration are changed; a plan
    without files where there is none. An app that cannot be rebased has its reason
    in ``AppPlan.refused``, and then the plan has no files at all. Raises Refused
    where a file cannot be edited or the planned state would not be sound.
    """
    faulty = _faulty(situation)
    refusals = {app.directory: refusal(situation, app) for app in faulty}
    if any(refusals.values()):
        return Plan(
            tuple(
                AppPlan(
                    app.label,
                    upstream=tuple(situation.fixed(app)),
                    refused=refusals[app.directory],
                )
                for app in faulty
            ),
            {},
        )
    moves = _moves(situation, faulty)
    notes = overlap_notes(situation, moves)
    return _composed(situation, moves, notes)


def _faulty(situation: "Situation") -> "list[App]":
    """The chosen apps whose history is not one line, where local ones have a part in it.

    Where there are none, those in which published ones alone are at odds: they are
    refused with a way out, and are in nobody's way otherwise.
    """
    graph, chosen = situation.graph, situation.chosen()
    prepared = {path.rpartition("/")[0] for path in situation.files.prepared}
    faulty = []
    for app in chosen:
        local = situation.local(app)
        new = frozenset(app.path(name) for name in local)
        doubled = rules.doubled(graph, app, situation.config, new).values()
        if (
            len(graph.leaf_nodes(app)) > 1
            or app.directory in prepared
            or any(name in local for names in doubled for name in names)
        ):
            faulty.append(app)
    return [app for app in faulty if situation.local(app)] or faulty


def _moves(situation: "Situation", faulty: "list[App]") -> "list[Move]":
    keys = [
        (app.directory, name)
        for app in situation.project.apps
        for name in situation.local(app)
    ]
    order, circle = in_order(situation.history, situation.ranks, keys)
    if circle:
        names = ", ".join(f"{directory}/{name}.py" for directory, name in circle)
        msg = (
            f"these migrations wait for each other: {names}; nothing was changed; run"
            " `oneleaf check --all` to see the circle"
        )
        raise Refused(msg)
    return [
        _move(
            situation,
            app,
            [name for directory, name in order if directory == app.directory],
        )
        for app in faulty
    ]


def _move(situation: "Situation", app: "App", names: "list[str]") -> Move:
    fixed = situation.fixed(app)
    leaves = situation.base_leaves(app)
    base = None
    if leaves:
        squashed = [
            n for n in fixed if leaves[0] in situation.graph.replaced_by(app, n)
        ]
        base = (leaves[0], frozenset((leaves[0], *squashed)))

    def replaced(name: str) -> "list[str]":
        keys = situation.history.replaces.get((app.directory, name), [])
        return [original for _, original in keys]

    line = steps(base, names, replaced)
    taken = [n for n in map(number, fixed) if n is not None]
    return Move(app, fixed, line, _renamed(situation, app, line, taken, leaves))


def _renamed(
    situation: "Situation",
    app: "App",
    line: "list[Position]",
    taken: "list[int]",
    leaves: "list[str]",
) -> "dict[str, str]":
    shown = {
        step.name: situation.files.origin(app.path(step.name)).rpartition("/")[2][:-3]
        for step in line
    }
    inside = [step.name for step in line if not step.aside]
    last = number(leaves[0]) if leaves else None
    deleted = order.replaced_and_deleted(app)
    numbered = order.renumber([shown[n] for n in inside], taken, last, deleted)
    names = dict(zip(inside, numbered, strict=True))
    for step in line:
        if step.aside:
            originals = [
                (shown.get(n, n), names.get(n, n))
                for _, n in situation.history.replaces[app.directory, step.name]
            ]
            names[step.name] = order.squash_name(
                shown[step.name], originals[0], originals[-1]
            )
    return names


def _composed(situation: "Situation", moves: "list[Move]", notes: "list[str]") -> Plan:
    contents, renamed = _contents(situation, written(situation, moves))
    refuse_edited(situation, contents)
    refuse_in_the_way(situation, contents)
    touched = {move.app.directory for move in moves}
    project = _planned(situation, contents)
    graph = plan.build(project)
    also = {
        app.directory
        for app in situation.chosen()
        if situation.local(app) or lockfile_path(situation.config, app) in app.unmerged
    }
    lockfiles = plan_lockfiles(
        plan.state(project, graph, situation.config),
        touched,
        _why_unknown,
        stages=situation.stages,
        also=also,
        anew=True,
    )
    project = with_lockfiles(project, situation.config, lockfiles)
    objections = plan.objections(
        situation.graph, graph, project, situation.config, touched
    )
    if objections:
        msg = f"nothing was changed, since afterwards {'; '.join(objections)}"
        raise Refused(msg)
    contents.update(lockfiles)
    expected = {path: situation.files.current(path) for path in contents}
    for path, content in lockfiles.items():
        contents[path] = plan.as_in(expected[path], content)
    changed = {
        path: content
        for path, content in contents.items()
        if content != expected[path] or path in situation.project.unmerged
    }
    return Plan(
        tuple(shown(situation, moves, changed, lockfiles)),
        changed,
        notes=tuple(notes),
        moves=renamed,
        expected={path: expected[path] for path in changed},
    )


def _why_unknown(graph: "Graph", app: "App") -> str:
    count = len(graph.leaf_nodes(app))
    return (
        f"the lockfile cannot name the leaf node of app {app.label}, which has {count};"
        " nothing was changed; run `oneleaf rebase` for it too, or see"
        f" `oneleaf check {app.directory}`"
    )


def _contents(
    situation: "Situation", files: "Written"
) -> "tuple[dict[str, bytes | None], dict[str, str]]":
    contents: dict[str, bytes | None] = {}
    renamed: dict[str, str] = {}
    made_up = situation.files.origins
    for (directory, name), (old, source) in files.items():
        path = f"{directory}/{name}.py"
        contents[path] = source
        if old != path:
            renamed[made_up.get(old, old)] = path
    for old in renamed:
        if old not in contents:
            twin = old in made_up.values()
            contents[old] = situation.files.prepared[old] if twin else None
    return contents, renamed


def _planned(
    situation: "Situation", contents: "Mapping[str, bytes | None]"
) -> "Project":
    gone = []
    sources: dict[str, dict[str, bytes]] = {}
    for path in [*contents, *situation.files.origins]:
        directory, _, name = path.rpartition("/")
        content = contents.get(path)
        if content is None:
            gone.append((directory, name[:-3]))
        else:
            sources.setdefault(directory, {})[name[:-3]] = content
    return plan.planned(situation.project, gone, sources)


def written(situation: "Situation", moves: "list[Move]") -> "Written":
    """(directory, new name) -> (old path, new content) of each file that changes.

    Every reference of every app is looked at. Raises Refused where a published file
    would have to change, or a local one cannot be edited.
    """
    renames = {
        (move.app.directory, old): new
        for move in moves
        for old, new in move.names.items()
        if old != new
    }
    by_directory = {move.app.directory: move for move in moves}
    found: Written = {}
    for app in situation.project.apps:
        ties = _ties(by_directory.get(app.directory), situation.former)
        for name, migration in app.migrations.items():
            words = _words(situation, app, migration, renames)
            key, path = (app.directory, name), app.path(name)
            forced = key in renames or path in situation.files.prepared
            if not (words or forced or name in ties):
                continue
            if situation.is_local(key):
                after = _rewritten(situation, path, words, ties.get(name))
                if forced or after != situation.files.source(path):
                    found[app.directory, renames.get(key, name)] = (path, after)
            elif words:
                _refuse_published(path, words)
    return found


@dataclass(frozen=True, slots=True)
class _Tie:
    """What one file has to depend on: ``old`` becomes ``new``; None: ``new`` is added."""

    old: "Place | None"
    new: "Place"


def _ties(move: "Move | None", former: "frozenset[Place]") -> "dict[str, _Tie]":
    """Name -> the dependency to change, in the names to be, for who needs a change.

    Of several dependencies in the app the last in the line is changed. One on a
    migration that does not exist is only where ``former`` has it.
    """
    if move is None:
        return {}
    label = move.app.label
    places = _places(move)
    found = {}
    for step in move.line:
        if step.before is None:
            continue
        dependencies = move.app.migrations[step.name].dependencies
        own = [
            name
            for other, name in dependencies
            if other == label
            and (name in places or (move.app.directory, name) in former)
        ]
        if step.same.intersection(own) or step.before in own:
            continue
        last = max(own, key=lambda name: (places.get(name, -2), name), default=None)
        old = (label, move.names.get(last, last)) if last else None
        found[step.name] = _Tie(old, (label, move.names.get(step.before, step.before)))
    return found


def _places(move: "Move") -> "dict[str, int]":
    places = dict.fromkeys(move.upstream, -1)
    for place, step in enumerate(move.line):
        places[step.name] = place
    return places


def _words(
    situation: "Situation",
    app: "App",
    migration: "Migration",
    renames: "Mapping[Place, str]",
) -> "dict[Place, Place]":
    found = {}
    for pair in (*migration.dependencies, *migration.run_before, *migration.replaces):
        label, old = pair
        owners = situation.graph.carriers(app, label)
        new = [renames[k] for one in owners if (k := (one.directory, old)) in renames]
        if len(new) == 1:
            found[pair] = (label, new[0])
    return found


def _refuse_published(path: str, words: "Mapping[Place, Place]") -> None:
    label, old = next(iter(words))
    msg = (
        f"{path} is published and names {label}.{old}, which would have to move;"
        " nothing was changed"
    )
    raise Refused(msg)


def _rewritten(
    situation: "Situation",
    path: str,
    words: "Mapping[Place, Place]",
    tie: "_Tie | None",
) -> bytes:
    """The file's new content: renamed first, then tied, all in the names to be."""
    source = situation.files.source(path)
    try:
        source = rename_references(source, words)
        if tie is None:
            return source
        if tie.old is None:
            return add_dependency(source, tie.new)
        return repoint(source, tie.old, tie.new)
    except CannotRewrite as error:
        raise cannot_edit(situation.files, path, error) from None


def overlap_notes(situation: "Situation", moves: "list[Move]") -> "list[str]":
    """A sentence for each overlap of a moving migration with what it moves behind.

    Both places are quoted. Raises Refused where the result cannot be valid, unless
    the user said to go on.
    """
    ours, theirs = _overlap_sides(situation, moves)
    places = {
        id(operation): f"{path}:{operation.line}"
        for path, operations in [*ours, *theirs]
        for operation in operations
    }
    found = overlaps(_flat(ours), _flat(theirs))
    told = [_told(overlap, places) for overlap in found]
    fatal = [text for overlap, text in zip(found, told, strict=True) if overlap.fatal]
    if fatal and not situation.wishes.despite_overlap:
        msg = (
            f"{'; '.join(fatal)}; nothing was changed; change yours, or go on with"
            " `--despite-overlap`"
        )
        raise Refused(msg)
    if not theirs:
        return told
    return told + [
        f"cannot tell what {places[id(operation)]} touches: {operation.opaque}"
        for operation in opaque(_flat(ours) + _flat(theirs))
    ]


def _overlap_sides(situation: "Situation", moves: "list[Move]") -> "tuple[Read, Read]":
    """The operations of what moves, and of what comes newly before it."""
    line = [
        (move.app.directory, step.name)
        for move in moves
        for step in move.line
        if not step.aside
    ]
    local = set(line)
    before = situation.history.ancestors(line)
    newer = [
        (move.app.directory, name)
        for move in moves
        for name in move.upstream
        if (move.app.directory, name) not in before | local
    ]
    ordered = [
        key
        for key in _in_time(situation, newer)
        if key not in situation.history.replaces
    ]
    return _read_both(situation, line), _read_both(situation, ordered)


def _in_time(situation: "Situation", keys: "list[Place]") -> "list[Place]":
    ranks = dict.fromkeys(keys, 0)
    return in_order(situation.history, ranks, keys)[0]


def _read_both(situation: "Situation", keys: "list[Place]") -> "Read":
    labels = {app.directory: app.label for app in situation.project.apps}
    found = []
    for directory, name in keys:
        path = f"{directory}/{name}.py"
        source = situation.files.source(path)
        shown = situation.files.origin(path)
        found.append((shown, read_operations(labels[directory], name, source)))
    return found


def _flat(side: "Read") -> "list[Operation]":
    return [operation for _, operations in side for operation in operations]


def _told(overlap: "Overlap", places: "dict[int, str]") -> str:
    mine, other = places[id(overlap.ours)], places[id(overlap.theirs)]
    verb = "cannot follow" if overlap.fatal else "touches what is touched by"
    return (
        f"{describe(overlap.key)}: {mine} `{overlap.ours.text}` {verb}"
        f" {other} `{overlap.theirs.text}`"
    )
