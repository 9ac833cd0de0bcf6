"""What ``rebase`` starts from: the index with its sides, the work tree, what is in conflict.

Files in conflict are read from the index's stages (git-ls-files(1)).
"""

import os

from oneleaf.checking import state as states
from oneleaf.errors import Refused
from oneleaf.git import git, progress, worktree
from oneleaf.git import snapshot as snapshots
from oneleaf.migration.reading import migrations
from oneleaf.planning import plan, sides, stale_names
from oneleaf.planning.other_code import past
from oneleaf.planning.refusals import require_apps
from oneleaf.planning.sides import tell_apart
from oneleaf.planning.situation import Files, Situation, Wishes
from oneleaf.planning.stale_names import Repairs, mend
from oneleaf.project import discovery
from oneleaf.upstream import published as upstreams

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from oneleaf.config import Config
    from oneleaf.git.progress import Progress
    from oneleaf.git.snapshot import Snapshot, Tree
    from oneleaf.git.worktree import WorkTree
    from oneleaf.planning.order import Key
    from oneleaf.project.project import Project
    from oneleaf.upstream.published import Upstream


def lockfile_sides(config: "Config", index: "Snapshot") -> "tuple[bytes, ...]":
    """Contents of a shared lockfile in conflict, ours and then theirs.

    Empty where there is no such lockfile, or no conflict in it.
    """
    if not config.shared or config.lockfile not in index.unmerged:
        return ()
    blobs = worktree.stages([config.lockfile]).get(config.lockfile, {})
    wanted = [blobs[stage] for stage in (2, 3) if stage in blobs]
    return tuple(content or b"" for content in index.objects.read(wanted))


class State:
    """The index, with what the work tree adds to it.

    trees: "ours", "theirs" -> the tree of that side, where it is known.
    untracked: paths of migrations that git does not track; edited: paths of which the
    work tree holds another content than the index.
    """

    __slots__ = ("config", "edited", "sides", "snapshot", "trees", "untracked")

    def __init__(self, snapshot: "Snapshot", config: "Config") -> None:
        self.snapshot = snapshot
        self.config = config
        self.trees: dict[str, Tree] = {}
        self.sides = sides.Sides(None)
        self.untracked: frozenset[str] = frozenset()
        self.edited: frozenset[str] = frozenset()

    def rank(self, path: str) -> int:
        """The rank of a migration's path, see ``sides``; untracked ones are local."""
        if path in self.untracked:
            return len(self.sides.stays) + 1
        return self.sides.rank(path, self.snapshot.blob(path))


def add_sides(
    state: State, now: "Progress", published: "Upstream | None", onto: str
) -> None:
    """Finds out what stays. onto: "ours", "theirs" or "".

    Raises Refused where the side that ``onto`` names cannot be told.
    """
    ours, theirs = now.ours, now.theirs
    if onto and not now.kind:
        ours, theirs = progress.parents_of_last_merge()
    side = {"ours": ours, "theirs": theirs}.get(onto, "")
    if onto and not side:
        msg = (
            f"nothing tells what {onto!r} is here: nothing is in progress, and HEAD's"
            " history holds no merge; set `upstream` in [tool.oneleaf] instead, or join"
            " the leaf nodes with `oneleaf merge`"
        )
        raise Refused(msg)
    branch = upstreams.local_branch(published) if published else ""
    target = published.commit if published else ""
    files = {c: snapshots.blobs(c) for c in {ours, theirs, branch, target} if c}
    state.trees = {
        side: files[c] for side, c in (("ours", ours), ("theirs", theirs)) if c
    }
    state.sides = sides.choose(
        now.kind,
        files.get(target),
        files.get(branch),
        state.trees,
        onto,
    )


