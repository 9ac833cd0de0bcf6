"""The hooks under real pre-commit, on a project of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from e2e.hook_project import (
    CONFIG,
    CONFLICT,
    HookRunner,
    branch_with_a_second_leaf,
    stage_a_second_leaf,
)
from repository import Repository

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]


@pytest.fixture
def shop(pre_commit: HookRunner, tmp_path: Path) -> Repository:
    """A project of one app whose hooks are installed."""
    return pre_commit.project(tmp_path / "project")


def head(project: Repository) -> str:
    return project.git("log", "-1", "--format=%s").strip()


def test_a_conflicting_commit_is_blocked_with_the_message(shop: Repository) -> None:
    stage_a_second_leaf(shop)
    refused = shop.git("commit", "-m", "weight", ok=(1,))
    assert "check django migrations for conflicts" in refused
    assert f"shop/migrations/0002_weight.py:6: {CONFLICT}" in refused
    assert "hint: run `oneleaf rebase shop`" in refused
    assert head(shop) == "shop"


def test_a_good_commit_passes(shop: Repository) -> None:
    shop.migration("shop", "0003_weight", "0002_color")
    shop.add()
    said = shop.git("commit", "-m", "weight")
    assert "Passed" in said
    assert "OL" not in said
    assert head(shop) == "weight"


def test_a_commit_that_only_deletes_is_blocked(shop: Repository) -> None:
    shop.git("rm", "-q", "shop/migrations/0001_initial.py")
    refused = shop.git("commit", "-m", "gone", ok=(1,))
    assert (
        "OL103 shop.0002_color depends on shop.0001_initial, which does not exist"
        in refused
    )


def test_an_unstaged_cure_does_not_let_the_fault_pass(shop: Repository) -> None:
    stage_a_second_leaf(shop)
    shop.migration("shop", "0002_weight", "0002_color")
    assert CONFLICT in shop.git("commit", "-m", "weight", ok=(1,))


def test_a_clean_merge_that_leaves_two_leaves_is_blocked(shop: Repository) -> None:
    branch_with_a_second_leaf(shop)
    refused = shop.git("merge", "--no-edit", "feature", ok=(1,))
    assert CONFLICT in refused
    assert head(shop) == "color"


def test_the_push_of_a_branch_that_is_not_checked_out_is_blocked(
    shop: Repository,
) -> None:
    shop.git("init", "-q", "--bare", "../remote.git")
    shop.git("remote", "add", "origin", "../remote.git")
    shop.git("push", "-q", "origin", "main")
    shop.git("switch", "-q", "-c", "feature")
    stage_a_second_leaf(shop)
    shop.commit("weight")
    shop.git("switch", "-q", "main")
    assert CONFLICT in shop.git("push", "origin", "feature", ok=(1,))
    assert "feature" not in shop.git("ls-remote", "origin")


def test_a_clean_cherry_pick_is_blocked(shop: Repository) -> None:
    branch_with_a_second_leaf(shop)
    assert CONFLICT in shop.git("cherry-pick", "feature", ok=(128,))
    assert head(shop) == "color"


def test_the_revert_that_takes_a_needed_migration_away_is_blocked(
    shop: Repository,
) -> None:
    shop.migration("shop", "0003_size", "0002_color")
    shop.commit("size")
    shop.migration("shop", "0004_weight", "0003_size")
    shop.commit("weight")
    refused = shop.git("revert", "--no-edit", "HEAD~1", ok=(1, 128))
    assert "depends on shop.0003_size, which does not exist" in refused


def test_rebase_continue_is_blocked(shop: Repository) -> None:
    shop.write("notes.txt", "base\n")
    branch_with_a_second_leaf(shop)
    shop.write("notes.txt", "main\n")
    shop.commit("main's notes")
    shop.git("switch", "-q", "feature")
    shop.write("notes.txt", "feature\n")
    shop.add()
    shop.git("commit", "-q", "--amend", "--no-edit", "--no-verify")
    shop.git("rebase", "main", ok=(1,))
    shop.write("notes.txt", "both\n")
    shop.add("notes.txt")
    assert CONFLICT in shop.git("rebase", "--continue", ok=(1,))
    assert head(shop) == "main's notes"


def test_the_rebase_hook_is_silent_in_an_ordinary_commit(shop: Repository) -> None:
    stage_a_second_leaf(shop)
    said = shop.git("commit", "-m", "weight", SKIP="check-django-migrations", ok=(0,))
    assert "OL" not in said
    assert head(shop) == "weight"


def test_all_files_means_all_apps(pre_commit: HookRunner, shop: Repository) -> None:
    stage_a_second_leaf(shop)
    shop.commit("an old fault")
    shop.write("notes.txt", "text")
    shop.add()
    assert "Passed" in shop.git("commit", "-m", "notes")
    done = pre_commit.run(shop, "run", "--all-files", ok=(1,))
    assert CONFLICT in done.out
    shop.git("rm", "-q", "shop/migrations/0002_weight.py")
    shop.commit("mended")
    assert "Passed" in pre_commit.run(shop, "run", "--all-files").out


def test_the_fixer_writes_the_lockfile_and_fails_once(
    pre_commit: HookRunner, shop: Repository
) -> None:
    lines = CONFIG.format(source=pre_commit.source)
    shop.write(
        ".pre-commit-config.yaml",
        lines + "      - id: fix-django-migration-lockfiles\n",
    )
    shop.write("shop/migrations/max_migration.txt", "0001_initial\n")
    shop.add()
    refused = shop.git("commit", "-m", "lockfile", ok=(1,))
    assert "OL202 the lockfile of app shop names 0001_initial" in refused
    assert "Wrote shop/migrations/max_migration.txt" in refused
    assert shop.read("shop/migrations/max_migration.txt") == "0002_color\n"
    shop.add()
    shop.git("commit", "-m", "lockfile")
    assert head(shop) == "lockfile"


def test_modules_of_the_project_do_not_shadow_the_hook(
    shop: Repository,
) -> None:
    for name in ("oneleaf/__init__.py", "ast.py", "os.py", "sitecustomize.py"):
        shop.write(name, f"open({str(shop.path / 'canary')!r}, 'w')\n")
    shop.add()
    shop.git("commit", "-m", "shadows", PYTHONPATH=str(shop.path / "nothing"))
    stage_a_second_leaf(shop)
    assert CONFLICT in shop.git("commit", "-m", "weight", ok=(1,))
    assert not (shop.path / "canary").exists()


def test_the_manifest_is_valid(pre_commit: HookRunner, shop: Repository) -> None:
    manifest = str(ROOT / ".pre-commit-hooks.yaml")
    done = pre_commit.run(shop, "validate-manifest", manifest)
    assert done.out + done.err == ""
