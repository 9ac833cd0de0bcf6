"""Finds the project's settings and starts Django with them.

In this order: ``--settings``, the variable ``DJANGO_SETTINGS_MODULE``, what ``manage.py``
says (read, never run: Django's template and its relatives set ``os.environ`` before they
start). No INSTALLED_APPS entry is needed: Django is started as
django/core/management/__init__.py (ManagementUtility.execute) does, without its commands.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import os
import sys
from dataclasses import dataclass

from oneleaf.errors import OneleafError
from oneleaf.git import git
from oneleaf.migration.reading.tree import NotPython, parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True)
class Found:
    """The settings to start with.

    module: dotted name of the settings module. configuration: the class in it that
    django-configurations takes, "" for none. root: the folder that the project's
    modules are imported from. source: where the module's name comes from.
    """

    module: str
    root: str
    source: str
    configuration: str = ""


def start(given: str = "") -> Found:
    """Starts Django with the project's settings and returns what was found.

    given: the value of ``--settings``, "" where it was not given. What the project
    prints while it starts goes to standard error. Raises OneleafError where there are
    no settings, no Django, or the project cannot be started. In a process in which the
    project runs already, as with ``manage.py oneleaf``, there is nothing to start.
    """
    running = _running()
    if running is not None and given in ("", running.module):
        return running
    found = find(given, os.environ, os.getcwd())
    if found.root not in sys.path:
        sys.path.insert(0, found.root)
    os.environ[MODULE] = found.module
    if found.configuration:
        os.environ[CLASS] = found.configuration
    require_django()
    try:
        with contextlib.redirect_stdout(sys.stderr):
            _set_up(found)
    except (Exception, SystemExit) as error:
        if os.environ.get("ONELEAF_TRACEBACK"):
            raise
        what = f"{type(error).__name__}: {error}"
        raise OneleafError(
            f"the project does not start with {found.module} (from {found.source},"
            f" modules from {found.root}): {what}; set what it needs, such as PYTHONPATH"
            " or its own environment variables, or name others with --settings MODULE"
        ) from None
    return found


def _running() -> Found | None:
    """The settings that this process has started Django with, None where it has not."""
    registry = sys.modules.get("django.apps")
    if registry is None or not registry.apps.ready:
        return None
    settings = importlib.import_module("django.conf").settings
    # None where the settings are no module (``settings.configure``).
    module = getattr(settings, "SETTINGS_MODULE", None) or ""
    return Found(module, os.getcwd(), "the running project")


def _set_up(found: Found) -> None:
    if found.configuration:
        importlib.import_module("configurations").setup()
    importlib.import_module("django").setup()


def require_django() -> None:
    """Raises OneleafError where this interpreter has no Django."""
    try:
        importlib.import_module("django")
    except ImportError as error:
        raise OneleafError(
            f"Django cannot be imported by {sys.executable} ({error}); run oneleaf with"
            " the project's own Python: `python -m oneleaf db …`"
        ) from None


def find(given: str, environ: Mapping[str, str], folder: str) -> Found:
    """Which settings to start with, when oneleaf runs in ``folder``.

    Raises OneleafError where nothing tells it, or several files tell different things.
    """
    path = _manage(folder)
    root = os.path.dirname(path) if path else folder
    configuration = environ.get(CLASS, "")
    for module, source in (
        (given, "--settings"),
        (environ.get(MODULE, ""), MODULE),
    ):
        if module:
            return Found(module, root, source, configuration)
    if not path:
        raise OneleafError(_nothing(folder))
    said = _read(path, folder)
    if MODULE not in said:
        raise OneleafError(
            f"{os.path.relpath(path, folder)} names no settings; say which to use:"
            " --settings MODULE"
        )
    return Found(
        said[MODULE],
        root,
        os.path.relpath(path, folder),
        configuration or said.get(CLASS, ""),
    )


def _read(path: str, folder: str) -> dict[str, str]:
    with open(path, "rb") as file:
        return variables(os.path.relpath(path, folder), file.read())


def _nothing(folder: str) -> str:
    several = _tracked(folder)
    if several:
        names = ", ".join(os.path.relpath(path, folder) for path in several)
        return (
            f"there are several projects here ({names}); run oneleaf in the folder of"
            " one, or name its settings: --settings MODULE"
        )
    return (
        "no settings were found: there is no manage.py here; name them with"
        f" --settings MODULE or the variable {MODULE}"
    )


def _manage(folder: str) -> str:
    """The ``manage.py`` of the project that ``folder`` is in, "" where none is told.

    The nearest one upwards inside the repository; else the only one in it.
    """
    for place in _upwards(folder):
        path = os.path.join(place, "manage.py")
        if os.path.isfile(path):
            return path
    tracked = _tracked(folder)
    return tracked[0] if len(tracked) == 1 else ""


def _upwards(folder: str) -> Iterator[str]:
    top = _top(folder)
    place = os.path.realpath(folder)
    yield place
    while top and place != top and os.path.dirname(place) != place:
        place = os.path.dirname(place)
        yield place


def _top(folder: str) -> str:
    """The repository's top, "" outside one: a production host need not have git."""
    try:
        top = git.line("-C", folder, "rev-parse", "--show-toplevel")
    except OneleafError:
        return ""
    return os.path.realpath(top)


def _tracked(folder: str) -> list[str]:
    """Every ``manage.py`` that git tracks."""
    top = _top(folder)
    if not top:
        return []
    raw = git.run("-C", top, "ls-files", "-z", "--", "manage.py", "**/manage.py")
    return [os.path.join(top, name) for name in git.decode(raw).split("\0") if name]


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
