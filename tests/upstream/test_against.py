"""``check --against``: the merge that nobody made yet, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from repository import Done, Repository, migration

FIELD = """\
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_color")]

    operations = [
        migrations.AddField("item", "size", models.IntegerField(default=%d)),
    ]
"""


@pytest.fixture
def shop(tmp_path: Path) -> Repository:
    """Two apps; ``origin/main`` has a third migration of one, ``main`` another."""
    repository = Repository.create(tmp_path / "repository")
    repository.app("shop", "0001_initial", "0002_color", lockfile=True)
    repository.app("cart", "0001_initial", lockfile=True)
    repository.commit("base")
    repository.git("checkout", "-q", "-b", "published")
    add(repository, "shop", "0003_theirs", "0002_color")
    publish(repository)
    repository.git("checkout", "-q", "main")
    add(repository, "shop", "0003_mine", "0002_color")
    repository.commit("mine")
    return repository


def add(repository: Repository, label: str, name: str, *dependencies: str) -> None:
    """A migration and the lockfile that names it."""
    repository.migration(label, name, *dependencies)
    repository.write(f"{label}/migrations/max_migration.txt", f"{name}\n")


def publish(repository: Repository) -> None:
    """What is checked out becomes ``origin/main``."""
    repository.commit("published")
    repository.git("update-ref", "refs/remotes/origin/main", "HEAD")


def codes(done: Done) -> list[str]:
    """The codes of the findings printed, in order."""
    lines = [line for line in done.out.splitlines() if ": OL" in line]
    return [line.split(": ", 1)[1].split(" ", 1)[0] for line in lines]


def everything(folder: Path) -> dict[str, bytes]:
    """Every file and its content."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_branch_green_by_itself_is_stopped_by_what_upstream_has(
    shop: Repository,
) -> None:
    assert shop.oneleaf("check", "--rev", "HEAD").code == 0
    done = shop.oneleaf("check", "--rev", "HEAD", "--against", "upstream")
    assert done.code == 1
    assert done.out == (
        "shop/migrations/0003_mine.py:1: OL303 app shop conflicts with origin/main"
        " (number 0003 twice, 2 leaf nodes, unresolved merge in max_migration.txt):"
        " yours 0003_mine; theirs 0003_theirs\n"
        "    hint: run `git merge origin/main` or `git rebase origin/main`, then"
        " `oneleaf rebase shop`\n"
    )


def test_it_is_stopped_in_the_hook_before_a_push(shop: Repository) -> None:
    head = shop.git("rev-parse", "HEAD").strip()
    done = shop.oneleaf(
        "check", "--against", "upstream",
        PRE_COMMIT_FROM_REF=shop.git("rev-parse", "HEAD~1").strip(),
        PRE_COMMIT_TO_REF=head,
    )  # fmt: skip
    assert codes(done) == ["OL303"]


def test_the_index_is_merged_too(shop: Repository) -> None:
    shop.git("checkout", "-q", "-b", "other", "HEAD~1")
    assert shop.oneleaf("check", "--against", "origin/main").code == 0
    add(shop, "shop", "0003_staged", "0002_color")
    shop.add()
    assert codes(shop.oneleaf("check", "--against", "origin/main")) == ["OL303"]


def test_json_names_both_states(shop: Repository) -> None:
    ours, theirs = shop.git("rev-parse", "HEAD", "origin/main").split()
    words = ("check", "--against", "upstream", "--output-format", "json")
    assert json.loads(shop.oneleaf(*words).out)["state"] == f"merge:index+{theirs}"
    done = shop.oneleaf(*words, "--rev", "HEAD")
    assert json.loads(done.out)["state"] == f"merge:{ours}+{theirs}"


def test_several_branches_are_judged_in_one_go(shop: Repository) -> None:
    shop.git("branch", "far", "HEAD~1")
    refs = ("--against", "far", "--against", "origin/main", "--against", "published")
    done = shop.oneleaf("check", *refs)
    assert codes(done) == ["OL303", "OL303"]
    assert "conflicts with origin/main" in done.out
    assert "conflicts with published" in done.out


@pytest.mark.parametrize("ref", ["HEAD", "HEAD~1", "ahead"])
def test_nothing_is_said_where_one_contains_the_other(
    shop: Repository, ref: str
) -> None:
    shop.git("checkout", "-q", "-b", "ahead")
    add(shop, "shop", "0004_ahead", "0003_mine")
    shop.commit()
    shop.git("checkout", "-q", "main")
    assert shop.oneleaf("check", "--against", ref, "--rev", "HEAD") == Done(
        0, "", "oneleaf: 2 apps, 4 migrations: one leaf each\n"
    )


def test_a_fault_that_one_side_has_alone_is_not_the_merges(shop: Repository) -> None:
    shop.git("checkout", "-q", "-b", "broken", "HEAD~1")
    shop.migration("cart", "0002_a", "0001_initial")
    shop.migration("cart", "0002_b", "0001_initial")
    shop.commit()
    done = shop.oneleaf("check", "--rev", "HEAD", "--against", "origin/main")
    assert set(codes(done)) == {"OL101", "OL102"}


