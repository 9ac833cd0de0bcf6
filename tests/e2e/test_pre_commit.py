"""What is particular to the hook runners of the manifest: pre-commit and prek.

What every way to arm a repository must stop stands in ``test_quick_starts``.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from e2e.hook_project import CONFIG, CONFLICT, HookRunner, stage_a_second_leaf
from repository import Repository

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]


@pytest.fixture
def shop(runner: HookRunner, tmp_path: Path) -> Repository:
    """A project of one app whose hooks are installed."""
    return runner.project(tmp_path / "project")


def head(project: Repository) -> str:
    return project.git("log", "-1", "--format=%s").strip()


def test_a_refusal_begins_with_the_name_of_the_hook(shop: Repository) -> None:
    stage_a_second_leaf(shop)
    refused = shop.git("commit", "-m", "weight", ok=(1,))
    name = refused.index("check django migrations for conflicts....")
    assert name < refused.index(f"shop/migrations/0002_weight.py:6: {CONFLICT}")
    assert head(shop) == "shop"


def test_an_unstaged_cure_does_not_let_the_fault_pass(shop: Repository) -> None:
    stage_a_second_leaf(shop)
    shop.migration("shop", "0002_weight", "0002_color")
    assert CONFLICT in shop.git("commit", "-m", "weight", ok=(1,))


def test_a_skipped_check_is_not_made_up_for_by_the_hook_for_rebases(
    shop: Repository,
) -> None:
    stage_a_second_leaf(shop)
    said = shop.git("commit", "-m", "weight", SKIP="check-django-migrations")
    assert "OL" not in said
    assert head(shop) == "weight"


def test_all_files_means_all_apps(runner: HookRunner, shop: Repository) -> None:
    stage_a_second_leaf(shop)
    shop.commit("an old fault")
    shop.write("notes.txt", "text")
    shop.add()
    assert "Passed" in shop.git("commit", "-m", "notes")
    assert CONFLICT in runner.run(shop, "run", "--all-files", ok=(1,)).out
    shop.git("rm", "-q", "shop/migrations/0002_weight.py")
    shop.commit("mended")
    assert "Passed" in runner.run(shop, "run", "--all-files").out


def test_the_fixer_writes_the_lockfile_and_fails_once(
    runner: HookRunner, shop: Repository
) -> None:
    lines = CONFIG.format(source=runner.source)
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


def test_modules_of_the_project_do_not_shadow_the_hook(shop: Repository) -> None:
    for name in ("oneleaf/__init__.py", "ast.py", "os.py", "sitecustomize.py"):
        shop.write(name, f"open({str(shop.path / 'canary')!r}, 'w')\n")
    shop.add()
    shop.git("commit", "-m", "shadows", PYTHONPATH=str(shop.path / "nothing"))
    stage_a_second_leaf(shop)
    assert CONFLICT in shop.git("commit", "-m", "weight", ok=(1,))
    assert not (shop.path / "canary").exists()


def test_the_manifest_is_valid(runner: HookRunner, shop: Repository) -> None:
    manifest = str(ROOT / ".pre-commit-hooks.yaml")
    done = runner.run(shop, "validate-manifest", manifest)
    said = (done.out + done.err).lower()
    assert [word for word in ("warning", "error", "invalid") if word in said] == []
