"""Three states: what both sides come from, and the sides."""

from oneleaf.repository.snapshot import Snapshot


class Meeting:
    """base: what both sides come from; ours, theirs: the sides."""

    __slots__ = ("base", "ours", "theirs")

    def __init__(self, base: Snapshot, ours: Snapshot, theirs: Snapshot) -> None:
        self.base = base
        self.ours = ours
        self.theirs = theirs
