"""Builds a clone with many unmerged remote branches, for ``oneleaf radar``.

    python benchmarks/generate_branches.py OUT [COMMITS] [BRANCHES] [--seed N]

OUT becomes a git repository whose ``origin/main`` has COMMITS commits over twenty apps.
BRANCHES remote branches leave it at random commits, each with one to six of their own;
every third adds a migration to a random app, on the leaf node it finds there. Nothing
is checked out but ``main``; everything is packed. Seeded, standard library only: the
same arguments give the same commits, all of January 2024.
"""

import argparse
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import generated_files
from generate import git

APPS = 20
SEED = 3
START = 1704067200  # 2024-01-01, in seconds of Unix time
COMMITS, BRANCHES = 3000, 500
EVERY_MIGRATION_ON_MAIN, EVERY_MIGRATION_ON_BRANCHES = 10, 3


class Stream:
    """What ``git fast-import`` reads: commits with their files."""

    def __init__(self) -> None:
        self.now = START
        self.marks = 0
        self.parts: list[bytes] = []

    def commit(self, ref: str, parent: int, files: dict[str, str]) -> int:
        """Adds one commit on top of another (0: none); returns its mark."""
        self.marks += 1
        who = f"Benchmark <benchmark@example.org> {self.now} +0000"
        self.now += 1
        lines = [f"commit {ref}", f"mark :{self.marks}", f"committer {who}", data("c")]
        lines += [f"from :{parent}"] if parent else []
        for path, text in files.items():
            lines += [f"M 100644 inline {path}", data(text)]
        self.parts.append(("\n".join(lines) + "\n").encode())
        return self.marks


def data(text: str) -> str:
    """A ``data`` command of git-fast-import(1)."""
    return f"data {len(text.encode())}\n{text}"


def build(out: Path, commits: int, branches: int, *, seed: int = SEED) -> int:
    """Writes the repository to ``out``; returns how many branches add a migration."""
    out.mkdir(parents=True)
    rng = Random(seed)
    stream = Stream()
    history = list(main_commits(stream, rng, commits))
    adding = 0
    for number in range(branches):
        mark, leaves = rng.choice(history)
        ref = f"refs/remotes/origin/topic/{number:04d}"
        for step in range(rng.randint(1, 6)):
            text = {f"src/topic_{number:04d}.py": f"STEP = {step}\n"}
            mark = stream.commit(ref, mark, text)
        if number % EVERY_MIGRATION_ON_BRANCHES == 0:
            app = rng.randrange(APPS)
            stream.commit(ref, mark, migration(rng, app, leaves[app], f"t{number}"))
            adding += 1
    git(out, "init", "-q", "--template=", "-b", "main")
    load(out, b"".join(stream.parts))
    git(out, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    git(out, "update-ref", "refs/heads/main", "refs/remotes/origin/main")
    git(out, "reset", "-q", "--hard")
    git(out, "gc", "-q")
    return adding


def main_commits(
    stream: Stream, rng: Random, commits: int
) -> Iterator[tuple[int, tuple[int, ...]]]:
    """The commits of ``origin/main``: mark, and each app's number of migrations."""
    ref, leaves = "refs/remotes/origin/main", [1] * APPS
    files = {}
    for app in range(APPS):
        files[f"apps/app_{app:03d}/__init__.py"] = ""
        files[f"apps/app_{app:03d}/migrations/__init__.py"] = ""
        files |= migration(rng, app, 0, "initial")
    mark = stream.commit(ref, 0, files)
    yield mark, tuple(leaves)
    for number in range(1, commits):
        files = {f"src/module_{number % 300:03d}.py": f"NUMBER = {number}\n"}
        if number % EVERY_MIGRATION_ON_MAIN == 0:
            app = rng.randrange(APPS)
            files |= migration(rng, app, leaves[app], "step")
            leaves[app] += 1
        mark = stream.commit(ref, mark, files)
        yield mark, tuple(leaves)


def migration(rng: Random, app: int, before: int, word: str) -> dict[str, str]:
    """Path -> text of the migration behind the ``before``-th of an app."""
    label = f"app_{app:03d}"
    last = "initial" if before == 1 else "step"
    depends = [(label, f"{before:04d}_{last}")] if before else []
    name = rng.choice(generated_files.NOUNS)
    operation = (
        "        migrations.AddField(\n"
        f'            model_name="item",\n            name="{name}_{rng.randrange(50)}",\n'
        "            field=models.IntegerField(default=0),\n        ),\n"
    )
    path = f"apps/{label}/migrations/{before + 1:04d}_{word}.py"
    text = generated_files.migration_file(
        "# Generated.\n", depends, operation, initial=not before
    )
    return {path: text}


def load(out: Path, stream: bytes) -> None:
    """Gives the stream to ``git fast-import``."""
    command = ["git", "-C", str(out), "fast-import", "--quiet"]
    subprocess.run(command, input=stream, check=True)


def main() -> int:
    """Read the arguments and build; exit code 2 for wrong usage."""
    parser = argparse.ArgumentParser(description="Build a clone with many branches.")
    parser.add_argument("out", type=Path)
    parser.add_argument("commits", type=int, nargs="?", default=COMMITS)
    parser.add_argument("branches", type=int, nargs="?", default=BRANCHES)
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args()
    try:
        adding = build(given.out, given.commits, given.branches, seed=given.seed)
    except OSError as error:
        parser.error(str(error))
    print(f"{given.out}: {given.branches} branches, {adding} with a migration")
    return 0


if __name__ == "__main__":
    sys.exit(main())
