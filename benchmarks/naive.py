"""What one would write first: the plain hook the benchmarks compare with.

    python benchmarks/naive.py [--all] [PATH...]

argparse, pathlib, dataclasses, subprocess, and ``ast`` of whole files. It checks
leaf nodes, lockfiles and dangling dependencies of the apps of the paths given.
"""

import argparse
import ast
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Migration:
    label: str
    name: str
    dependencies: list[tuple[str, str]]
    replaces: list[tuple[str, str]]


def read(path: Path) -> Migration:
    found: dict[str, list[tuple[str, str]]] = {"dependencies": [], "replaces": []}
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Assign):
            name = getattr(node.targets[0], "id", "")
            if name in found:
                found[name] = ast.literal_eval(node.value)
    return Migration(path.parent.parent.name, path.stem, **found)


def problems(directory: Path, others: dict[str, set[str]]) -> list[str]:
    chain = [read(path) for path in sorted(directory.glob("[!_]*.py"))]
    label = directory.parent.name
    replaced = {pair for m in chain for pair in m.replaces}
    kept = [m for m in chain if (label, m.name) not in replaced]
    behind = replaced | {pair for m in kept for pair in m.dependencies}
    followed = {pair for m in kept for pair in m.dependencies if pair in replaced}
    behind |= {(label, m.name) for m in kept if followed.intersection(m.replaces)}
    leaves = [m.name for m in chain if (label, m.name) not in behind]
    found = [] if len(leaves) == 1 else [f"{directory}: leaf nodes {leaves}"]
    lockfile = directory / "max_migration.txt"
    if lockfile.exists() and lockfile.read_text().strip() not in leaves:
        found.append(f"{lockfile}: is not {leaves}")
    for migration in chain:
        for other, name in migration.dependencies:
            if other in others and name not in others[other]:
                found.append(f"{migration.name}: no migration {other}.{name}")
    return found


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--all", action="store_true")
    parser.add_argument("paths", nargs="*", type=Path)
    given = parser.parse_args()
    listing = subprocess.run(
        ["git", "ls-files", "--", ":(glob)**/migrations/*.py"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    files = [Path(line) for line in listing.stdout.splitlines()]
    names: dict[str, set[str]] = {}
    for path in files:
        names.setdefault(path.parent.parent.name, set()).add(path.stem)
    wanted = files if given.all else given.paths
    found: list[str] = []
    for directory in sorted({path.parent for path in wanted}):
        found += problems(directory, names)
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
