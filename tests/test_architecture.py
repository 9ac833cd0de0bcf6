"""The shape of the house: imports point downwards, the hot way stays short."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from repository import SOURCE_ROOT, Repository

# From the top of the house to its ground: a room (a folder, or a module of the root)
# imports only from itself and from rooms below. Within a folder, rooms named here with a
# dot are rooms of their own.
ROOMS = (
    "django",
    "__main__",
    "cli",
    "complete",
    "commands",
    "usage",
    "demo",
    "database",
    "output.graph",
    "applying",
    "planning",
    "upstream",
    "clone",
    "output",
    "checking",
    "project",
    "migration.rewriting",
    "migration.overlap",
    "migration.reading",
    "migration",
    "lockfiles",
    "git",
    "output.terminal",
    "config",
    "arguments",
    "shell",
    "errors",
    "oneleaf",
)

# Text and values in, text and values out: these never look outside.
PURE = (
    "oneleaf.checking.findings",
    "oneleaf.checking.rules",
    "oneleaf.config",
    "oneleaf.lockfiles.foreign",
    "oneleaf.lockfiles.format",
    "oneleaf.lockfiles.merge",
    "oneleaf.migration*",
    "oneleaf.output.graph.documents",
    "oneleaf.output.graph.histories",
    "oneleaf.output.graph.layout",
    "oneleaf.output.graph.rows",
    "oneleaf.output.graph.text",
    "oneleaf.project*",
    "oneleaf.shell",
    "oneleaf.upstream.merge_rules",
    "oneleaf.upstream.published_rules",
)
LOOKS_OUTSIDE = {
    "io",
    "os",
    "pathlib",
    "shutil",
    "socket",
    "tempfile",
    "oneleaf.git.git",
    "oneleaf.git.processes",
}

# A function is counted from its `def` to its last line, with its docstring.
MOST_LINES_OF_A_MODULE = 500
MOST_LINES_OF_A_FUNCTION = 60
# What is one table, one grammar or one proof may be longer: add it here with the reason.
LONGER_ON_PURPOSE: dict[str, str] = {}
# A module below this, with one importer or none, belongs into that one.
FEWEST_LINES_OF_A_MODULE = 120
# Loaded by their names, or late on purpose.
SMALL_ON_PURPOSE = {
    "oneleaf.__main__": "an entry",
    "oneleaf.cli": "the verbs; __main__ makes a process of them",
    "oneleaf.commands.*": "a verb, loaded when it is called",
    "oneleaf.complete": "loaded when a shell asks",
    "oneleaf.database.backups.*": "one per server, of one form",
    "oneleaf.database.commands.*": "a verb, loaded when it is called",
    "oneleaf.django.*": "where Django looks for it",
    "oneleaf.lockfiles.launcher": "what git's configuration starts",
    "oneleaf.output.github": "a format, loaded when it is asked for",
    "oneleaf.output.gitlab": "a format, loaded when it is asked for",
    "oneleaf.output.sarif": "a format, loaded when it is asked for",
    "oneleaf.usage": "loaded when somebody asks for help",
}
# Names under which anything could be put, so that in time everything is.
SAYS_NOTHING = {"common", "helper", "helpers", "misc", "tools", "util", "utils"}

STARTS_PROCESSES = {"_posixsubprocess", "multiprocessing", "pty", "subprocess"}
STARTERS = {"fork", "forkpty", "popen", "startfile", "system"}
# The demo plays its story with the programs of whoever watches it.
MAY_START = (
    "oneleaf.git.processes",
    "oneleaf.database*",
    "oneleaf.demo*",
)
MAY_USE_DJANGO = ("oneleaf.database*", "oneleaf.django*")

# What only its owner calls; everybody else asks the owner.
OWNERS = {
    "oneleaf.config.parse": {
        "oneleaf.checking.state",
        "oneleaf.clone.driver",  # of the work tree, which is no state
    },
    "oneleaf.project.discovery.read": {"oneleaf.checking.state"},
    "oneleaf.project.graph.build_graph": {"oneleaf.checking.state"},
    "oneleaf.git.snapshot.of_commit": {"oneleaf.checking.state"},
    "oneleaf.git.snapshot.of_index": {"oneleaf.checking.state"},
    # Whole trees are read of the sides of git's operation, of no upstream.
    "oneleaf.git.snapshot.blobs": {
        "oneleaf.planning.rebase_input",
        "oneleaf.output.graph.states",
    },
    "oneleaf.upstream.published.Apps": {
        "oneleaf.commands.radar",
        "oneleaf.database.state.verdict",  # of where the local work began
    },
    "oneleaf.upstream.published.Published": {"oneleaf.database.sources"},
    "oneleaf.upstream.published.find_upstreams": {
        "oneleaf.commands.status",
        "oneleaf.database.sources",
    },
}

SLOW = {
    "argparse",
    "ast",
    "collections",
    "dataclasses",
    "enum",
    "functools",
    "json",
    "pathlib",
    "re",
    "subprocess",
    "tomllib",
    "typing",
}


def module_name(path: Path) -> str:
    parts = path.relative_to(SOURCE_ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(SOURCE_ROOT.rglob("*.py"))}
TREES = {name: ast.parse(path.read_bytes()) for name, path in MODULES.items()}


def imported(tree: ast.AST) -> Iterator[str]:
    """Every module imported at run time, also inside functions."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in MODULES else str(node.module)
        yield from imported(node)


