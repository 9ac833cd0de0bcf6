"""Where two histories part: the merge bases, and how the states between them differ.

Read-only. An index that a merge is made in comes from several commits: from HEAD and
from what is merged (gitrepository-layout(5), ``MERGE_HEAD``).
"""

import os

from oneleaf.checking.states import INDEX
from oneleaf.repository import git
from oneleaf.repository import snapshot as snapshots
from oneleaf.repository.snapshot import Snapshot
from oneleaf.upstream import merged, renaming

TYPE_CHECKING = False
if TYPE_CHECKING:
    from oneleaf.config import Config


class Fork:
    """Two states and the commits both come from.

    ours: id of the commit that is judged, or of HEAD's for the index.
    theirs: id of the other commit.
    bases: the merge bases as git-merge-base(1) lists them; empty where there is none.
    """

    __slots__ = ("bases", "ours", "theirs")

    def __init__(self, ours: str, theirs: str, bases: "tuple[str, ...]") -> None:
        self.ours = ours
        self.theirs = theirs
        self.bases = bases


def find(state: str, rev: str) -> "Fork | None":
    """The fork of a state and another commit; None before the first commit.

    state: ``"index"``, or the id of a commit. rev: as git-rev-parse(1) takes it.
    Raises OneleafError where ``rev`` names no commit.
    """
    ours = "HEAD" if state == INDEX else state
    command = ("rev-parse", "--absolute-git-dir", f"{ours}...{rev}", "--")
    code, out = git.run_code(*command, ok=(0, 128))
    if code:
        snapshots.commit_id(rev)
        return None
    folder, *ids = git.decode(out).split("\n")[:-2]
    theirs, mine, *rest = ids  # git-rev-parse(1) prints the right end first
    fork = Fork(mine, theirs, tuple(commit[1:] for commit in rest))
    coming = _merged_into(folder) if state == INDEX else []
    if coming:
        fork.bases = _bases(fork.theirs, fork.ours, *coming)
    return fork


def _merged_into(folder: str) -> "list[str]":
    """Ids of the commits whose merge is in progress."""
    try:
        with open(os.path.join(folder, "MERGE_HEAD"), encoding="ascii") as file:
            return file.read().split()
    except OSError:
        return []


def _bases(*commits: str) -> "tuple[str, ...]":
    """Merge bases of the first commit and a merge of the others (git-merge-base(1))."""
    _, out = git.run_code("merge-base", "--all", *commits, ok=(0, 1))
    return tuple(git.decode(out).split())


def meeting(
    fork: Fork,
    ours: Snapshot,
    contents: merged.Contents,
    config: "Config",
    depth: int = 0,
) -> merged.Meeting:
    """The three states of a merge; renames are sought only where they matter.

    depth: 0 for a merge people make, more for the merge of its merge bases.
    """
    base = _base(fork.bases, contents, config, depth + 1)
    theirs = snapshots.of_commit(fork.theirs, contents)
    found = merged.Meeting(base, ours, theirs)
    here = INDEX if ours.name == INDEX else fork.ours
    found.moved_by_us = _renames(fork, here, (base, ours, theirs), config)
    found.moved_by_them = _renames(fork, fork.theirs, (base, theirs, ours), config)
    return found


def _base(
    bases: "tuple[str, ...]", contents: merged.Contents, config: "Config", depth: int
) -> Snapshot:
    """The state of the merge base; several are merged first, as git merges them.

    Without any, the state without files.
    """
    if not bases:
        return Snapshot("empty", {"": {}}, contents)
    last, *others = reversed(bases)
    done, state = [last], snapshots.of_commit(last, contents)
    for commit in others:
        fork = Fork(last, commit, _bases(commit, *done))
        inner = meeting(fork, state, contents, config, depth)
        state = merged.merge(inner, contents, depth)
        done.append(commit)
    return state


def _renames(
    fork: Fork, state: str, states: "tuple[Snapshot, ...]", config: "Config"
) -> "dict[str, str]":
    """Old path -> new path, as alike as git's merges ask for (git-diff(1), ``-M``).

    states: the base, the one in which the renames are, the other one. Of a virtual
    base git has no object: for the files they share one of the bases stands for it.
    """
    base, side, other = states
    gone = renaming.may_be_moved(base, side, other, config)
    new = renaming.added(base, side, config) if gone else []
    whole = renaming.moved_whole(base, side, gone, new)
    found = whole
    for commit in fork.bases:
        gone = [path for path in gone if path not in found]
        new = [path for path in new if path not in found.values()]
        sources = gone
        if len(fork.bases) > 1:
            real = snapshots.of_commit(commit, base.objects)
            sources = [path for path in gone if real.blob(path) == base.blob(path)]
        if sources and new:
            found = {**found, **_alike(commit, state, [*sources, *new])}
    return found


def _alike(base: str, state: str, paths: "list[str]") -> "dict[str, str]":
    """Old path -> new path among these, at git's usual likeness of 50 %."""
    likeness = ("-M", "-l7000", "--no-rename-empty")
    flags = (*likeness, "--diff-filter=R", "--name-status", "-z")
    kind = ("diff-index", "--cached") if state == INDEX else ("diff-tree", "-r")
    ends = (base,) if state == INDEX else (base, state)
    command = ("--literal-pathspecs", *kind, *flags, *ends, "--", *paths)
    fields = git.decode(git.run(*command)).split("\0")
    return dict(zip(fields[1::3], fields[2::3], strict=False))
