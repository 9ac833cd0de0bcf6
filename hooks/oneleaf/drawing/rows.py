"""What is drawn: a History for each app, with a Row for each migration of it."""

from dataclasses import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Parents = Mapping[str, tuple[str, ...]]  # key of a row -> keys of its parents


@dataclass(frozen=True)
class Side:
    """Whose a migration is.

    status: ``"published"``, ``"local"``, or ``""`` where nothing tells.
    ref: the branch it stands on, or the short id of a commit.
    role: ``"ours"`` or ``"theirs"`` where two sides meet in the app, else ``""``.
    """

    status: str = ""
    ref: str = ""
    role: str = ""

    def text(self, ref: str) -> str:
        """In words, with ``ref`` for the branch: ``theirs (feature), local``."""
        if not self.role:
            return f"{self.status} ({ref})"
        return f"{self.role} ({ref})" + (f", {self.status}" if self.status else "")


@dataclass(frozen=True)
class Row:
    """One migration; or many of them, folded.

    key: the migration's name; of folded ones that of the newest.
    parents: keys of the rows it comes directly after, the one that goes straight on
        in its lane first.
    side, is_told: whose it is, and whether that is written beside it.
    faults: what is wrong with it, in words.
    replaces: how many migrations it stands for, as a squash does.
    needs: migrations of other apps that it depends on.
    stretch: the names of those that are folded, the newest first; empty for a single
        migration. branches: how many branches part and meet again among them.
    """

    key: str
    parents: tuple[str, ...] = ()
    side: Side = Side()
    is_told: bool = False
    faults: tuple[str, ...] = ()
    replaces: int = 0
    needs: tuple[str, ...] = ()
    stretch: tuple[str, ...] = ()
    branches: int = 0


@dataclass(frozen=True)
class History:
    """The history of one app.

    label: of the app. place: its directory where another app has the same label,
    else "". count: of its migrations; replaced: how many of them a squash stands for,
    which have no row. leaves: its leaf nodes. faults: what is wrong with the app, in a
    few words each. notes: whole sentences, each with the hint that mends it or "".
    rows: the newest first, each above its parents.
    """

    label: str
    place: str
    count: int
    replaced: int
    leaves: "tuple[str, ...]"
    faults: "tuple[str, ...]"
    notes: "tuple[tuple[str, str], ...]"
    rows: "tuple[Row, ...]"


def edges(rows: "Sequence[Row]") -> "list[tuple[str, str]]":
    """(key, key of a parent) of all rows, in order."""
    return [(row.key, parent) for row in rows for parent in row.parents]
