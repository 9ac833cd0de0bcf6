"""Measures oneleaf against its targets and prints one table.

    python benchmarks/measure.py [--rounds N] [--only NAME...] [--python PY]
        [--project small|medium|large] [--real REPOSITORY] [--cache DIR]

Exit code: 0 where every measured row met its target and every verdict was right,
1 where not, 2 for wrong usage.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import timing
from bench import Bench
from measured_project import UnavailableError
from rows import ROWS, Maker, Row
from timing import Command, Round

# fault -> codes that name it; nothing else may be found
EXPECTED = {
    "small": {"OL104"},
    "small-missing": {"OL103"},
    "small-conflict": {"OL101", "OL102"},
}
HEAD = (
    f"{'row':<20}{'value':>8} {'target':>8}  {'':<8}"
    f"{'ms':>9}{'cpu':>9}{'MiB':>7}   {'ref ms':>9}{'cpu':>9}{'MiB':>7}"
)


class VerdictError(Exception):
    """A row or a verdict that counts as not met."""


def quiet_environment() -> None:
    """Take away what would change the children's work.

    Without written bytecode each run would compile; git's own variables and the
    user's git configuration would make two machines differ.
    """
    for name in list(os.environ):
        if name.startswith(("PYTHON", "GIT_", "DJANGO_")):
            del os.environ[name]
    os.environ["GIT_CONFIG_GLOBAL"] = os.devnull
    os.environ["GIT_CONFIG_NOSYSTEM"] = "1"


def verdict(bench: Bench, name: str) -> str:
    """One line: what oneleaf says of the fault planted in the project.

    Raises UnavailableError without oneleaf, VerdictError for a wrong answer.
    """
    project = bench.project(name)
    check = bench.oneleaf("check", "--all")
    timing.run(Command(check, project.root))
    done = subprocess.run(
        [*check, "--rev", "planted", "--output-format", "json"],
        cwd=project.root,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 1:
        raise VerdictError(f"exit code {done.returncode}: {done.stderr.strip()[-200:]}")
    codes = {finding["code"] for finding in json.loads(done.stdout)["findings"]}
    if codes != EXPECTED[name]:
        raise VerdictError(f"found {sorted(codes)}, expected {sorted(EXPECTED[name])}")
    return f"clean, and {' '.join(sorted(codes))} on the planted branch"


def verdicts(bench: Bench) -> bool:
    """Print the verdict on each planted fault; whether none was wrong."""
    right = True
    for name in EXPECTED:
        try:
            said = verdict(bench, name)
        except UnavailableError as reason:
            said = "skipped" if bench.missing else f"skipped: {reason}"
        except (VerdictError, timing.FailedError) as reason:
            said, right = f"WRONG: {reason}", False
        print(f"verdict {name}: {said}")
    return right


def prepared(bench: Bench, maker: Maker) -> "tuple[Command | None, str]":
    """The command, or None and why there is none."""
    try:
        return maker(bench), ""
    except UnavailableError as reason:
        return None, str(reason)


class Table:
    """Measures rows and prints them; two rows of the same pair share the rounds."""

    def __init__(self, bench: Bench, rounds: int | None) -> None:
        self.bench = bench
        self.rounds = rounds
        self.known: dict[tuple[object, ...], Sequence[Round]] = {}

    def show(self, row: Row) -> bool:
        """Print one row; False where it counts as not met."""
        subject, note = prepared(self.bench, row.subject)
        reference, other_note = prepared(self.bench, row.reference)
        if reference is None:
            print(f"{row.name:<20}{'':>8} {row.target:>8}  skipped: {other_note}")
            return True
        try:
            rounds = self.measured(row, subject, reference)
        except timing.FailedError as reason:
            print(f"{row.name:<20}{'':>8} {row.target:>8}  FAILED: {reason}")
            return False
        last = "   ".join(
            "{:9.1f}{:9.1f}{:7.1f}".format(*timing.figures(samples))
            for samples in zip(*rounds, strict=True)
        )
        if subject is None:
            print(f"{row.name:<20}{'':>8} {row.target:>8}  skipped {'':>25}{last}")
            if note != self.bench.missing:
                print(f"{'':<20}{note}")
            return True
        value = row.value(rounds)
        met = row.is_met(value)
        word = "" if row.target == "-" else "met" if met else "NOT met"
        print(
            f"{row.name:<20}{value:8.3f} {row.target:>8}  {word:<8}{last}", flush=True
        )
        return met

    def measured(
        self, row: Row, subject: Command | None, reference: Command
    ) -> Sequence[Round]:
        """The rounds of the row's pair, or of the reference alone."""
        key = (row.subject, row.reference, row.staged, row.rounds)
        if key not in self.known:
            for project in self.bench.projects:
                project.stage(wanted=row.staged)
            commands = [subject, reference] if subject else [reference]
            self.known[key] = timing.measure(commands, self.rounds or row.rounds)
        return self.known[key]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure oneleaf.")
    parser.add_argument("--rounds", type=int, help="instead of 41, or 9 above 100 ms")
    names = [row.name for row in ROWS]
    parser.add_argument("--only", nargs="+", choices=names, default=names)
    parser.add_argument("--python", type=Path, default=Path(sys.executable))
    parser.add_argument(
        "--project", choices=("small", "medium", "large"), default="large"
    )
    parser.add_argument("--real", type=Path, help="a git directory or work tree")
    parser.add_argument("--cache", type=Path, help="kept; else a temporary folder")
    return parser.parse_args()


def main() -> int:
    """Prepare, check the verdicts, measure the rows asked for."""
    given = arguments()
    quiet_environment()
    with tempfile.TemporaryDirectory() as temporary:
        cache = (given.cache or Path(temporary)).resolve()
        cache.mkdir(parents=True, exist_ok=True)
        try:
            python = Path(os.path.abspath(given.python))
            bench = Bench(cache, python, given.project, given.real)
        except UnavailableError as reason:
            print(f"measure.py: {reason}", file=sys.stderr)
            return 2
        if bench.missing:
            print(f"note: {bench.missing}")
        fine = verdicts(bench)
        if given.project != "large":
            print("note: the targets are set for the large project")
        print(HEAD)
        table = Table(bench, given.rounds)
        for row in ROWS:
            if row.name in given.only:
                fine = table.show(row) and fine
        for project in bench.projects:
            project.stage(wanted=False)
        print(f"no MiB can be below the harness's own {timing.own_peak_mib():.1f}")
        os.chdir("/")
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