def add_work_tree(state: State, files: "WorkTree") -> None:
    """Puts local migrations and lockfiles over the index as the work tree has them.

    Untracked migrations count where they stand beside tracked ones and are migrations
    by their text. Others are none of our business: drafts, other tools' files.
    """
    differing = worktree.changes()
    contents: dict[str, bytes | None] = {}
    found = []
    added = [path for path, letter in differing.items() if letter == "A"]
    for path in [*worktree.untracked(), *added]:
        source = files.read(path) if _stands_beside(state, path) else None
        name = path.rpartition("/")[2][:-3]
        if source is not None:
            migration = migrations.read(name, source)
            if migration.is_django and migration.unreadable is None:
                contents[path] = source
                found.append(path)
    for path, letter in differing.items():
        if letter in "MDT" and _is_ours(state, path):
            contents[path] = files.read(path)
    state.edited = frozenset(
        path for path, letter in differing.items() if letter in "MDT"
    )
    state.untracked = frozenset(found)
    state.snapshot = worktree.Overlaid(state.snapshot, contents)


def _stands_beside(state: State, path: str) -> bool:
    """Whether an untracked file stands where migrations are read."""
    directory, _, name = path.rpartition("/")
    return (
        name.endswith(".py")
        and "__init__.py" in state.snapshot.directories.get(directory, ())
        and not discovery.excluded(directory, state.config)
    )


def _is_ours(state: State, path: str) -> bool:
    """Whether the work tree's content of a tracked file counts, not the index's.

    It does for local migrations and lockfiles: an earlier run changed them, and did
    not stage anything.
    """
    name = path.rpartition("/")[2]
    if state.config.lockfile in (path, name):
        return True
    return _stands_beside(state, path) and not state.sides.is_fixed(state.rank(path))


def repairs_of_twins(state: State, files: "WorkTree", objects: git.Objects) -> Repairs:
    """The migrations that both sides added under one name, each with a name of its own.

    Raises Refused where one was edited since, and where nothing tells which of two
    stays.
    """
    paths = [path for path in state.snapshot.unmerged if _stands_beside(state, path)]
    both = {
        path: blobs
        for path, blobs in worktree.stages(paths).items()
        if set(blobs) == {2, 3}
    }
    known = {"ours": 2, "theirs": 3}
    repairs = Repairs(
        [tell_apart(p, blobs, state.sides) for p, blobs in both.items()],
        {known[side]: tree for side, tree in state.trees.items()},
    )
    for twin in repairs.twins:
        stays, moves = objects.read([twin.stays, twin.moves])
        now = files.read(twin.path) or b""
        if now not in (stays, moves) and b"<<<<<<<" not in now:
            msg = (
                f"{twin.path} was edited since it came into conflict; put your edit aside"
                f" and run `git checkout -m -- {twin.path}`"
            )
            raise Refused(msg)
        repairs.prepared[twin.path] = stays or b""
        repairs.prepared[twin.provisional] = moves or b""
    return repairs


class Gathered:
    """A situation and where it was found.

    progress: what git is in the middle of. published: the upstream, None where none
    is known. trees: "ours", "theirs" -> that side's. unmerged: the paths in conflict. untracked: those of the migrations that
    git does not track.
    """

    __slots__ = ("progress", "published", "situation", "trees", "unmerged", "untracked")

    def __init__(
        self,
        situation: Situation,
        progress: "Progress",
        published: "Upstream | None",
        unmerged: "tuple[str, ...]",
        state: "State",
    ) -> None:
        self.situation = situation
        self.trees = state.trees
        self.progress = progress
        self.published = published
        self.unmerged = unmerged
        self.untracked = state.untracked


