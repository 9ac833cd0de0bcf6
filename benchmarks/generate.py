"""Builds the Django projects the benchmarks run on: seeded, standard library only.

    python benchmarks/generate.py OUT APPS MIGRATIONS [EXTRA_FILES]
        [--seed N] [--plant conflict|missing|cycle|none]

OUT becomes a git repository with one packed commit that Django can load: each app
holds one chain of MIGRATIONS migrations, and ``models.py`` is the end state of that
chain, so ``makemigrations --check`` finds nothing. The same arguments always give
the same commit. ``--plant`` adds a branch ``planted`` with one commit that breaks
the history in one known way; the work tree stays on ``main``.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path
from random import Random

import generated_files
from generated_history import App, make_app, squash

FAULTS = ("conflict", "missing", "cycle")
SEED = 2
SQUASHED_EVERY, SQUASHED_FIRST = 10, 3
EXTRA_PER_FOLDER = 1000


def build(
    out: Path,
    size: tuple[int, int],
    extra_files: int = 0,
    *,
    seed: int = SEED,
    plant: str = "none",
) -> int:
    """Write the project to ``out``, commit and pack it.

    size: (apps, migrations in each app's chain). Returns the number of migration
    files on ``main``, squashes included. Raises OSError where ``out`` is not an
    empty or new directory, CalledProcessError where git fails.
    """
    out.mkdir(parents=True, exist_ok=True)
    if any(out.iterdir()):
        raise FileExistsError(f"{out} is not empty")
    count = 0
    apps: list[App] = []
    for index in range(size[0]):
        rng = Random(f"{seed}:{index}")
        apps.append(make_app(rng, index, size[1], apps[-1] if apps else None))
        count += write_app(rng, out / "apps" / apps[-1].label, apps[-1], index)
    for path, text in generated_files.root_files(size[0]).items():
        write(out / path, text)
    for number in range(extra_files):
        folder = out / "extra" / f"{number // EXTRA_PER_FOLDER:03d}"
        write(folder / f"note_{number:06d}.txt", f"note {number}\n")
    commit(out, apps, plant)
    return count


def write_app(rng: Random, folder: Path, app: App, index: int) -> int:
    """Write the app's files; returns how many migration files."""
    migrations = folder / "migrations"
    squashed = squash(app) if index % SQUASHED_EVERY == SQUASHED_FIRST else None
    chain = [*app.chain, squashed] if squashed else app.chain
    for position, migration in enumerate(chain):
        write(
            migrations / f"{migration.name}.py",
            generated_files.migration_file(
                generated_files.header(rng, position),
                migration.dependencies,
                migration.operations,
                initial=migration.name.startswith("0001_"),
                replaces=migration.replaces,
            ),
        )
    write(migrations / "__init__.py", "")
    write(migrations / generated_files.LOCKFILE, f"{app.leaf}\n")
    models = {model.name: model.fields for model in app.models}
    for path, text in generated_files.app_files(app.label, models).items():
        write(folder / path, text)
    return len(chain)


def commit(out: Path, apps: list[App], plant: str) -> None:
    """One commit on ``main``, the planted one beside it, then everything packed."""
    git(out, "init", "-q", "--template=")
    git(out, "symbolic-ref", "HEAD", "refs/heads/main")
    git(out, "add", "--all")
    git(out, "commit", "-q", "-m", "A project with a long history")
    if plant != "none":
        git(out, "checkout", "-q", "-b", "planted")
        for path, text in planted_files(apps, plant).items():
            write(out / path, text)
        git(out, "add", "--all")
        git(out, "commit", "-q", "-m", f"Plant one fault: {plant}")
        git(out, "checkout", "-q", "main")
    git(out, "gc", "-q")


def planted_files(apps: list[App], fault: str) -> dict[str, str]:
    """Path -> text of the migrations and lockfiles that hold the fault.

    conflict: a second leaf node of the same number in the middle app. missing: a
    dependency of a new leaf that names no migration. cycle: the new leaves of the
    middle app and of the app before it depend on each other.
    """
    middle = apps[len(apps) // 2]
    before = apps[len(apps) // 2 - 1]
    number = len(middle.chain)
    if fault == "conflict":
        behind = (middle.label, middle.chain[-2].name)
        return planted(middle.label, f"{number:04d}_parallel", [behind])
    after = f"{number + 1:04d}_after"
    own = (middle.label, middle.leaf)
    if fault == "missing":
        return planted(middle.label, after, [own, (before.label, "9999_gone")])
    return {
        **planted(middle.label, after, [own, (before.label, after)]),
        **planted(
            before.label, after, [(before.label, before.leaf), (middle.label, after)]
        ),
    }


def planted(label: str, name: str, depends: list[tuple[str, str]]) -> dict[str, str]:
    """One migration without operations, and the lockfile that names it."""
    folder = f"apps/{label}/migrations"
    return {
        f"{folder}/{name}.py": generated_files.migration_file(
            "# Planted.\n", depends, ""
        ),
        f"{folder}/{generated_files.LOCKFILE}": f"{name}\n",
    }


def write(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8 with ``\\n``, creating the folders on the way."""
    try:
        path.write_bytes(text.encode())
    except FileNotFoundError:
        path.parent.mkdir(parents=True)
        path.write_bytes(text.encode())


def git(where: Path, *arguments: str) -> None:
    """Run git with nothing of the user's configuration and a fixed identity."""
    env = {name: v for name, v in os.environ.items() if not name.startswith("GIT_")}
    env["GIT_CONFIG_GLOBAL"] = os.devnull
    env["GIT_CONFIG_NOSYSTEM"] = "1"
    for role in ("AUTHOR", "COMMITTER"):
        env[f"GIT_{role}_NAME"] = "Benchmark"
        env[f"GIT_{role}_EMAIL"] = "benchmark@example.org"
        env[f"GIT_{role}_DATE"] = "2024-01-01T00:00:00+0000"
    command = ["git", "-C", str(where), "-c", "gc.auto=0", *arguments]
    subprocess.run(command, env=env, check=True)


def main() -> int:
    """Read the arguments and build; exit code 2 for wrong usage."""
    parser = argparse.ArgumentParser(description="Build a benchmark project.")
    parser.add_argument("out", type=Path)
    parser.add_argument("apps", type=int)
    parser.add_argument("migrations", type=int)
    parser.add_argument("extra_files", type=int, nargs="?", default=0)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--plant", choices=(*FAULTS, "none"), default="none")
    given = parser.parse_args()
    if given.apps < 2 or given.migrations < 2 or given.extra_files < 0:
        parser.error("at least two apps, two migrations, no negative number of files")
    try:
        count = build(
            given.out,
            (given.apps, given.migrations),
            given.extra_files,
            seed=given.seed,
            plant=given.plant,
        )
    except OSError as error:
        parser.error(str(error))
    print(f"{given.out}: {count} migrations in {given.apps} apps")
    return 0


if __name__ == "__main__":
    sys.exit(main())
