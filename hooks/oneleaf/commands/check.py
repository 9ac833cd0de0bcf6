"""``oneleaf check``: the hook. A state of the repository in, findings out."""

import sys

from oneleaf.arguments import REPORT_FORMAT, Option, Options, Verb
from oneleaf.checking import checks, judging, narrow, scope, states
from oneleaf.checking.findings import Report
from oneleaf.checking.scope import may_edit_migrations
from oneleaf.checking.states import State
from oneleaf.history import discovery
from oneleaf.repository import git

TYPE_CHECKING = False
if TYPE_CHECKING:
    from oneleaf.upstream.published import Published

VERB = Verb(
    "check",
    "[PATH ...]",
    "Finds duplicate migration numbers, several leaf nodes, missing and circular\n"
    "dependencies, and lockfiles that do not name the leaf node. Judges the index: what\n"
    "`git commit` would commit. Looks at the apps of the paths given and at those the\n"
    "index changes; at all apps where there is neither. Ends with 1 where it found\n"
    "something.",
    (
        Option("--all", "", "look at all apps"),
        Option("--rev", "REV", "judge the tree of this commit instead of the index"),
        Option(
            "--from-ref",
            "REV",
            "with --to-ref: look at what changed since the merge base of both",
        ),
        Option("--to-ref", "REV", "with --from-ref: judge the tree of this commit"),
        Option(
            "--against",
            "REF",
            "also judge the merge with REF, without making it; may be given again;"
            " `upstream` is the published branch",
            many=True,
        ),
        Option(
            "--prepare-commit-msg",
            "FILE",
            "judge only inside a rebase, cherry-pick or revert, where no other hook runs",
        ),
        Option(
            "--pre-push",
            "",
            "judge what is about to be pushed, as git tells its pre-push hook",
        ),
        REPORT_FORMAT,
    ),
    (
        ("oneleaf check", "what the next commit would hold"),
        ("oneleaf check --all", "every app in the index"),
        ("oneleaf check --rev main", "every app on a branch"),
        (
            "oneleaf check --from-ref main --to-ref HEAD",
            "what a branch brings, as in CI",
        ),
        (
            "oneleaf check --against upstream",
            "what merging would bring, before it does",
        ),
    ),
)


def run(options: Options) -> int:
    """Prints the findings; 0 without any error among them, 1 with some.

    Raises OneleafError for options that exclude each other, for what names no commit,
    and outside of a repository.
    """
    message = options.text("--prepare-commit-msg")
    if message:
        from oneleaf.repository import progress

        if not progress.picks_commits(message):
            return 0
    if options.texts("--against"):
        from oneleaf.upstream import merge_tree

        merge_tree.require_git()
    with git.Objects() as objects:
        found = [_check(options, state) for state in states.choose(options, objects)]
    output_format = options.text("--output-format", "text")
    reports = found or [Report("commit:" + "0" * 40, 0, 0, ())]
    for report in reports:
        if (
            report.findings or output_format != "text"
        ):  # most commits have nothing to say
            from oneleaf.output.report import render

            color, notes = options.text("--color", "auto"), options.flag("--all")
            text = render(report, output_format, color, notes=notes)
            sys.stdout.write(text)
    return max(report.exit_code for report in reports)


def _check(options: Options, state: State) -> Report:
    report = judge(options, state)
    if not options.texts("--against"):
        return report
    return _with_merges(options, state, report)


def judge(options: Options, state: State) -> Report:
    """The state by itself; through the narrow door where that can tell.

    Raises OneleafError where git cannot read the state.
    """
    anything = state.changes or options.operands
    if state.is_range and not anything:
        return Report(state.label, 0, 0, ())
    if state.name == states.INDEX and anything and not options.flag("--all"):
        narrowed = _judge_narrowed(options, state)
        if narrowed is not None:
            return narrowed
    return judge_whole(options, state)


def _judge_narrowed(options: Options, state: State) -> "Report | None":
    """The apps that the index touches alone; None where that cannot tell."""
    config = state.config
    directories = scope.directories(state.changes, config)
    if directories is None or not states.covers(directories, options.operands):
        return None
    if not directories:
        return Report(state.label, 0, 0, ())
    narrowed = narrow.read(state.changes, config, state.objects)
    if narrowed is None:
        return None
    project, snapshot = narrowed
    judged = judging.judge(snapshot, config, project, state.changes, directories)
    return _report(options, state, judged, directories)


def judge_whole(options: Options, state: State) -> Report:
    """The slow twin: every app is read, those in scope are judged."""
    snapshot, config, changes = state.snapshot(), state.config, state.changes
    project = discovery.read(snapshot, config)
    directories: frozenset[str] | None = None
    if not options.flag("--all") and (changes or options.operands):
        directories = scope.directories(changes, config) if changes else frozenset()
        if directories is not None and options.operands:
            named = scope.named(project, states.from_top(options.operands))
            directories |= named
    judged = judging.judge(snapshot, config, project, changes, directories)
    report = _report(options, state, judged, directories)
    return _summed_up(report) if directories is None else report


def _report(
    options: Options,
    state: State,
    judged: judging.Judged,
    directories: "frozenset[str] | None",
) -> Report:
    """What was found, and what the state changes of upstream's migrations.

    Upstream is looked up only where something may have been changed.
    """
    findings = judged.findings
    changes = state.changes
    if directories is None or may_edit_migrations(changes, state.config):
        published = _published(options, state)
        if published.edits:
            from oneleaf.checking import published_checks

            case = published_checks.Case(
                judged.project, state.config, published, directories
            )
            found = [*findings, *published_checks.run_checks(case)]
            findings = checks.arranged(found, state.config)
    count = sum(len(app.migrations) for app in judged.apps)
    return Report(state.label, len(judged.apps), count, findings)


def _published(options: Options, state: State) -> "Published":
    from oneleaf.upstream import published

    found = published.look(state)
    if found.unknown and options.flag("--all"):
        _say([f"published history was not checked: {found.unknown}"])
    return found


def _with_merges(options: Options, state: State, report: Report) -> Report:
    """The report, and what merging each ``--against`` would add to it."""
    from oneleaf.upstream import against

    findings = list(report.findings)
    said: list[str] = []
    commits = [state.name]
    for ref in options.texts("--against"):
        outcome = against.judge(state, ref)
        commits += [outcome.commit] if outcome.commit else []
        findings += outcome.findings
        if outcome.unknown:
            said.append(f"the merge with {ref} was not checked: {outcome.unknown}")
        said += outcome.opaque if options.flag("--all") else ()
    _say(said)
    label = "merge:" + "+".join(commits) if commits[1:] else report.state
    found = checks.arranged(findings, state.config)
    return Report(label, report.apps, report.migrations, found)


def _say(sentences: "list[str]") -> None:
    if sentences:  # most checks have none, and load nothing to say them with
        from oneleaf.output.saying import say

        for sentence in sentences:
            say(sentence)


def _summed_up(report: Report) -> Report:
    """Says on standard error how much was looked at, for who asked for all of it."""
    if not report.findings:
        from oneleaf.output.counting import counted

        sys.stderr.write(
            f"oneleaf: {counted(report.apps, 'app')},"
            f" {counted(report.migrations, 'migration')}: one leaf each\n"
            if report.apps
            else f"oneleaf: no app with migrations in {report.state}\n"
        )
    return report
