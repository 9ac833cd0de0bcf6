"""The states that ``graph`` draws: the index, a commit, a merge that is not made."""

import os

from oneleaf.checking import states
from oneleaf.checking.upstream_checks import bring_together
from oneleaf.errors import Refused
from oneleaf.planning import beside
from oneleaf.planning.landmark import Landmark
from oneleaf.planning.scene import Scene, judge, scene
from oneleaf.planning.whose import Names, Whose
from oneleaf.repository import git, progress, side_names, worktree
from oneleaf.repository.revisions import commit_id, parents
from oneleaf.repository.trees import blobs
from oneleaf.shell import word
from oneleaf.upstream import against, forks, locating, merge_tree, merging
from oneleaf.upstream.meeting import Meeting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from oneleaf.checking.states import State
    from oneleaf.planning.whose import Has
    from oneleaf.repository.progress import Progress
    from oneleaf.repository.trees import Tree


# Kind of ``repository.progress`` -> what people call it, where it is not the same.
_KINDS = {"squash": "squash merge", "stash": "stash pop", "am": "git am"}


def of_index(objects: git.Objects) -> Scene:
    """The index; in the middle of a conflict with the migrations of both sides."""
    state = states.of_index(objects)
    snapshot = state.snapshot
    now = progress.read(unmerged=bool(snapshot.unmerged))
    names = Names(side_names.branch())
    published = Landmark(state.config.upstream)
    published.look(now.ours, names)
    trees = _trees(now)
    meeting: tuple[Has, Has] | None = None
    title = ""
    if now.kind:
        names.ours, names.theirs = _sides_of(now, published)
        meeting = _meeting(trees, published.before)
        kind = _KINDS.get(now.kind, now.kind)
        title = f"in a {kind}: ours is {names.ours}"
        title += f", theirs is {names.theirs}" if names.theirs else ""
    whose = Whose(published, names, snapshot.blob, meeting)
    paths = [path for path in snapshot.unmerged if path.endswith(".py")]
    stages = worktree.stages(paths)
    drawn, whose.twins = beside.read(state, stages, whose.is_theirs)
    found = scene(title, "the index", drawn, whose)
    found.unknown = published.unknown
    judge(found, whose.twins)
    return found


def _trees(now: "Progress") -> "dict[str, Tree]":
    """The trees of both sides, as far as they are known."""
    both = {"ours": now.ours, "theirs": now.theirs} if now.kind else {}
    return {side: blobs(commit) for side, commit in both.items() if commit}


def _meeting(trees: "dict[str, Tree]", before: "Tree") -> "tuple[Has, Has]":
    """Whether a side has a path.

    before: what upstream had when the branch began. Theirs, where it is unknown, has
    that, and what ours has not.
    """
    ours = trees.get("ours", {})
    theirs = trees.get("theirs")
    if theirs is None:
        return ours.__contains__, lambda path: path in before or path not in ours
    return ours.__contains__, theirs.__contains__


def _sides_of(now: "Progress", published: Landmark) -> "tuple[str, str]":
    """What ours and theirs are called."""
    ours, theirs = side_names.of_sides(now)
    return ours or published.name(now.ours), theirs or published.name(now.theirs)


def of_commit(rev: str, objects: git.Objects) -> Scene:
    """The tree of a commit; of a merge with both parents' migrations told apart.

    Raises OneleafError where ``rev`` names no commit.
    """
    state = states.State(commit_id(rev), objects)
    short = state.name[:10]
    is_id = state.name.startswith(rev)
    names = Names(short if is_id else rev)
    published = Landmark(state.config.upstream)
    published.look(state.name, names)
    both = parents(state.name)
    meeting: tuple[Has, Has] | None = None
    title = f"commit {short}" + ("" if is_id else f" ({rev})")
    if len(both) == 2:
        names.ours, names.theirs = map(published.name, both)
        ours, theirs = map(blobs, both)
        meeting = ours.__contains__, theirs.__contains__
        title += f", a merge: ours is {names.ours}, theirs is {names.theirs}"
    whose = Whose(published, names, state.snapshot.blob, meeting)
    found = scene(title, f"commit {short}", state, whose)
    found.unknown = published.unknown
    judge(found)
    return found


def of_merge(rev: str, ref: str, objects: git.Objects) -> Scene:
    """The merge of the index, or of a commit, with another commit, never made.

    rev: "" for the index. ref: ``upstream`` is the published branch. Raises
    OneleafError where one of them names no commit, Refused where the two cannot be
    merged here.
    """
    state = states.State(commit_id(rev), objects) if rev else None
    state = state or states.of_index(objects)
    upstream = state.config.upstream
    if ref == "upstream":
        ref = locating.require(upstream, os.environ).name
    merge_tree.require_git()
    fork = _fork(state, ref)
    with merging.made(state, fork) as merge:
        return _of_merge(state, fork, merge, (rev, ref))


def _of_merge(
    state: "State", fork: forks.Fork, merge: merging.Merge, words: "tuple[str, str]"
) -> Scene:
    rev, ref = words
    meeting, merged = against.far(state, fork, merge)
    names = Names(rev or side_names.branch())
    names.theirs = ref
    published = Landmark(state.config.upstream)
    published.look(fork.ours, names)
    whose = Whose(
        published,
        names,
        merged.snapshot.blob,
        (_has(meeting.ours), _has(meeting.theirs)),
    )
    stages = _stages(merged, meeting)
    drawn, whose.twins = beside.read(merged, stages, whose.is_theirs)
    done = fork.theirs in fork.bases
    title = f"the merge of {names.ours} (ours) with {ref} (theirs), not made yet"
    title = f"{names.ours} has {ref} in it already" if done else title
    found = scene(title, "that merge", drawn, whose)
    found.unknown = published.unknown
    judge(found, whose.twins, lambda app: _hint(ref, app.label))
    return found


def _fork(state: "State", ref: str) -> forks.Fork:
    """Where the two parted; Refused where they cannot be merged in thought."""
    fork = forks.find(state.name, ref)
    if fork is None or not fork.bases:
        msg = (
            f"nothing here tells what this and {ref} have in common; in a shallow clone"
            " run `git fetch --unshallow` first"
        )
        raise Refused(msg)
    if any(change.status == "U" for change in state.changes):
        msg = (
            "the index has unresolved merges; draw them with `oneleaf graph`, or another"
            " state with --rev"
        )
        raise Refused(msg)
    return fork


def _has(state: "State") -> "Has":
    return lambda path: state.snapshot.blob(path) is not None


def _stages(merged: "State", meeting: Meeting) -> "dict[str, dict[int, str]]":
    """The three versions of each path on which git would stop, as an index has them."""
    sides = {1: meeting.base, 2: meeting.ours, 3: meeting.theirs}
    return {
        path: {
            stage: blob
            for stage, side in sides.items()
            if (blob := side.snapshot.blob(path))
        }
        for path in merged.snapshot.unmerged
        if path.endswith(".py")
    }


def _hint(ref: str, label: str) -> str:
    return f"{bring_together(ref)}, then `oneleaf rebase {word(label)}`"
