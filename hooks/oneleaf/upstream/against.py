"""``check --against``: the merge with another branch, judged before anyone makes it."""

import os

from oneleaf import config as configuration
from oneleaf.checking import judging, upstream_checks
from oneleaf.checking.states import INDEX
from oneleaf.errors import OneleafError
from oneleaf.repository import snapshot as snapshots
from oneleaf.upstream import forks, locating, merged, narrow_merge

TYPE_CHECKING = False
if TYPE_CHECKING:
    from oneleaf.checking.findings import Finding
    from oneleaf.checking.states import State
    from oneleaf.config import Config
    from oneleaf.repository.snapshot import Snapshot


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
        commit = fork.theirs if fork else snapshots.commit_id(ref)
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
    contents = merged.Contents(state.objects)
    near = narrow_merge.read(state, fork, contents)
    if near is None:
        compare(far(state, fork, contents), contents, None, outcome, ref)
    elif near.base.directories:
        compare(near, contents, state.config, outcome, ref)
    return outcome


_NO_BASE = (
    "no common history is here; in a shallow clone run `git fetch --unshallow` first"
)


def far(state: "State", fork: forks.Fork, contents: merged.Contents) -> merged.Meeting:
    """The slow twin of ``narrow_merge.read``: three whole states."""
    return forks.meeting(fork, state.snapshot(), contents, state.config)


def compare(
    meeting: merged.Meeting,
    contents: merged.Contents,
    config: "Config | None",
    outcome: Outcome,
    ref: str,
) -> None:
    """Judges the merge; the sides only where it has something to say.

    config: of all three states, None where each has its own.
    """
    snapshot = merged.merge(meeting, contents, config=config)
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