IMPORTS = {name: set(imported(tree)) for name, tree in TREES.items()}


def matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def room(name: str) -> str:
    """The folder of a module, or the module itself in the root."""
    words = name.split(".")
    inner = ".".join(words[1:3])
    return inner if inner in ROOMS else words[:2][-1]


def test_imports_point_downwards() -> None:
    above = [
        f"{name} imports {other}"
        for name in MODULES
        for other in IMPORTS[name] & MODULES.keys()
        if ROOMS.index(room(other)) < ROOMS.index(room(name))
    ]
    assert above == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    settled: set[str] = set()
    while len(settled) < len(MODULES):
        ready = {
            name
            for name in MODULES.keys() - settled
            if (IMPORTS[name] & MODULES.keys()) - {name} <= settled
        }
        assert ready, f"a circle among {sorted(MODULES.keys() - settled)}"
        settled |= ready


def test_the_house_has_exactly_these_rooms() -> None:
    empty = {name for name, tree in TREES.items() if len(tree.body) <= 1}
    missing = {room(name) for name in MODULES.keys() - empty} ^ set(ROOMS)
    assert missing <= {"complete", "migration"}


def test_every_name_says_what_its_module_does() -> None:
    assert [name for name in MODULES if SAYS_NOTHING & {*name.split(".")}] == []


def sizes() -> Iterator[tuple[str, int, int]]:
    """Every module and function: its name, its lines, the most it may have."""
    for name, path in MODULES.items():
        lines = len(path.read_text(encoding="utf-8").splitlines())
        yield name, lines, MOST_LINES_OF_A_MODULE
        for node in ast.walk(TREES[name]):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                yield f"{name}.{node.name}", lines, MOST_LINES_OF_A_FUNCTION


def test_every_module_says_what_it_is_for() -> None:
    assert [name for name, tree in TREES.items() if not ast.get_docstring(tree)] == []


def test_modules_and_functions_stay_small() -> None:
    grown = {name: lines for name, lines, most in sizes() if lines > most}
    assert [name for name in grown if name not in LONGER_ON_PURPOSE] == []
    assert LONGER_ON_PURPOSE.keys() <= grown.keys()


