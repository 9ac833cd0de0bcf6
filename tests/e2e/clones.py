"""Clones in which git calls the merge driver, and what a test asks of them.

A shape is a function that lays a history into an armed repository: base, ``main`` and
``feat``, with ``main`` checked out. Each is built once per test session and copied.

``ONELEAF_TEST_GIT`` names the folder of the git to use, put first on PATH; without
it the machine's own is used.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from programs import script
from repository import ONELEAF, Repository, hermetic_environment

LOCK = "shop/migrations/max_migration.txt"
PEOPLE_LOCK = "people/migrations/max_migration.txt"
SHARED = "migrations.lock"
LINE = "max_migration.txt merge=oneleaf\n"
DRIVER = "merge.oneleaf.driver"


def environment(home: Path) -> dict[str, str]:
    """The hermetic environment, with the git under test first on PATH."""
    found = hermetic_environment(home)
    chosen = os.environ.get("ONELEAF_TEST_GIT")
    if chosen:
        found["PATH"] = os.pathsep.join([chosen, found["PATH"]])
    return found


def _version() -> tuple[int, int]:
    chosen = os.environ.get("ONELEAF_TEST_GIT")
    path = os.pathsep.join(filter(None, [chosen, os.environ["PATH"]]))
    out = subprocess.run(
        ["git", "version"],
        env={**os.environ, "PATH": path},
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    found = re.search(r"(\d+)\.(\d+)", out)
    assert found, out
    return int(found[1]), int(found[2])


GIT_VERSION = _version()
REFUSES_HIGH_CODES = GIT_VERSION >= (2, 42)
READS_ATTRIBUTES_OF_TREES = GIT_VERSION >= (2, 43)
HAS_REPLAY = GIT_VERSION >= (2, 44)

_CALL = re.compile(
    r'oneleaf merge-driver "\S+" "\S+" "\S+" (\d+) \'(.*?)\' && exit 0;', re.DOTALL
)


class Shapes:
    """Histories that are built once and copied; ``root`` is where they lie."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def copy(self, shape: Callable[[Clone], None], path: Path) -> Clone:
        """A clone of its own with the shape's history, no call of the driver traced."""
        source = self.root / shape.__name__ / "clone"
        if not source.exists():
            template = self.armed(source)
            shape(template)
        shutil.copytree(source, path, symlinks=True)
        return Clone.at(path)

    def armed(self, path: Path) -> Clone:
        """An empty clone after ``oneleaf install``."""
        first = self.root / "armed" / "clone"
        if not first.exists():
            clone = Clone.create(first)
            done = clone.oneleaf("install")
            assert done.code == 0, done.err
        shutil.copytree(first, path, symlinks=True)
        return Clone.at(path)


def _unquoted(word: str) -> str:
    """A path out of the quotes that git puts around it for ``sh``."""
    return word.replace("'\\''", "'").replace("'\\!'", "!")


@dataclass(frozen=True)
class Call:
    """One call of the driver: git's ``%L`` and ``%P``."""

    size: int
    path: str


