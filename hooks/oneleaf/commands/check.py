"""``oneleaf check``: the hook. A state of the repository in, findings out."""

import os
import sys

from oneleaf import checks, discovery, git, narrow, scope, verdicts
from oneleaf import config as configuration
from oneleaf import snapshot as snapshots
from oneleaf.arguments import Option, Options, Verb
from oneleaf.errors import OneleafError
from oneleaf.graph import build_graph
from oneleaf.output.report import FORMATS, Report, exit_code, render

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from oneleaf.config import Config
    from oneleaf.project import Project
    from oneleaf.snapshot import Change, Snapshot

VERB = Verb(
    "check",
    "[PATH ...]",
    "Finds duplicate migration numbers, several leaf nodes, missing and circular\n"
    "dependencies, and lockfiles that do not name the leaf node. Judges the index: what\n"
    "`git commit` would commit. Looks at the apps of the paths given and at those the\n"
    "index changes; at all apps where there is neither.",
    (
        Option("--all", "", "look at all apps"),
        Option("--rev", "REV", "judge the tree of this commit instead of the index"),
        Option(
            "--from-ref",
            "A",
            "with --to-ref: look at what B changes since the merge base",
        ),
        Option("--to-ref", "B", "judge the tree of B"),
        Option(
            "--prepare-commit-msg",
            "FILE",
            "judge only inside a rebase, cherry-pick or revert, where no other hook runs",
        ),
        Option("--output-format", "FORMAT", "how to print", FORMATS),
    ),
    (
        ("oneleaf check", "what the next commit would hold"),
        ("oneleaf check --all", "every app in the index"),
        ("oneleaf check --rev main", "every app on a branch"),
        (
            "oneleaf check --from-ref main --to-ref HEAD",
            "what a branch brings, as in CI",
        ),
    ),
)


def run(options: Options) -> int:
    """Prints the findings; 0 without any, 1 with some."""
    message = options.text("--prepare-commit-msg")
    if message and not _picks_commits(message):
        return 0
    objects = git.Objects()
    try:
        report = _check(options, objects)
    finally:
        objects.close()
    sys.stdout.write(
        render(
            report,
            options.text("--output-format", "text"),
            options.text("--color", "auto"),
        )
    )
    return exit_code(report)


def _picks_commits(message: str) -> bool:
    """Whether a rebase, cherry-pick or revert makes this commit.

    message: the file that git hands to prepare-commit-msg; it lies in the git
    directory (githooks(5)). In an ordinary commit the pre-commit hook has judged the
    index a moment ago: nobody pays twice.
    """
    folder = os.path.dirname(message) or "."
    marks = (
        "rebase-merge",
        "rebase-apply",
        "sequencer",
        "CHERRY_PICK_HEAD",
        "REVERT_HEAD",
    )
    if any(os.path.exists(f"{folder}/{mark}") for mark in marks):
        return True
    # A clean `git revert` of one commit leaves no mark but its prepared message,
    # which git also writes for a merge: that one has its own hook.
    prepared = os.path.exists(f"{folder}/MERGE_MSG")
    return prepared and not os.path.exists(f"{folder}/MERGE_HEAD")


def _check(options: Options, objects: git.Objects) -> Report:
    old, new = _range(options)
    if options.flag("--rev") and new:
        msg = "oneleaf check takes either --rev or --from-ref and --to-ref"
        raise OneleafError(msg)
    if new:
        return _check_range(options, objects, old, new)
    if options.flag("--rev"):
        commit = snapshots.commit_id(options.text("--rev"))
        return judge_whole(options, snapshots.of_commit(commit, objects), [])
    return judge_index(options, objects)


def _range(options: Options) -> "tuple[str, str]":
    """The two ends of a range: the options, else what pre-commit says of a push."""
    old, new = options.text("--from-ref"), options.text("--to-ref")
    if bool(old) != bool(new):
        msg = "oneleaf check needs both --from-ref and --to-ref"
        raise OneleafError(msg)
    if new or options.flag("--rev"):
        return old, new
    environ = os.environ
    return environ.get("PRE_COMMIT_FROM_REF", ""), environ.get("PRE_COMMIT_TO_REF", "")


def _check_range(options: Options, objects: git.Objects, old: str, new: str) -> Report:
    """The tree of ``new``; the apps changed since its merge base with ``old``."""
    if not new.strip("0"):  # a branch is deleted by the push
        return Report("commit:" + new, 0, 0, ())
    commit = snapshots.commit_id(new)
    snapshot = snapshots.of_commit(commit, objects)
    base = snapshots.merge_base(old, commit) if old.strip("0") else None
    if (
        base is None
    ):  # the first push of a branch, or a shallow clone: no range to narrow to
        return judge_whole(options, snapshot, [])
    changes = snapshots.changes_between(base, commit)
    if not changes and not options.operands:
        return Report(snapshot.name, 0, 0, ())
    return judge_whole(options, snapshot, changes)