def test_no_page_is_torn_out_of_its_only_reader() -> None:
    torn = []
    for name, path in MODULES.items():
        readers = [other for other, found in IMPORTS.items() if name in found - {other}]
        lines = len(path.read_text(encoding="utf-8").splitlines())
        is_small = len(TREES[name].body) > 1 and lines < FEWEST_LINES_OF_A_MODULE
        if is_small and len(readers) <= 1:
            torn.append(name)
    assert [name for name in torn if not matches(name, (*SMALL_ON_PURPOSE,))] == []


def called_by_name(tree: ast.AST) -> set[str]:
    return {
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }


def test_pure_modules_do_not_look_outside() -> None:
    looking = {"open", "print", "input", "exec", "eval"}
    pure = [name for name in MODULES if matches(name, PURE)]
    assert [name for name in pure if IMPORTS[name] & LOOKS_OUTSIDE] == []
    assert [name for name in pure if called_by_name(TREES[name]) & looking] == []


def called(tree: ast.AST) -> Iterator[str]:
    """The full name of everything called, whatever it was imported as."""
    names = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            head, dot, rest = ast.unparse(node.func).partition(".")
            yield names.get(head, head) + dot + rest


def test_a_concept_has_one_owner() -> None:
    calls = {name: set(called(tree)) for name, tree in TREES.items()}
    asking = {
        call: {name for name, found in calls.items() if call in found}
        for call in OWNERS
    }
    assert asking == OWNERS


def test_only_the_room_for_it_starts_processes() -> None:
    starting = {
        name
        for name, tree in TREES.items()
        if IMPORTS[name] & STARTS_PROCESSES
        or any(
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id in ("os", "posix")
            and (
                node.attr in STARTERS
                or node.attr.startswith(("exec", "posix_spawn", "spawn"))
            )
            for node in ast.walk(tree)
        )
    }
    assert [name for name in sorted(starting) if not matches(name, MAY_START)] == []
    assert "oneleaf.git.processes" in starting


def test_only_the_database_side_imports_django() -> None:
    using = {
        name
        for name, found in IMPORTS.items()
        if any(other.split(".")[0] == "django" for other in found)
    }
    assert [name for name in sorted(using) if not matches(name, MAY_USE_DJANGO)] == []


def test_one_module_makes_trees_of_python_files() -> None:
    parsing = {
        name
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in ("ast.parse", "compile")
    }
    # sources compiles what was applied, to run it.
    assert parsing == {"oneleaf.migration.reading.tree", "oneleaf.database.sources"}


def calling(*names: str) -> set[str]:
    """The modules that call a function of one of these names."""
    return {
        name
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).rpartition(".")[2] in names
    }


def test_one_module_says_what_a_lockfile_should_say_and_one_what_three_make() -> None:
    planner, merge = "oneleaf.planning.lockfiles", "oneleaf.lockfiles.merge"
    assert calling("update_shared") == {planner}
    assert calling("format_app") == {planner, merge}
    assert calling("merge_app", "merge_shared") <= {merge}


def run_python(code: str, cwd: Path, **env: str) -> str:
    """What a fresh interpreter prints, started as the hook is."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", code],
        cwd=cwd,
        env=env or None,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_other_module_can_be_imported_without_django(tmp_path: Path) -> None:
    names = [
        name
        for name in MODULES
        if not matches(name, MAY_USE_DJANGO)
        and name not in ("oneleaf.lockfiles.launcher", "oneleaf.__main__")
    ]
    code = f"""
import sys
sys.path.insert(0, {str(SOURCE_ROOT)!r})
sys.modules["django"] = None
for name in {names!r}:
    __import__(name)
print(len({names!r}))
"""
    assert int(run_python(code, tmp_path)) == len(names)


def loaded(repository: Repository, call: str) -> set[str]:
    """The modules that a call loads beyond what the interpreter itself does.

    The call's own exit code must be 0: a finding may take its time.
    """
    code = f"""