@dataclass
class Clone(Repository):
    """A repository whose git tells of every call of the driver."""

    env: dict[str, str] = field(default_factory=dict)

    @classmethod
    def create(cls, path: Path, *options: str) -> Clone:
        """An empty repository on branch ``main``, not armed."""
        path.mkdir(parents=True)
        clone = cls.at(path)
        clone.git("init", "-q", "-b", "main", *options)
        for setting in (
            "core.autocrlf=false",
            "core.trustctime=false",  # copies are as clean as what was copied
            "core.checkstat=minimal",
            "commit.gpgsign=false",
            "gc.auto=0",
        ):
            clone.git("config", *setting.split("="))
        return clone

    @classmethod
    def at(cls, path: Path) -> Clone:
        """A repository that is there."""
        home = environment(path.parent / "home")
        return cls(path, {**home, "GIT_TRACE2_EVENT": str(path.parent / "trace.json")})

    @property
    def trace(self) -> Path:
        return Path(self.env["GIT_TRACE2_EVENT"])

    def calls(self) -> list[Call]:
        """The calls of the driver since the last question, the first one first."""
        lines = self.trace.read_bytes().splitlines() if self.trace.exists() else []
        self.trace.unlink(missing_ok=True)
        found = []
        for line in lines:
            if b"child_start" not in line or b"oneleaf merge-driver " not in line:
                continue
            words = _CALL.search(json.loads(line)["argv"][0])
            assert words, line
            found.append(Call(int(words[1]), _unquoted(words[2])))
        return found

    def oneleaf_command(self, *words: str) -> str:
        """A line for ``sh`` that runs oneleaf as ``oneleaf`` does."""
        return f"{shlex.join(ONELEAF)} {' '.join(words)}"

    def hook(self, name: str, *words: str) -> None:
        """A hook script that runs ``oneleaf WORDS``."""
        text = f"#!/bin/sh\n{self.oneleaf_command(*words)}\n"
        script(self.path / ".git/hooks" / name, text)

    def head(self, what: str = "%s") -> str:
        """Of the newest commit: its subject, or another format of git's."""
        return self.git("log", "-1", f"--format={what}").strip()

    def unmerged(self) -> dict[str, str]:
        """Each path with a conflict, and the letters of ``git status`` for it."""
        lines = self.git("status", "--porcelain", "-z", "-uno").split("\0")
        pairs = ((line[3:], line[:2]) for line in lines if line)
        return {
            path: state
            for path, state in pairs
            if "U" in state or state in ("AA", "DD")
        }

    def stages(self, path: str = LOCK) -> dict[int, str]:
        """Stage number -> content in the index, without the newline at its end."""
        lines = self.git("ls-files", "-s", "-z", "--", path).split("\0")
        blobs = {int(line.split()[2]): line.split()[1] for line in lines if line}
        return {
            stage: self.git("cat-file", "blob", blob).removesuffix("\n")
            for stage, blob in blobs.items()
        }

    def has(self, name: str) -> bool:
        """Whether git's directory holds MERGE_HEAD, say."""
        return (self.path / ".git" / name).exists()

    def status(self) -> str:
        """What ``git status`` lists, untracked files included."""
        return self.git("status", "--porcelain")

    def set(self, key: str, value: str) -> None:
        """One setting of this clone."""
        self.git("config", key, value)

    def bump(self, name: str, label: str = "shop") -> None:
        """Adds a migration behind the one the lockfile names, and writes the lockfile."""
        path = f"{label}/migrations/max_migration.txt"
        before = self.read(path).strip()
        self.migration(label, name, before)
        self.write(path, name + "\n")

    def shared(self, **names: str) -> None:
        """Writes a shared lockfile of these entries, one blank line between them."""
        self.write(SHARED, shared_text(**names))

    def criss_cross(
        self, ours: Callable[[Clone], None], theirs: Callable[[Clone], None]
    ) -> None:
        """Merges ``main`` and ``feat`` into each other, with a resolution of its own each."""
        tips = [self.git("rev-parse", name).strip() for name in ("main", "feat")]
        for name, resolve in (("feat", theirs), ("main", ours)):
            self.git("switch", "-q", name)
            resolve(self)
            self.add()
            tree = self.git("write-tree").strip()
            parents = tips if name == "main" else tips[::-1]
            words = ("-p", parents[0], "-p", parents[1], "-m", "crossed")
            made = self.git("commit-tree", tree, *words).strip()
            self.git("reset", "-q", "--hard", made)


# What the fixture ``lay`` is: copies a shape into the test's own folder.
Lay = Callable[[Callable[[Clone], None]], Clone]
# One call, for the lockfile of the shop.
CALLED = [Call(7, LOCK)]


def shared_text(**names: str) -> str:
    """A shared lockfile as oneleaf writes it, without comments."""
    return (
        "\n\n".join(f"{label}: {name}" for label, name in sorted(names.items())) + "\n"
    )


def marked(ours: str, theirs: str, *, size: int = 7, base: str | None = None) -> str:
    """The text of a conflict in an app's own lockfile."""
    middle = "" if base is None else f"{'|' * size} base\n{base}\n"
    return f"{'<' * size} ours\n{ours}\n{middle}{'=' * size}\n{theirs}\n{'>' * size} theirs\n"


def branch(
    clone: Clone,
    ours: Callable[[Clone], object],
    theirs: Callable[[Clone], object],
) -> None:
    """From what lies in the work tree: a commit on ``feat`` and one on ``main``."""
    clone.commit("base")
    clone.git("switch", "-q", "-c", "feat")
    theirs(clone)
    clone.commit("feat")
    clone.git("switch", "-q", "main")
    ours(clone)
    clone.commit("main")


def same_app(clone: Clone) -> None:
    """Both sides add a migration to ``shop``."""
    clone.app("shop", "0001_initial", lockfile=True)
    branch(clone, lambda c: c.bump("0002_color"), lambda c: c.bump("0002_weight"))


def two_apps(clone: Clone) -> None:
    """``main`` adds a migration to ``shop``, ``feat`` one to ``people``."""
    clone.app("shop", "0001_initial", lockfile=True)
    clone.app("people", "0001_initial", lockfile=True)
    branch(
        clone,
        lambda c: c.bump("0002_color"),
        lambda c: c.bump("0002_age", "people"),
    )


def unregister(clone: Clone) -> None:
    """Makes the clone one in which nobody installed anything."""
    clone.git("config", "--remove-section", "merge.oneleaf")


def share(clone: Clone, text: str, *labels: str) -> None:
    """Configures a shared lockfile of this text, with apps of one migration each."""
    clone.write("pyproject.toml", f'[tool.oneleaf]\nlockfile = "./{SHARED}"\n')
    clone.write(".gitattributes", f"/{SHARED} merge=oneleaf\n")
    for label in labels:
        clone.app(label, "0001_initial")
    clone.write(SHARED, text)


def grow(text: str, name: str = "", label: str = "shop") -> Callable[[Clone], None]:
    """A side that writes the shared lockfile, and may add a second migration."""

    def side(clone: Clone) -> None:
        if name:
            clone.migration(label, name, "0001_initial")
        clone.write(SHARED, text)

    return side
