"""``oneleaf lock``: lockfiles that name the leaf nodes of the index."""

import sys
from dataclasses import replace

from oneleaf import applying
from oneleaf.arguments import OUTPUT_FORMAT, Option, Options, Verb
from oneleaf.checking import state as states
from oneleaf.git import git
from oneleaf.lockfiles import foreign as foreign_lockfiles
from oneleaf.output import plan as plan_report
from oneleaf.output.terminal import say
from oneleaf.planning.lockfiles import plan_lock
from oneleaf.planning.refusals import require_apps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from oneleaf.git.snapshot import Snapshot
    from oneleaf.planning.plan import Plan

VERB = Verb(
    "lock",
    "[APP ...]",
    "Writes the lockfiles to name the leaf nodes of the migrations in the index. Never\n"
    "stages anything. Ends with 1 when it wrote a file, so that a hook stops the commit.\n"
    "Without an APP: every app.",
    (
        Option("--init", "", "also create lockfiles where there are none"),
        Option(
            "--check", "", "write nothing, end with 1 where something would be written"
        ),
        OUTPUT_FORMAT,
    ),
    (
        ("oneleaf lock", "bring the lockfiles up to date"),
        (
            "oneleaf lock --init",
            "start using lockfiles, or take over those of other tools",
        ),
    ),
)


def run(options: Options) -> int:
    """Writes what differs; 0 where nothing did, 1 where something did.

    Raises OneleafError for an app that is not there, Refused where a history has no one
    leaf node or a file cannot be written.
    """
    dry = options.flag("--check")
    top = applying.top_level()
    recovered = None if dry else applying.recover(top)
    if recovered:
        say(recovered)
    with git.Objects() as objects:
        plan = _plan(options, objects)
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
    state = states.of_index(objects)
    labels = frozenset(options.operands)
    require_apps(labels, state.project)
    init = options.flag("--init")
    plan = plan_lock(state, labels, init=init)
    if init:
        foreign = _foreign(state.snapshot)
        foreign = {p: d for p, d in foreign.items() if p not in plan.files}
        leaves = {a.label: state.graph.leaf_nodes(a) for a in state.project.apps}
        plan = replace(plan, notes=foreign_lockfiles.notes(foreign, leaves))
    return plan


def _foreign(snapshot: "Snapshot") -> "dict[str, bytes]":
    """Content of what may be another tool's lockfile."""
    paths = (
        f"{directory}/{name}" if directory else name
        for directory, files in snapshot.directories.items()
        for name in files
    )
    found = [path for path in paths if foreign_lockfiles.may_be_foreign(path)]
    return {
        p: data or b"" for p, data in zip(found, snapshot.read_all(found), strict=True)
    }
