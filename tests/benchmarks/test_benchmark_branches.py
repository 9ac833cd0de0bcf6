"""The clone with many branches is what the benchmark takes it for."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from repository import Repository, hermetic_environment

GENERATE = Path(__file__).parents[2] / "benchmarks" / "generate_branches.py"
COMMITS, BRANCHES = 40, 10

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def generate(out: Path, *options: str) -> Repository:
    env = hermetic_environment(out.parent / "home")
    words = (str(out), str(COMMITS), str(BRANCHES), *options)
    command = (sys.executable, str(GENERATE), *words)
    subprocess.run(command, env=env, check=True, capture_output=True)
    return Repository(out, env)


def test_every_third_branch_adds_a_migration(tmp_path: Path) -> None:
    clone = generate(tmp_path / "clone")
    words = ("--days", "0", "--output-format", "json")
    done = clone.oneleaf("radar", *words)
    assert done.code == 0, done.err
    listed = json.loads(done.out)["branches"]
    adding = [f"origin/topic/{number:04d}" for number in (0, 3, 6, 9)]
    assert [branch["branch"] for branch in listed] == ["main", *adding]
    counts = [len(app["migrations"]) for b in listed[1:] for app in b["apps"]]
    assert counts == [1, 1, 1, 1]


def test_the_clone_is_packed_and_its_main_has_all_commits(tmp_path: Path) -> None:
    clone = generate(tmp_path / "clone")
    assert clone.git("rev-list", "--count", "origin/main").strip() == str(COMMITS)
    assert clone.git("count-objects") == "0 objects, 0 kilobytes\n"
    assert clone.git("status", "--porcelain") == ""
    assert clone.oneleaf("check", "--all").code == 0


def test_the_same_seed_gives_the_same_commits(tmp_path: Path) -> None:
    refs = ("for-each-ref", "refs/remotes")
    one, again = generate(tmp_path / "one"), generate(tmp_path / "again")
    other = generate(tmp_path / "other", "--seed", "7")
    assert one.git(*refs) == again.git(*refs)
    assert one.git(*refs) != other.git(*refs)
