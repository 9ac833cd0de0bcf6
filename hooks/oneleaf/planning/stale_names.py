"""What is put right before planning: two migrations of one name, names that are gone.

In a ``git rebase`` of several commits the first stop renames ``0002_first``; the second
commit brings a migration that depends on it by its old name.
"""

from dataclasses import dataclass
from functools import cached_property

from oneleaf.migration.reading.tree import meaning
from oneleaf.migration.rewriting.edits import rename_references
from oneleaf.migration.rewriting.source import CannotRewrite
from oneleaf.planning.refusals import cannot_edit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from oneleaf.git.snapshot import Tree
    from oneleaf.planning.order import Place
    from oneleaf.planning.sides import SameName, Sides
    from oneleaf.planning.situation import PlanFiles
    from oneleaf.project.graph import Graph
    from oneleaf.project.project import App, Project

    Words = dict[Place, Place]


@dataclass(frozen=True)
class Start:
    """What is repaired.

    local: (directory, name) of what may be edited; files: of which ``prepared`` and
    ``origins`` have the twins alone. twins: the pairs of one name. trees: stage (2 or
    3) -> the tree of that side, as far as known. former: path -> what was there in
    an earlier commit of the same branch, None for nothing.
    """

    project: "Project"
    graph: "Graph"
    local: "frozenset[Place]"
    files: "PlanFiles"
    sides: "Sides"
    twins: "Sequence[SameName]"
    trees: "Mapping[int, Tree]"
    former: "Callable[[str], bytes | None]"

    def from_mover(self, path: str, twin: "SameName") -> bool:
        """Whether a local migration comes from the side whose twin moves.

        Where the sides are not known, it is taken to.
        """
        stays, moves = self.trees.get(5 - twin.mover, {}), self.trees.get(twin.mover)
        return path not in stays and (moves is None or path in moves)

    def comes_in(self, path: str) -> bool:
        """Whether a migration is of the side that comes in, as far as that is known."""
        return path in self.trees.get(3, {}) and path not in self.trees.get(2, {})

    def local_of(self, app: "App") -> "list[str]":
        """Names of the app's local migrations."""
        return [name for name in app.migrations if (app.directory, name) in self.local]

    @cached_property
    def _users(self) -> "dict[Place, list[tuple[App, str]]]":
        users: dict[Place, list[tuple[App, str]]] = {}
        for app in self.project.apps:
            for name in self.local_of(app):
                one = app.migrations[name]
                named = (*one.dependencies, *one.run_before, *one.replaces)
                for pair in dict.fromkeys(named):
                    users.setdefault(pair, []).append((app, app.path(name)))
        return users

    def users(self, key: "Place") -> "list[tuple[str, str]]":
        """The label of ``key`` and the path of a local migration, for all that name it."""
        directory, name = key
        labels = {app.directory: app.label for app in self.project.apps}
        label = labels.get(directory, "")
        return [
            (label, path)
            for app, path in self._users.get((label, name), ())
            if directory in [one.directory for one in self.graph.carriers(app, label)]
        ]

    def candidates(
        self, key: "Place", users: "list[tuple[str, str]]"
    ) -> "list[tuple[str, bytes]]":
        """Local migrations of the app that may be what ``key`` was called once."""
        paths = {path for _, path in users}
        return [
            (name, self.files.source(app.path(name)))
            for app in self.project.apps
            if app.directory == key[0]
            for name in self.local_of(app)
            if app.path(name) not in paths
        ]


def mend(start: Start) -> "tuple[dict[str, bytes], frozenset[Place]]":
    """The new contents of the local migrations that need one, by path; what is gone.

    Gone: (directory, name) of what was there before and has no successor. Raises
    Refused where a file cannot be edited.
    """
    words: dict[str, Words] = {}
    for twin in start.twins:
        directory, _, name = twin.path.rpartition("/")
        provisional = twin.provisional.rpartition("/")[2]
        for label, path in start.users((directory, name[:-3])):
            if path not in start.files.origins and start.from_mover(path, twin):
                _add(words, path, (label, name[:-3]), provisional[:-3])
    former = _heal(start, words)
    _tell_apart(start, words)
    prepared = {}
    for path, renames in words.items():
        try:
            prepared[path] = rename_references(start.files.source(path), renames)
        except CannotRewrite as error:
            raise cannot_edit(start.files, path, error) from None
    return prepared, former


def _heal(start: Start, words: "dict[str, Words]") -> "frozenset[Place]":
    """Adds the new names of what is gone to ``words``; what has none is returned."""
    known = set()
    for key in gone(start.graph, start.local.__contains__):
        then = start.former(_path(key))
        if then is None:
            continue
        users = start.users(key)
        now = successor(key[1], then, start.candidates(key, users))
        # Whoever removed here what is published mends nothing by that.
        if now is None and not any(
            app.directory == key[0] and start.sides.is_published(app, key[1])
            for app in start.project.apps
        ):
            known.add(key)
        for label, path in users if now else ():
            _add(words, path, (label, key[1]), now or "")
    return frozenset(known)


def _tell_apart(start: Start, words: "dict[str, Words]") -> None:
    """Adds to ``words`` what comes in and means its own of two migrations of one name.

    In a rebase of several commits the first stop made one migration of two of one
    name; the second commit goes on calling its own by the old name.
    """
    for key in _taken(start):
        then = start.former(_path(key))
        if then is None or is_same(then, start.files.source(_path(key))):
            continue
        users = [(own, path) for own, path in start.users(key) if start.comes_in(path)]
        now = successor("", then, start.candidates(key, users))
        for label, path in users if now else ():
            _add(words, path, (label, key[1]), now or "")


def _path(key: "Place") -> str:
    return f"{key[0]}/{key[1]}.py"


def _taken(start: Start) -> "list[Place]":
    """Published migrations that what comes in depends on; the twins are told apart."""
    twins = {twin.path for twin in start.twins}
    known = {(app.directory, n) for app in start.project.apps for n in app.migrations}
    fixed = known - start.local
    found: dict[Place, None] = {}
    for app in start.project.apps:
        for name in start.local_of(app):
            if start.comes_in(app.path(name)):
                for label, other in app.migrations[name].dependencies:
                    for owner in start.graph.carriers(app, label):
                        found[owner.directory, other] = None
    return [key for key in found if key in fixed and _path(key) not in twins]


def _add(words: "dict[str, Words]", path: str, pair: "Place", name: str) -> None:
    words.setdefault(path, {})[pair] = (pair[0], name)


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
