"""Runs commands in rotated rounds and reads the clock, CPU time and peak memory.

``os.posix_spawn`` and ``os.wait4`` instead of ``subprocess``: the parent adds no
work of its own to the figures, and the resource usage is that of one child and of
the processes this child waited for.
"""

import importlib
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

posix: Any = os  # for what Windows lacks
resource: Any = importlib.import_module("resource")

FAST_SECONDS, FAST_ROUNDS, SLOW_ROUNDS = 0.1, 41, 9
# ru_maxrss counts KiB on Linux and bytes on macOS (getrusage(2) of either).
PEAK_UNIT = 1 if sys.platform == "darwin" else 1024


class FailedError(Exception):
    """A measured command ended with an exit code it should not have."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command line to measure.

    argv: the program's absolute path and its arguments. cwd: where it runs. stdin:
    a file to read, None for the null device. before: called outside the timing in
    each round. exits: the exit codes that count as success.
    """

    argv: tuple[str, ...]
    cwd: Path
    stdin: Path | None = None
    before: Callable[[], None] | None = None
    exits: tuple[int, ...] = (0,)


@dataclass(frozen=True, slots=True)
class Sample:
    """One run: seconds by the clock, CPU seconds (user + system), peak bytes."""

    wall: float
    cpu: float
    peak: int


Round = Sequence[Sample]


def run(command: Command) -> Sample:
    """Run ``command`` once, its three streams on the null device.

    Raises FailedError where the exit code is not among the expected ones.
    """
    if command.before:
        command.before()
    os.chdir(command.cwd)
    source = str(command.stdin) if command.stdin else os.devnull
    streams = [
        (posix.POSIX_SPAWN_OPEN, 0, source, os.O_RDONLY, 0),
        (posix.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
        (posix.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
    ]
    start = time.perf_counter()
    pid = posix.posix_spawn(
        command.argv[0], command.argv, os.environ, file_actions=streams
    )
    _, status, usage = posix.wait4(pid, 0)
    wall = time.perf_counter() - start
    code = os.waitstatus_to_exitcode(status)
    if code not in command.exits:
        raise FailedError(
            f"exit code {code} of {' '.join(command.argv)} in {command.cwd}"
        )
    return Sample(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * PEAK_UNIT)


def measure(commands: Sequence[Command], count: int | None) -> list[Round]:
    """Run every command once uncounted, then in ``count`` rounds.

    Each round starts with another command. Without ``count``: 41 rounds where every
    command takes less than 100 ms, else 9. Samples stand in the order of
    ``commands``. Raises FailedError.
    """
    slowest = max(run(command).wall for command in commands)
    if count is None:
        count = FAST_ROUNDS if slowest < FAST_SECONDS else SLOW_ROUNDS
    rounds: list[Round] = []
    for number in range(count):
        samples: dict[int, Sample] = {}
        for step in range(len(commands)):
            index = (number + step) % len(commands)
            samples[index] = run(commands[index])
        rounds.append([samples[index] for index in range(len(commands))])
    return rounds


def ratio(rounds: Sequence[Round]) -> float:
    """Median over the rounds of first command's wall time / second command's."""
    return statistics.median(one.wall / other.wall for one, other in rounds)


def times_faster(rounds: Sequence[Round]) -> float:
    """Median over the rounds of second command's wall time / first command's."""
    return statistics.median(other.wall / one.wall for one, other in rounds)


def peak_mib(rounds: Sequence[Round]) -> float:
    """The first command's highest peak memory of all rounds, MiB."""
    return max(one[0].peak for one in rounds) / 2**20


def figures(samples: Sequence[Sample]) -> tuple[float, float, float]:
    """Fastest run in ms, median CPU ms, highest peak MiB."""
    return (
        min(sample.wall for sample in samples) * 1000,
        statistics.median(sample.cpu for sample in samples) * 1000,
        max(sample.peak for sample in samples) / 2**20,
    )


def own_peak_mib() -> float:
    """This process's peak memory, MiB.

    The kernel hands the parent's peak on to a spawned child, so no child's figure
    can be below it.
    """
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * PEAK_UNIT / 2**20)
