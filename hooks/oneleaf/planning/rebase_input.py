"""What ``rebase`` starts from: the index with its sides, the work tree, what is in conflict.

Files in conflict are read from the index's stages (git-ls-files(1)).
"""

from oneleaf.checking import state as states
from oneleaf.errors import Refused
from oneleaf.git import git, progress, snapshot, worktree
from oneleaf.migration.reading import migrations
from oneleaf.planning import plan, sides, stale_names
from oneleaf.planning.other_code import past
from oneleaf.planning.refusals import require_apps
from oneleaf.planning.sides import tell_apart
from oneleaf.planning.situation import PlanFiles, Situation, Wishes
from oneleaf.planning.stale_names import Repairs, mend
from oneleaf.project import discovery
from oneleaf.project.project import App
from oneleaf.upstream.published import local_branch, of_state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from oneleaf.config import Config
    from oneleaf.git.progress import Progress
    from oneleaf.git.snapshot import Snapshot, Tree
    from oneleaf.git.worktree import WorkTree
    from oneleaf.planning.order import Place
    from oneleaf.project.project import Project
    from oneleaf.upstream.published import Published


def lockfile_sides(config: "Config", index: "Snapshot") -> "tuple[bytes, ...]":
    """Contents of a shared lockfile in conflict, ours and then theirs.

    Empty where there is no such lockfile, or no conflict in it.
    """
    if not config.shared or config.lockfile not in index.unmerged:
        return ()
    blobs = worktree.stages([config.lockfile]).get(config.lockfile, {})
    wanted = [blobs[stage] for stage in (2, 3) if stage in blobs]
    return tuple(content or b"" for content in index.objects.read(wanted))


class RebaseState:
    """The index, with what the work tree adds to it.

    index: as it is without the work tree; config: its configuration.
    trees: "ours", "theirs" -> the tree of that side, where it is known.
    untracked: paths of migrations that git does not track; edited: paths of which the
    work tree holds another content than the index.
    """

    __slots__ = (
        "config",
        "edited",
        "index",
        "sides",
        "snapshot",
        "trees",
        "untracked",
    )

    def __init__(self, index: "states.State") -> None:
        self.index = index
        self.snapshot = index.snapshot
        self.config = index.config
        self.trees: dict[str, Tree] = {}
        self.sides = sides.Sides(None)
        self.untracked: frozenset[str] = frozenset()
        self.edited: frozenset[str] = frozenset()

    def app(self, path: str) -> App:
        """The index's app whose directory a file is in, or would be."""
        directory = path.rpartition("/")[0]
        for app in self.index.project.apps:
            if app.directory == directory:
                return app
        return App(directory.rpartition("/")[0].rpartition("/")[2], directory, {})

    def rank(self, app: App, name: str) -> int:
        """The rank of a migration, see ``sides``; untracked ones are local."""
        path = app.path(name)
        if path in self.untracked:
            return len(self.sides.stays) + 1
        content: str | bytes | None = self.snapshot.blob(path)
        if isinstance(self.snapshot, worktree.Overlaid):
            content = content or self.snapshot.contents.get(path)
        return self.sides.rank(app, name, content)


def add_sides(
    state: RebaseState, now: "Progress", published: "Published", onto: str
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
    known = published.branches
    waiting = [commit for each in known if (commit := local_branch(each.name))]
    files = {c: snapshot.blobs(c) for c in {ours, theirs, *waiting} if c}
    state.trees = {
        side: files[c] for side, c in (("ours", ours), ("theirs", theirs)) if c
    }
    state.sides = sides.choose(
        now.kind,
        published if known else None,
        [files[commit] for commit in waiting],
        state.trees,
        onto,
    )


def add_work_tree(state: RebaseState, files: "WorkTree") -> None:
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


def _stands_beside(state: RebaseState, path: str) -> bool:
    """Whether an untracked file stands where migrations are read."""
    directory, _, name = path.rpartition("/")
    return (
        name.endswith(".py")
        and "__init__.py" in state.snapshot.directories.get(directory, ())
        and not discovery.excluded(directory, state.config)
    )


def _is_ours(state: RebaseState, path: str) -> bool:
    """Whether the work tree's content of a tracked file counts, not the index's.

    It does for local migrations and lockfiles: an earlier run changed them, and did
    not stage anything.
    """
    name = path.rpartition("/")[2]
    if state.config.lockfile in (path, name):
        return True
    if not _stands_beside(state, path):
        return False
    return not state.sides.is_fixed(state.rank(state.app(path), name[:-3]))


def repairs_of_twins(
    state: RebaseState, files: "WorkTree", objects: git.Objects
) -> Repairs:
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
        [
            tell_apart(state.app(path), path, blobs, state.sides)
            for path, blobs in both.items()
        ],
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

    progress: what git is in the middle of. published: what is known of it. trees: "ours", "theirs" -> that side's. unmerged: the paths in conflict. untracked: those of the migrations that
    git does not track.
    """

    __slots__ = ("progress", "published", "situation", "trees", "unmerged", "untracked")

    def __init__(
        self,
        situation: Situation,
        progress: "Progress",
        published: "Published",
        unmerged: "tuple[str, ...]",
        state: "RebaseState",
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
    published = of_state(opened)
    state = RebaseState(opened)
    add_sides(state, now, published, onto)
    add_work_tree(state, files)
    repairs = repairs_of_twins(state, files, objects)
    state.snapshot = worktree.Overlaid(state.snapshot, repairs.prepared)
    project = opened.project
    if state.snapshot.contents:
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
    project: "Project", state: RebaseState, repairs: "Repairs", files: "WorkTree"
) -> Situation:
    ranks: dict[Place, int] = {}
    for app in project.apps:
        for name in app.migrations:
            local = app.path(name) in repairs.origins
            rank = len(state.sides.stays) + 1 if local else state.rank(app, name)
            ranks[app.directory, name] = rank
    contents = PlanFiles(files.read, state.edited, repairs.prepared, repairs.origins)
    return Situation(
        project, plan.build(project), state.config, state.sides, ranks, contents
    )


def _without_lost(
    situation: Situation, state: RebaseState, repairs: "Repairs", files: "WorkTree"
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


def behind(found: Gathered) -> "tuple[str, list[str]]":
    """An upstream that has new migrations of apps with local ones, and their labels.

    New are those that are not here yet; two empty values where there are none.
    """
    situation = found.situation
    apps = [app for app in situation.chosen() if situation.local(app)]
    for branch in found.published.branches:
        labels = [
            app.label
            for app in apps
            if {*branch.has(app)} - branch.had(app) - {*situation.fixed(app)}
        ]
        if labels:
            return branch.name, labels
    return "", []


def moved_before(found: Gathered, objects: git.Objects) -> "dict[Place, Place]":
    """What an earlier run moved in what is in progress; (app label, name) -> new."""
    return past(
        found.situation,
        list(found.trees.values()),
        lambda blob: next(objects.read([blob])) or b"",
        stale_names.successor,
    )
