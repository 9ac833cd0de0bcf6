"""What both sides of a rebase touch, in words."""

from oneleaf.errors import Refused
from oneleaf.overlap import describe, opaque, overlaps, read_operations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from oneleaf.overlap import Operation, Overlap
    from oneleaf.planning.editing import Move
    from oneleaf.planning.line import Key
    from oneleaf.planning.situation import Situation

    Read = list[tuple[str, tuple[Operation, ...]]]


def notes(situation: "Situation", moves: "list[Move]") -> "list[str]":
    """A sentence for each overlap of a moving migration with what it moves behind.

    Both places are quoted. Raises Refused where the result cannot be valid, unless
    the user said to go on.
    """
    ours, theirs = _sides(situation, moves)
    places = {
        id(operation): f"{path}:{operation.line}"
        for path, operations in [*ours, *theirs]
        for operation in operations
    }
    found = overlaps(_flat(ours), _flat(theirs))
    told = [_told(overlap, places) for overlap in found]
    fatal = [text for overlap, text in zip(found, told, strict=True) if overlap.fatal]
    if fatal and not situation.wishes.despite_overlap:
        msg = (
            f"{'; '.join(fatal)}; nothing was changed; change yours, or go on with"
            " `--despite-overlap`"
        )
        raise Refused(msg)
    if not theirs:
        return told
    return told + [
        f"cannot tell what {places[id(operation)]} touches: {operation.opaque}"
        for operation in opaque(_flat(ours) + _flat(theirs))
    ]


def _sides(situation: "Situation", moves: "list[Move]") -> "tuple[Read, Read]":
    """The operations of what moves, and of what comes newly before it."""
    line = [
        (move.app.directory, step.name)
        for move in moves
        for step in move.line
        if not step.aside
    ]
    local = set(line)
    before = situation.history.ancestors(line)
    newer = [
        (move.app.directory, name)
        for move in moves
        for name in move.upstream
        if (move.app.directory, name) not in before | local
    ]
    ordered = [
        key
        for key in _in_time(situation, newer)
        if key not in situation.history.replaces
    ]
    return _read(situation, line), _read(situation, ordered)


def _in_time(situation: "Situation", keys: "list[Key]") -> "list[Key]":
    from oneleaf.planning.line import in_order

    ranks = dict.fromkeys(keys, 0)
    return in_order(situation.history, ranks, keys)[0]


def _read(situation: "Situation", keys: "list[Key]") -> "Read":
    labels = {app.directory: app.label for app in situation.project.apps}
    found = []
    for directory, name in keys:
        path = f"{directory}/{name}.py"
        source = situation.files.source(path)
        shown = situation.files.origin(path)
        found.append((shown, read_operations(labels[directory], name, source)))
    return found


def _flat(side: "Read") -> "list[Operation]":
    return [operation for _, operations in side for operation in operations]


def _told(overlap: "Overlap", places: "dict[int, str]") -> str:
    mine, other = places[id(overlap.ours)], places[id(overlap.theirs)]
    verb = "cannot follow" if overlap.fatal else "touches what is touched by"
    return (
        f"{describe(overlap.key)}: {mine} `{overlap.ours.text}` {verb}"
        f" {other} `{overlap.theirs.text}`"
    )
