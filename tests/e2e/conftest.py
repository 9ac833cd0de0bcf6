"""One build of the hooks per test run, shared by all tests of a hook runner."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from servers import absent

from e2e import building, quick_starts
from e2e.building import Builder
from e2e.clones import Clone, Shapes
from e2e.hook_project import HookRunner
from repository import Repository, hermetic_environment

# The quick starts that a newcomer's run follows: the hook manager most use, and none.
IN_BRIEF = ("pre-commit", "bare git")


@pytest.fixture(scope="session")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Builder:
    """Builds what several tests share."""
    return Builder(tmp_path_factory)


@pytest.fixture(scope="session")
def published(builder: Builder) -> dict[str, str]:
    """The environment in which git finds the published hooks: those of the work tree."""
    source = builder.once("published", building.publish) / "oneleaf"
    return building.instead_of_the_internet(source)


@pytest.fixture(scope="session")
def wheels(builder: Builder) -> Path:
    """A folder with the wheel of the work tree, in place of a package index."""
    return builder.once("wheels", building.wheel)


@pytest.fixture(scope="session")
def command(builder: Builder, wheels: Path) -> Path:
    """The folder of an ``oneleaf`` that is installed as the README says, for PATH."""
    line = quick_starts.three_commands()[0]
    place = builder.once("installed", lambda p: building.install(p, wheels, line))
    return place / "bin"


@pytest.fixture(scope="session")
def pre_commit(builder: Builder, published: dict[str, str]) -> HookRunner:
    """pre-commit, with the hooks' environment built once."""
    store = builder.folder / "pre-commit-store"
    words = (sys.executable, "-m", "pre_commit")
    runner = HookRunner(words, {**published, "PRE_COMMIT_HOME": str(store)})
    builder.once("pre-commit", lambda place: runner.build(place / "project"))
    return runner


@pytest.fixture(scope="session")
def prek(builder: Builder, published: dict[str, str]) -> HookRunner:
    """prek, with the hooks' environment built once."""
    store = builder.folder / "prek-store"
    words = (str(Path(sys.executable).parent / "prek"),)
    runner = HookRunner(words, {**published, "PREK_HOME": str(store)})
    builder.once("prek", lambda place: runner.build(place / "project"))
    return runner


@pytest.fixture(params=["pre-commit", pytest.param("prek", marks=pytest.mark.slow)])
def runner(request: pytest.FixtureRequest) -> HookRunner:
    """Each hook runner that reads the manifest."""
    found = request.getfixturevalue(request.param.replace("-", "_"))
    assert isinstance(found, HookRunner)
    return found


@pytest.fixture(
    params=[
        pytest.param(name, marks=() if name in IN_BRIEF else pytest.mark.slow)
        for name in quick_starts.QUICK_STARTS
    ]
)
def start(request: pytest.FixtureRequest) -> str:
    """The name of each quick start of the README."""
    name = str(request.param)
    if name == "husky" and shutil.which("npm") is None:
        absent("npm is not there, which installs husky")
    return name


@pytest.fixture
def armed(
    start: str,
    request: pytest.FixtureRequest,
    builder: Builder,
    command: Path,
    tmp_path: Path,
) -> Repository:
    """A project that followed the quick start to its end."""
    folders = (str(command), str(Path(sys.executable).parent), os.environ["PATH"])
    env = {"PATH": os.pathsep.join(folders)}
    if start in ("pre-commit", "prek"):
        env.update(request.getfixturevalue(start.replace("-", "_")).env)

    def follow(place: Path) -> None:
        project = quick_starts.unarmed(place / "project", env)
        quick_starts.arm(project, quick_starts.QUICK_STARTS[start])

    place = builder.once(f"start-{start.replace(' ', '-')}", follow)
    shutil.copytree(place / "project", tmp_path / "project", symlinks=True)
    home = hermetic_environment(tmp_path / "home")
    return Repository(tmp_path / "project", {**home, **env})


@pytest.fixture(scope="session")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Shapes:
    """Where histories for the merge driver are built once."""
    return Shapes(tmp_path_factory.mktemp("shapes"))


@pytest.fixture
def lay(shapes: Shapes, tmp_path: Path) -> Callable[[Callable[[Clone], None]], Clone]:
    """Copies a shape into this test's folder: an armed clone on ``main``."""
    return lambda shape: shapes.copy(shape, tmp_path / "clone")