def test_a_dependency_that_upstream_took_away_is_found(shop: Repository) -> None:
    shop.git("checkout", "-q", "published")
    shop.git("rm", "-qr", "cart/migrations/0001_initial.py")
    shop.write("cart/migrations/0001_begin.py", migration())
    shop.write("cart/migrations/max_migration.txt", "0001_begin\n")
    publish(shop)
    shop.git("checkout", "-q", "-b", "needs", "main~1")
    shop.migration("shop", "0003_needs", "0002_color", "cart.0001_initial")
    shop.write("shop/migrations/max_migration.txt", "0003_needs\n")
    shop.commit()
    done = shop.oneleaf("check", "--rev", "HEAD", "--against", "origin/main")
    assert "in the merge with origin/main: shop.0003_needs depends on" in done.out
    assert done.code == 1


def test_the_same_name_added_on_both_sides_is_an_unresolved_merge(
    shop: Repository,
) -> None:
    shop.git("checkout", "-q", "-b", "same", "HEAD~1")
    shop.migration("shop", "0003_theirs", "0001_initial")
    shop.commit()
    done = shop.oneleaf("check", "--rev", "HEAD", "--against", "origin/main")
    assert "unresolved merge in 0003_theirs.py" in done.out


def test_what_both_touch_is_a_warning(shop: Repository) -> None:
    shop.git("checkout", "-q", "published")
    shop.write("shop/migrations/0003_theirs.py", FIELD % 1)
    publish(shop)
    shop.git("checkout", "-q", "main")
    shop.write("shop/migrations/0003_mine.py", FIELD % 2)
    shop.commit()
    done = shop.oneleaf("check", "--against", "upstream")
    assert codes(done) == ["OL303", "OL304"]
    assert (
        "field shop.Item.size is touched by 0003_mine (`migrations.AddField" in done.out
    )


def test_a_warning_alone_stops_nobody(shop: Repository) -> None:
    shop.write("pyproject.toml", "[tool.oneleaf]\nignore = ['OL303']\n")
    shop.write("shop/migrations/0003_mine.py", FIELD % 2)
    shop.commit()
    shop.git("checkout", "-q", "published")
    shop.write("shop/migrations/0003_theirs.py", FIELD % 1)
    publish(shop)
    shop.git("checkout", "-q", "main")
    done = shop.oneleaf("check", "--against", "upstream")
    assert codes(done) == ["OL304"]
    assert done.code == 0


def test_a_merge_in_progress_comes_from_both_sides(shop: Repository) -> None:
    shop.git("merge", "-q", "origin/main", ok=(1,))
    shop.git("rm", "-qf", "--cached", "shop/migrations/0003_mine.py")
    shop.migration("shop", "0004_mine", "0003_theirs")
    (shop.path / "shop/migrations/0003_mine.py").unlink()
    shop.write("shop/migrations/max_migration.txt", "0004_mine\n")
    shop.add()
    assert shop.oneleaf("check", "--against", "upstream") == Done(0, "", "")


def test_an_index_with_conflicts_is_not_merged_any_further(shop: Repository) -> None:
    shop.git("merge", "-q", "origin/main", ok=(1,))
    done = shop.oneleaf("check", "--against", "published~1")
    assert "OL303" not in done.out
    shop.git("branch", "third", "HEAD~1")
    (shop.path / ".git/MERGE_HEAD").unlink()
    done = shop.oneleaf("check", "--against", "published")
    assert "was not checked: the index has unresolved merges" in done.err
    assert "OL303" not in done.out


def test_a_missing_upstream_is_said_and_stops_nobody(shop: Repository) -> None:
    shop.git("update-ref", "-d", "refs/remotes/origin/main")
    done = shop.oneleaf("check", "--rev", "HEAD~1", "--against", "upstream")
    assert done.code == 0
    assert "the merge with upstream was not checked: no upstream branch" in done.err


def test_a_ref_that_names_nothing_is_wrong_usage(shop: Repository) -> None:
    done = shop.oneleaf("check", "--against", "nowhere")
    assert (done.code, done.out) == (2, "")
    assert "'nowhere' names no commit here" in done.err


def test_unrelated_histories_are_said_and_stop_nobody(shop: Repository) -> None:
    shop.git("checkout", "-q", "--orphan", "island")
    shop.commit()
    done = shop.oneleaf("check", "--rev", "HEAD", "--against", "origin/main")
    assert done.code == 0
    assert "no common history" in done.err


@pytest.mark.parametrize(
    "words",
    [(), ("--all",), ("--rev", "main")],
    ids=["the index", "all of it", "a commit"],
)
def test_nothing_is_written_for_a_criss_cross_merge(
    shop: Repository, words: tuple[str, ...]
) -> None:
    shop.git("checkout", "-q", "-b", "crossed", "published")
    shop.git("merge", "-q", "-s", "ours", "-m", "x", "main")
    shop.write("shop/migrations/0001_initial.py", migration() + "# theirs\n")
    shop.commit()
    shop.git("checkout", "-q", "main")
    shop.git("merge", "-q", "-s", "ours", "-m", "x", "published")
    shop.write("shop/migrations/0001_initial.py", "# mine\n" + migration())
    shop.commit()
    add(shop, "shop", "0004_staged", "0003_mine")
    shop.add()
    before = everything(shop.path)
    done = shop.oneleaf("check", "--against", "crossed", *words)
    assert "OL303" in done.out
    assert everything(shop.path) == before


def test_nothing_is_written_for_one_app(shop: Repository) -> None:
    add(shop, "shop", "0004_staged", "0003_mine")
    shop.add()
    before = everything(shop.path)
    assert codes(shop.oneleaf("check", "--against", "upstream")) == ["OL303"]
    assert everything(shop.path) == before
