"""Rows of the README's "Troubleshooting" that no other test plays: symptom, then cure."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from e2e import transcript_scenarios
from e2e.transcript_scenarios import LOCK
from oneleaf import demo
from repository import Repository

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

SHOP_LOCK = f"shop/migrations/{LOCK}"

Situation = Callable[[str], Repository]


@pytest.fixture
def situation(tmp_path: Path) -> Situation:
    """A scenario of the transcripts, by its name."""
    return lambda name: transcript_scenarios.build(name, tmp_path)


def quiet(repository: Repository) -> bool:
    done = repository.oneleaf("check", "--all")
    return done.code == 0 and not done.out


def test_a_resolution_that_rerere_brought_back_is_forgotten(
    situation: Situation,
) -> None:
    shop = situation("OL303")
    shop.git("config", "--remove-section", "merge.oneleaf")
    for name in ("enabled", "autoupdate"):
        shop.git("config", f"rerere.{name}", "true")
    shop.git("merge", "main", ok=(1,))
    assert shop.oneleaf("rebase").code == 0
    shop.git("merge", "--continue")
    shop.git("reset", "-q", "--hard", "HEAD^")
    shop.git("merge", "main", ok=(1,))
    assert shop.read(SHOP_LOCK) == "0003_color\n"  # there is no such migration yet
    assert shop.oneleaf("check").code == 1
    shop.git("rerere", "forget", SHOP_LOCK)
    shop.git("config", "rerere.autoupdate", "false")
    assert shop.oneleaf("rebase").code == 0
    shop.git("merge", "--continue")
    assert quiet(shop)


@pytest.mark.parametrize("operation", ["merge", "rebase"])
def test_what_rebase_moved_is_taken_back_by_gits_abort(
    situation: Situation, operation: str
) -> None:
    shop = situation("OL303")
    before = shop.git("ls-tree", "-r", "HEAD")
    shop.git(operation, "main", ok=(1,))
    assert shop.oneleaf("rebase").code == 0
    shop.git(operation, "--abort")
    assert shop.git("status", "--porcelain") == ""
    assert shop.git("ls-tree", "-r", "HEAD") == before


def test_the_lockfile_follows_a_merge_migration_that_django_wrote(
    situation: Situation,
) -> None:
    shop = situation("merge")
    shop.git("merge", "main", ok=(1,))
    command = "python manage.py makemigrations --merge --noinput -v0"
    shop.run("sh", "-c", command, ok=(0,))
    shop.git("add", "shop/migrations/*.py")
    shop.git("checkout", "-q", "--ours", SHOP_LOCK)
    shop.git("add", SHOP_LOCK)
    assert "OL202" in shop.oneleaf("check").out
    assert shop.oneleaf("lock").code == 1
    shop.git("add", SHOP_LOCK)
    assert quiet(shop)


def test_one_migration_more_says_what_both_sides_did_to_one_model(
    situation: Situation,
) -> None:
    shop = situation("merge")
    shop.git("reset", "-q", "--hard", "HEAD^")

    def options(*lines: str) -> None:
        meta = "".join(f"        {line}\n" for line in lines)
        shop.write("shop/models.py", f"{demo.models()}\n    class Meta:\n{meta}")

    def migrate(name: str) -> None:
        words = ("makemigrations", "-v0", "shop", "-n", name)
        shop.run("python", "manage.py", *words, ok=(0,))
        shop.write(SHOP_LOCK, f"0002_{name}\n")
        shop.commit(name)

    options('ordering = ["code"]')
    migrate("ordering")
    shop.git("switch", "-q", "main")
    shop.git("reset", "-q", "--hard", "HEAD^")
    options('verbose_name = "box"')
    migrate("verbose")
    shop.git("push", "-q", "--force")
    shop.git("switch", "-q", "color")
    shop.git("merge", "main", ok=(1,))
    options('ordering = ["code"]', 'verbose_name = "box"')
    shop.add("shop/models.py")
    assert shop.oneleaf("rebase").code == 0
    shop.git("merge", "--continue")
    check = ("python", "manage.py", "makemigrations", "--check", "--dry-run", "-v0")
    assert shop.run(*check).code == 1
    migrate("both")
    assert shop.run(*check).code == 0


def test_a_helper_module_is_quiet_with_an_underscore(situation: Situation) -> None:
    shop = situation("OL202")
    shop.oneleaf("lock")
    shop.write("shop/migrations/helpers.py", "ANSWER = 42\n")
    shop.add()
    assert "OL105" in shop.oneleaf("check", "--all").out
    shop.git("mv", "shop/migrations/helpers.py", "shop/migrations/_helpers.py")
    assert quiet(shop)


def test_an_upstream_of_another_name_is_asked_from_the_remote(
    situation: Situation,
) -> None:
    shop = situation("OL303")
    shop.git("push", "-q", "origin", "origin/main:refs/heads/trunk")
    bare = str(shop.path.parent / "origin.git")
    shop.git("--git-dir", bare, "symbolic-ref", "HEAD", "refs/heads/trunk")
    shop.git("push", "-q", "--delete", "origin", "main")
    shop.git("remote", "set-head", "origin", "--delete")
    shop.git("fetch", "-q", "--prune", "origin")
    shop.git("branch", "-q", "-m", "main", "trunk")
    shop.git("merge", "trunk", ok=(1,))
    assert "nothing tells which side is published" in shop.oneleaf("rebase").out
    shop.git("remote", "set-head", "origin", "--auto")
    assert shop.oneleaf("rebase").code == 0
    shop.git("merge", "--continue")
    assert quiet(shop)


def test_pre_commit_says_that_it_will_not_install(situation: Situation) -> None:
    shop = situation("OL201")
    shop.git("config", "core.hooksPath", ".husky/_")
    done = shop.run(sys.executable, "-m", "pre_commit", "install")
    assert "Cowardly refusing to install hooks" in done.out + done.err
