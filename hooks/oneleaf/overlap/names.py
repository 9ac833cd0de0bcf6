"""What the names in a file stand for: imports, and values given once."""

import ast
from collections.abc import Iterator, Sequence


def imported(body: Sequence[ast.stmt]) -> Iterator[tuple[str, str]]:
    """Names that imports bind, and what they stand for."""
    for statement in _nested(body):
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                if alias.asname:
                    yield alias.asname, alias.name
        elif isinstance(statement, ast.ImportFrom):
            source = "." * statement.level + (statement.module or "")
            for alias in statement.names:
                yield alias.asname or alias.name, f"{source}.{alias.name}"


def targets(statement: ast.AST) -> set[str]:
    """Names that an assignment gives a value; none for anything else."""
    given: Sequence[ast.expr] = ()
    if isinstance(statement, ast.Assign):
        given = statement.targets
    elif isinstance(statement, ast.AnnAssign | ast.AugAssign):
        given = (statement.target,)
    return {target.id for target in given if isinstance(target, ast.Name)}


def assigned(tree: ast.Module, body: Sequence[ast.stmt]) -> dict[str, ast.expr]:
    """Names that ``body`` gives a value once, and that ``tree`` changes nowhere."""
    every = [name for statement in _nested(body) for name in targets(statement)]
    changeable = {
        part.value.id
        for part in ast.walk(tree)
        if isinstance(part, ast.Attribute | ast.Subscript)
        and isinstance(part.value, ast.Name)
    }
    return {
        name: statement.value
        for statement in body
        if isinstance(statement, ast.Assign)
        for name in targets(statement)
        if every.count(name) == 1 and name not in changeable
    }


def _nested(body: Sequence[ast.AST]) -> Iterator[ast.AST]:
    """Statements and those in their blocks, but for functions and classes."""
    for statement in body:
        yield statement
        if not isinstance(statement, ast.FunctionDef | ast.ClassDef):
            for block in ("body", "orelse", "finalbody", "handlers"):
                yield from _nested(getattr(statement, block, ()))
