"""Plans to move local migrations behind those that stay."""

from oneleaf.checking import checks
from oneleaf.checking.scope import Case
from oneleaf.errors import Refused
from oneleaf.history.naming import number
from oneleaf.planning import line_ends, numbering, overlapping, proof
from oneleaf.planning.editing import Move, written
from oneleaf.planning.guards import refusal, refuse_edited, refuse_in_the_way
from oneleaf.planning.line import in_order, steps
from oneleaf.planning.lockfiles import lockfile_path, plan_lockfiles, with_lockfiles
from oneleaf.planning.plan import AppPlan, Plan
from oneleaf.planning.showing import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneleaf.history.graph import Graph
    from oneleaf.history.project import App, Project
    from oneleaf.planning.editing import Written
    from oneleaf.planning.line import Step
    from oneleaf.planning.situation import Situation


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
    notes = overlapping.notes(situation, moves)
    return _composed(situation, moves, notes)


def _faulty(situation: "Situation") -> "list[App]":
    """The chosen apps whose history is not one line, where local ones have a part in it.

    Where there are none, those in which published ones alone are at odds: they are
    refused with a way out, and are in nobody's way otherwise.
    """
    project, graph = situation.project, situation.graph
    chosen = situation.chosen()
    directories = frozenset(app.directory for app in chosen)
    local = frozenset(app.path(name) for app in chosen for name in situation.local(app))
    state = proof.state(project, graph, situation.config)
    case = Case(state, directories, local)
    doubled: dict[str, set[str]] = {}
    for finding in checks.duplicate_numbers(case):
        doubled.setdefault(finding.path.rpartition("/")[0], set()).update(
            finding.migrations
        )
    prepared = {path.rpartition("/")[0] for path in situation.files.prepared}
    faulty = [
        app
        for app in chosen
        if len(graph.leaf_nodes(app)) > 1
        or app.directory in prepared
        or doubled.get(app.directory, set()) & set(situation.local(app))
    ]
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
    line: "list[Step]",
    taken: "list[int]",
    leaves: "list[str]",
) -> "dict[str, str]":
    """Old name -> new name of every local migration of an app."""
    shown = {
        step.name: situation.files.origin(app.path(step.name)).rpartition("/")[2][:-3]
        for step in line
    }
    inside = [step.name for step in line if not step.aside]
    last = number(leaves[0]) if leaves else None
    deleted = numbering.replaced_and_deleted(app)
    numbered = numbering.renumber([shown[n] for n in inside], taken, last, deleted)
    names = dict(zip(inside, numbered, strict=True))
    for step in line:
        if step.aside:
            originals = [
                (shown.get(n, n), names.get(n, n))
                for _, n in situation.history.replaces[app.directory, step.name]
            ]
            names[step.name] = numbering.squash_name(
                shown[step.name], originals[0], originals[-1]
            )
    return names


def _composed(situation: "Situation", moves: "list[Move]", notes: "list[str]") -> Plan:
    """The plan of these moves, proved to be sound."""
    contents, renamed = _contents(situation, written(situation, moves))
    refuse_edited(situation, contents)
    refuse_in_the_way(situation, contents)
    touched = {move.app.directory for move in moves}
    project = _planned(situation, contents)
    graph = proof.build(project)
    also = {
        app.directory
        for app in situation.chosen()
        if situation.local(app) or lockfile_path(situation.config, app) in app.unmerged
    }
    lockfiles = plan_lockfiles(
        proof.state(project, graph, situation.config),
        touched,
        _why_unknown,
        stages=situation.stages,
        also=also,
        anew=True,
    )
    project = with_lockfiles(project, situation.config, lockfiles)
    objections = proof.objections(
        situation.graph, graph, project, situation.config, touched
    )
    if objections:
        msg = f"nothing was changed, since afterwards {'; '.join(objections)}"
        raise Refused(msg)
    contents.update(lockfiles)
    expected = {path: situation.files.current(path) for path in contents}
    for path, content in lockfiles.items():
        contents[path] = line_ends.as_in(expected[path], content)
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
    """path -> content of every migration file that changes, and old -> new path."""
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
    """The project that these contents make, read anew."""
    gone = []
    sources: dict[str, dict[str, bytes]] = {}
    for path in [*contents, *situation.files.origins]:
        directory, _, name = path.rpartition("/")
        content = contents.get(path)
        if content is None:
            gone.append((directory, name[:-3]))
        else:
            sources.setdefault(directory, {})[name[:-3]] = content
    return proof.planned(situation.project, gone, sources)
