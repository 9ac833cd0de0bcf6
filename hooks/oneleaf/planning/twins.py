"""Two migrations of one name: both sides added the same path with other content.

Git calls it add/add and leaves both contents in the index (git-ls-files(1), stages 2
and 3). The one that stays keeps the path; the other one gets a made-up name until
the plan has numbered it.
"""

from oneleaf.errors import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneleaf.planning.sides import Sides


class Twin:
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


def tell_apart(path: str, blobs: "Mapping[int, str]", sides: "Sides") -> Twin:
    """Which of two contents stays: the published one, else that of the side that stays.

    blobs: stage -> blob id, for the stages 2 and 3 alone. Raises Refused where
    neither can be told.
    """
    trees = [tree for tree in (sides.published, *sides.stays) if tree and path in tree]
    for tree in trees:
        for mover in (2, 3):
            if tree[path] == blobs[5 - mover]:
                return Twin(path, blobs, mover)
    msg = (
        f"both sides added {path}, and nothing tells which of them stays; say it with"
        " `oneleaf rebase --onto ours` or `--onto theirs`"
    )
    raise Refused(msg)
