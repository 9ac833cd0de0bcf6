"""What both sides of a conflict touch, told from the text of their migrations.

``read_operations`` reads one migration file; ``overlaps`` compares the operations of
both sides, ``between`` those of named migrations; ``opaque`` lists those that cannot be told; ``describe`` puts a key in words.
The values are ``Operation`` (one entry of a file) and ``Overlap`` (what two share).

Each operation is given the keys it writes and the keys it reads; two operations
overlap where one writes what the other writes or reads. Keys:

``m:app.model``, ``f:app.model.field``, ``o:app.model.option``, ``i:name`` (an index
or a constraint) and ``t:table``. Model names are in lower case, as in Django's
``ProjectState``; names of indexes and tables carry no app, a schema holds them all.
A model named by a setting is ``m:settings.AUTH_USER_MODEL``.

Nothing is executed. What cannot be told by reading makes an operation opaque.
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from oneleaf.migration.overlap.kinds import DJANGO, Draft, Keys, Operation, read_kind
from oneleaf.migration.overlap.syntax import assigned, dotted, imported, quoted, targets
from oneleaf.migration.reading.tree import NotPython, parse

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


def read_operations(app_label: str, name: str, source: bytes) -> tuple[Operation, ...]:
    """Read the operations of one migration file, in order; never raises.

    app_label: of the app the file belongs to, as dependencies spell it.
    name: the migration's name; source: the file's bytes.

    State operations of ``SeparateDatabaseAndState`` and ``RunSQL`` follow the
    operation that holds them. A file without a readable ``Migration`` gives one
    opaque operation.
    """
    try:
        return tuple(_File(app_label, source, parse(source)).operations())
    except (NotPython, ValueError, RecursionError, MemoryError) as error:
        line, said = getattr(error, "line", 1), getattr(error, "said", error)
        reason = f"the file cannot be read: {said}"
        return (Operation("unreadable", line, f"{name}.py", opaque=reason),)


class _File:
    """One migration's source, its tree, and what its names stand for."""

    __slots__ = ("aliases", "app", "lines", "names", "tree")

    def __init__(self, app: str, source: bytes, tree: ast.Module) -> None:
        self.app = app
        self.tree = tree
        self.lines = source.splitlines()
        self.aliases = dict(imported(tree.body))
        self.names: dict[str, ast.expr] = {}

    def operations(self) -> Iterator[Operation]:
        """What the class ``Migration`` lists, wherever its body does so."""
        migration = _migration_class(self.tree)
        if migration is None:
            yield self.unreadable(self.tree, "no class Migration")
            return
        self.names = assigned(self.tree, [*self.tree.body, *migration.body])
        touching = [part for part in migration.body if _touches_operations(part)]
        plain = _is_one_assignment(touching) and not _changed_outside(self.tree)
        doubt = None if plain else "code decides which operations there are"
        for statement in touching:
            for value in _listings(statement):
                for operation in self.listed(value, "operations"):
                    yield replace(operation, opaque=operation.opaque or doubt)
        if not touching and not all(
            dotted(base, self.aliases).startswith(DJANGO) for base in migration.bases
        ):
            yield self.unreadable(migration, "operations of another base class")

    def listed(self, node: ast.expr, what: str) -> Iterator[Operation]:
        """The operations of a literal list; sums and names of lists are read too."""
        if isinstance(node, ast.List | ast.Tuple):
            for item in node.elts:
                yield from self.listed(item, what)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            yield from self.listed(node.left, what)
            yield from self.listed(node.right, what)
        elif isinstance(node, ast.Starred):
            yield from self.listed(node.value, what)
        elif isinstance(node, ast.Name) and node.id in self.names:
            yield from self.listed(self.names[node.id], what)
        elif isinstance(node, ast.Call):
            yield from self.operation(node)
        else:
            yield self.unreadable(node, f"{what} is not a literal")

    def operation(self, call: ast.Call) -> Iterator[Operation]:
        """One operation, and after it those of its ``state_operations``."""
        path = dotted(call.func, self.aliases)
        kind = path.rpartition(".")[2]
        draft = Draft(self.app, self.aliases)
        if path.startswith(DJANGO):
            read_kind(kind, call, draft, self.names)
        else:
            draft.opaque = f"operation class {path or 'computed'} is not Django's"
        text = quoted(call, self.lines)
        yield draft.finished(kind or "unreadable", call.lineno, text)
        if state := draft.args.get("state_operations"):
            yield from self.listed(state, "state_operations")

    def unreadable(self, node: ast.AST, reason: str) -> Operation:
        """What stands for a part of the file that no operation could be read from."""
        line, text = getattr(node, "lineno", 1), quoted(node, self.lines)
        return Operation("unreadable", line, text, opaque=reason)


def _migration_class(tree: ast.Module) -> "ast.ClassDef | None":
    for part in ast.walk(tree):
        if isinstance(part, ast.ClassDef) and part.name == "Migration":
            return part
    return None


def _is_one_assignment(statements: list[ast.stmt]) -> bool:
    return len(statements) == 1 and isinstance(
        statements[0], ast.Assign | ast.AnnAssign
    )


def _touches_operations(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        return "operations" in targets(statement)
    return any(
        (part.id if isinstance(part, ast.Name) else getattr(part, "attr", ""))
        == "operations"
        for part in ast.walk(statement)
    )


def _changed_outside(tree: ast.Module) -> bool:
    """Whether code after the class speaks of ``Migration.operations``."""
    return any(dotted(part) == "Migration.operations" for part in ast.walk(tree))


def _listings(statement: ast.stmt) -> Iterator[ast.expr]:
    """Each value that a statement gives or adds to ``operations``."""
    for part in ast.walk(statement):
        if "operations" in targets(part):
            value = getattr(part, "value", None)
            if isinstance(value, ast.expr):
                yield value
        elif isinstance(part, ast.Call) and dotted(part.func).startswith("operations."):
            yield from part.args
