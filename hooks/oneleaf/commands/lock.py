"""``oneleaf lock``: lockfiles that name the leaf nodes of the index."""

import sys

from oneleaf import applying
from oneleaf import config as configuration
from oneleaf.arguments import Option, Options, Verb
from oneleaf.errors import OneleafError
from oneleaf.history import discovery
from oneleaf.history.graph import build_graph
from oneleaf.output import plan_report
from oneleaf.output.escape import escape
from oneleaf.planning import lock as planning
from oneleaf.repository import git
from oneleaf.repository import snapshot as snapshots

TYPE_CHECKING = False
if TYPE_CHECKING:
    from oneleaf.history.project import Project
    from oneleaf.planning.plan import Plan
    from oneleaf.repository.snapshot import Snapshot

VERB = Verb(
    "lock",
    "[APP ...]",
    "Writes the lockfiles to name the leaf nodes of the migrations in the index. Never\n"
    "stages anything. Ends with 1 when it wrote a file, so that a hook stops the commit.",
    (
        Option("--init", "", "also create lockfiles where there are none"),
        Option(
            "--check", "", "write nothing, end with 1 where something would be written"
        ),
        Option("--output-format", "FORMAT", "how to print", ("text", "json")),
    ),
    (
        ("oneleaf lock", "bring the lockfiles up to date"),
        (
            "oneleaf lock --init",
            "start using lockfiles, or take over other tools' ones",
        ),
    ),
)


def run(options: Options) -> int:
    """Writes what differs; 0 where nothing did, 1 where something did."""
    dry = options.flag("--check")
    top = applying.top_level()
    recovered = None if dry else applying.recover(top)
    if recovered:
        sys.stderr.write(f"oneleaf: {escape(recovered)}\n")
    objects = git.Objects()
    try:
        plan = _plan(options, objects)
    finally:
        objects.close()
    files = {path: data for path, data in plan.files.items() if data is not None}
    stale = applying.differing(top, files)
    if not dry:
        applying.write_files(top, stale)
    if options.text("--output-format", "text") == "json":
        sys.stdout.write(plan_report.render_json(plan, applied=bool(stale) and not dry))
    else:
        sys.stdout.write(plan_report.written(sorted(stale), dry=dry))
        sys.stderr.write(plan_report.notes(plan))
    return int(bool(stale))


def _plan(options: Options, objects: git.Objects) -> "Plan":
    changes = snapshots.changes_of_index()
    snapshot = snapshots.of_index(snapshots.list_index(), changes, objects)
    config = configuration.parse(snapshot.read(configuration.FILE))
    project = discovery.read(snapshot, config)
    labels = frozenset(options.operands)
    _refuse_unknown(labels, project)
    graph = build_graph(project.apps, project.settings)
    init = options.flag("--init")
    plan = planning.plan_lock(project, graph, config, labels, init=init)
    if init:
        foreign = {p: d for p, d in _foreign(snapshot).items() if p not in plan.files}
        notes = planning.notes_on_foreign(foreign, project, graph)
        plan = type(plan)(plan.apps, plan.files, notes)
    return plan


def _refuse_unknown(labels: "frozenset[str]", project: "Project") -> None:
    known = {app.label for app in project.apps}
    for label in sorted(labels - known):
        msg = f"no app {label!r} in the index; it has {', '.join(sorted(known)) or 'none'}"
        raise OneleafError(msg)


def _foreign(snapshot: "Snapshot") -> "dict[str, bytes]":
    """Content of what may be another tool's lockfile."""
    paths = [
        f"{directory}/{name}" if directory else name
        for directory, files in snapshot.directories.items()
        for name in files
    ]
    found = planning.foreign_candidates(paths)
    return {
        p: data or b"" for p, data in zip(found, snapshot.read_all(found), strict=True)
    }
