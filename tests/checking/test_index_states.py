"""The index is what is judged: every way a commit can differ from the work tree."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from programs import script
from repository import ONELEAF, Done, Repository, migration

CONFLICT = "OL102 app shop has 2 leaf nodes: 0002_color, 0002_weight"


def codes(done: Done) -> list[str]:
    """The codes of the findings printed, in order."""
    lines = [line for line in done.out.splitlines() if not line.startswith("    ")]
    return [line.split(": ", 1)[1].split(" ", 1)[0] for line in lines if ": OL" in line]


@pytest.fixture
def shop(tmp_path: Path) -> Repository:
    """A repository with one app, ``shop``, of two migrations."""
    repository = Repository.create(tmp_path / "repository")
    repository.app("shop", "0001_initial", "0002_color")
    repository.commit("shop")
    return repository


def test_a_second_leaf_in_the_index_is_found(shop: Repository) -> None:
    shop.migration("shop", "0002_weight", "0001_initial")
    shop.add()
    done = shop.oneleaf("check")
    assert done.code == 1
    assert codes(done) == ["OL101", "OL102"]
    assert CONFLICT in done.out
    assert "hint: run `oneleaf rebase shop`" in done.out


def test_a_linear_addition_is_silent(shop: Repository) -> None:
    shop.migration("shop", "0003_weight", "0002_color")
    shop.add()
    assert shop.oneleaf("check") == Done(0, "", "")


def test_an_untracked_second_leaf_is_not_judged(shop: Repository) -> None:
    shop.migration("shop", "0002_weight", "0001_initial")
    assert shop.oneleaf("check", "shop").code == 0


def test_an_intended_addition_is_not_judged(shop: Repository) -> None:
    shop.migration("shop", "0002_weight", "0001_initial")
    shop.git("add", "-N", "shop/migrations/0002_weight.py")
    for scope in ((), ("shop",), ("--all",)):
        assert shop.oneleaf("check", *scope).code == 0, scope


def test_an_empty_migration_that_is_staged_is_no_intended_addition(
    shop: Repository,
) -> None:
    shop.write("shop/migrations/0003_empty.py", "")
    shop.add()
    assert codes(shop.oneleaf("check")) == ["OL105"]


def test_an_unstaged_cure_does_not_hide_the_staged_fault(shop: Repository) -> None:
    shop.migration("shop", "0002_weight", "0001_initial")
    shop.add()
    shop.migration("shop", "0002_weight", "0002_color")
    assert "OL102" in codes(shop.oneleaf("check"))


def test_an_unstaged_fault_over_a_staged_cure_is_not_judged(shop: Repository) -> None:
    shop.migration("shop", "0003_weight", "0002_color")
    shop.add()
    shop.migration("shop", "0003_weight", "0001_initial")
    assert shop.oneleaf("check").code == 0


def test_a_commit_that_only_deletes_is_judged(shop: Repository) -> None:
    shop.app("cart", "0001_initial")
    shop.migration("cart", "0002_item", "0001_initial", "shop.0002_color")
    shop.commit("cart")
    shop.git("rm", "-q", "shop/migrations/0002_color.py")
    done = shop.oneleaf("check")
    assert codes(done) == ["OL103"]
    assert "cart.0002_item depends on shop.0002_color, which does not exist" in done.out


def test_a_renamed_migration_whose_dependents_kept_the_old_name_is_found(
    shop: Repository,
) -> None:
    shop.migration("shop", "0003_size", "0002_color")
    shop.commit()
    shop.git("mv", "shop/migrations/0002_color.py", "shop/migrations/0002_colour.py")
    done = shop.oneleaf("check")
    assert "OL103" in codes(done)
    assert "0002_color, which does not exist" in done.out


def hooked(repository: Repository) -> Repository:
    """Installs ``oneleaf check`` as the pre-commit hook, without a framework."""
    text = f"#!/bin/sh\nexec {shlex.join(ONELEAF)} check\n"
    script(repository.path / ".git/hooks/pre-commit", text)
    return repository


def test_commit_with_a_path_judges_that_path_alone(shop: Repository) -> None:
    hooked(shop)
    shop.migration("shop", "0002_weight", "0001_initial")
    shop.write("readme.txt", "text")
    shop.add()
    shop.git("commit", "-q", "-m", "text only", "readme.txt")
    refused = shop.git(
        "commit", "-q", "-m", "both", "shop/migrations/0002_weight.py", ok=(1,)
    )
    assert CONFLICT in refused


def test_commit_all_judges_what_it_stages_on_the_way(shop: Repository) -> None:
    hooked(shop)
    shop.migration("shop", "0003_size", "0002_color")
    shop.commit("good")
    shop.migration("shop", "0003_size", "0001_initial")
    refused = shop.git("commit", "-q", "-a", "-m", "bad", ok=(1,))
    assert "OL102 app shop has 2 leaf nodes: 0002_color, 0003_size" in refused


def test_amend_judges_the_commit_it_makes(shop: Repository) -> None:
    hooked(shop)
    shop.write("readme.txt", "text")
    shop.add()
    shop.git("commit", "-q", "-m", "good")
    shop.migration("shop", "0002_weight", "0001_initial")
    shop.add()
    assert CONFLICT in shop.git("commit", "-q", "--amend", "-m", "bad", ok=(1,))


def test_amending_only_the_message_judges_everything(shop: Repository) -> None:
    shop.migration("shop", "0002_weight", "0001_initial")
    shop.commit("bad")
    hooked(shop)
    assert CONFLICT in shop.git("commit", "-q", "--amend", "-m", "words", ok=(1,))


def test_the_first_commit_of_a_repository_is_judged(tmp_path: Path) -> None:
    repository = Repository.create(tmp_path / "new")
    repository.app("shop", "0001_initial", "0002_color")
    repository.migration("shop", "0002_weight", "0001_initial")
    repository.add()
    assert "OL102" in codes(repository.oneleaf("check"))


def test_an_empty_repository_is_clean(tmp_path: Path) -> None:
    repository = Repository.create(tmp_path / "new")
    done = repository.oneleaf("check")
    assert (done.code, done.out) == (0, "")
    assert done.err == "oneleaf: no app with migrations in index\n"


def test_unmerged_entries_are_found(shop: Repository) -> None:
    shop.git("switch", "-q", "-c", "feature")
    shop.write(
        "shop/migrations/0002_color.py",
        migration(("shop", "0001_initial"), atomic=True),
    )
    shop.commit("theirs")
    shop.git("switch", "-q", "main")
    shop.write(
        "shop/migrations/0002_color.py",
        migration(("shop", "0001_initial"), atomic=False),
    )
    shop.commit("ours")
    shop.git("merge", "-q", "feature", ok=(1,))
    for scope in ((), ("--all",), ("shop",)):
        done = shop.oneleaf("check", *scope)
        assert codes(done) == ["OL106"], scope
        assert done.code == 1


def test_conflict_markers_that_were_committed_are_found(shop: Repository) -> None:
    source = shop.read("shop/migrations/0002_color.py")
    marked = source.replace(
        "    operations", "<<<<<<< HEAD\n=======\n>>>>>>> feature\n    operations"
    )
    shop.write("shop/migrations/0002_color.py", marked)
    shop.add()
    done = shop.oneleaf("check")
    assert codes(done) == ["OL106"]
    assert "0002_color.py:10:" in done.out


def test_a_linked_worktree_is_judged_by_its_own_index(shop: Repository) -> None:
    shop.git("worktree", "add", "-q", "-b", "side", "../side")
    side = Repository(shop.path.parent / "side", shop.env)
    side.migration("shop", "0002_weight", "0001_initial")
    side.add()
    assert "OL102" in codes(side.oneleaf("check"))
    assert shop.oneleaf("check").code == 0


@pytest.mark.parametrize("cwd", ["shop", "shop/migrations"])
def test_a_sub_directory_is_as_good_as_the_top(shop: Repository, cwd: str) -> None:
    shop.migration("shop", "0002_weight", "0001_initial")
    shop.add()
    assert "OL102" in codes(shop.oneleaf("check", cwd=cwd))
    assert "OL102" in codes(shop.oneleaf("check", "--all", cwd=cwd))
    assert "OL102" in codes(shop.oneleaf("check", ".", cwd=cwd))


def test_a_sparse_checkout_is_judged_by_its_index(shop: Repository) -> None:
    shop.write("docs/index.txt", "text")
    shop.commit()
    shop.git("sparse-checkout", "set", "--cone", "docs")
    assert not (shop.path / "shop").exists()
    shop.git("rm", "-q", "--sparse", "shop/migrations/0001_initial.py")
    assert codes(shop.oneleaf("check")) == ["OL103"]


def test_a_shallow_clone_is_judged(shop: Repository, tmp_path: Path) -> None:
    shop.migration("shop", "0003_size", "0002_color")
    shop.commit()
    shop.git(
        "clone", "-q", "--depth", "1", f"file://{shop.path}", str(tmp_path / "shallow")
    )
    clone = Repository(tmp_path / "shallow", shop.env)
    assert clone.oneleaf("check", "--all").code == 0
    clone.migration("shop", "0003_weight", "0002_color")
    clone.add()
    assert "OL102" in codes(clone.oneleaf("check"))


def test_a_pushed_branch_is_judged_while_another_is_checked_out(
    shop: Repository,
) -> None:
    shop.git("switch", "-q", "-c", "feature")
    shop.migration("shop", "0002_weight", "0001_initial")
    pushed = shop.commit("bad")
    shop.git("switch", "-q", "main")
    done = shop.oneleaf("check", PRE_COMMIT_FROM_REF="main", PRE_COMMIT_TO_REF=pushed)
    assert CONFLICT in done.out
    assert shop.oneleaf("check", "--from-ref", "main", "--to-ref", "feature").code == 1
    assert shop.oneleaf("check", "--rev", "feature").code == 1
    assert shop.oneleaf("check", "--rev", "main").code == 0
    assert shop.oneleaf("check").code == 0


def test_a_range_that_touches_no_migration_is_not_blocked_by_old_faults(
    shop: Repository,
) -> None:
    shop.migration("shop", "0002_weight", "0001_initial")
    base = shop.commit("bad")
    shop.write("readme.txt", "text")
    shop.commit("good")
    assert shop.oneleaf("check", "--from-ref", base, "--to-ref", "HEAD").code == 0


def test_the_deletion_of_a_branch_can_be_pushed(shop: Repository) -> None:
    zeros = "0" * 40
    done = shop.oneleaf("check", PRE_COMMIT_FROM_REF="main", PRE_COMMIT_TO_REF=zeros)
    assert done.code == 0


def test_a_commit_that_touches_no_migration_is_not_blocked_by_old_faults(
    shop: Repository,
) -> None:
    shop.migration("shop", "0002_weight", "0001_initial")
    shop.commit("bad")
    shop.write("readme.txt", "text")
    shop.add()
    assert shop.oneleaf("check") == Done(0, "", "")
    assert shop.oneleaf("check", "--all").code == 1


def test_names_alone_never_limit_what_is_looked_at(shop: Repository) -> None:
    shop.app("cart", "0001_initial")
    shop.commit()
    shop.migration("shop", "0002_weight", "0001_initial")
    shop.add()
    assert "OL102" in codes(shop.oneleaf("check", "cart/migrations/0001_initial.py"))


def test_a_symbolic_link_to_a_migration_is_read_through(shop: Repository) -> None:
    shop.git("mv", "shop/migrations/0002_color.py", "shop/color_source.py")
    (shop.path / "shop/migrations/0002_color.py").symlink_to("../color_source.py")
    shop.add()
    assert shop.oneleaf("check").code == 0
    assert shop.oneleaf("check", "--all").code == 0


def test_a_symbolic_link_out_of_the_repository_cannot_be_read(shop: Repository) -> None:
    (shop.path / "shop/migrations/0003_far.py").symlink_to("/etc/hostname")
    shop.add()
    assert codes(shop.oneleaf("check")) == ["OL105"]


def test_the_state_is_named_in_json(shop: Repository) -> None:
    head = shop.git("rev-parse", "HEAD").strip()
    report = json.loads(shop.oneleaf("check", "--all", "--output-format", "json").out)
    assert report == {
        "version": 1,
        "state": "index",
        "apps": 1,
        "migrations": 2,
        "findings": [],
    }
    report = json.loads(
        shop.oneleaf("check", "--rev", "HEAD", "--output-format=json").out
    )
    assert report["state"] == f"commit:{head}"


def test_outside_a_repository_the_reason_is_said(tmp_path: Path) -> None:
    repository = Repository.create(tmp_path / "repository")
    (tmp_path / "outside").mkdir()
    outside = Repository(tmp_path / "outside", repository.env)
    for words in (("check",), ("check", "--rev", "HEAD"), ("lock",)):
        done = outside.oneleaf(*words)
        assert done.code == 2, words
        assert done.err == (
            "oneleaf: this is not inside a git repository; run oneleaf in one\n"
        )


def test_without_git_the_reason_is_said(shop: Repository, tmp_path: Path) -> None:
    done = shop.oneleaf("check", PATH=str(tmp_path))
    assert done == Done(
        2, "", "oneleaf: git was not found on PATH; install git, or put it on PATH\n"
    )
