"""``oneleaf advise``: what a merge, rebase or checkout left in HEAD, in two lines.

For the hooks that cannot stop anything: post-merge, post-rewrite and post-checkout.
It judges nothing itself; the sentences are those of ``oneleaf check``.
"""

import contextlib
import os
import sys

from oneleaf.arguments import Options, Verb
from oneleaf.checking import rules
from oneleaf.checking import state as states
from oneleaf.checking.state import State
from oneleaf.git import git
from oneleaf.git import snapshot as snapshots

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from oneleaf.checking.findings import Finding
    from oneleaf.git.snapshot import Change

VERB = Verb(
    "advise",
    "",
    "Says in at most two lines what is wrong with the migrations in HEAD: several leaf\n"
    "nodes, duplicate numbers, stale lockfiles. Silent where nothing is. Ends with 0,\n"
    "because the hooks it is for come too late to stop anything.",
    (),
    (("oneleaf advise", "what a post-merge hook runs"),),
)


def run(_options: Options) -> int:
    """Prints the advice; 0 always."""
    # A hook that comes after the fact never gets in the way.
    with contextlib.suppress(Exception):
        sys.stdout.write(_advice(os.environ))
    return 0


def _advice(environ: "Mapping[str, str]") -> str:
    changes = _changes(environ)
    if changes is None:
        return ""
    with git.Objects() as objects:
        findings = _findings(changes, objects)
    return advice(findings)


def _changes(environ: "Mapping[str, str]") -> "list[Change] | None":
    """What a checkout changed, [] where everything may have; None for nothing.

    pre-commit hands over what git says to post-checkout: both commits, and whether a
    branch was checked out or only files, which leaves HEAD where it is (githooks(5)).
    An amended commit has just been judged by the pre-commit hook.
    """
    if environ.get("PRE_COMMIT_REWRITE_COMMAND") == "amend":
        return None
    kind = environ.get("PRE_COMMIT_CHECKOUT_TYPE")
    if kind is None:
        return []
    old, new = (
        environ.get("PRE_COMMIT_FROM_REF", ""),
        environ.get("PRE_COMMIT_TO_REF", ""),
    )
    if kind == "0" or old == new:
        return None
    if not old.strip("0"):  # a fresh work tree
        return []
    return snapshots.changes_between(old, new) or None


def _findings(changes: "Sequence[Change]", objects: git.Objects) -> "list[Finding]":
    state = State(git.commit_id("HEAD"), objects)
    directories = states.directories(changes, state.config) if changes else None
    if directories is not None and not directories:
        return []
    return rules.run(states.Case(state, directories))


def advice(findings: "Sequence[Finding]") -> str:
    """The first finding and its cure, and how many more there are; "" for none."""
    from oneleaf.output.terminal import escape

    if not findings:
        return ""
    more = (
        f" (and {len(findings) - 1} more: `oneleaf check --rev HEAD`)"
        if findings[1:]
        else ""
    )
    return (
        f"oneleaf: HEAD: {escape(findings[0].message)}{more}\n"
        f"    hint: {escape(findings[0].hint)}\n"
    )
