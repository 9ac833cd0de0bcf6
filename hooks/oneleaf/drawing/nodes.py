"""What the diagrams for documents have in common: a label and a class for each row."""

from oneleaf.output.counting import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from oneleaf.drawing.rows import History, Row

# Class -> (fill, line); dark text is read on each of them, on paper of any colour.
COLORS = {
    "published": ("#e8eef7", "#5b7aa6"),
    "local": ("#e3f4e1", "#4b9150"),
    "conflict": ("#fbdcdc", "#c02f2f"),
    "other": ("#f2f2f2", "#8a8a8a"),
}


def kind(row: "Row") -> str:
    """A key of ``COLORS``."""
    return "conflict" if row.faults else row.side.status or "other"


def label(row: "Row") -> "list[str]":
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


def more(row: "Row") -> str:
    """How much is folded into a row."""
    branches = counted(row.branches, "branch", "branches")
    return f"{len(row.stretch)} more" + (f", {branches}" if row.branches else "")


def title(history: "History") -> str:
    """The app's label, and what is wrong with it."""
    name = f"{history.label} ({history.place})" if history.place else history.label
    return ", ".join([name, *history.faults])


def summary(history: "History") -> "list[str]":
    """The lines of the label of an app that is one node."""
    return [title(history), counted(history.count, "migration"), *history.leaves]
