"""Which modules of oneleaf four commands load, and how many they may.

    python benchmarks/imports.py

Each command runs in a small repository of its own, in a process of its own. Modules
that hold nothing but a docstring are not counted. Exits with 1 where one loads more than
its limit.
"""

import ast
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent / "hooks"
# Runs a module as ``python -m`` does, or a script, and says which modules it loaded.
RECORD = f"""
import os, runpy, sys
sys.path.insert(0, {str(ROOT)!r})
def end(code):
    with open(os.environ["LOADED"], "w") as file:
        file.write("\\n".join(name for name in sys.modules if name.startswith("oneleaf")))
    leave(code)
leave, os._exit = os._exit, end
if "posix" in sys.modules:
    sys.modules["posix"]._exit = end
name, *sys.argv[1:] = sys.argv[1:]
if name == "oneleaf":
    runpy.run_module("oneleaf", run_name="__main__", alter_sys=True)
else:
    runpy.run_path(name, run_name="__main__")
"""
MIGRATION = """from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [{}]

    operations = []
"""
LAUNCHER = next(ROOT.glob("oneleaf/*/launcher.py"))


class Repository:
    """A repository of one app with a lockfile, and the commands run in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.name", "bench")
        self.git("config", "user.email", "bench@localhost")
        self.write("shop/__init__.py", "")
        self.write("shop/migrations/__init__.py", "")
        self.add("0001_initial")
        self.git("commit", "-qm", "0001_initial")

    def git(self, *words: str, code: int = 0) -> None:
        """Runs git, which must end with the code."""
        done = subprocess.run(
            ["git", *words],
            cwd=self.path,
            env={**os.environ, "GIT_EDITOR": "true", "GIT_CONFIG_GLOBAL": os.devnull},
            capture_output=True,
            check=False,
        )
        assert done.returncode == code, (words, done.stdout, done.stderr)

    def write(self, path: str, text: str) -> None:
        """Writes a file in the work tree."""
        file = self.path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def add(self, name: str, *after: str) -> None:
        """Adds a migration and its lockfile, and stages both."""
        pairs = ", ".join(f'("shop", "{other}")' for other in after)
        self.write(f"shop/migrations/{name}.py", MIGRATION.format(pairs))
        self.write("shop/migrations/max_migration.txt", f"{name}\n")
        self.git("add", "-A")

    def loaded(self, *words: str, code: int) -> list[str]:
        """The modules that a command loads, without those that hold nothing."""
        record = self.path / ".git/loaded"
        done = subprocess.run(
            [sys.executable, "-I", "-c", RECORD, *words],
            cwd=self.path,
            env={**os.environ, "LOADED": str(record)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, (words, done.stdout, done.stderr)
        names = record.read_text(encoding="utf-8").split("\n")
        return sorted(name for name in names if not is_empty(name))


def is_empty(name: str) -> bool:
    """Whether a module has nothing but a docstring."""
    path = ROOT.joinpath(*name.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return len(ast.parse(file.read_bytes()).body) <= 1


def clean_commit(repository: Repository) -> list[str]:
    """A commit with one staged migration, nothing wrong with it."""
    repository.add("0002_color", "0001_initial")
    path = "shop/migrations/0002_color.py"
    return repository.loaded("oneleaf", "check", path, code=0)


def finding(repository: Repository) -> list[str]:
    """A commit with one staged migration that makes a second leaf node."""
    repository.add("0002_color", "0001_initial")
    repository.git("commit", "-qm", "0002_color")
    repository.add("0002_size", "0001_initial")
    path = "shop/migrations/0002_size.py"
    return repository.loaded("oneleaf", "check", path, code=1)


def stopped_rebase(repository: Repository) -> list[str]:
    """``git rebase`` has stopped on the lockfile, and oneleaf moves the chain."""
    repository.git("switch", "-qc", "feature")
    repository.add("0002_size", "0001_initial")
    repository.git("commit", "-qm", "0002_size")
    repository.git("switch", "-q", "main")
    repository.add("0002_color", "0001_initial")
    repository.git("commit", "-qm", "0002_color")
    repository.git("switch", "-q", "feature")
    repository.git("rebase", "main", code=1)
    return repository.loaded("oneleaf", "rebase", code=0)


def driver(repository: Repository) -> list[str]:
    """What git calls for a lockfile that both sides changed."""
    names = ("0001_initial", "0002_color", "0002_size")
    for side, name in zip(("base", "ours", "theirs"), names, strict=True):
        repository.write(side, f"{name}\n")
    path = "shop/migrations/max_migration.txt"
    return repository.loaded(str(LAUNCHER), "base", "ours", "theirs", "7", path, code=1)


LIMITS: dict[Callable[[Repository], list[str]], int] = {
    clean_commit: 24,
    finding: 28,
    stopped_rebase: 48,
    driver: 8,
}


def main() -> int:
    """Prints a line for each command, and the modules below it."""
    missed = 0
    for play, limit in LIMITS.items():
        with tempfile.TemporaryDirectory() as folder:
            found = play(Repository(Path(folder)))
        missed += len(found) > limit
        title = play.__name__.replace("_", " ")
        print(f"{title}: {len(found)} modules (at most {limit})")
        print("".join(f"    {name}\n" for name in found), end="")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
