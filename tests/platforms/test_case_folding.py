"""File systems that take ``0002_Color.py`` for ``0002_color.py``, or é apart."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest

from oneleaf.applying import judging
from oneleaf.errors import Refused
from oneleaf.git import worktree
from oneleaf.planning.plan import Plan
from repository import Repository, migration

FOLDER = "shop/migrations/"
HERE, OTHER = "0002_Élan.py", "0002_élan.py"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one file that is found under names of any case and form."""
    (tmp_path / FOLDER).mkdir(parents=True)
    file = tmp_path / FOLDER / HERE
    file.write_bytes(b"here\n")

    def same(path: str) -> bool:
        name = unicodedata.normalize("NFC", os.path.basename(path))
        return name.casefold() == HERE.casefold()

    real = os.path.lexists
    monkeypatch.setattr(os.path, "lexists", lambda path: same(path) or real(path))
    return tmp_path


def judged(top: Path, plan: Plan) -> list[tuple[str, bytes | None]]:
    return [(e.path, e.old) for e in judging.entries(str(top), plan)]


def test_a_new_name_that_differs_in_case_alone_is_refused(place: Path) -> None:
    path = FOLDER + OTHER
    reason = f"differs from {HERE} in case alone.*nothing was changed"
    with pytest.raises(Refused, match=reason):
        judged(place, Plan((), {path: b"new\n"}, expected={path: None}))


def test_a_name_may_change_in_case_alone(place: Path) -> None:
    old, new = FOLDER + HERE, FOLDER + OTHER
    plan = Plan(
        (),
        {old: None, new: b"here\n"},
        moves={old: new},
        expected={old: b"here\n", new: None},
    )
    assert judged(place, plan) == [(old, b"here\n"), (new, None)]


def test_another_new_name_is_none_of_its_concern(place: Path) -> None:
    path = FOLDER + "0003_other.py"
    plan = Plan((), {path: b"new\n"}, expected={path: None})
    assert judged(place, plan) == [(path, None)]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_letter_that_the_file_system_takes_apart_is_the_same_name(
    place: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    """Git keeps NFC in the index where ``core.precomposeUnicode`` is on."""
    real = os.listdir

    def listdir(folder: str) -> list[str]:
        return [unicodedata.normalize(form, name) for name in real(folder)]  # type: ignore[arg-type]

    monkeypatch.setattr(os, "listdir", listdir)
    folder = place / FOLDER
    assert judging.exists(str(folder / HERE))
    assert judging.exists(str(folder / unicodedata.normalize("NFD", HERE)))
    assert not judging.exists(str(folder / OTHER))
    path = FOLDER + HERE
    plan = Plan((), {path: b"new\n"}, expected={path: b"here\n"})
    assert judged(place, plan) == [(path, b"here\n")]


@pytest.mark.parametrize("way", ["real", "link", "link/../link", "real/../real"])
def test_a_folder_is_told_by_what_it_is(tmp_path: Path, way: str) -> None:
    (tmp_path / "real" / "shop").mkdir(parents=True)
    (tmp_path / "link").symlink_to("real")
    top = str(tmp_path / "real")
    assert worktree.below(top, f"{tmp_path}/{way}/shop/gone.py") == "shop/gone.py"
    assert worktree.below(top, str(tmp_path)) is None


@pytest.fixture
def twins(tmp_path: Path) -> Repository:
    """In a merge that brings ``0002_Color`` where ``0002_color`` is."""
    repository = Repository.create(tmp_path / "work")
    repository.app("shop", "0001_initial", lockfile=True)
    repository.commit()
    repository.git("branch", "theirs")
    repository.migration("shop", "0002_color", "0001_initial")
    repository.commit()
    repository.git("checkout", "-q", "theirs")
    repository.migration("shop", "0002_Color", "0001_initial", initial=False)
    repository.commit()
    repository.git("update-ref", "refs/remotes/origin/main", "theirs")
    repository.git("checkout", "-q", "main")
    repository.git("merge", "-q", "--no-commit", "theirs")
    return repository


def test_a_rebase_tells_twins_in_case_from_an_edit(twins: Repository) -> None:
    """Git checks both out into one file, so that one of them looks edited."""
    twins.write(FOLDER + "0002_color.py", twins.read(FOLDER + "0002_Color.py"))
    before = twins.git("ls-files", "--stage")
    done = twins.oneleaf("rebase", "--onto", "theirs")
    assert done.code == 1
    assert (
        f"{FOLDER}0002_color.py differs from {FOLDER}0002_Color.py in case" in done.err
    )
    assert "`git add`" not in done.err
    assert twins.git("ls-files", "--stage") == before


def test_an_edit_is_an_edit_where_both_files_are_there(twins: Repository) -> None:
    twins.write(FOLDER + "0002_color.py", migration(("shop", "0001_initial")) + "# x\n")
    done = twins.oneleaf("rebase", "--onto", "theirs")
    assert done.code == 1
    assert "has changes that are not staged" in done.err
