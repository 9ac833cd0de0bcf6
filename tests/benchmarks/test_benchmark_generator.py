"""The benchmark projects are what the benchmarks take them for, by Django's loader."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

GENERATE = Path(__file__).parents[2] / "benchmarks" / "generate.py"
APPS, LENGTH = 5, 10
LOAD = """
import json
import django
from django.db.migrations.loader import MigrationLoader

django.setup()
try:
    graph = MigrationLoader(None).graph
except Exception as error:
    print(json.dumps([type(error).__name__, str(error)]))
else:
    leaves = {}
    for label, name in graph.leaf_nodes():
        leaves.setdefault(label, []).append(name)
    print(json.dumps(leaves))
"""

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def environment(**more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    return {**kept, "PYTHONDONTWRITEBYTECODE": "1", **more}


def output(where: Path, *command: str, **more: str) -> str:
    done = subprocess.run(
        command,
        cwd=where,
        env=environment(**more),
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


def generate(out: Path, *options: str) -> Path:
    arguments = (str(out), str(APPS), str(LENGTH), *options)
    output(out.parent, sys.executable, str(GENERATE), *arguments)
    return out


def loaded(project: Path) -> object:
    """Leaf names by app label, or [exception type, message] of Django's loader."""
    command = (sys.executable, "-c", LOAD)
    return json.loads(output(project, *command, DJANGO_SETTINGS_MODULE="settings"))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate(tmp_path_factory.mktemp("benchmark") / "project")


def lockfiles(project: Path) -> dict[str, list[str]]:
    return {
        path.parent.parent.name: path.read_text().splitlines()
        for path in project.glob("apps/*/migrations/max_migration.txt")
    }


def migration_names(project: Path, label: str) -> list[str]:
    folder = project / "apps" / label / "migrations"
    return sorted(path.stem for path in folder.glob("0*.py"))


def test_the_same_seed_gives_the_same_commit(project: Path, tmp_path: Path) -> None:
    again = generate(tmp_path / "again")

    head = output(project, "git", "rev-parse", "HEAD")
    assert output(again, "git", "rev-parse", "HEAD") == head


def test_another_seed_gives_another_tree(project: Path, tmp_path: Path) -> None:
    other = generate(tmp_path / "other", "--seed", "7")

    tree = output(project, "git", "rev-parse", "HEAD^{tree}")
    assert output(other, "git", "rev-parse", "HEAD^{tree}") != tree


def test_the_commit_holds_everything_and_is_packed(project: Path) -> None:
    assert output(project, "git", "status", "--porcelain") == ""
    assert output(project, "git", "rev-list", "--count", "--all") == "1"
    assert output(project, "git", "count-objects") == "0 objects, 0 kilobytes"


def test_django_finds_one_leaf_per_app_and_the_lockfile_names_it(
    project: Path,
) -> None:
    leaves = loaded(project)

    assert isinstance(leaves, dict)
    assert sorted(leaves) == [f"app_{index:03d}" for index in range(APPS)]
    assert leaves == lockfiles(project)


def test_each_app_has_as_many_migrations_as_asked_for_and_a_squash_beside_them(
    project: Path,
) -> None:
    counts = {
        label: len(migration_names(project, label)) for label in lockfiles(project)
    }

    assert counts == {
        "app_000": LENGTH,
        "app_001": LENGTH,
        "app_002": LENGTH,
        "app_003": LENGTH + 1,
        "app_004": LENGTH,
    }
    squashes = [n for n in migration_names(project, "app_003") if "_squashed_" in n]
    assert len(squashes) == 1


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(("check",), id="check"),
        pytest.param(("makemigrations", "--check", "--dry-run"), id="makemigrations"),
    ],
)
def test_django_has_nothing_to_say(project: Path, command: tuple[str, ...]) -> None:
    said = output(project, sys.executable, "manage.py", *command)

    assert said in {
        "System check identified no issues (0 silenced).",
        "No changes detected",
    }


def test_extra_files_are_added_a_thousand_to_a_folder(tmp_path: Path) -> None:
    project = generate(tmp_path / "project", "1001")

    folders = {path.name: len(list(path.iterdir())) for path in project.glob("extra/*")}
    assert folders == {"000": 1000, "001": 1}


def test_a_planted_conflict_is_two_leaves_of_one_number(tmp_path: Path) -> None:
    project = generate(tmp_path / "project", "--plant", "conflict")
    before = loaded(project)
    output(project, "git", "checkout", "-q", "planted")

    leaves = loaded(project)

    assert isinstance(leaves, dict)
    assert isinstance(before, dict)
    assert leaves == {
        **before,
        "app_002": sorted([*before["app_002"], f"{LENGTH:04d}_parallel"]),
    }


def test_a_planted_missing_dependency_is_a_node_django_does_not_find(
    tmp_path: Path,
) -> None:
    project = generate(tmp_path / "project", "--plant", "missing")
    output(project, "git", "checkout", "-q", "planted")

    error = loaded(project)

    assert isinstance(error, list)
    assert error[0] == "NodeNotFoundError"
    assert "('app_001', '9999_gone')" in error[1]
    assert f"app_002.{LENGTH + 1:04d}_after" in error[1]


def test_a_planted_cycle_runs_through_the_leaves_of_two_apps(tmp_path: Path) -> None:
    project = generate(tmp_path / "project", "--plant", "cycle")
    output(project, "git", "checkout", "-q", "planted")

    error = loaded(project)

    assert isinstance(error, list)
    assert error[0] == "CircularDependencyError"
    assert sorted(error[1].split(", ")) == [
        f"app_001.{LENGTH + 1:04d}_after",
        f"app_002.{LENGTH + 1:04d}_after",
    ]


@pytest.mark.parametrize("fault", ["conflict", "missing", "cycle"])
def test_the_work_tree_of_a_planted_project_is_the_plain_one(
    project: Path, tmp_path: Path, fault: str
) -> None:
    planted = generate(tmp_path / "project", "--plant", fault)

    head = output(project, "git", "rev-parse", "HEAD")
    assert output(planted, "git", "rev-parse", "main", "HEAD") == f"{head}\n{head}"
    assert output(planted, "git", "rev-list", "--count", "main..planted") == "1"


def test_a_folder_that_is_not_empty_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")

    done = subprocess.run(
        [sys.executable, str(GENERATE), str(tmp_path), "5", "10"],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert "is not empty" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
