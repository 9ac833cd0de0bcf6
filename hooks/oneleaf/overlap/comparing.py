"""What two sides share, and what of it cannot be."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from oneleaf.overlap.operation import Keys, Operation

# Their code or SQL is opaque, but what they do to the models' state is read.
_STATELESS = ("RunPython", "RunSQL", "SeparateDatabaseAndState")
_WORDS = {
    "m": "model {label}",
    "f": "field {label}.{detail}",
    "o": "option {detail} of {label}",
    "i": "index {name}",
    "t": "table {name}",
}
_State = dict[str, tuple[bool, Operation]]


@dataclass(frozen=True, slots=True)
class Overlap:
    """One key that an operation of each side touches.

    fatal: ours cannot follow theirs; otherwise it is a warning.
    """

    key: str
    ours: Operation
    theirs: Operation
    fatal: bool


def overlaps(ours: Sequence[Operation], theirs: Sequence[Operation]) -> "list[Overlap]":
    """What both sides touch, in the order of ``ours`` and then of ``theirs``.

    ours: the side that moves, in its order; it comes after theirs in a rebase.
    theirs: upstream's operations since the merge base, in their order.

    Different fields of one model do not overlap. Fatal is what no such order makes
    valid: both create it, or upstream removed or renamed what ours goes on using.
    No overlap says nothing of opaque operations: ask ``opaque`` as well.
    """
    clashes = set(_clashes(ours, theirs))
    found = []
    for mine in ours:
        for other in theirs:
            shared = mine.writes & (other.writes | other.reads)
            shared |= mine.reads & other.writes
            fatal = {key for key in shared if (mine, key, other) in clashes}
            # A table is worth naming where nothing nearer says as much.
            near = {key for key in shared if not key.startswith("t:")}
            told = near if near and (near & fatal or not fatal) else shared
            found += [Overlap(key, mine, other, key in fatal) for key in sorted(told)]
    return found


def between(
    ours: Sequence[tuple[str, Operation]], theirs: Sequence[tuple[str, Operation]]
) -> Iterator[tuple[Overlap, str, str]]:
    """As ``overlaps``, each key once for a pair of migrations.

    ours, theirs: (migration name, operation). Gives each overlap with the names of the
    two migrations.
    """
    names = {id(operation): name for name, operation in (*ours, *theirs)}
    seen: set[tuple[str, str, str]] = set()
    for overlap in overlaps([o for _, o in ours], [o for _, o in theirs]):
        pair = names[id(overlap.ours)], names[id(overlap.theirs)]
        if (overlap.key, *pair) not in seen:
            seen.add((overlap.key, *pair))
            yield overlap, *pair


def opaque(operations: Sequence[Operation]) -> list[Operation]:
    """Those whose effect cannot be told: say so, whatever ``overlaps`` finds."""
    return [operation for operation in operations if operation.opaque]


def describe(key: str) -> str:
    """A key in words: ``"field shop.Item.color"``, ``"table shop_tag"``.

    Keys hold model names in lower case, so inner capitals are not restored.
    """
    kind, _, name = key.partition(":")
    app, _, rest = name.partition(".")
    model, _, detail = rest.partition(".")
    label = f"{app}.{model[:1].upper()}{model[1:]}"
    return _WORDS[kind].format(name=name, label=label, detail=detail)


def _clashes(
    ours: Sequence[Operation], theirs: Sequence[Operation]
) -> Iterator[tuple[Operation, str, Operation]]:
    """Where ours, run after theirs, cannot be valid: ours, the key, theirs.

    Django's ``ProjectState`` by existence alone. Opaque operations clash with
    nothing, and nothing is known of what they write.
    """
    state: _State = {}
    for operation in theirs:
        _replay(state, operation)
    for operation in ours:
        if not operation.opaque:
            yield from _against(state, operation, operation.creates, gone=False)
            yield from _against(state, operation, operation.needs, gone=True)
        _replay(state, operation)
    for number, operation in enumerate(ours):
        models = {key for key in operation.writes | operation.reads if key[0] == "m"}
        undone = any(
            later.writes & operation.writes or later.drops & models
            for later in ours[number + 1 :]
        )
        if not operation.opaque and not undone:
            yield from _against(state, operation, operation.holds, gone=True)


def _against(
    state: _State, operation: Operation, keys: Keys, *, gone: bool
) -> Iterator[tuple[Operation, str, Operation]]:
    for key in keys & state.keys():
        exists, by = state[key]
        if exists is not gone:
            yield operation, key, by


def _replay(state: _State, operation: Operation) -> None:
    """Carry on what is known to exist (True) or to be gone (False), and by whom."""
    if operation.opaque:
        if not operation.writes and operation.kind not in _STATELESS:
            state.clear()
        for key in operation.writes:
            state.pop(key, None)
        return
    moved = {key for key in operation.drops if key.startswith("m:")}
    moved |= {f"m:{key[2:-6]}" for key in operation.writes if key.endswith(".table")}
    for key, (_, by) in list(state.items()):
        # What belonged to a model that went, or moved to another table.
        if key[0] != "m" and moved & (by.writes | by.reads):
            del state[key]
    state.update((key, (False, operation)) for key in operation.drops)
    state.update((key, (True, operation)) for key in operation.creates)
