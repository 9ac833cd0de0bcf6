"""Public names say what they are for, and which errors they raise."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from repository import SOURCE_ROOT

MODULES = {
    path.relative_to(SOURCE_ROOT).as_posix(): ast.parse(path.read_bytes())
    for path in sorted(SOURCE_ROOT.rglob("*.py"))
}
Function = ast.FunctionDef | ast.AsyncFunctionDef
Public = Function | ast.ClassDef


def public(tree: ast.Module) -> Iterator[Public]:
    """Functions and classes of a module that begin with no underscore, and methods."""
    waiting: list[ast.AST] = list(tree.body)
    for node in waiting:
        if isinstance(
            node, ast.If
        ):  # what only type checkers see is read by people too
            waiting += node.body
        if isinstance(node, Public) and not node.name.startswith("_"):
            yield node
            waiting += node.body if isinstance(node, ast.ClassDef) else []


def errors(trees: dict[str, ast.Module]) -> set[str]:
    """Names of Python's exception classes, and of those that the package defines."""
    found = {
        name
        for name, value in vars(builtins).items()
        if isinstance(value, type) and issubclass(value, BaseException)
    }
    classes = [
        node
        for tree in trees.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    ]
    for _ in classes:
        found |= {
            node.name
            for node in classes
            if any(
                isinstance(base, ast.Name) and base.id in found for base in node.bases
            )
        }
    return found


ERRORS = errors(MODULES) - {"AssertionError", "NotImplementedError"}


def raised(node: Function) -> set[str]:
    """Names of the exceptions that a function itself raises."""
    found = set()
    for part in ast.walk(node):
        error = part.exc if isinstance(part, ast.Raise) else None
        error = error.func if isinstance(error, ast.Call) else error
        if isinstance(error, (ast.Name, ast.Attribute)):
            found.add(error.id if isinstance(error, ast.Name) else error.attr)
    return found & ERRORS


def unsaid(node: Function) -> set[str]:
    """Those of them that the docstring does not name beside the word ``raises``."""
    text = ast.get_docstring(node) or ""
    return {name for name in raised(node) if "aises" not in text or name not in text}


def test_modules_say_what_they_are_for() -> None:
    assert [name for name, tree in MODULES.items() if not ast.get_docstring(tree)] == []


def test_public_names_have_docstrings() -> None:
    bare = [
        f"{name}: {node.name}"
        for name, tree in MODULES.items()
        for node in public(tree)
        if not ast.get_docstring(node)
    ]
    assert bare == []


def test_public_functions_name_the_errors_they_raise() -> None:
    silent = [
        f"{name}: {node.name} raises {', '.join(sorted(found))}"
        for name, tree in MODULES.items()
        for node in public(tree)
        if isinstance(node, Function) and (found := unsaid(node))
    ]
    assert silent == []


def test_the_rules_see_what_they_are_for() -> None:
    source = (
        "def told():\n    'Raises KeyError.'\n    raise KeyError\n"
        "def untold():\n    'Says nothing.'\n    raise KeyError(1)\n"
        "class Odd(Exception):\n    def bare(self): ...\n"
        "def _private(): ...\n"
    )
    tree = ast.parse(source)
    names = [node.name for node in public(tree)]
    assert names == ["told", "untold", "Odd", "bare"]
    told, untold, *_ = public(tree)
    assert isinstance(told, Function)
    assert isinstance(untold, Function)
    assert (unsaid(told), unsaid(untold)) == (set(), {"KeyError"})
    assert "Odd" in errors({"odd": tree})
    assert {"OneleafError", "Refused", "GitError", "Malformed"} <= ERRORS
    assert "oneleaf/__main__.py" in MODULES
