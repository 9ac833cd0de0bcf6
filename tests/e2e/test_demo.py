"""The demo plays its whole story, with real git, real Django and the real commands."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from repository import SOURCE_ROOT, Done, Repository, hermetic_environment

pytestmark = [pytest.mark.e2e, pytest.mark.django]


@pytest.fixture
def outside(tmp_path: Path) -> Repository:
    """An empty folder in no repository, with ``oneleaf`` on PATH."""
    shims = tmp_path / "bin"
    shims.mkdir()
    shim = shims / "oneleaf"
    shim.write_text(
        f"#!{sys.executable} -I\n"
        f"import sys\nsys.path.insert(0, {str(SOURCE_ROOT)!r})\n"
        "from oneleaf.__main__ import run\nrun()\n",
        encoding="utf-8",
    )
    shim.chmod(0o755)
    environment = hermetic_environment(tmp_path / "home")
    environment["PATH"] = f"{shims}{os.pathsep}{environment['PATH']}"
    folder = tmp_path / "folder"
    folder.mkdir()
    return Repository(folder, environment)


def demo(outside: Repository, *words: str) -> Done:
    return outside.oneleaf("demo", *words)


def test_the_story_ends_with_one_leaf(outside: Repository) -> None:
    done = demo(outside, "play")
    assert done.code == 0, done.out + done.err
    told = done.out
    blocked = told.index("OL102 app shop has 2 leaf nodes: 0002_crate_weight")
    conflict = told.index("CONFLICT (content): Merge conflict in shop/migrations/max_")
    moved = told.index("0002_item_color -> 0003_item_color")
    agreed = told.index("No changes detected")
    clean = told.index("1 app, 3 migrations: one leaf each")
    assert blocked < conflict < moved < agreed < clean
    project = Repository(outside.path / "play", outside.env)
    assert project.oneleaf("check", "--all").code == 0
    assert project.git("status", "--porcelain") == ""


def test_nothing_is_written_into_a_folder_that_holds_something(
    outside: Repository,
) -> None:
    outside.write("play/mine.txt", "mine")
    done = demo(outside, "play")
    assert done.code == 1
    assert done.err == (
        "oneleaf: play exists and is not empty; name another directory:"
        " `oneleaf demo DIR`\n"
    )
    assert sorted(path.name for path in (outside.path / "play").iterdir()) == [
        "mine.txt"
    ]
