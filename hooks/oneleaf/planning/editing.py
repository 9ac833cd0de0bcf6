"""The new content of every migration file that a rebase changes."""

from oneleaf.errors import Refused
from oneleaf.planning.guards import cannot_edit
from oneleaf.rewriting.edits import add_dependency, rename_references, repoint
from oneleaf.rewriting.tokens import CannotRewrite

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneleaf.history.project import App
    from oneleaf.planning.line import Key, Step
    from oneleaf.planning.situation import Situation
    from oneleaf.reading.migrations import Migration

    Written = dict[Key, tuple[str, bytes]]


class Move:
    """What becomes of one app.

    app, upstream: the app and the names that stay; line: its local migrations and
    what comes before each; names: old -> new name, for all of them.
    """

    __slots__ = ("app", "line", "names", "upstream")

    def __init__(
        self,
        app: "App",
        upstream: "list[str]",
        line: "list[Step]",
        names: "dict[str, str]",
    ) -> None:
        self.app = app
        self.upstream = upstream
        self.line = line
        self.names = names


def written(situation: "Situation", moves: "list[Move]") -> "Written":
    """(directory, new name) -> (old path, new content) of each file that changes.

    Every reference of every app is looked at. Raises Refused where a published file
    would have to change, or a local one cannot be edited.
    """
    renames = {
        (move.app.directory, old): new
        for move in moves
        for old, new in move.names.items()
        if old != new
    }
    by_directory = {move.app.directory: move for move in moves}
    found: Written = {}
    for app in situation.project.apps:
        ties = _ties(by_directory.get(app.directory), situation.former)
        for name, migration in app.migrations.items():
            words = _words(situation, app, migration, renames)
            key, path = (app.directory, name), app.path(name)
            forced = key in renames or path in situation.files.prepared
            if not (words or forced or name in ties):
                continue
            if situation.is_local(key):
                after = _rewritten(situation, path, words, ties.get(name))
                if forced or after != situation.files.source(path):
                    found[app.directory, renames.get(key, name)] = (path, after)
            elif words:
                _refuse_published(path, words)
    return found


class _Tie:
    """What one file has to depend on: ``old`` becomes ``new``; None: ``new`` is added."""

    __slots__ = ("new", "old")

    def __init__(self, old: "Key | None", new: "Key") -> None:
        self.old = old
        self.new = new


def _ties(move: "Move | None", former: "frozenset[Key]") -> "dict[str, _Tie]":
    """Name -> the dependency to change, in the names to be, for who needs a change.

    Of several dependencies in the app the last in the line is changed. One on a
    migration that does not exist is only where ``former`` has it.
    """
    if move is None:
        return {}
    label = move.app.label
    places = _places(move)
    found = {}
    for step in move.line:
        if step.before is None:
            continue
        dependencies = move.app.migrations[step.name].dependencies
        own = [
            name
            for other, name in dependencies
            if other == label
            and (name in places or (move.app.directory, name) in former)
        ]
        if step.same.intersection(own) or step.before in own:
            continue
        last = max(own, key=lambda name: (places.get(name, -2), name), default=None)
        old = (label, move.names.get(last, last)) if last else None
        found[step.name] = _Tie(old, (label, move.names.get(step.before, step.before)))
    return found


def _places(move: "Move") -> "dict[str, int]":
    """Name -> place in the line; what stays is at -1."""
    places = dict.fromkeys(move.upstream, -1)
    for place, step in enumerate(move.line):
        places[step.name] = place
    return places


def _words(
    situation: "Situation",
    app: "App",
    migration: "Migration",
    renames: "Mapping[Key, str]",
) -> "dict[Key, Key]":
    """Those of the pairs in a migration's attributes that change, and to what."""
    found = {}
    for pair in (*migration.dependencies, *migration.run_before, *migration.replaces):
        label, old = pair
        owners = situation.graph.carriers(app, label)
        new = [renames[k] for one in owners if (k := (one.directory, old)) in renames]
        if len(new) == 1:
            found[pair] = (label, new[0])
    return found


def _refuse_published(path: str, words: "Mapping[Key, Key]") -> None:
    label, old = next(iter(words))
    msg = (
        f"{path} is published and names {label}.{old}, which would have to move;"
        " nothing was changed"
    )
    raise Refused(msg)


def _rewritten(
    situation: "Situation", path: str, words: "Mapping[Key, Key]", tie: "_Tie | None"
) -> bytes:
    """The file's new content: renamed first, then tied, all in the names to be."""
    source = situation.files.source(path)
    try:
        source = rename_references(source, words)
        if tie is None:
            return source
        if tie.old is None:
            return add_dependency(source, tie.new)
        return repoint(source, tie.old, tie.new)
    except CannotRewrite as error:
        raise cannot_edit(situation, path, error) from None
