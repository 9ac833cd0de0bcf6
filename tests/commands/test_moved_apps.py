"""An app whose folder moves and whose label stays keeps what is published of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from repository import Repository, migration

SHOP, MOVED = "shop/migrations", "apps/shop/migrations"


@pytest.fixture
def shop(tmp_path: Path) -> Repository:
    """On branch feature the app has moved to ``apps/shop``, and 0002_color is edited."""
    remote = Repository.create(tmp_path / "remote")
    remote.app("shop", "0001_initial", "0002_color", lockfile=True)
    remote.commit()
    remote.git("clone", "-q", str(remote.path), str(tmp_path / "clone"))
    clone = Repository(tmp_path / "clone", remote.env)
    clone.git("checkout", "-q", "-b", "feature")
    (clone.path / "apps").mkdir()
    clone.git("mv", "shop", "apps/shop")
    clone.write(
        f"{MOVED}/0002_color.py", migration(("shop", "0001_initial"), atomic=False)
    )
    clone.commit()
    return clone


def add(repository: Repository, name: str, after: str) -> None:
    repository.write(f"{MOVED}/{name}.py", migration(("shop", after)))
    repository.write(f"{MOVED}/max_migration.txt", f"{name}\n")
    repository.commit()


def test_graph_marks_it_published(shop: Repository) -> None:
    add(shop, "0003_mine", "0002_color")
    assert shop.oneleaf("graph").out == (
        "shop  3 migrations\n"
        "○ 0003_mine   local (feature)\n"
        "● 0002_color  published (origin/main)\n"
        "● 0001_initial\n"
    )


def test_rebase_leaves_it_where_it_is(shop: Repository) -> None:
    add(shop, "0002_a_mine", "0001_initial")
    done = shop.oneleaf("rebase")
    assert done.code == 0, done
    assert sorted(p.name for p in (shop.path / MOVED).glob("0*.py")) == [
        "0001_initial.py",
        "0002_color.py",
        "0003_a_mine.py",
    ]
    assert "atomic = False" in shop.read(f"{MOVED}/0002_color.py")


def test_rebase_knows_what_upstream_added_in_the_old_folder(shop: Repository) -> None:
    add(shop, "0003_mine", "0002_color")
    shop.git("checkout", "-q", "-b", "theirs", "origin/main")
    shop.migration("shop", "0003_theirs", "0002_color")
    shop.write(f"{SHOP}/max_migration.txt", "0003_theirs\n")
    shop.commit()
    shop.git("push", "-q", "origin", "theirs:refs/heads/next")
    shop.git("update-ref", "refs/remotes/origin/main", "theirs")
    shop.git("checkout", "-q", "feature")
    done = shop.oneleaf("rebase")
    assert done.code == 1
    assert "origin/main has new migrations of shop that are not in this" in done.err
    shop.git("merge", "origin/main", ok=(0, 1))
    shop.git("checkout", "-q", "--ours", f"{MOVED}/max_migration.txt")
    shop.add()
    done = shop.oneleaf("rebase")
    assert done.code == 0, done
    assert sorted(p.name for p in (shop.path / MOVED).glob("0003*.py")) == [
        "0003_theirs.py"
    ]
    assert shop.read(f"{MOVED}/max_migration.txt") == "0004_mine\n"


def test_radar_lists_what_a_branch_adds_and_not_what_it_moves(shop: Repository) -> None:
    assert "0001_initial" not in shop.oneleaf("radar", "--days", "0").out
    add(shop, "0003_mine", "0002_color")
    shop.git("push", "-q", "origin", "feature")
    shop.git("checkout", "-q", "main")
    shown = shop.oneleaf("radar", "--days", "0").out
    assert "origin/feature" in shown
    assert "0003_mine" in shown
    assert "0002_color" not in shown


def test_a_name_that_both_sides_took_is_not_taken_for_published(
    tmp_path: Path,
) -> None:
    repository = Repository.create(tmp_path / "repository")
    repository.app("shop", "0001_initial")
    repository.commit()
    repository.migration("shop", "0002_x", "0001_initial")
    repository.commit()
    repository.git("update-ref", "refs/remotes/origin/main", "HEAD")
    repository.git("checkout", "-q", "-b", "feature", "HEAD~1")
    repository.migration("shop", "0002_x", "0001_initial", atomic=False)
    repository.commit()
    assert "○ 0002_x  " in repository.oneleaf("graph").out
    done = repository.oneleaf("rebase")
    assert done.code == 1
    assert "origin/main has new migrations of shop" in done.err
