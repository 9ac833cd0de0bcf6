"""Real git repositories in temporary folders, for tests.

Nothing of the machine reaches them: no user or system configuration, no templates,
no inherited ``GIT_*`` (the suite may itself run inside a hook).
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

SOURCE_ROOT = Path(__file__).parent.parent / "hooks"


def oneleaf_from(root: Path) -> tuple[str, ...]:
    """The command that runs the oneleaf in a folder as the hook does; its words follow."""
    code = (
        f"import sys; sys.path.insert(0, {str(root)!r});"
        " from oneleaf.__main__ import run; run()"
    )
    return sys.executable, "-I", "-c", code


ONELEAF = oneleaf_from(SOURCE_ROOT)

MIGRATION = """\
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
{dependencies}    ]

    operations = []
"""


def migration(*dependencies: tuple[str, str], **attributes: object) -> str:
    """Source of a migration as ``makemigrations`` lays it out."""
    lines = "".join(f"        {pair!r},\n" for pair in dependencies)
    source = MIGRATION.format(dependencies=lines)
    extra = "".join(f"    {name} = {value!r}\n\n" for name, value in attributes.items())
    return source.replace("    operations", extra + "    operations")


def hermetic_environment(home: Path) -> dict[str, str]:
    """The environment of every process that a test starts."""
    home.mkdir(parents=True, exist_ok=True)
    templates = home / "templates"
    templates.mkdir(exist_ok=True)
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("GIT_", "GITHEAD_", "PRE_COMMIT", "PREK"))
        and name not in ("CI", "PYTHONDONTWRITEBYTECODE", "NO_COLOR", "FORCE_COLOR")
    }
    return {
        **kept,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Ada",
        "GIT_AUTHOR_EMAIL": "ada@example.org",
        "GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z",
        "GIT_COMMITTER_NAME": "Ada",
        "GIT_COMMITTER_EMAIL": "ada@example.org",
        "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z",
        "GIT_TEMPLATE_DIR": str(templates),
        "GIT_ALLOW_PROTOCOL": "file",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_EDITOR": "true",
        "GIT_PAGER": "cat",
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "LC_ALL": "C.UTF-8",
    }


@contextlib.contextmanager
def working_in(repository: Repository) -> Iterator[Repository]:
    """This process works in a repository, with its environment, as a hook does."""
    before, environ = Path.cwd(), dict(os.environ)
    os.chdir(repository.path)
    os.environ.update(repository.env)
    try:
        yield repository
    finally:
        os.chdir(before)
        os.environ.clear()
        os.environ.update(environ)


@dataclass
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str


@dataclass
class Repository:
    """A repository and the few things tests do to it."""

    path: Path
    env: dict[str, str] = field(default_factory=dict)

    @classmethod
    def create(cls, path: Path, *options: str) -> Repository:
        """An empty repository on branch ``main``."""
        repository = cls(path, hermetic_environment(path.parent / "home"))
        path.mkdir(parents=True, exist_ok=True)
        repository.git("init", "-q", "-b", "main", *options)
        for setting in ("core.autocrlf=false", "commit.gpgsign=false", "gc.auto=0"):
            repository.git("config", *setting.split("="))
        return repository

    def run(
        self,
        *command: str,
        ok: tuple[int, ...] = (),
        cwd: str = ".",
        **env: str,
    ) -> Done:
        """Runs a command in the repository; fails on an exit code not in ``ok``.

        Without ``ok`` any code will do.
        """
        done = subprocess.run(
            command,
            cwd=self.path / cwd,
            env={**self.env, **env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        out, err = (
            stream.decode("utf-8", "surrogateescape")
            for stream in (done.stdout, done.stderr)
        )
        if ok and done.returncode not in ok:
            message = f"{command} ended with {done.returncode}:\n{out}{err}"
            raise AssertionError(message)
        return Done(done.returncode, out, err)

    def git(
        self, *args: str, ok: tuple[int, ...] = (0,), cwd: str = ".", **env: str
    ) -> str:
        """Runs git; returns what it printed on either stream."""
        done = self.run("git", *args, ok=ok, cwd=cwd, **env)
        return done.out + done.err

    def oneleaf(self, *args: str, cwd: str = ".", **env: str) -> Done:
        """Runs oneleaf in a process of its own, as the hook does."""
        return self.run(*ONELEAF, *args, ok=(), cwd=cwd, **env)

    def write(self, path: str, content: str | bytes = "") -> None:
        """Writes a file of the work tree."""
        target = self.path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())

    def read(self, path: str) -> str:
        """A file of the work tree."""
        return (self.path / path).read_text(encoding="utf-8")

    def add(self, *paths: str) -> None:
        """Stages everything, or these paths."""
        self.git("add", "-A", *(("--", *paths) if paths else ()))

    def commit(self, message: str = "change") -> str:
        """Stages and commits everything; returns the commit's id."""
        self.add()
        self.git("commit", "-q", "--allow-empty", "--no-verify", "-m", message)
        return self.git("rev-parse", "HEAD").strip()

    def diverge(self, path: str, ours: str, theirs: str) -> None:
        """Changes a file on ``main`` and on a new branch ``feat``; ends on ``main``."""
        self.git("checkout", "-q", "-b", "feat")
        self.write(path, theirs)
        self.commit("feat")
        self.git("checkout", "-q", "main")
        self.write(path, ours)
        self.commit("main")

    def app(
        self, label: str, *names: str, lockfile: bool = False, root: str = ""
    ) -> None:
        """Writes an app whose migrations follow each other."""
        package = f"{root}{label}"
        self.write(f"{package}/__init__.py")
        self.write(f"{package}/migrations/__init__.py")
        before: tuple[tuple[str, str], ...] = ()
        for name in names:
            self.write(f"{package}/migrations/{name}.py", migration(*before))
            before = ((label, name),)
        if lockfile:
            self.write(f"{package}/migrations/max_migration.txt", names[-1] + "\n")

    def migration(
        self, label: str, name: str, *dependencies: str, **attributes: object
    ) -> None:
        """Writes one migration; a dependency is ``name`` of the same app or ``app.name``."""
        pairs = [
            (d.split(".", 1)[0], d.split(".", 1)[1]) if "." in d else (label, d)
            for d in dependencies
        ]
        self.write(f"{label}/migrations/{name}.py", migration(*pairs, **attributes))
