"""``check --against``: the merge with another branch, judged before anyone makes it."""

import os

from oneleaf import config as configuration
from oneleaf.checking import judging, upstream_checks
from oneleaf.checking.states import INDEX
from oneleaf.errors import OneleafError
from oneleaf.repository import revisions
from oneleaf.repository import snapshot as snapshots
from oneleaf.repository.snapshot import Snapshot
from oneleaf.upstream import forks, locating, narrow_merge
from oneleaf.upstream.meeting import Meeting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from oneleaf.checking.findings import Finding
    from oneleaf.checking.states import State
    from oneleaf.config import Config
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


def judge(state: "State", ref: str) -> Outcome:
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


def _judge_merge(state: "State", fork: forks.Fork, ref: str, outcome: Outcome) -> None:
    if len(fork.bases) == 1 and narrow_merge.are_apart(state, fork):
        return
    from oneleaf.upstream import merging

    try:
        with merging.made(state, fork) as merge:
            near = narrow_merge.read(state, fork, merge)
            if near is None:
                compare(*far(state, fork, merge), None, outcome, ref)
            elif near[1].directories:
                compare(*near, state.config, outcome, ref)
    except OneleafError as error:
        outcome.unknown = str(error)


def far(state: "State", fork: forks.Fork, merge: "Merge") -> "tuple[Meeting, Snapshot]":
    """Three whole states, and their merge. Raises OneleafError where it cannot be told."""
    objects = state.objects
    bases = [snapshots.of_commit(commit, objects) for commit in fork.bases]
    theirs = snapshots.of_commit(fork.theirs, objects)
    return Meeting(_overlaid(bases), state.snapshot(), theirs), merge.whole()


def _overlaid(bases: "list[Snapshot]") -> "Snapshot":
    """The one merge base, or what any of several holds: neither side added that."""
    found = bases[0]
    for other in bases[1:]:
        every = {**found.directories, **other.directories}
        directories = {
            d: {**found.directories.get(d, {}), **other.directories.get(d, {})}
            for d in every
        }
        links = found.links | other.links
        found = Snapshot(found.name, directories, found.objects, links)
    return found


def compare(
    meeting: Meeting,
    snapshot: "Snapshot",
    config: "Config | None",
    outcome: Outcome,
    ref: str,
) -> None:
    """Judges the merge; the sides only where it has something to say.

    snapshot: the merged state. config: of all four states, None where each has its own.
    """
    whole = judging.judge(snapshot, config or _config(snapshot))
    sides = upstream_checks.Sides(ref, meeting.base, meeting.ours, meeting.theirs)
    findings = [*whole.findings, *upstream_checks.stopped(snapshot, whole.findings)]
    if findings:
        alone = [
            finding
            for side in (meeting.ours, meeting.theirs)
            for finding in judging.judge(side, config or _config(side)).findings
        ]
        found = upstream_checks.only_merged(findings, alone)
        outcome.findings += upstream_checks.conflicts(found, whole.project, sides)
    outcome.findings += upstream_checks.overlapping(whole.project, sides)
    outcome.opaque += upstream_checks.opaque(whole.project, sides)


def _config(snapshot: "Snapshot") -> "Config":
    return configuration.parse(snapshot.read(configuration.FILE))
