"""Names and literals in a file's tree: what is imported, given once, called and quoted."""

import ast
from collections.abc import Iterator, Mapping, Sequence

_NO_ALIASES: Mapping[str, str] = {}
_TEXT_LIMIT = 100
_OPENING, _CLOSING = ("(", "[", "{"), (")", "]", "}")


def constant(node: "ast.AST | None") -> object:
    """The value of a literal constant; None for anything else."""
    return node.value if isinstance(node, ast.Constant) else None


def dotted(node: "ast.AST | None", aliases: Mapping[str, str] = _NO_ALIASES) -> str:
    """``a.b.C`` with the first name as it was imported; "" for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([aliases.get(node.id, node.id), *reversed(parts)])


def keywords(node: "ast.AST | None") -> "dict[str | None, ast.expr]":
    """The keyword arguments of a call, ``**`` under None; empty for anything else."""
    if not isinstance(node, ast.Call):
        return {}
    return {keyword.arg: keyword.value for keyword in node.keywords}


def quoted(node: ast.AST, lines: Sequence[bytes]) -> str:
    """The source of a node on one line, shortened; ``lines``: those of its file."""
    first, last = getattr(node, "lineno", 1), getattr(node, "end_lineno", 1)
    own = list(lines[first - 1 : last])
    own[-1:] = [line[: getattr(node, "end_col_offset", 0)] for line in own[-1:]]
    own[:1] = [line[getattr(node, "col_offset", 0) :] for line in own[:1]]
    text = ""
    for line in b"\n".join(own).decode(errors="replace").splitlines():
        tight = text.endswith(_OPENING) or line.lstrip().startswith(_CLOSING)
        text += line.strip() if tight or not text else f" {line.strip()}"
    return text if len(text) <= _TEXT_LIMIT else f"{text[: _TEXT_LIMIT - 3]}..."


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
