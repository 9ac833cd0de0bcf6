"""What ``oneleaf db status`` found in one database, as plain values."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from oneleaf.database.keys import Key


class Trouble:
    """One thing that is wrong.

    kind: ``unreachable``, ``history``, ``ghost``, ``moved``, ``order``, ``drift`` or
    ``edited``. app: its label, "" where it is none's. migration: a name, "" for
    none. message: whole, for a person. now: name of the file that a ghost is now, ""
    where there is none. held: what in git holds a ghost's file, "" where nothing does;
    the path of an edited one. name: the column or table that drifted.
    """

    __slots__ = ("app", "held", "kind", "message", "migration", "name", "now")

    def __init__(
        self,
        kind: str,
        key: Key,
        message: str,
        now: str = "",
        held: str = "",
        name: str = "",
    ) -> None:
        self.kind = kind
        self.app, self.migration = key
        self.message = message
        self.now = now
        self.held = held
        self.name = name


class Report:
    """One database.

    alias, vendor, place: which one. applied: how many migrations are. pending: those
    of the files that are not, as ``app.name``. troubles: what is wrong. notes: what is
    said and is not wrong. unclear: what could not be told, and why. restorable: whether
    this clone has a backup of it.
    """

    __slots__ = (
        "alias",
        "applied",
        "notes",
        "pending",
        "place",
        "restorable",
        "troubles",
        "unclear",
        "vendor",
    )

    def __init__(self, alias: str, vendor: str, place: str = "") -> None:
        self.alias = alias
        self.vendor = vendor
        self.place = place
        self.applied = 0
        self.restorable = False
        self.pending: list[str] = []
        self.troubles: list[Trouble] = []
        self.notes: list[str] = []
        self.unclear: list[str] = []

    def of(self, *kinds: str) -> list[Trouble]:
        """The troubles of these kinds, in the order in which they were found."""
        return [trouble for trouble in self.troubles if trouble.kind in kinds]
