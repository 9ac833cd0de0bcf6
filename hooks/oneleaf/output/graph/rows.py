"""What is drawn: a History for each app, a Row for each migration, its label and class."""

from dataclasses import dataclass

from oneleaf.output.terminal import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Parents = Mapping[str, tuple[str, ...]]


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
class DrawnRow:
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
class AppHistory:
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
    rows: "tuple[DrawnRow, ...]"


def edges(rows: "Sequence[DrawnRow]") -> "list[tuple[str, str]]":
    """(key, key of a parent) of all rows, in order."""
    return [(row.key, parent) for row in rows for parent in row.parents]


# Class -> (fill, line); dark text is read on each of them, on paper of any colour.
COLORS = {
    "published": ("#e8eef7", "#5b7aa6"),
    "local": ("#e3f4e1", "#4b9150"),
    "conflict": ("#fbdcdc", "#c02f2f"),
    "other": ("#f2f2f2", "#8a8a8a"),
}


def kind(row: "DrawnRow") -> str:
    """A key of ``COLORS``."""
    return "conflict" if row.faults else row.side.status or "other"


def label(row: "DrawnRow") -> "list[str]":
    """The lines of a row's label, as they are in the repository."""
    if row.stretch:
        lines = [more(row), f"{row.stretch[-1]} … {row.stretch[0]}"]
    elif row.replaces:
        lines = [row.key, f"replaces {row.replaces}"]
    else:
        lines = [row.key]
    if row.is_told:
        lines.append(row.side.text(row.side.ref))
    return lines + list(row.faults)


def more(row: "DrawnRow") -> str:
    """How much is folded into a row."""
    branches = counted(row.branches, "branch", "branches")
    return f"{len(row.stretch)} more" + (f", {branches}" if row.branches else "")


def title(history: "AppHistory") -> str:
    """The app's label, and what is wrong with it."""
    name = f"{history.label} ({history.place})" if history.place else history.label
    return ", ".join([name, *history.faults])


def summary(history: "AppHistory") -> "list[str]":
    """The lines of the label of an app that is one node."""
    return [title(history), counted(history.count, "migration"), *history.leaves]
