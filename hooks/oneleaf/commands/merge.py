"""``oneleaf merge``: a migration that joins an app's leaf nodes."""

import sys
import time
from dataclasses import replace

from oneleaf import applying
from oneleaf.arguments import OUTPUT_FORMAT, Option, Options, Verb
from oneleaf.checking import state as states
from oneleaf.errors import OneleafError, Refused
from oneleaf.git import git, progress, worktree
from oneleaf.output import plan as plan_report
from oneleaf.output.terminal import escape, say
from oneleaf.planning import merge as planning
from oneleaf.planning import plan as plans
from oneleaf.planning import rebase_input
from oneleaf.planning.refusals import require_apps
from oneleaf.shell import word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from oneleaf.git.snapshot import Snapshot
    from oneleaf.git.worktree import WorkTree
    from oneleaf.planning.plan import Plan

VERB = Verb(
    "merge",
    "[APP ...]",
    "Writes the merge migration that `makemigrations --merge` would, for apps with\n"
    "several leaf nodes in the index, and the lockfile. Nothing is renamed: it is for\n"
    "chains that are both published. Stages what it wrote while a merge, rebase,\n"
    "cherry-pick, revert or stash pop is in progress. Without an APP: every app.",
    (
        Option("--name", "NAME", "what follows the number, instead of merge_..."),
        Option("--dry-run", "", "show what would be written, write nothing"),
        Option("--no-stage", "", "never stage anything"),
        OUTPUT_FORMAT,
    ),
    (
        ("oneleaf merge", "join the leaf nodes of every app that has several"),
        ("oneleaf merge shop --name join_colors", "those of one app, under this name"),
    ),
)


def run(options: Options) -> int:
    """Plans, applies, says what was done; 0 also where nothing is to be merged.

    Raises OneleafError for a name that is no identifier and for an app that is not
    there, Refused where an app cannot be merged or a file cannot be written.
    """
    name = options.text("--name")
    if name and not name.isidentifier():
        msg = f"--name {name!r} is no Python identifier; use letters, digits and _"
        raise OneleafError(msg)
    dry = options.flag("--dry-run")
    files = worktree.WorkTree(applying.top_level())
    recovered = None if dry else applying.recover(files.top)
    if recovered:
        say(recovered)
    with git.Objects() as objects:
        plan, now = _plan(options, files, objects)
    stage = bool(now) and not options.flag("--no-stage")
    if not dry:
        applying.apply(files.top, plan, stage=stage)
    if options.text("--output-format", "text") == "json":
        applied = bool(plan.files) and not dry
        sys.stdout.write(plan_report.render_json(plan, applied=applied))
    else:
        sys.stdout.write(_told(plan, now if stage else "", dry=dry))
        sys.stderr.write(plan_report.notes(plan))
    return 0


def _plan(
    options: Options, files: "WorkTree", objects: git.Objects
) -> "tuple[Plan, str]":
    """The plan, and what git is in the middle of (a key of ``progress.CONTINUE``)."""
    state = states.of_index(objects)
    index, config, project = state.snapshot, state.config, state.project
    now = progress.read(unmerged=bool(index.unmerged)).kind
    labels = frozenset(options.operands)
    require_apps(labels, project)
    conflicts = planning.find_conflicts(project, state.graph, labels)
    conflicts, notes = _not_yet_merged(conflicts, files)
    plan = planning.plan_merge(
        project,
        conflicts,
        _samples(conflicts, index, files),
        rebase_input.lockfile_sides(config, index),
        config,
        planning.MergeWish(options.text("--name"), _minute()),
    )
    return _for_work_tree(plan, notes, files), now


def _minute() -> str:
    """Now, as Django's ``timezone.now`` has it with ``USE_TZ``: in UTC."""
    return time.strftime("%Y-%m-%d %H:%M", time.gmtime())


def _samples(
    conflicts: "list[planning.SeveralLeaves]", index: "Snapshot", files: "WorkTree"
) -> "dict[str, bytes]":
    """The migrations that tell the style, with the line ends of the work tree."""
    paths = [path for conflict in conflicts for path in conflict.samples()]
    staged = dict(zip(paths, index.read_all(paths), strict=True))
    return {path: _read(files, path) or staged[path] or b"" for path in paths}


def _not_yet_merged(
    conflicts: "list[planning.SeveralLeaves]", files: "WorkTree"
) -> "tuple[list[planning.SeveralLeaves], tuple[str, ...]]":
    """The conflicts that no file outside of the index settles, and what to say of others.

    Such a file is what an earlier run wrote, before anybody staged it.
    """
    left, notes = [], []
    paths = worktree.untracked() if conflicts else []
    for conflict in conflicts:
        folder = conflict.app.directory
        mine = [p for p in paths if p.rpartition("/")[0] == folder and p[-3:] == ".py"]
        done = [p for p in mine if conflict.is_joined_by(_read(files, p) or b"")]
        if done:
            joined = ", ".join(conflict.leaves)
            notes.append(f"{done[0]} joins {joined} already: `git add {word(done[0])}`")
        else:
            left.append(conflict)
    return left, tuple(notes)


def _for_work_tree(plan: "Plan", notes: "tuple[str, ...]", files: "WorkTree") -> "Plan":
    """The plan with what is in the work tree now, and lockfiles in its line ends."""
    expected = {path: _read(files, path) for path in plan.files}
    contents: dict[str, bytes | None] = {}
    for path, data in plan.files.items():
        contents[path] = plans.as_in(expected[path], data) if data else data
    # What the plan makes anew must not be there, whatever the index says.
    made = [path for app in plan.apps for path in app.edited]
    expected.update(dict.fromkeys(made))
    return replace(plan, files=contents, notes=notes, expected=expected)


def _read(files: "WorkTree", path: str) -> "bytes | None":
    try:
        return files.read(path)
    except OSError as error:
        msg = f"{path} cannot be read ({error.strerror}); nothing was changed; fix that first"
        raise Refused(msg) from None


def _told(plan: "Plan", staged: str, *, dry: bool) -> str:
    """A line for each app, and one for how to go on."""
    if not plan.files:
        why = "" if plan.notes else ": no app asked for has several leaf nodes"
        return f"nothing to merge{why}\n"
    lines = [
        _line(app.edited[0], app.upstream, app.lockfile, dry=dry) for app in plan.apps
    ]
    if staged:
        lines.append(f"    hint: staged; go on with `{progress.CONTINUE[staged]}`")
    elif not dry:
        words = " ".join(escape(word(path)) for path in sorted(plan.files))
        lines.append(f"    hint: git add {words}")
    return "".join(line + "\n" for line in lines)


def _line(
    path: str, leaves: "tuple[str, ...]", lockfile: "str | None", *, dry: bool
) -> str:
    verb = "Would write" if dry else "Wrote"
    also = f", and {escape(lockfile)}" if lockfile else ""
    return f"{verb} {escape(path)}, which joins {escape(', '.join(leaves))}{also}"
