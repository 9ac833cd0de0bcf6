"""What ``rebase`` starts from: the index with its sides, the work tree, what is in conflict.

PlanFiles in conflict are read from the index's stages (git-ls-files(1)).
"""

from dataclasses import dataclass, replace

from oneleaf.checking import state as states
from oneleaf.errors import Refused
from oneleaf.git import git, progress, snapshot, worktree
from oneleaf.migration.reading import migrations
from oneleaf.planning import plan, stale_names
from oneleaf.planning.other_code import past
from oneleaf.planning.refusals import require_apps
from oneleaf.planning.sides import choose, tell_apart
from oneleaf.planning.situation import PlanFiles, Situation, Wishes
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
    from oneleaf.planning.sides import SameName, Sides
    from oneleaf.project.graph import Graph
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


def find_sides(
    now: "Progress", published: "Published", onto: str
) -> "tuple[Sides, dict[str, Tree]]":
    """What stays, and "ours", "theirs" -> the tree of that side, where it is known.

    onto: "ours", "theirs" or "". Raises Refused where the side that it names cannot
    be determined.
    """
    ours, theirs = now.ours, now.theirs
    if onto and not now.kind:
        ours, theirs = progress.parents_of_last_merge()
    if onto and not {"ours": ours, "theirs": theirs}[onto]:
        msg = (
            f"nothing tells what {onto!r} is here: nothing is in progress, and HEAD's"
            " history holds no merge; set `upstream` in [tool.oneleaf] instead, or join"
            " the leaf nodes with `oneleaf merge`"
        )
        raise Refused(msg)
    known = published.branches
    waiting = [commit for each in known if (commit := local_branch(each.name))]
    files = {c: snapshot.blobs(c) for c in {ours, theirs, *waiting} if c}
    trees: dict[str, Tree] = {
        side: files[c] for side, c in (("ours", ours), ("theirs", theirs)) if c
    }
    staying = [files[commit] for commit in waiting]
    chosen = choose(now.kind, published if known else None, staying, trees, onto)
    return chosen, trees


@dataclass(frozen=True, slots=True)
class Base:
    """The index with local migrations and lockfiles as the work tree has them.

    untracked: paths of migrations that git does not track; edited: paths of which the
    work tree holds another content than the index.
    """

    index: "states.State"
    sides: "Sides"
    snapshot: "Snapshot"
    untracked: "frozenset[str]" = frozenset()
    edited: "frozenset[str]" = frozenset()

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

    def is_beside(self, path: str) -> bool:
        """Whether a file is where migrations are read."""
        directory, _, name = path.rpartition("/")
        return (
            name.endswith(".py")
            and "__init__.py" in self.snapshot.directories.get(directory, ())
            and not discovery.excluded(directory, self.index.config)
        )

    def is_ours(self, path: str) -> bool:
        """Whether the work tree's content of a tracked file counts, not the index's.

        It does for local migrations and lockfiles: an earlier run changed them, and did
        not stage anything.
        """
        name = path.rpartition("/")[2]
        if self.index.config.lockfile in (path, name):
            return True
        return self.is_beside(path) and not self.sides.is_fixed(
            self.rank(self.app(path), name[:-3])
        )


def with_work_tree(base: Base, files: "WorkTree") -> Base:
    """Untracked migrations count where they are beside tracked ones and are migrations
    by their text. Others are none of our business: drafts, other tools' files.
    """
    differing = worktree.changes()
    contents: dict[str, bytes | None] = {}
    found = []
    added = [path for path, letter in differing.items() if letter == "A"]
    for path in [*worktree.untracked(), *added]:
        source = files.read(path) if base.is_beside(path) else None
        if source is not None:
            migration = migrations.read(path.rpartition("/")[2][:-3], source)
            if migration.is_django and migration.unreadable is None:
                contents[path] = source
                found.append(path)
    edited = [path for path, letter in differing.items() if letter in "MDT"]
    contents.update((path, files.read(path)) for path in edited if base.is_ours(path))
    return replace(
        base,
        snapshot=worktree.Overlaid(base.snapshot, contents),
        untracked=frozenset(found),
        edited=frozenset(edited),
    )


def _twins(base: Base) -> "list[SameName]":
    """The migrations that both sides added under one name.

    Raises Refused where nothing says which of two stays.
    """
    paths = [path for path in base.snapshot.unmerged if base.is_beside(path)]
    return [
        tell_apart(base.app(path), path, blobs, base.sides)
        for path, blobs in worktree.stages(paths).items()
        if set(blobs) == {2, 3}
    ]