def judge_index(options: Options, objects: git.Objects) -> Report:
    """The index; through the narrow door where that can tell."""
    objects.start()
    changes = snapshots.changes_of_index()
    everything = options.flag("--all") or not (changes or options.operands)
    config = _config_of_index(changes, objects)
    if everything:
        return _check_all(options, changes, objects)
    directories = scope.directories(changes, config)
    if directories is not None and _covers(directories, options.operands):
        if not directories:
            return Report("index", 0, 0, ())
        narrowed = narrow.read(changes, config, objects)
        if narrowed is not None:
            project, snapshot = narrowed
            return _judge(project, snapshot, config, changes, directories)
    listing = snapshots.list_index()
    snapshot = snapshots.of_index(listing, changes, objects)
    return judge_whole(options, snapshot, changes)


def _covers(directories: "frozenset[str]", operands: "Sequence[str]") -> bool:
    """Whether the operands name nothing but files in these directories."""
    return all(operand.rpartition("/")[0] in directories for operand in operands) and (
        not operands or _at_top()
    )


def _at_top() -> bool:
    """Whether the current directory is surely the top of a work tree.

    Where it only may be, git is asked, at the price of a process.
    """
    return os.path.lexists(".git") and "GIT_WORK_TREE" not in os.environ


def _config_of_index(changes: "Sequence[Change]", objects: git.Objects) -> "Config":
    """The configuration in the index, without listing the index."""
    staged = next((c for c in changes if c.path == configuration.FILE), None)
    name = staged.new if staged else f"HEAD:{configuration.FILE}"
    return configuration.parse(next(objects.read([name])))


def _check_all(
    options: Options, changes: "list[Change]", objects: git.Objects
) -> Report:
    """All apps in the index, or the memory that this very index was found clean."""
    listing = snapshots.list_index()
    folder = verdicts.directory()
    new = "\0".join(sorted(c.path for c in changes if c.status == "A"))
    digest = verdicts.key(listing, git.encode(new))
    counts = verdicts.recall(folder, digest)
    if counts is not None:
        return _summed_up(Report("index", *counts, ()))
    snapshot = snapshots.of_index(listing, changes, objects)
    report = judge_whole(options, snapshot, changes)
    if not report.findings:
        verdicts.remember(folder, digest, report.apps, report.migrations)
    return report


def judge_whole(
    options: Options, snapshot: "Snapshot", changes: "list[Change]"
) -> Report:
    """The slow twin: every app is read, those in scope are judged."""
    config = configuration.parse(snapshot.read(configuration.FILE))
    project = discovery.read(snapshot, config)
    directories: frozenset[str] | None = None
    if not options.flag("--all") and (changes or options.operands):
        directories = scope.directories(changes, config) if changes else frozenset()
        if directories is not None and options.operands:
            directories |= scope.named(project, _from_top(options.operands))
    report = _judge(project, snapshot, config, changes, directories)
    return _summed_up(report) if directories is None else report


def _from_top(operands: "Sequence[str]") -> "list[str]":
    """Paths as typed, relative to the top of the repository."""
    prefix = "" if _at_top() else git.decode(git.run("rev-parse", "--show-prefix"))
    top = prefix.rstrip("\n")
    return [
        os.path.normpath(top + operand).replace(os.sep, "/").removeprefix(".")
        for operand in operands
    ]


def _judge(
    project: "Project",
    snapshot: "Snapshot",
    config: "Config",
    changes: "Sequence[Change]",
    directories: "frozenset[str] | None",
) -> Report:
    graph = build_graph(project.apps, project.settings)
    case = checks.Case(
        project,
        graph,
        config,
        directories,
        frozenset(change.path for change in changes if change.status == "A"),
        frozenset(change.path for change in changes if change.status == "D"),
        lambda path, text: _line_of(snapshot, path, text),
    )
    findings = checks.run_checks(case)
    judged = list(case.apps())
    count = sum(len(app.migrations) for app in judged)
    return Report(snapshot.name, len(judged), count, findings)


def _line_of(snapshot: "Snapshot", path: str, text: str) -> int:
    """Line on which ``text`` first stands in a file of the state, else 1."""
    source = snapshot.read(path) or b""
    at = source.find(git.encode(text))
    return source.count(b"\n", 0, at) + 1 if at >= 0 else 1


def _summed_up(report: Report) -> Report:
    """Says on standard error how much was looked at, for who asked for all of it."""
    if not report.findings:
        sys.stderr.write(
            f"oneleaf: {report.apps} apps, {report.migrations} migrations: one leaf each\n"
            if report.apps
            else f"oneleaf: no app with migrations in {report.state}\n"
        )
    return report
