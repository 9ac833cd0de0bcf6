"""``oneleaf check``: the hook. A state of the repository in, findings out."""

import sys

from oneleaf.arguments import REPORT_FORMAT, Option, Options, Verb
from oneleaf.checking import fast_path, rules
from oneleaf.checking import state as states
from oneleaf.checking.findings import Report
from oneleaf.checking.state import State
from oneleaf.git import git

TYPE_CHECKING = False
if TYPE_CHECKING:
    from oneleaf.checking.findings import Finding
    from oneleaf.upstream.against import Outcome

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
            "judge what is about to be pushed, as git passes it to its pre-push hook",
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
        from oneleaf.git import progress

        if not progress.picks_commits(message):
            return 0
    if options.texts("--against"):
        from oneleaf.upstream import merge

        merge.require_git()
    with git.Objects() as objects:
        reports = [check(state, options) for state in states.choose(options, objects)]
    reports = reports or [Report("commit:" + "0" * 40, 0, 0, ())]
    output_format = options.text("--output-format", "text")
    for report in reports:
        if (
            report.findings or output_format != "text"
        ):  # most commits have nothing to say
            from oneleaf.output.report import render

            color, notes = options.text("--color", "auto"), options.flag("--all")
            text = render(report, output_format, color, notes=notes)
            sys.stdout.write(text)
    return max(report.exit_code for report in reports)


def check(state: State, options: Options) -> Report:
    """What is wrong with a state, and with its merge with each ``--against``.

    Raises OneleafError where git cannot read them.
    """
    case = fast_path.case(state, options) or full_case(state, options)
    findings = [*rules.run(case), *_published(state, case, options)]
    apps = list(case.apps())
    count = sum(len(app.migrations) for app in apps)
    if case.scope is None and not findings:
        _sum_up(state, len(apps), count)
    commits = [state.name]
    for ref in options.texts("--against"):
        outcome = _merge(state, ref, options)
        commits += [outcome.commit] if outcome.commit else []
        findings += outcome.findings
    label = "merge:" + "+".join(commits) if commits[1:] else state.label
    return Report(label, len(apps), count, rules.arranged(findings, state))


def full_case(state: State, options: Options) -> states.Case:
    """Every app is read, those that the changes and the operands name are judged.

    Raises OneleafError where git cannot read them.
    """
    changes, operands = state.changes, options.operands
    directories: frozenset[str] | None = None
    if not options.flag("--all") and (changes or operands):
        directories = (
            states.directories(changes, state.config) if changes else frozenset()
        )
        if directories is not None and operands:
            named = states.named(state.project, states.from_top(operands))
            directories |= named
    return states.Case(state, directories)


def _published(state: State, case: states.Case, options: Options) -> "list[Finding]":
    """What the state changes of upstream's migrations.

    Upstream is looked up only where something may have been changed.
    """
    if case.scope is not None and not states.may_edit_migrations(
        state.changes, case.config
    ):
        return []
    from oneleaf.upstream import published, published_rules

    known = published.look(state)
    found = published_rules.run_checks(known, state, case.project.apps, case.scope)
    findings = rules.arranged(found, state)
    unknown = known.unknown or ("" if known.branches else published.NONE_HERE)
    if unknown and options.flag("--all"):
        _say([f"published history was not checked: {unknown}"])
    return findings


def _merge(state: State, ref: str, options: Options) -> "Outcome":
    """What merging the state with a commit would bring; says what cannot be told."""
    from oneleaf.upstream import against

    outcome = against.judge(state, ref)
    said = list(outcome.opaque) if options.flag("--all") else []
    if outcome.unknown:
        said.insert(0, f"the merge with {ref} was not checked: {outcome.unknown}")
    _say(said)
    return outcome


def _say(sentences: "list[str]") -> None:
    if sentences:  # most checks have none, and load nothing to say them with
        from oneleaf.output.terminal import say

        for sentence in sentences:
            say(sentence)


def _sum_up(state: State, apps: int, migrations: int) -> None:
    """Says on standard error how much was looked at, for who asked for all of it."""
    from oneleaf.output.terminal import counted

    sys.stderr.write(
        f"oneleaf: {counted(apps, 'app')},"
        f" {counted(migrations, 'migration')}: one leaf each\n"
        if apps
        else f"oneleaf: no app with migrations in {state.label}\n"
    )
