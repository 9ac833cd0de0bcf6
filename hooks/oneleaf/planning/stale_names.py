"""What is put right before planning: two migrations of one name, names that are gone.

In a ``git rebase`` of several commits the first stop renames ``0002_first``; the second
commit brings a migration that depends on it by its old name.
"""

from oneleaf.migration.reading.tree import meaning
from oneleaf.migration.rewriting.edits import rename_references
from oneleaf.migration.rewriting.source import CannotRewrite
from oneleaf.planning.refusals import cannot_edit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from oneleaf.git.snapshot import Tree
    from oneleaf.planning.order import Place
    from oneleaf.planning.sides import SameName
    from oneleaf.planning.situation import Situation
    from oneleaf.project.graph import Graph
    from oneleaf.project.project import App

    Words = dict[Place, Place]


class Repairs:
    """Contents that planning starts from, in place of those in the work tree.

    prepared: path -> content; origins: made-up path -> where the file really is;
    twins: the pairs of one name. sides: (stage, tree of that side), as far as known.
    """

    __slots__ = ("origins", "prepared", "sides", "twins")

    def __init__(
        self, twins: "Sequence[SameName]", sides: "Mapping[int, Tree]"
    ) -> None:
        self.twins = twins
        self.sides = sides
        self.prepared: dict[str, bytes] = {}
        self.origins = {twin.provisional: twin.path for twin in twins}

    def from_mover(self, path: str, twin: "SameName") -> bool:
        """Whether a local migration comes from the side whose twin moves.

        path: its file; where the sides are not known, it is taken to.
        """
        stays = self.sides.get(5 - twin.mover)
        if stays is not None and path in stays:
            return False
        moves = self.sides.get(twin.mover)
        return moves is None or path in moves

    def comes_in(self, path: str) -> bool:
        """Whether a migration is of the side that comes in, as far as that is known."""
        ours, theirs = self.sides.get(2, {}), self.sides.get(3, {})
        return path in theirs and path not in ours


def mend(
    situation: "Situation", repairs: Repairs, former: "Callable[[str], bytes | None]"
) -> bool:
    """Adds the local migrations that need it to ``repairs``; whether there were any.

    former: path -> what stood there in an earlier commit of the same branch, None for
    nothing. What did stand there and has no successor goes to ``situation.former``.
    Raises Refused where a file cannot be edited.
    """
    words: dict[str, Words] = {}
    mentions = _Mentions(situation)
    for twin in repairs.twins:
        directory, _, name = twin.path.rpartition("/")
        provisional = twin.provisional.rpartition("/")[2]
        for label, path in mentions.of((directory, name[:-3])):
            if path not in repairs.origins and repairs.from_mover(path, twin):
                _add(words, path, (label, name[:-3]), provisional[:-3])
    situation.former = _heal(situation, mentions, former, words)
    _tell_apart(situation, repairs, mentions, former, words)
    for path, renames in words.items():
        repairs.prepared[path] = _renamed(situation, path, renames)
    return bool(words)


def _heal(
    situation: "Situation",
    mentions: "_Mentions",
    former: "Callable[[str], bytes | None]",
    words: "dict[str, Words]",
) -> "frozenset[Place]":
    """Adds the new names of what is gone to ``words``; what has none is returned."""
    known = set()
    for key in gone(situation.graph, situation.is_local):
        then = former(_path(key))
        if then is None:
            continue
        users = mentions.of(key)
        now = successor(key[1], then, _candidates(situation, key, users))
        # Whoever took away here what is published mends nothing by that.
        if now is None and not situation.is_published(key):
            known.add(key)
        for label, path in users if now else ():
            _add(words, path, (label, key[1]), now or "")
    return frozenset(known)


def _tell_apart(
    situation: "Situation",
    repairs: Repairs,
    mentions: "_Mentions",
    former: "Callable[[str], bytes | None]",
    words: "dict[str, Words]",
) -> None:
    """Adds to ``words`` what comes in and means its own of two migrations of one name.

    In a rebase of several commits the first stop made one migration of two of one
    name; the second commit goes on calling its own by the old name.
    """
    for key in _taken(situation, repairs):
        then = former(_path(key))
        if then is None or is_same(then, situation.files.source(_path(key))):
            continue
        users = [(own, p) for own, p in mentions.of(key) if repairs.comes_in(p)]
        now = successor("", then, _candidates(situation, key, users))
        for label, path in users if now else ():
            _add(words, path, (label, key[1]), now or "")


