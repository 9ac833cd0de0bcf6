"""The states that ``graph`` draws: the index, a commit, a merge that is not made.

Where both sides added a migration under one name the index has neither, but both as
stages (git-ls-files(1)). Here theirs is given a temporary name that is not a valid
module name.
"""

import os
from dataclasses import replace

from oneleaf.checking import state as states
from oneleaf.checking.state import State
from oneleaf.errors import Refused
from oneleaf.git import git, progress, worktree
from oneleaf.git.git import commit_id, parents
from oneleaf.git.progress import Progress
from oneleaf.git.snapshot import blobs
from oneleaf.git.worktree import Overlaid
from oneleaf.migration.reading.migrations import Migration
from oneleaf.output.graph.scene import DrawnTwice, Owners, Scene, judge
from oneleaf.planning.rebase_input import find_sides
from oneleaf.project.project import App, Project
from oneleaf.shell import Step
from oneleaf.upstream import against
from oneleaf.upstream import merge as merging
from oneleaf.upstream.fork import Fork, Meeting, find_fork
from oneleaf.upstream.merge_rules import bring_together
from oneleaf.upstream.published import Published, local_branch, look, require_upstreams

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneleaf.git.snapshot import Tree
    from oneleaf.output.graph.scene import Has

    Stages = Mapping[str, Mapping[int, str]]
    Pair = tuple[str, str]


# Kind of ``repository.progress`` -> what people call it, where it is not the same.
_KINDS = {"squash": "squash merge", "stash": "stash pop", "am": "git am"}


def of_index(objects: git.Objects) -> Scene:
    """The index; in the middle of a conflict with the migrations of both sides."""
    state = states.of_index(objects)
    snapshot = state.snapshot
    now = progress.read(unmerged=bool(snapshot.unmerged))
    branch = progress.branch()
    names = {"": branch, "ours": branch, "theirs": ""}
    published = look(state)
    sides, trees = find_sides(now, published, "")
    meeting: tuple[Has, Has] | None = None
    title = ""
    if now.kind:
        names["ours"], names["theirs"] = _sides_of(now, published)
        meeting = _meeting(trees, published)
        kind = _KINDS.get(now.kind, now.kind)
        title = f"in a {kind}: ours is {names['ours']}"
        title += f", theirs is {names['theirs']}" if names["theirs"] else ""
    owners = Owners(sides, _waiting(published), names, snapshot.blob, meeting)
    paths = [path for path in snapshot.unmerged if path.endswith(".py")]
    drawn, twins = read(state, worktree.stages(paths), owners)
    found = _scene(title, "the index", drawn, replace(owners, twins=twins), published)
    judge(found, twins)
    return found


def _scene(
    title: str, place: str, state: State, owners: Owners, published: Published
) -> Scene:
    sides = {app.directory: owners.of_app(app) for app in state.project.apps}
    return Scene(title, place, state, sides, published.unknown)


def _waiting(published: Published) -> "dict[int, str]":
    """Rank -> the local branch of an upstream's name, where it is at another commit."""
    known = [(b, at) for b in published.branches if (at := local_branch(b.name))]
    return {
        rank: branch.name.partition("/")[2]
        for rank, (branch, commit) in enumerate(known, 1)
        if commit != branch.tip.commit
    }


def _meeting(trees: "dict[str, Tree]", published: Published) -> "tuple[Has, Has]":
    """Whether a side has a path.

    Theirs, where it is unknown, has what upstream had when the branch began, and what
    ours has not.
    """
    ours = trees.get("ours", {})
    theirs = trees.get("theirs")
    if theirs is None:
        before = [a for b in published.branches for a in b.bases or [b.tip]]
        return (
            ours.__contains__,
            lambda path: path not in ours or any(apps.blob(path) for apps in before),
        )
    return ours.__contains__, theirs.__contains__


def _sides_of(now: "Progress", published: Published) -> "tuple[str, str]":
    ours, theirs = progress.of_sides(now)
    return ours or _name(now.ours, published), theirs or _name(now.theirs, published)


def _name(commit: str, published: Published) -> str:
    """What a commit is called: as upstream where it is there, else by a branch."""
    at = (b.name for b in published.branches if b.tip.commit == commit)
    return next(at, "") or progress.at(commit)


def of_commit(rev: str, objects: git.Objects) -> Scene:
    """The tree of a commit; of a merge with both parents' migrations told apart.

    Raises OneleafError where ``rev`` names no commit.
    """
    state = states.State(commit_id(rev), objects)
    short = state.name[:10]
    is_id = state.name.startswith(rev)
    names = {"": short if is_id else rev}
    published = look(state)
    both = parents(state.name)
    meeting: tuple[Has, Has] | None = None
    title = f"commit {short}" + ("" if is_id else f" ({rev})")
    if len(both) == 2:
        names["ours"], names["theirs"] = (_name(commit, published) for commit in both)
        ours, theirs = (blobs(commit) for commit in both)
        meeting = ours.__contains__, theirs.__contains__
        title += f", a merge: ours is {names['ours']}, theirs is {names['theirs']}"
    sides, _ = find_sides(Progress(""), published, "")
    blob = state.snapshot.blob
    owners = Owners(sides, _waiting(published), names, blob, meeting)
    found = _scene(title, f"commit {short}", state, owners, published)
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
    if ref == "upstream":
        ref = require_upstreams(state.config.upstream, os.environ)[0].name
    merging.require_git()
    fork = _fork(state, ref)
    with merging.made(state, fork) as merge:
        return _of_merge(state, fork, merge, (rev, ref))


