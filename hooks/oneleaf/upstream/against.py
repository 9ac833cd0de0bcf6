"""``check --against``: the merge with another branch, judged before anyone makes it."""

import os

from oneleaf.checking import checks, upstream_checks
from oneleaf.checking.scope import Case
from oneleaf.checking.states import INDEX, State
from oneleaf.errors import OneleafError
from oneleaf.repository import revisions
from oneleaf.repository.snapshot import Snapshot
from oneleaf.upstream import forks, locating, narrow_merge
from oneleaf.upstream.meeting import Meeting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from oneleaf.checking.findings import Finding
    from oneleaf.upstream.merging import Merge


class Outcome:
    """What the merge with one commit came to.

    commit: its id. findings: OL303 and OL304. opaque: operations that cannot be
    compared, in words. unknown: why the merge could not be judged, "" where it was.
    """

    __slots__ = ("commit", "findings", "opaque", "unknown")

    def __init__(self, commit: str, unknown: str = "") -> None:
        self.commit = commit
        self.unknown = unknown
        self.findings: list[Finding] = []
        self.opaque: list[str] = []


def judge(state: State, ref: str) -> Outcome:
    """Judges the merge of a state with the commit that ``ref`` names.

    ref: ``upstream`` is the published branch; where there is none, that is no fault.
    Raises OneleafError where anything else names no commit.
    """
    if ref == "upstream":
        try:
            ref = locating.require(state.config.upstream, os.environ).name
        except OneleafError as error:
            return Outcome("", str(error))
    fork = forks.find(state.name, ref)
    if fork is None or not fork.bases:
        commit = fork.theirs if fork else revisions.commit_id(ref)
        return Outcome(commit, _NO_BASE)
    outcome = Outcome(fork.theirs)
    in_index = state.name == INDEX
    if fork.theirs in fork.bases:
        return outcome
    if fork.ours in fork.bases and not (in_index and state.changes):
        return outcome
    if in_index and any(change.status == "U" for change in state.changes):
        outcome.unknown = "the index has unresolved merges"
        return outcome
    _judge_merge(state, fork, ref, outcome)
    return outcome


_NO_BASE = (
    "no common history is here; in a shallow clone run `git fetch --unshallow` first"
)


def _judge_merge(state: State, fork: forks.Fork, ref: str, outcome: Outcome) -> None:
    if len(fork.bases) == 1 and narrow_merge.are_apart(state, fork):
        return
    from oneleaf.upstream import merging

    try:
        with merging.made(state, fork) as merge:
            near = narrow_merge.read(state, fork, merge)
            if near is None:
                compare(*far(state, fork, merge), outcome, ref)
            elif near[1].snapshot.directories:
                compare(*near, outcome, ref)
    except OneleafError as error:
        outcome.unknown = str(error)


def far(state: State, fork: forks.Fork, merge: "Merge") -> "tuple[Meeting, State]":
    """Three whole states, and their merge. Raises OneleafError where it cannot be told."""
    bases = [State(commit, state.objects) for commit in fork.bases]
    theirs = State(fork.theirs, state.objects)
    return Meeting(_overlaid(bases), state, theirs), merge.whole()


def _overlaid(bases: "list[State]") -> State:
    """The one merge base, or what any of several holds: neither side added that."""
    found = bases[0].snapshot
    for other in (base.snapshot for base in bases[1:]):
        every = {**found.directories, **other.directories}
        directories = {
            d: {**found.directories.get(d, {}), **other.directories.get(d, {})}
            for d in every
        }
        links = found.links | other.links
        found = Snapshot(found.name, directories, found.objects, links)
    return State(bases[0].name, found.objects, snapshot=found)


def compare(meeting: Meeting, merged: State, outcome: Outcome, ref: str) -> None:
    """Judges the merge; the sides only where it has something to say."""
    project = merged.project
    base, ours, theirs = meeting.base, meeting.ours, meeting.theirs
    sides = upstream_checks.Sides(ref, base.snapshot, ours.snapshot, theirs.snapshot)
    findings = checks.run(Case(merged))
    findings += upstream_checks.stopped(merged.snapshot, findings)
    if findings:
        alone = [
            finding
            for side in (ours, theirs)
            for finding in checks.run(Case(side, new=frozenset()))
        ]
        found = upstream_checks.only_merged(findings, alone)
        outcome.findings += upstream_checks.conflicts(found, project, sides)
    outcome.findings += upstream_checks.overlapping(project, sides)
    outcome.opaque += upstream_checks.opaque(project, sides)
