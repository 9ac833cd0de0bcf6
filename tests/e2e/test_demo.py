"""The demo plays its whole story, with real git, real Django and the real commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from programs import first_on_path, oneleaf_in
from repository import Done, Repository, hermetic_environment

pytestmark = [pytest.mark.e2e, pytest.mark.django]


@pytest.fixture
def outside(tmp_path: Path) -> Repository:
    """An empty folder in no repository, with ``oneleaf`` on PATH."""
    command = oneleaf_in(tmp_path / "bin")
    environment = hermetic_environment(tmp_path / "home")
    folder = tmp_path / "folder"
    folder.mkdir()
    return Repository(folder, first_on_path(command.parent, environment))


def demo(outside: Repository, *words: str) -> Done:
    return outside.oneleaf("demo", *words)


def test_the_story_ends_with_one_leaf(outside: Repository) -> None:
    done = demo(outside, "play")
    assert done.code == 0, done.out + done.err
    told = done.out
    blocked = told.index("OL102 app shop has 2 leaf nodes: 0002_crate_weight")
    conflict = told.index("CONFLICT (content): Merge conflict in shop/migrations/max_")
    drawn = told.index("in a rebase: ours is main, theirs is color")
    moved = told.index("0002_item_color -> 0003_item_color")
    agreed = told.index("No changes detected")
    clean = told.index("1 app, 3 migrations: one leaf each")
    assert blocked < conflict < drawn < moved < agreed < clean
    assert "\r" not in told
    assert "\033" not in told
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
