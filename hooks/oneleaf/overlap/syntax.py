"""What a node of a file's tree is called, holds, and looks like."""

import ast
from collections.abc import Mapping, Sequence

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
