"""The hooks under real prek: the same manifest, the same verdicts."""

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


@pytest.fixture
def shop(prek: HookRunner, tmp_path: Path) -> Repository:
    """A project of one app whose hooks are installed."""
    return prek.project(tmp_path / "project")


def head(project: Repository) -> str:
    return project.git("log", "-1", "--format=%s").strip()


def test_a_conflicting_commit_is_blocked_with_the_message(shop: Repository) -> None:
    stage_a_second_leaf(shop)
    refused = shop.git("commit", "-m", "weight", ok=(1,))
    assert f"shop/migrations/0002_weight.py:6: {CONFLICT}" in refused
    assert "hint: run `oneleaf rebase shop`" in refused
    assert head(shop) == "shop"


def test_a_good_commit_passes(shop: Repository) -> None:
    shop.migration("shop", "0003_weight", "0002_color")
    shop.add()
    assert "OL" not in shop.git("commit", "-m", "weight")
    assert head(shop) == "weight"


def test_a_commit_that_only_deletes_is_blocked(shop: Repository) -> None:
    shop.git("rm", "-q", "shop/migrations/0001_initial.py")
    refused = shop.git("commit", "-m", "gone", ok=(1,))
    assert "depends on shop.0001_initial, which does not exist" in refused


def test_a_clean_merge_that_leaves_two_leaves_is_blocked(shop: Repository) -> None:
    branch_with_a_second_leaf(shop)
    assert CONFLICT in shop.git("merge", "--no-edit", "feature", ok=(1,))
    assert head(shop) == "color"


def test_a_clean_cherry_pick_is_blocked(shop: Repository) -> None:
    branch_with_a_second_leaf(shop)
    assert CONFLICT in shop.git("cherry-pick", "feature", ok=(128,))
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


def test_the_rebase_hook_is_silent_in_an_ordinary_commit(shop: Repository) -> None:
    stage_a_second_leaf(shop)
    said = shop.git("commit", "-m", "weight", SKIP="check-django-migrations")
    assert "OL" not in said
    assert head(shop) == "weight"


def test_all_files_means_all_apps(prek: HookRunner, shop: Repository) -> None:
    stage_a_second_leaf(shop)
    shop.commit("an old fault")
    assert CONFLICT in prek.run(shop, "run", "--all-files", ok=(1,)).out


def test_the_fixer_writes_the_lockfile_and_fails_once(
    prek: HookRunner, shop: Repository
) -> None:
    lines = CONFIG.format(source=prek.source)
    shop.write(
        ".pre-commit-config.yaml",
        lines + "      - id: fix-django-migration-lockfiles\n",
    )
    shop.write("shop/migrations/max_migration.txt", "0001_initial\n")
    shop.add()
    refused = shop.git("commit", "-m", "lockfile", ok=(1,))
    assert "Wrote shop/migrations/max_migration.txt" in refused
    shop.add()
    shop.git("commit", "-m", "lockfile")
    assert head(shop) == "lockfile"


def test_the_manifest_is_valid(prek: HookRunner, shop: Repository) -> None:
    manifest = str(Path(__file__).parents[2] / ".pre-commit-hooks.yaml")
    done = prek.run(shop, "validate-manifest", manifest)
    assert "error" not in (done.out + done.err).lower()
