"""Where two states part: what both come from, and what each changed since.

Read-only. An index that a merge is made in comes from several commits: from HEAD and
from what is merged (gitrepository-layout(5), ``MERGE_HEAD``).
"""

import os

from oneleaf.checking.state import INDEX
from oneleaf.git import git
from oneleaf.git import snapshot as snapshots
from oneleaf.git.snapshot import Change

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from oneleaf.checking.state import State


class Meeting:
    """Three states. base: what both sides come from; ours, theirs: the sides."""

    __slots__ = ("base", "ours", "theirs")

    def __init__(self, base: "State", ours: "State", theirs: "State") -> None:
        self.base = base
        self.ours = ours
        self.theirs = theirs


class Fork:
    """Two states and the commits both come from.

    ours: id of the commit that is judged, or of HEAD's for the index.
    theirs: id of the other commit.
    bases: the merge bases as git-merge-base(1) lists them; empty where there is none.
    coming: ids of the commits whose merge is in progress in the index.
    """

    __slots__ = ("_changes", "bases", "coming", "ours", "theirs")

    def __init__(
        self,
        ours: str,
        theirs: str,
        bases: "tuple[str, ...]",
        coming: "tuple[str, ...]" = (),
    ) -> None:
        self.ours = ours
        self.theirs = theirs
        self.bases = bases
        self.coming = coming
        self._changes: tuple[list[Change], list[Change]] | None = None

    def changes(self, state: "State") -> "tuple[list[Change], list[Change]]":
        """What ours and what theirs changed since the merge base, which is one.

        state: ours; its index is looked at where that is what it is.
        """
        if self._changes is None:
            staged = state.changes if state.name == INDEX else []
            ours = _since(self.bases[0], self.ours, staged)
            theirs = snapshots.changes_between(self.bases[0], self.theirs)
            self._changes = ours, theirs
        return self._changes


def _since(base: str, commit: str, changes: "Sequence[Change]") -> "list[Change]":
    """What the index changes against the merge base: first HEAD does, then it."""
    found = {}
    if base != commit:
        found = {c.path: c for c in snapshots.changes_between(base, commit)}
    for change in changes:
        before = found.pop(change.path, None)
        old = before.old if before else change.old
        status = change.status
        if before and before.status == "A":
            status = "" if status == "D" else "A"
        elif before and before.status == "D":
            status = "M"
        if status and old != change.new:
            found[change.path] = Change(status, change.path, old, change.new)
    return list(found.values())


def find_fork(state: str, rev: str) -> "Fork | None":
    """The fork of a state and another commit; None before the first commit.

    state: ``"index"``, or the id of a commit. rev: as git-rev-parse(1) takes it.
    Raises OneleafError where ``rev`` names no commit.
    """
    ours = "HEAD" if state == INDEX else state
    command = ("rev-parse", "--absolute-git-dir", f"{ours}...{rev}", "--")
    code, out = git.run_code(*command, ok=(0, 128))
    if code:
        git.commit_id(rev)
        return None
    folder, *ids = git.decode(out).split("\n")[:-2]
    theirs, mine, *rest = ids  # git-rev-parse(1) prints the right end first
    coming = _merged_into(folder) if state == INDEX else ()
    if coming:
        return Fork(mine, theirs, _bases(theirs, mine, *coming), coming)
    return Fork(mine, theirs, tuple(commit[1:] for commit in rest))


def _merged_into(folder: str) -> "tuple[str, ...]":
    """Ids of the commits whose merge is in progress."""
    try:
        with open(os.path.join(folder, "MERGE_HEAD"), encoding="ascii") as file:
            return tuple(file.read().split())
    except OSError:
        return ()


def _bases(*commits: str) -> "tuple[str, ...]":
    """Merge bases of the first commit and a merge of the others (git-merge-base(1))."""
    _, out = git.run_code("merge-base", "--all", *commits, ok=(0, 1))
    return tuple(git.decode(out).split())
