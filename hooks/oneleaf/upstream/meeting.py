"""Three states: what both sides come from, and the sides."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from oneleaf.checking.states import State


class Meeting:
    """base: what both sides come from; ours, theirs: the sides."""

    __slots__ = ("base", "ours", "theirs")

    def __init__(self, base: "State", ours: "State", theirs: "State") -> None:
        self.base = base
        self.ours = ours
        self.theirs = theirs
