"""One build of the hooks per test session, shared by all tests of a hook runner."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from e2e.clones import Clone, Shapes
from e2e.hook_project import HookRunner
from repository import Repository

ROOT = Path(__file__).parents[2]
PUBLISHED = (
    "hooks",
    "LICENSE",
    "README.md",
    "pyproject.toml",
    ".pre-commit-hooks.yaml",
)


@pytest.fixture(scope="session")
def hook_source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of oneleaf itself, as it is in the work tree, tagged v0.1.0."""
    source = Repository.create(tmp_path_factory.mktemp("published") / "oneleaf")
    for name in PUBLISHED:
        if (ROOT / name).is_dir():
            shutil.copytree(
                ROOT / name,
                source.path / name,
                ignore=shutil.ignore_patterns("__pycache__"),
            )
        else:
            shutil.copy(ROOT / name, source.path / name)
    source.commit("release")
    source.git("tag", "v0.1.0")
    return source.path


@pytest.fixture(scope="session")
def pre_commit(
    tmp_path_factory: pytest.TempPathFactory, hook_source: Path
) -> HookRunner:
    """pre-commit, with the hooks' environment built once."""
    store = tmp_path_factory.mktemp("pre-commit")
    command = (sys.executable, "-m", "pre_commit")
    runner = HookRunner(command, hook_source, {"PRE_COMMIT_HOME": str(store)})
    runner.build(tmp_path_factory.mktemp("build") / "project")
    return runner


@pytest.fixture(scope="session")
def prek(tmp_path_factory: pytest.TempPathFactory, hook_source: Path) -> HookRunner:
    """prek, with the hooks' environment built once."""
    store = tmp_path_factory.mktemp("prek")
    command = (str(Path(sys.executable).parent / "prek"),)
    runner = HookRunner(command, hook_source, {"PREK_HOME": str(store)})
    runner.build(tmp_path_factory.mktemp("build") / "project")
    return runner


@pytest.fixture(scope="session")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Shapes:
    """Where histories for the merge driver are built once."""
    return Shapes(tmp_path_factory.mktemp("shapes"))


@pytest.fixture
def lay(shapes: Shapes, tmp_path: Path) -> Callable[[Callable[[Clone], None]], Clone]:
    """Copies a shape into this test's folder: an armed clone on ``main``."""
    return lambda shape: shapes.copy(shape, tmp_path / "clone")