def _contents(
    twins: "list[SameName]", files: "WorkTree", objects: git.Objects
) -> "dict[str, bytes]":
    prepared = {}
    for twin in twins:
        stays, moves = objects.read([twin.stays, twin.moves])
        now = files.read(twin.path) or b""
        if now not in (stays, moves) and b"<<<<<<<" not in now:
            msg = (
                f"{twin.path} was edited since it came into conflict; put your edit aside"
                f" and run `git checkout -m -- {twin.path}`"
            )
            raise Refused(msg)
        prepared[twin.path] = stays or b""
        prepared[twin.provisional] = moves or b""
    return prepared


@dataclass(frozen=True, slots=True)
class Gathered:
    """A situation and where it was found.

    progress: what git is in the middle of; published: what is known of it; trees:
    "ours", "theirs" -> that side's; unmerged: the paths in conflict; untracked: those of
    the migrations that git does not track.
    """

    situation: Situation
    progress: "Progress"
    published: "Published"
    unmerged: "tuple[str, ...]"
    trees: "dict[str, Tree]"
    untracked: "frozenset[str]"


def gather(
    files: "WorkTree", objects: git.Objects, wishes: Wishes, onto: str = ""
) -> Gathered:
    """The situation in this work tree.

    onto: ``"ours"``, ``"theirs"`` or ``""``. Raises OneleafError for a label that no
    app has and for an upstream that is not there, Refused for a side that cannot be
    determined.
    """
    opened = states.of_index(objects)
    unmerged = opened.snapshot.unmerged
    now = progress.read(unmerged=bool(unmerged))
    published = of_state(opened)
    sides, trees = find_sides(now, published, onto)
    base = with_work_tree(Base(opened, sides, opened.snapshot), files)
    twins = _twins(base)
    prepared = _contents(twins, files, objects)
    base = replace(base, snapshot=worktree.Overlaid(base.snapshot, prepared))
    project = _project(base, objects)
    require_apps(wishes.labels, project)
    origins = {twin.provisional: twin.path for twin in twins}
    ranks = {
        (app.directory, name): len(sides.stays) + 1
        if app.path(name) in origins
        else base.rank(app, name)
        for app in project.apps
        for name in app.migrations
    }
    start = stale_names.Start(
        project,
        plan.build(project),
        frozenset(key for key, rank in ranks.items() if not sides.is_fixed(rank)),
        PlanFiles(files.read, base.edited, prepared, origins),
        sides,
        twins,
        {2 if side == "ours" else 3: tree for side, tree in trees.items()},
        _former(now, objects),
    )
    mended, former = stale_names.mend(start)
    prepared = {**prepared, **mended}
    graph = start.graph
    if mended:
        project = plan.planned(project, (), _sources(prepared, project))
        graph = plan.build(project)
    project, graph, lost = _without_lost(project, graph, base.untracked)
    situation = Situation(
        project,
        graph,
        opened.config,
        sides,
        {key: rank for key, rank in ranks.items() if key not in lost},
        PlanFiles(files.read, base.edited, prepared, origins),
        former,
        lockfile_sides(opened.config, opened.snapshot),
        wishes,
    )
    untracked = base.untracked - {f"{key[0]}/{key[1]}.py" for key in lost}
    return Gathered(situation, now, published, unmerged, trees, untracked)


def _project(base: Base, objects: git.Objects) -> "Project":
    over = base.snapshot
    if not (isinstance(over, worktree.Overlaid) and over.contents):
        return base.index.project
    name, config = base.index.name, base.index.config
    return states.State(name, objects, snapshot=over, config=config).project


def _without_lost(
    project: "Project", graph: "Graph", untracked: "frozenset[str]"
) -> "tuple[Project, Graph, set[Place]]":
    """The project without untracked migrations on something that is not here yet.

    In a rebase that stops early, that is what a later commit brings.
    """
    gone: set[Place] = set()
    while lost := {
        (missing.app.directory, missing.migration)
        for missing in graph.missing
        if missing.app.path(missing.migration) in untracked
    }:
        gone |= lost
        project = plan.planned(project, lost, {})
        graph = plan.build(project)
    return project, graph, gone


def _sources(
    prepared: "dict[str, bytes]", project: "Project"
) -> "dict[str, dict[str, bytes]]":
    return {
        app.directory: {
            name: prepared[app.path(name)]
            for name in app.migrations
            if app.path(name) in prepared
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
