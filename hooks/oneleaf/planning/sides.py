"""Who stays and who moves: a rank for every migration of a state.

Pure. The published branch decides first; the sides of an operation in progress only
refine it. Names, file times and conflict markers are never asked.

Where both sides added one path with different content, git leaves both in the index
(git-ls-files(1), stages 2 and 3). The one that stays keeps the path; the other is given
a temporary name until the plan has numbered it.
"""

from oneleaf.errors import Refused
from oneleaf.upstream.published import PUBLISHED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from oneleaf.git.snapshot import Tree
    from oneleaf.project.project import App
    from oneleaf.upstream.published import Published


class Sides:
    """What stays where it is.

    published: None where no upstream is known.
    stays: further trees whose migrations keep their places before others do, the
        firmest first; without an upstream they are all that is known of what is
        published, and what is in them is never touched.
    contest: the trees of two sides of which nothing says who moves, None otherwise.
    decidable: something is known at all.
    """

    __slots__ = ("contest", "decidable", "published", "stays")

    def __init__(
        self,
        published: "Published | None",
        stays: "Sequence[Tree]" = (),
        contest: "tuple[Tree, Tree | None] | None" = None,
    ) -> None:
        self.published = published
        self.stays = tuple(stays)
        self.contest = contest
        self.decidable = published is not None or bool(stays)

    def is_published(
        self, app: "App", name: str, content: "str | bytes | None" = None
    ) -> bool:
        """Whether upstream has a migration. content: see ``Published.standing``."""
        known = self.published
        return known is not None and (
            known.standing(app, name, content).word == PUBLISHED
        )

    def rank(self, app: "App", name: str, content: "str | bytes | None" = None) -> int:
        """0 for what is published, then by ``stays``, most for what is local."""
        if self.is_published(app, name, content):
            return 0
        for rank, tree in enumerate(self.stays, 1):
            if app.path(name) in tree:
                return rank
        return len(self.stays) + 1

    def is_fixed(self, rank: int) -> bool:
        """Whether what has this rank may never be renamed, edited or deleted."""
        if self.published is not None:
            return rank == 0
        return rank <= len(self.stays)

    def undecided(self, local: "Iterable[str]") -> bool:
        """Whether these paths come from both of two sides without an order."""
        if not self.decidable:
            return True
        if self.contest is None:
            return False
        ours, theirs = self.contest
        paths = list(local)
        return any(p in ours and p not in (theirs or {}) for p in paths) and any(
            p not in ours and (theirs is None or p in theirs) for p in paths
        )


def choose(
    kind: str,
    published: "Published | None",
    waiting: "Sequence[Tree]",
    trees: "Mapping[str, Tree]",
    onto: str = "",
) -> Sides:
    """The sides of a state.

    kind: what is in progress, see ``oneleaf.git.progress``. published: None
    where no upstream is known; waiting: trees of the local branches of upstreams' names.
    trees: ``"ours"``, ``"theirs"`` -> the tree of HEAD and of the commit that comes in,
    where known. onto: one of these two, what the user says, or "".

    In a rebase, cherry-pick, revert or stash pop HEAD's own stay: what comes in is
    applied on top of it. In a merge nothing but the branches tells.
    """
    stays = list(waiting)
    if onto:
        return Sides(published, [*stays, trees[onto]])
    ours = trees.get("ours")
    if kind not in ("", "merge", "squash"):
        return Sides(published, stays if ours is None else [*stays, ours])
    contest = (ours, trees.get("theirs")) if kind and ours is not None else None
    return Sides(published, stays, contest)


class SameName:
    """One such path. stays, moves: blob ids; mover: the stage that moves, 2 or 3.

    path: where both are; provisional: the made-up path of the one that moves.
    """

    __slots__ = ("mover", "moves", "path", "provisional", "stays")

    def __init__(self, path: str, blobs: "Mapping[int, str]", mover: int) -> None:
        self.path = path
        self.mover = mover
        self.moves = blobs[mover]
        self.stays = blobs[5 - mover]
        self.provisional = f"{path.removesuffix('.py')}__moving.py"


def tell_apart(
    app: "App", path: str, blobs: "Mapping[int, str]", sides: "Sides"
) -> SameName:
    """Which of two contents stays: the published one, else that of the side that stays.

    app: whose directory the path is in. blobs: stage -> blob id, for the stages 2 and 3 alone. Raises Refused where
    neither can be told.
    """
    name, published = path.rpartition("/")[2][:-3], sides.published
    for mover in (2, 3):
        if published is not None and published.has(app, name, blobs[5 - mover]):
            return SameName(path, blobs, mover)
    for tree in sides.stays:
        for mover in (2, 3):
            if tree.get(path) == blobs[5 - mover]:
                return SameName(path, blobs, mover)
    msg = (
        f"both sides added {path}, and nothing tells which of them stays; say it with"
        " `oneleaf rebase --onto ours` or `--onto theirs`"
    )
    raise Refused(msg)
