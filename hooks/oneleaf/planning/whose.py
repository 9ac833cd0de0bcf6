"""Whose each migration of a state is: published or local, ours or theirs, by branch.

Pure. Who stays and who moves is for ``oneleaf.planning.sides`` to say; here it is put
into the words of a drawing.
"""

from oneleaf.drawing.rows import Side
from oneleaf.planning.sides import PUBLISHED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from oneleaf.history.project import App
    from oneleaf.planning.beside import Twin
    from oneleaf.planning.landmark import Landmark

    Has = Callable[[str], bool]


class Names:
    """What branches are called.

    published: upstream. waiting: the local branch of its name. local: what the state
    itself is on. ours, theirs: the sides that meet.
    """

    __slots__ = ("local", "ours", "published", "theirs", "waiting")

    def __init__(self, local: str) -> None:
        self.local = local
        self.published = ""
        self.waiting = ""
        self.ours = local
        self.theirs = ""


class Whose:
    """What is known of the sides of a state.

    published: what is known of upstream. blob: path -> id of the file's content in the
    state. meeting: whether ours, and whether theirs, has a path, where two sides meet.
    twins: see ``oneleaf.planning.beside``.
    """

    def __init__(
        self,
        published: "Landmark",
        names: Names,
        blob: "Callable[[str], str | None]",
        meeting: "tuple[Has, Has] | None" = None,
    ) -> None:
        self._published = published
        self._sides = published.sides()
        self._names = names
        self._blob = blob
        self._meeting = meeting
        self.twins: Mapping[str, Twin] = {}

    def of_app(self, app: "App") -> "dict[str, Side]":
        """Migration name -> its side.

        Ours and theirs only where each of them has something in the app that the
        other has not.
        """
        roles = {name: self._role(app.path(name)) for name in app.migrations}
        meet = {"ours", "theirs"} <= set(roles.values())
        return {
            name: self._side(app.path(name), role, is_told=meet)
            for name, role in roles.items()
        }

    def _side(self, path: str, role: str, *, is_told: bool) -> Side:
        status = self._status(path)
        refs = {"ours": self._names.ours, "theirs": self._names.theirs}
        if role and is_told:
            return Side(status, refs[role], role)
        if status == "published":
            return Side(status, self._names.published)
        if not status:
            return Side()
        if path in (self._published.waiting or ()):
            return Side(status, self._names.waiting)
        return Side(
            status, self._names.theirs if role == "theirs" else self._names.local
        )

    def is_theirs(self, path: str) -> bool:
        """Whether only the side that comes in has it."""
        return self._role(path) == "theirs"

    def _role(self, path: str) -> str:
        if path in self.twins:
            return self.twins[path].role
        if self._meeting is None:
            return ""
        ours, theirs = (has(path) for has in self._meeting)
        if ours == theirs:
            return ""
        return "ours" if ours else "theirs"

    def _status(self, path: str) -> str:
        """``"published"``, ``"local"``, or "" where no upstream is known."""
        published = self._published.tree
        if published is None:
            return ""
        twin = self.twins.get(path)
        place = twin.path if twin else path
        blob = twin.blob if twin else self._blob(path)
        # Both added it, since they parted: what is here is not what is published.
        if place in published and place not in self._published.before and blob:
            return "published" if published[place] == blob else "local"
        rank = self._sides.rank(path, blob)
        return "published" if rank == PUBLISHED else "local"
