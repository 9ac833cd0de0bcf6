"""The index as a rebase sees it: with its sides, and what the work tree adds to it."""

from oneleaf.errors import Refused
from oneleaf.history import discovery
from oneleaf.planning import sides
from oneleaf.planning.repairing import Repairs
from oneleaf.planning.twins import tell_apart
from oneleaf.reading import migrations
from oneleaf.repository import git, progress, trees, worktree
from oneleaf.upstream import locating

TYPE_CHECKING = False
if TYPE_CHECKING:
    from oneleaf.config import Config
    from oneleaf.repository.progress import Progress
    from oneleaf.repository.snapshot import Snapshot
    from oneleaf.repository.trees import Tree
    from oneleaf.repository.worktree import WorkTree
    from oneleaf.upstream.locating import Upstream


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
    branch = locating.local_branch(published) if published else ""
    target = published.commit if published else ""
    files = {c: trees.blobs(c) for c in {ours, theirs, branch, target} if c}
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
