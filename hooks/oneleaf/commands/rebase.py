"""``oneleaf rebase``: local migrations are renumbered to follow those that stay."""

import sys
from dataclasses import replace

from oneleaf.arguments import OUTPUT_FORMAT, Option, Options, Verb
from oneleaf.errors import Refused
from oneleaf.git import git
from oneleaf.git.progress import CONTINUE
from oneleaf.git.worktree import WorkTree, naming
from oneleaf.output import plan as plan_report
from oneleaf.output.terminal import say
from oneleaf.shell import word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from oneleaf.planning.plan import Plan
    from oneleaf.planning.rebase_input import Gathered

VERB = Verb(
    "rebase",
    "[APP ...]",
    "Renumbers local migrations so that they follow the published ones: new names, every\n"
    "reference to them, the lockfile. Works while a merge, rebase, cherry-pick, revert\n"
    "or stash pop is stopped by a conflict (and stages what it wrote then), and after\n"
    "it. What is on the upstream branch is never renamed, edited or deleted. Without\n"
    "an APP: every app.",
    (
        Option(
            "--onto",
            "SIDE",
            "which side stays, where it is not known what is published",
            ("ours", "theirs"),
        ),
        Option("--dry-run", "", "show what would be done, write nothing"),
        Option(
            "--references",
            "",
            "also rewrite names of moved migrations in other Python code",
        ),
        Option(
            "--despite-overlap", "", "go on though both sides cannot be valid together"
        ),
        Option("--no-stage", "", "never stage anything"),
        OUTPUT_FORMAT,
    ),
    (
        ("oneleaf rebase", "settle every conflict between migrations"),
        ("oneleaf rebase shop", "only those of one app"),
        ("oneleaf rebase --dry-run", "see what it would do"),
    ),
)


def run(options: Options) -> int:
    """Plans, shows, applies; 0 when done or nothing was to do, 1 when refused.

    The rooms for it are imported here: help and completion read ``VERB`` alone.
    """
    from oneleaf import applying

    top = applying.top_level()
    recovered = applying.recover(top)
    if recovered:
        say(recovered)
    with git.Objects() as objects:
        found, plan = _planned(options, top, objects)
    dry = options.flag("--dry-run")
    stage = bool(found.progress.kind) and not options.flag("--no-stage")
    if plan.files and not dry:
        applying.apply(top, plan, stage=stage)
    if options.text("--output-format", "text") == "json":
        applied = bool(plan.files) and not dry
        sys.stdout.write(plan_report.render_json(plan, applied=applied))
        sys.stderr.write(plan_report.notes(plan))
    else:
        _print(plan, found, dry=dry, staged=stage)
    return int(any(app.refused for app in plan.apps))


def _planned(
    options: Options, top: str, objects: git.Objects
) -> "tuple[Gathered, Plan]":
    from oneleaf.planning import other_code
    from oneleaf.planning.rebase import plan_rebase
    from oneleaf.planning.rebase_input import gather, moved_before
    from oneleaf.planning.situation import Wishes

    wishes = Wishes(
        frozenset(options.operands), despite_overlap=options.flag("--despite-overlap")
    )
    found = gather(WorkTree(top), objects, wishes, options.text("--onto"))
    plan = plan_rebase(found.situation)
    refused = any(app.refused for app in plan.apps)
    rewrite = options.flag("--references")
    moved = other_code.renames(plan)
    if rewrite and not refused:
        moved = {**moved_before(found, objects), **moved}
    if moved:
        paths = naming({name for _, name in moved})
        plan = other_code.with_mentions(
            plan, found.situation, moved, paths, rewrite=rewrite
        )
    if not plan.files and not refused:
        _refuse_behind(found)
    return found, _with_untracked(plan, found)


def _with_untracked(plan: "Plan", found: "Gathered") -> "Plan":
    """The plan with a note for each migration that git did not track so far."""
    notes = [
        f"{path} is not tracked by git; it moves with the others"
        for path in sorted(found.untracked & plan.files.keys())
    ]
    return replace(plan, notes=(*plan.notes, *notes))


def _refuse_behind(found: "Gathered") -> None:
    """Stops where upstream's new migrations are not here yet: there is nothing to follow."""
    from oneleaf.planning.rebase_input import behind

    name, apps = ("", []) if found.progress.kind else behind(found)
    if apps:
        msg = (
            f"{name} has new migrations of {', '.join(apps)} that are not in this branch"
            f" yet; nothing was changed; run `git rebase {name}` or `git merge {name}`"
            " first, then `oneleaf rebase`"
        )
        raise Refused(msg)


def _print(plan: "Plan", found: "Gathered", *, dry: bool, staged: bool) -> None:
    sys.stdout.write(plan_report.render_text(plan, dry=dry))
    sys.stderr.write(plan_report.notes(plan))
    left = _still_in_conflict(plan, found)
    if plan.files and not dry:
        steps = [*left, *_next(plan, found, staged=staged)]
        sys.stdout.write(plan_report.render_next(steps))
    elif not plan.files and not plan.apps:
        sys.stdout.write("nothing to do: all local migrations are already in order\n")
        sys.stdout.write(plan_report.render_next(left))


def _still_in_conflict(plan: "Plan", found: "Gathered") -> "list[str]":
    paths = [path for path in found.unmerged if path not in plan.files]
    return [f"edit and `git add` {path}, which is still in conflict" for path in paths]


def _next(plan: "Plan", found: "Gathered", *, staged: bool) -> "list[str]":
    """The commands that are left to the user."""
    steps = []
    if not staged:
        paths = " ".join(word(path) for path in plan.files)
        steps.append(f"git add -A -- {paths}")
    steps.append(CONTINUE.get(found.progress.kind, "git commit"))
    steps.append("python manage.py makemigrations --check")
    if any(app.moved for app in plan.apps):
        steps.append(
            "oneleaf db status, before `migrate` on a database that has applied them"
        )
    return steps