def _path(key: "Place") -> str:
    return f"{key[0]}/{key[1]}.py"


def _taken(situation: "Situation", repairs: Repairs) -> "list[Place]":
    """Published migrations that what comes in depends on; the twins are told apart."""
    twins = {twin.path for twin in repairs.twins}
    found: dict[Place, None] = {}
    for app in situation.project.apps:
        for name in situation.local(app):
            if repairs.comes_in(app.path(name)):
                for label, other in app.migrations[name].dependencies:
                    for owner in situation.graph.carriers(app, label):
                        found[owner.directory, other] = None
    return [
        key
        for key in found
        if key in situation.ranks
        and _path(key) not in twins
        and not situation.is_local(key)
    ]


def _add(words: "dict[str, Words]", path: str, pair: "Place", name: str) -> None:
    words.setdefault(path, {})[pair] = (pair[0], name)


class _Mentions:
    """Which local migrations name which migration."""

    __slots__ = ("_graph", "_labels", "_users")

    def __init__(self, situation: "Situation") -> None:
        self._graph = situation.graph
        self._labels = {app.directory: app.label for app in situation.project.apps}
        self._users: dict[Place, list[tuple[App, str]]] = {}
        for app in situation.project.apps:
            for name in situation.local(app):
                one = app.migrations[name]
                named = (*one.dependencies, *one.run_before, *one.replaces)
                for pair in dict.fromkeys(named):
                    self._users.setdefault(pair, []).append((app, app.path(name)))

    def of(self, key: "Place") -> "list[tuple[str, str]]":
        """The label of ``key`` and the path of a local migration, for all that name it."""
        directory, name = key
        label = self._labels.get(directory, "")
        return [
            (label, path)
            for app, path in self._users.get((label, name), ())
            if directory in [one.directory for one in self._graph.carriers(app, label)]
        ]


def _candidates(
    situation: "Situation", key: "Place", mentions: "list[tuple[str, str]]"
) -> "list[tuple[str, bytes]]":
    """Local migrations of the app that may be what ``key`` was called once."""
    users = {path for _, path in mentions}
    return [
        (name, situation.files.source(app.path(name)))
        for app in situation.project.apps
        if app.directory == key[0]
        for name in situation.local(app)
        if app.path(name) not in users
    ]


def _renamed(situation: "Situation", path: str, words: "Words") -> bytes:
    try:
        return rename_references(situation.files.source(path), words)
    except CannotRewrite as error:
        raise cannot_edit(situation, path, error) from None


def gone(graph: "Graph", is_local: "Callable[[Place], bool]") -> "list[Place]":
    """(directory, name) of what local migrations name and no app has, each once."""
    found: dict[Place, None] = {}
    for missing in graph.missing:
        label, name = missing.dependency
        owners = graph.carriers(missing.app, label)
        if len(owners) == 1 and is_local((missing.app.directory, missing.migration)):
            found[owners[0].directory, name] = None
    return list(found)


def successor(
    name: str, former: bytes, candidates: "Iterable[tuple[str, bytes]]"
) -> "str | None":
    """The candidate that is the migration once called ``name``, None where none is.

    former: its content then. candidates: names and contents of the local migrations
    of its app. It is the one that says the same but for its place in the history;
    where several do, or none since it was edited, the one whose name differs in the
    number alone ("" is no such name). Two of them tell nothing.
    """
    listed = list(candidates)
    same = [found for found, source in listed if is_same(source, former)]
    if len(same) == 1:
        return same[0]
    alike = [
        found for found in same or [n for n, _ in listed] if _stem(found) == _stem(name)
    ]
    return alike[0] if len(alike) == 1 else None


def is_same(one: bytes, other: bytes) -> bool:
    """Whether two contents say the same but for their place in the history."""
    if one == other:
        return True
    meant = meaning(one)
    return meant is not None and meant == meaning(other)


def _stem(name: str) -> str:
    return name.lstrip("0123456789")
