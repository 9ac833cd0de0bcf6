"""Where a rename may bear on a merge, and where it surely does not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import histories
from histories import History, Tree, moved, without
from oneleaf.checking.states import State, of_index
from oneleaf.config import Config
from oneleaf.repository import git, revisions
from oneleaf.upstream import forks, renaming
from repository import Repository, working_in

BASE = histories.start() | {"tools/one.py": "1\n", "tools/two.py": "2\n"}
MIGRATION = "shop/migrations/0002_color.py"
DRAFT = "notes/draft.txt"


def edited(*paths: str) -> Tree:
    return BASE | {path: f"{BASE[path]}# edited\n" for path in paths}


def renamed(old: str, new: str, files: Tree = BASE) -> Tree:
    return {new if path == old else path: text for path, text in files.items()}


def added(path: str, files: Tree = BASE) -> Tree:
    return files | {path: histories.text("new", path)}


# What both sides made of the base, and whether git has to be asked.
CASES: dict[str, tuple[Tree, Tree, bool]] = {
    "both only added": (added("shop/migrations/0003_a.py"), added("x.py"), False),
    "a renamed migration was edited": (
        renamed(MIGRATION, "shop/migrations/0002_new.py"), edited(MIGRATION), True,
    ),
    "a renamed migration was left alone": (
        renamed(MIGRATION, "shop/migrations/0002_new.py"), edited(DRAFT), False,
    ),
    "a migration that was edited is gone, and nothing is like it": (
        added("x.py", without(BASE, "shop/migrations")), edited(MIGRATION), False,
    ),
    "a migration that was edited has another name, where none is read": (
        renamed(MIGRATION, "notes/old.txt"), edited(MIGRATION), True,
    ),
    "both renamed a migration": (
        renamed(MIGRATION, "shop/migrations/0002_a.py"),
        renamed(MIGRATION, "shop/migrations/0002_b.py"),
        True,
    ),
    "a draft that was edited became a migration": (
        renamed(DRAFT, "shop/migrations/0003_draft.py"), edited(DRAFT), True,
    ),
    "a draft that was edited was renamed beside a new migration": (
        added("shop/migrations/0003_a.py", renamed(DRAFT, "notes/new.txt")),
        edited(DRAFT),
        False,
    ),
    "an empty file was renamed and edited": (
        renamed("shop/migrations/__init__.py", "shop/history/__init__.py"),
        BASE | {"shop/migrations/__init__.py": "# edited\n"},
        False,
    ),
    "a file was added to a folder that moved": (
        moved(BASE, "tools", "bin"), added("tools/three.py"), True,
    ),
    "one was added below a folder that moved": (
        moved(BASE, "tools", "bin"), added("tools/more/three.py"), True,
    ),
    "one was added to a folder that lost another": (
        without(BASE, "tools") | {"tools/one.py": "1\n"}, added("tools/three.py"), False,
    ),
    "one was added beside a folder that moved": (
        moved(BASE, "tools", "bin"), added("other/three.py"), False,
    ),
}  # fmt: skip


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Repository]:
    """This process works in it, as a hook does."""
    with working_in(Repository.create(tmp_path / "repository")) as made:
        yield made


def may_matter(state: State) -> bool:
    fork = forks.find(state.name, "theirs")
    assert fork is not None
    return renaming.may_matter(state, fork, Config({}))


@pytest.mark.parametrize("swapped", [False, True], ids=["ours", "theirs"])
@pytest.mark.parametrize(("one", "other", "matters"), CASES.values(), ids=CASES.keys())
def test_git_is_asked_where_a_rename_may_matter(
    repository: Repository, one: Tree, other: Tree, matters: bool, swapped: bool
) -> None:
    history = History()
    root = history.add(BASE)
    sides = (other, one) if swapped else (one, other)
    history.ours, history.theirs = (history.add(side, root) for side in sides)
    history.write(repository)
    with git.Objects() as objects:
        state = State(revisions.commit_id("ours"), objects)
        assert may_matter(state) == matters
        repository.git("checkout", "-q", "-f", "--detach", "ours~1")
        repository.git("read-tree", "ours")
        assert may_matter(of_index(objects)) == matters


def test_the_index_lacks_a_folder_that_head_lacks(repository: Repository) -> None:
    history = History()
    root = history.add(BASE)
    history.ours = history.add(moved(BASE, "tools", "bin"), root)
    history.theirs = history.add(added("tools/three.py"), root)
    history.write(repository)
    repository.git("checkout", "-q", "-f", "--detach", "ours")
    repository.write("other/x.py", "x\n")
    repository.add()
    with git.Objects() as objects:
        assert may_matter(of_index(objects))


def test_too_many_files_are_left_to_git(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renaming, "_MOST_PATHS", 2)
    history = History()
    root = history.add(BASE)
    gone = added("y.py", added("x.py", without(BASE, "shop/migrations")))
    history.ours, history.theirs = (
        history.add(side, root) for side in (gone, edited(MIGRATION))
    )
    history.write(repository)
    with git.Objects() as objects:
        assert may_matter(State(revisions.commit_id("ours"), objects))
