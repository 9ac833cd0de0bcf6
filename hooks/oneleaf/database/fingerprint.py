"""What a migration file does, as a digest that outlives a rename.

The module's tree without what ``oneleaf rebase`` and formatters change: dependencies,
``run_before``, docstrings, comments, the header. The whole module and not its
operations alone, since the functions of RunPython stand outside of them.
"""

import ast
import hashlib

_MOVES = ("dependencies", "run_before")
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def fingerprint(source: bytes) -> "str | None":
    """SHA-256 of what a migration's source does, None where Python cannot parse it.

    Hexadecimal. source: the file's bytes, in any encoding that Python accepts.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    for node in ast.walk(tree):
        if isinstance(node, _DOCUMENTED):
            node.body = [part for part in node.body if not _is_text(part)]
        if isinstance(node, ast.ClassDef):
            node.body = [part for part in node.body if not _moves(part)]
    return hashlib.sha256(ast.dump(tree).encode("utf-8", "surrogatepass")).hexdigest()


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and (
        isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    )


def _moves(node: ast.stmt) -> bool:
    """Whether a statement of a class assigns what says where the migration stands."""
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AnnAssign):
        targets = [node.target]
    return any(isinstance(name, ast.Name) and name.id in _MOVES for name in targets)
