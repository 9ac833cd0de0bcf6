"""What takes long to build is built once, for all processes of a test run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from repository import Repository, hermetic_environment

ROOT = Path(__file__).parents[2]
URL = "https://github.com/oneleaf/django-oneleaf"
PUBLISHED = (
    "hooks",
    "LICENSE",
    "README.md",
    "pyproject.toml",
    ".pre-commit-hooks.yaml",
)


class Builder:
    """Builds things by name; each is a folder that no test changes."""

    def __init__(self, factory: pytest.TempPathFactory) -> None:
        base = factory.getbasetemp()
        # Each process of xdist has a folder of its own in the folder of the run.
        self.folder = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def once(self, name: str, build: Callable[[Path], object]) -> Path:
        """The folder of that name; ``build`` fills it where no process did before."""
        place = self.folder / name
        mark = self.folder / f"{name}.built"
        with FileLock(self.folder / f"{name}.lock"):
            if not mark.exists():
                shutil.rmtree(place, ignore_errors=True)
                build(place)
                mark.touch()
        return place


def publish(place: Path) -> None:
    """A repository of oneleaf itself, as it is in the work tree, tagged v0.1.0."""
    source = Repository.create(place / "oneleaf")
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


def instead_of_the_internet(source: Path) -> dict[str, str]:
    """The environment in which git finds the published repository in a folder."""
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{source.as_uri()}.insteadOf",
        "GIT_CONFIG_VALUE_0": URL,
    }


def wheel(place: Path) -> None:
    """A folder with oneleaf's wheel, made of the work tree."""
    words = ("wheel", "-q", "--no-deps", "-w", str(place), str(ROOT))
    _run(place, sys.executable, "-m", "pip", *words)


def install(place: Path, wheels: Path, line: str) -> None:
    """A virtual environment in which one line was typed, with a folder for an index."""
    _run(place, sys.executable, "-m", "venv", str(place))
    path = os.pathsep.join((str(place / "bin"), os.environ["PATH"]))
    index = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels)}
    _run(place, "sh", "-c", line, PATH=path, **index)


def _run(place: Path, *command: str, **env: str) -> None:
    environment = {**hermetic_environment(place.parent / "home"), **env}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