def _of_merge(
    state: "State", fork: Fork, merge: merging.Merge, words: "tuple[str, str]"
) -> Scene:
    rev, ref = words
    meeting, merged = against.far(state, fork, merge)
    branch = rev or progress.branch()
    published = look(state, merged.snapshot)
    sides, _ = find_sides(Progress(""), published, "")
    owners = Owners(
        sides,
        _waiting(published),
        {"": branch, "ours": branch, "theirs": ref},
        merged.snapshot.blob,
        (_has(meeting.ours), _has(meeting.theirs)),
    )
    drawn, twins = read(merged, _stages(merged, meeting), owners)
    title = f"the merge of {branch} (ours) with {ref} (theirs), not made yet"
    if fork.theirs in fork.bases:
        title = f"{branch} has {ref} in it already"
    owners = replace(owners, twins=twins)
    found = _scene(title, "that merge", drawn, owners, published)
    together = bring_together(ref)
    judge(
        found,
        twins,
        lambda app: f"{together}, then `{Step('oneleaf rebase', app.label)}`",
    )
    return found


def _fork(state: "State", ref: str) -> Fork:
    """Where the two parted; Refused where they cannot be merged in thought."""
    fork = find_fork(state.name, ref)
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


_BASE, _OURS, _THEIRS = 1, 2, 3


def read(
    state: State, stages: "Stages", owners: Owners
) -> "tuple[State, dict[str, DrawnTwice]]":
    """A state with both sides' migrations, and the path of each twin in it.

    stages: of the paths in conflict. The dependencies of what only theirs has mean its own
    twins.
    """
    snapshot, objects, config = state.snapshot, state.objects, state.config
    contents: dict[str, bytes | None] = {}
    twins: dict[str, DrawnTwice] = {}
    for path, found in stages.items():
        shown = _shown(path, found)
        texts = list(objects.read([blob for blob, _ in shown.values()]))
        contents.update(zip(shown, texts, strict=True))
        if len(shown) > 1:
            twins |= {
                p: DrawnTwice(role, path, found) for p, (_, role) in shown.items()
            }
    both = Overlaid(snapshot, contents)
    project = State(state.name, objects, snapshot=both, config=config).project
    renamed = _renamed(project, twins)
    apps = tuple(
        App(
            app.label,
            app.directory,
            {
                name: _meaning(migration, renamed)
                if owners.role(app.path(name)) == "theirs"
                or _is_moved(twins, app.path(name))
                else migration
                for name, migration in app.migrations.items()
            },
            app.lockfile,
            tuple(
                path
                for path in snapshot.unmerged
                if path.rpartition("/")[0] == app.directory
            ),
        )
        for app in project.apps
    )
    return _drawn(state, both, project, apps), twins


def _shown(path: str, blobs: "Mapping[int, str]") -> "dict[str, Pair]":
    """Path -> blob id and role, of what is drawn of a path in conflict.

    What both sides edited is one migration still; ours stands for it.
    """
    ours, theirs = blobs.get(_OURS), blobs.get(_THEIRS)
    shown = {}
    if ours is not None:
        shown[path] = (ours, "ours")
    if theirs is not None and ours is None:
        shown[path] = (theirs, "theirs")
    is_module = path.endswith(".py") and not path.endswith("__init__.py")
    if ours and theirs and _BASE not in blobs and is_module:
        shown[f"{path[:-3]} (theirs).py"] = (theirs, "theirs")
    return shown


def _is_moved(twins: "Mapping[str, DrawnTwice]", path: str) -> bool:
    return path in twins and twins[path].role == "theirs"


def _renamed(project: Project, twins: "Mapping[str, DrawnTwice]") -> "dict[Pair, Pair]":
    found = {}
    for app in project.apps:
        for name in app.migrations:
            if _is_moved(twins, app.path(name)):
                known = twins[app.path(name)].path.rpartition("/")[2][:-3]
                found[app.label, known] = (app.label, name)
    return found


def _meaning(migration: Migration, renamed: "Mapping[Pair, Pair]") -> Migration:

    def known(pairs: "tuple[Pair, ...]") -> "tuple[Pair, ...]":
        return tuple(renamed.get(pair, pair) for pair in pairs)

    return Migration(
        migration.name,
        known(migration.dependencies),
        known(migration.run_before),
        known(migration.replaces),
        migration.initial,
        migration.unreadable,
        migration.is_django,
    )


def _drawn(
    state: State, both: Overlaid, project: Project, apps: "tuple[App, ...]"
) -> State:
    shared, orphaned = project.shared_lockfile, project.orphaned_lockfiles
    project = Project(apps, project.settings, shared, orphaned, project.unmerged)
    return State(
        state.name,
        state.objects,
        state.changes,
        snapshot=both,
        config=state.config,
        project=project,
    )