def gather(
    files: "WorkTree", objects: git.Objects, wishes: Wishes, onto: str = ""
) -> Gathered:
    """The situation in this work tree.

    onto: ``"ours"``, ``"theirs"`` or ``""``. Raises OneleafError for a label that no
    app has and for an upstream that is not there, Refused for a side that cannot be
    told.
    """
    opened = states.of_index(objects)
    index, config = opened.snapshot, opened.config
    now = progress.read(unmerged=bool(index.unmerged))
    published = upstreams.find_upstream(config.upstream, os.environ)
    state = State(index, config)
    add_sides(state, now, published, onto)
    add_work_tree(state, files)
    repairs = repairs_of_twins(state, files, objects)
    state.snapshot = worktree.Overlaid(state.snapshot, repairs.prepared)
    project = states.State(
        opened.name, objects, snapshot=state.snapshot, config=config
    ).project
    require_apps(wishes.labels, project)
    situation = _situation(project, state, repairs, files)
    if mend(situation, repairs, _former(now, objects)):
        mended = plan.planned(project, (), _sources(repairs, project))
        former = situation.former
        situation = _situation(mended, state, repairs, files)
        situation.former = former
    situation = _without_lost(situation, state, repairs, files)
    situation.wishes = wishes
    situation.stages = lockfile_sides(config, index)
    return Gathered(situation, now, published, index.unmerged, state)


def _situation(
    project: "Project", state: State, repairs: "Repairs", files: "WorkTree"
) -> Situation:
    ranks: dict[Key, int] = {}
    for app in project.apps:
        for name in app.migrations:
            path = app.path(name)
            local = path in repairs.origins
            rank = len(state.sides.stays) + 1 if local else state.rank(path)
            ranks[app.directory, name] = rank
    contents = Files(files.read, state.edited, repairs.prepared, repairs.origins)
    return Situation(
        project, plan.build(project), state.config, state.sides, ranks, contents
    )


def _without_lost(
    situation: Situation, state: State, repairs: "Repairs", files: "WorkTree"
) -> Situation:
    """The situation without untracked migrations on something that is not here yet.

    In a rebase that stops early, that is what a later commit brings.
    """
    while True:
        lost = [
            (missing.app.directory, missing.migration)
            for missing in situation.graph.missing
            if missing.app.path(missing.migration) in state.untracked
        ]
        if not lost:
            return situation
        former, project = situation.former, plan.planned(situation.project, lost, {})
        state.untracked -= {f"{directory}/{name}.py" for directory, name in lost}
        situation = _situation(project, state, repairs, files)
        situation.former = former


def _sources(repairs: "Repairs", project: "Project") -> "dict[str, dict[str, bytes]]":
    """directory -> migration name -> prepared content."""
    return {
        app.directory: {
            name: repairs.prepared[app.path(name)]
            for name in app.migrations
            if app.path(name) in repairs.prepared
        }
        for app in project.apps
    }


def _former(now: "Progress", objects: git.Objects) -> "Callable[[str], bytes | None]":
    """What stood at a path in the commits this work comes from, the nearest first."""
    commits = [now.theirs, f"{now.theirs}^"] if now.theirs else []

    def read(path: str) -> "bytes | None":
        names = [f"{commit}:{path}" for commit in [*commits, "ORIG_HEAD", "HEAD"]]
        contents = list(
            objects.read(names)
        )  # all: an answer left unread is the next one's
        return next((content for content in contents if content is not None), None)

    return read


def behind(found: Gathered) -> "list[str]":
    """Labels of apps with local migrations, for which upstream has new ones not here.

    found: with an upstream. Raises OneleafError before the first commit.
    """
    assert found.published is not None
    situation = found.situation
    here, there = git.commit_id("HEAD"), found.published.commit
    base = git.merge_base(here, there)
    if base is None or base == there:
        return []
    added = {c.path for c in snapshots.changes_between(base, there) if c.status == "A"}
    labels = []
    for app in situation.chosen():
        if not situation.local(app):
            continue
        new = {path for path in added if path.rpartition("/")[0] == app.directory}
        names = {path.rpartition("/")[2] for path in new if path.endswith(".py")}
        if names - {f"{name}.py" for name in app.migrations}:
            labels.append(app.label)
    return labels


def moved_before(found: Gathered, objects: git.Objects) -> "dict[Key, Key]":
    """What an earlier run moved in what is in progress; (app label, name) -> new."""
    return past(
        found.situation,
        list(found.trees.values()),
        lambda blob: next(objects.read([blob])) or b"",
        stale_names.successor,
    )
