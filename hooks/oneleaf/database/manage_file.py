"""What a ``manage.py`` says of the settings, read without running it.

Django's template (django/conf/project_template/manage.py-tpl) and its relatives set
``os.environ`` before they start; nothing else of the file matters here.
"""

from __future__ import annotations

import ast

from oneleaf.errors import OneleafError
from oneleaf.reading.tree import NotPython, parse

MODULE = "DJANGO_SETTINGS_MODULE"
# django-configurations, "Quickstart": which class of the settings module to take.
CLASS = "DJANGO_CONFIGURATION"


def variables(path: str, source: bytes) -> dict[str, str]:
    """The values that the file gives to MODULE and CLASS, of those it names.

    path: what messages call the file. Raises OneleafError where it cannot be told: a
    file that cannot be parsed, a computed value, several values.
    """
    try:
        tree = parse(source)
    except NotPython as error:
        where = f"{path} cannot be read: line {error.line}"
        raise OneleafError(f"{where}: {error.said}; {_CURE}") from None
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        name, value = _setting(node)
        if name not in (MODULE, CLASS) or value is None:
            continue
        if not isinstance(value, ast.Constant) or not isinstance(value.value, str):
            where = f"{path}:{value.lineno}"
            raise OneleafError(f"{where}: {name} is computed; {_CURE}")
        if found.setdefault(name, value.value) != value.value:
            where = f"{path}:{value.lineno}"
            both = f"{found[name]} and {value.value}"
            raise OneleafError(f"{where}: {name} may be {both}; {_CURE}")
    return found


_CURE = "say which settings to use: --settings MODULE"


def _setting(node: ast.AST) -> tuple[str, ast.expr | None]:
    """Name and value where a node sets an environment variable."""
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
        return _text(node.targets[0].slice), node.value
    is_default = (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "setdefault"
        and len(node.args) == 2
    )
    if is_default:
        assert isinstance(node, ast.Call)
        return _text(node.args[0]), node.args[1]
    return "", None


def _text(node: ast.expr) -> str:
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, str) else ""