import sys
before = set(sys.modules)
sys.path.insert(0, {str(SOURCE_ROOT)!r})
{call}
assert code == 0, code
found = sorted(set(sys.modules) - before)
sys.stdout.flush()
sys.__stdout__.write("\\n" + repr(found).replace("'", '"'))
"""
    out = run_python(code, repository.path, **repository.env)
    return set(json.loads(out.rpartition("\n")[2]))


def checked(repository: Repository, *words: str) -> set[str]:
    """What ``oneleaf check WORDS`` loads."""
    return loaded(
        repository,
        f"from oneleaf.__main__ import main\ncode = main({['check', *words]!r})",
    )


@pytest.fixture
def shop(tmp_path: Path) -> Repository:
    """A project of two apps with lockfiles."""
    repository = Repository.create(tmp_path / "repository")
    repository.app("shop", "0001_initial", "0002_color", "0003_x", lockfile=True)
    repository.app("cart", "0001_initial", "0002_item", lockfile=True)
    repository.write(
        "shop/apps.py",
        "from django.apps import AppConfig\n\n\n"
        'class ShopConfig(AppConfig):\n    name = "shop"\n',
    )
    repository.write("pyproject.toml", '[project]\ndependencies = ["django-oneleaf"]\n')
    repository.commit("shop")
    return repository


def add_a_migration(repository: Repository) -> None:
    repository.migration("shop", "0004_weight", "0003_x", "cart.0002_item")
    repository.write("shop/migrations/max_migration.txt", "0004_weight\n")
    repository.add()


def test_a_commit_without_migrations_loads_nothing_slow(shop: Repository) -> None:
    shop.write("notes.txt", "text")
    shop.add()
    assert checked(shop) & SLOW == set()


def test_a_commit_with_a_migration_loads_nothing_slow(shop: Repository) -> None:
    add_a_migration(shop)
    assert checked(shop) & SLOW == set()
    found = checked(shop, "shop/migrations/0004_weight.py")
    assert found & SLOW == set()
    assert "oneleaf.checking.fast_path" in found


def test_a_commit_that_deletes_loads_nothing_slow(shop: Repository) -> None:
    shop.git("rm", "-q", "-r", "cart")
    assert checked(shop) & SLOW == set()


def test_a_configuration_loads_what_reads_it_and_nothing_else_that_is_slow(
    shop: Repository,
) -> None:
    shop.write("pyproject.toml", '[tool.oneleaf]\nupstream = "origin/main"\n')
    shop.commit()
    add_a_migration(shop)
    reader = loaded(shop, "import tomllib\ncode = 0")
    assert "tomllib" in reader
    assert (checked(shop) - reader) & SLOW == set()


def test_all_apps_load_nothing_slow(shop: Repository) -> None:
    assert checked(shop, "--all") & SLOW == set()


def test_a_commit_and_a_range_load_nothing_slow(shop: Repository) -> None:
    add_a_migration(shop)
    shop.commit()
    assert checked(shop, "--rev", "HEAD") & SLOW == set()
    assert checked(shop, "--from-ref", "HEAD~1", "--to-ref", "HEAD") & SLOW == set()


def test_the_hook_of_a_rebase_loads_nothing_slow(shop: Repository) -> None:
    add_a_migration(shop)
    message = ("--prepare-commit-msg", ".git/COMMIT_EDITMSG")
    assert checked(shop, *message) & SLOW == set()
    (shop.path / ".git/CHERRY_PICK_HEAD").touch()
    assert checked(shop, *message) & SLOW == set()


def test_the_merge_driver_loads_nothing_slow(shop: Repository) -> None:
    for name, text in (
        ("base", "0001_a\n"),
        ("ours", "0002_b\n"),
        ("theirs", "0001_a\n"),
    ):
        shop.write(name, text)
    path = "shop/migrations/max_migration.txt"
    words = ["base", "ours", "theirs", "7", path]
    call = f"from oneleaf.lockfiles import driver as running\ncode = running.run_process({words!r})"
    assert loaded(shop, call) & SLOW == set()


def test_the_bare_interpreter_proves_the_measure(shop: Repository) -> None:
    assert "re" in loaded(shop, "import re\ncode = 0")
