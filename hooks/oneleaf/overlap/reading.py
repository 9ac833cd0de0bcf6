"""The operations of one migration file, wherever its class lists them."""

import ast
from collections.abc import Iterator
from dataclasses import replace

from oneleaf.overlap.draft import Draft
from oneleaf.overlap.kinds import DJANGO, read_kind
from oneleaf.overlap.names import assigned, imported, targets
from oneleaf.overlap.operation import Operation
from oneleaf.overlap.syntax import dotted, quoted
from oneleaf.reading.tree import NotPython, parse


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
