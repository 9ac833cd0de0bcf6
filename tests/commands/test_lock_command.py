"""``oneleaf lock``: lockfiles that name the leaf nodes of the index."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from repository import Done, Repository, migration

OWN = "shop/migrations/max_migration.txt"
SHARED = "migrations/latest.txt"
CONFIGURED = f"[tool.oneleaf]\nlockfile = '{SHARED}'\n"


@pytest.fixture
def shop(tmp_path: Path) -> Repository:
    """One app, ``shop``, without lockfiles."""
    repository = Repository.create(tmp_path / "repository")
    repository.app("shop", "0001_initial", "0002_color")
    repository.commit("shop")
    return repository


@pytest.fixture
def locked(shop: Repository) -> Repository:
    """The same with a lockfile that is right."""
    shop.write(OWN, "0002_color\n")
    shop.commit("locked")
    return shop


def staged(repository: Repository) -> str:
    return repository.git("diff", "--cached", "--name-status")


def test_where_no_lockfile_is_used_nothing_is_written(shop: Repository) -> None:
    assert shop.oneleaf("lock") == Done(0, "", "")
    assert shop.git("status", "--short") == ""


def test_init_creates_a_lockfile_per_app(shop: Repository) -> None:
    shop.app("cart", "0001_initial")
    shop.app("empty")
    shop.commit()
    done = shop.oneleaf("lock", "--init")
    assert done == Done(
        1,
        "Wrote cart/migrations/max_migration.txt\n"
        "Wrote shop/migrations/max_migration.txt\n"
        "    hint: git add cart/migrations/max_migration.txt"
        " shop/migrations/max_migration.txt\n",
        "",
    )
    assert (shop.path / OWN).read_bytes() == b"0002_color\n"
    assert shop.oneleaf("lock", "--init") == Done(0, "", "")


def test_a_stale_lockfile_is_written_and_ends_with_1_but_is_not_staged(
    locked: Repository,
) -> None:
    locked.migration("shop", "0003_size", "0002_color")
    locked.add()
    before = staged(locked)
    done = locked.oneleaf("lock")
    assert done == Done(1, f"Wrote {OWN}\n    hint: git add {OWN}\n", "")
    assert locked.read(OWN) == "0003_size\n"
    assert staged(locked) == before
    assert locked.oneleaf("lock") == Done(0, "", "")


def test_what_was_written_is_what_the_check_wants(locked: Repository) -> None:
    locked.migration("shop", "0003_size", "0002_color")
    locked.add()
    assert locked.oneleaf("check").code == 1
    locked.oneleaf("lock")
    locked.add()
    assert locked.oneleaf("check").code == 0


@pytest.mark.parametrize("content", ["", "0001_initial\n0002_color\n", b"\xe9\x00"])
def test_a_malformed_lockfile_is_written_anew(
    locked: Repository, content: str | bytes
) -> None:
    locked.write(OWN, content)
    locked.add()
    assert locked.oneleaf("lock").code == 1
    assert locked.read(OWN) == "0002_color\n"


def test_the_migrations_of_the_index_count_not_those_of_the_work_tree(
    locked: Repository,
) -> None:
    locked.migration("shop", "0003_size", "0002_color")
    assert locked.oneleaf("lock").code == 0


def test_a_lockfile_that_only_the_work_tree_lacks_comes_back(
    locked: Repository,
) -> None:
    (locked.path / OWN).unlink()
    assert locked.oneleaf("lock").code == 1
    assert locked.read(OWN) == "0002_color\n"


def test_a_lockfile_checked_out_with_cr_is_right(locked: Repository) -> None:
    locked.write(OWN, b"0002_color\r\n")
    assert locked.oneleaf("lock") == Done(0, "", "")


def test_check_writes_nothing(locked: Repository) -> None:
    locked.migration("shop", "0003_size", "0002_color")
    locked.add()
    assert locked.oneleaf("lock", "--check") == Done(1, f"Would write {OWN}\n", "")
    assert locked.read(OWN) == "0002_color\n"


def test_only_the_apps_named_are_written(locked: Repository) -> None:
    locked.app("cart", "0001_initial")
    locked.write("cart/migrations/max_migration.txt", "0001_x\n")
    locked.write(OWN, "0001_initial\n")
    locked.add()
    assert locked.oneleaf("lock", "cart").code == 1
    assert locked.read("cart/migrations/max_migration.txt") == "0001_initial\n"
    assert locked.read(OWN) == "0001_initial\n"


def test_an_unknown_app_is_refused(locked: Repository) -> None:
    assert locked.oneleaf("lock", "sho") == Done(
        2, "", "oneleaf: no app 'sho' in the index; it has shop\n"
    )


def test_several_leaf_nodes_are_refused_and_nothing_is_written(
    locked: Repository,
) -> None:
    locked.app("cart", "0001_initial")
    locked.write("cart/migrations/max_migration.txt", "0001_x\n")
    locked.migration("shop", "0002_weight", "0001_initial")
    locked.add()
    assert locked.oneleaf("lock") == Done(
        1,
        "",
        "oneleaf: app shop has 2 leaf nodes: 0002_color, 0002_weight;"
        " nothing was changed; run `oneleaf check shop/migrations` first\n",
    )
    assert locked.read("cart/migrations/max_migration.txt") == "0001_x\n"


def test_a_history_that_cannot_be_read_is_refused(locked: Repository) -> None:
    locked.write("shop/migrations/0003_size.py", "class Migration(\n")
    locked.add()
    done = locked.oneleaf("lock")
    assert (done.code, done.err) == (
        1,
        "oneleaf: the history of app shop cannot be read whole; nothing was changed;"
        " run `oneleaf check shop/migrations` to see where\n",
    )
    assert locked.read(OWN) == "0002_color\n"


def test_a_migration_in_conflict_is_no_leaf_node_to_write(locked: Repository) -> None:
    for branch, mark in (("topic", "# b\n"), ("main", "# a\n")):
        locked.git("checkout", "-q", *(["-b"] if branch == "topic" else []), branch)
        text = mark + migration(("shop", "0002_color"))
        locked.write("shop/migrations/0003_size.py", text)
        locked.write(OWN, "0003_size\n")
        locked.commit()
    locked.git("merge", "topic", ok=(1,))
    assert locked.oneleaf("lock") == Done(
        1,
        "",
        "oneleaf: shop/migrations/0003_size.py is in conflict itself; edit it and"
        " `git add` it first\n",
    )
    assert locked.read(OWN) == "0003_size\n"


def test_a_link_out_of_the_repository_is_not_followed(
    locked: Repository, tmp_path: Path
) -> None:
    target = tmp_path / "elsewhere.txt"
    target.write_text("mine\n", encoding="utf-8")
    (locked.path / OWN).unlink()
    (locked.path / OWN).symlink_to(target)
    assert locked.oneleaf("lock") == Done(
        1,
        "",
        f"oneleaf: {OWN} is a link that leads out of the repository;"
        " nothing was changed\n",
    )
    assert target.read_text(encoding="utf-8") == "mine\n"


def test_a_folder_that_leads_out_of_the_repository_is_not_followed(
    locked: Repository, tmp_path: Path
) -> None:
    (locked.path / "shop").rename(tmp_path / "shop")
    (locked.path / "shop").symlink_to(tmp_path / "shop")
    (tmp_path / "shop/migrations/max_migration.txt").write_text("x\n", "utf-8")
    assert locked.oneleaf("lock").code == 1
    written = (tmp_path / "shop/migrations/max_migration.txt").read_text("utf-8")
    assert written == "x\n"


def test_from_a_sub_directory_the_same_files_are_written(locked: Repository) -> None:
    locked.write(OWN, "0001_initial\n")
    locked.add()
    assert locked.oneleaf("lock", cwd="shop/migrations").code == 1
    assert locked.read(OWN) == "0002_color\n"


def test_json_says_what_was_written(locked: Repository) -> None:
    locked.write(OWN, "0001_initial\n")
    locked.add()
    words = ("lock", "--output-format", "json")
    expected = {
        "version": 1,
        "applied": False,
        "apps": [
            {
                "app": "shop",
                "upstream": [],
                "moved": [],
                "dropped": [],
                "edited": [],
                "lockfile": OWN,
                "refused": None,
            }
        ],
    }
    would = locked.oneleaf(*words, "--check")
    assert (would.code, json.loads(would.out)) == (1, expected)
    did = locked.oneleaf(*words)
    assert (did.code, json.loads(did.out)) == (1, {**expected, "applied": True})
    again = locked.oneleaf(*words)
    assert (again.code, json.loads(again.out)) == (0, expected)


def test_init_writes_the_shared_lockfile(shop: Repository) -> None:
    shop.app("cart", "0001_initial")
    shop.write("pyproject.toml", CONFIGURED)
    shop.commit()
    assert shop.oneleaf("lock") == Done(0, "", "")
    assert shop.oneleaf("lock", "--init").code == 1
    text = shop.read(SHARED)
    header, _, entries = text.partition("\n\n")
    assert all(line.startswith("# ") for line in header.splitlines())
    assert entries == "cart: 0001_initial\n\nshop: 0002_color\n"
    shop.add()
    assert shop.oneleaf("check", "--all").code == 0


def test_the_shared_lockfile_keeps_its_comments_and_the_apps_not_named(
    shop: Repository,
) -> None:
    shop.app("cart", "0001_initial")
    shop.write("pyproject.toml", CONFIGURED)
    shop.write(SHARED, "# ours\n\ncart: 0001_x\n\nold: 0001_y\n\nshop: 0001_initial\n")
    shop.commit()
    assert shop.oneleaf("lock", "shop").code == 1
    assert shop.read(SHARED) == "# ours\n\ncart: 0001_x\n\nshop: 0002_color\n"
    shop.add()
    assert shop.oneleaf("lock").code == 1
    assert shop.read(SHARED) == "# ours\n\ncart: 0001_initial\n\nshop: 0002_color\n"


def test_a_shared_lockfile_that_cannot_be_read_is_written_anew_for_all_apps(
    shop: Repository,
) -> None:
    shop.app("cart", "0001_initial")
    shop.app("people", "0001_initial")
    shop.write("pyproject.toml", CONFIGURED)
    shop.write(SHARED, "# ours\n\nshop: 0002_color\ncart 0001_initial\n")
    shop.commit()
    assert shop.oneleaf("lock").code == 1
    assert shop.read(SHARED) == (
        "# ours\n\ncart: 0001_initial\n\npeople: 0001_initial\n\nshop: 0002_color\n"
    )


SENTRY = """\
Django Migrations Lockfile

This file helps us avoid migration conflicts on master.
If you have a conflict migration here on a PR, then you need to rebase.

To resolve this, rebase against latest master and regenerate your migration.
This file will then be regenerated, and you should be able to merge without conflicts.

cart: 0001_x

shop: 0001_initial
"""
COMMCARE = """\
# This file is generated
cart
 0001_x
auth
 0001_initial
 0012_alter_user_first_name_max_length
shop
 0001_initial
 0002_color (2 squashed migrations)
"""


def test_init_takes_over_from_sentry(shop: Repository) -> None:
    shop.write("migrations_lockfile.txt", SENTRY)
    shop.commit()
    done = shop.oneleaf("lock", "--init")
    assert shop.read(OWN) == "0002_color\n"
    assert done.err == (
        "oneleaf: migrations_lockfile.txt: Sentry; no longer needed:"
        " `git rm migrations_lockfile.txt`\n"
        "oneleaf: migrations_lockfile.txt: names 0001_initial for app shop, but the"
        " leaf node is 0002_color\n"
    )
    assert shop.read("migrations_lockfile.txt") == SENTRY


def test_init_takes_over_from_commcare(shop: Repository) -> None:
    shop.write("migrations.lock", COMMCARE)
    shop.commit()
    done = shop.oneleaf("lock", "--init")
    assert (done.code, shop.read(OWN)) == (1, "0002_color\n")
    assert done.err == (
        "oneleaf: migrations.lock: CommCare HQ; no longer needed:"
        " `git rm migrations.lock`\n"
    )


def test_init_can_take_over_the_very_file_of_sentry(shop: Repository) -> None:
    shop.write("migrations_lockfile.txt", SENTRY)
    shop.write(
        "pyproject.toml", "[tool.oneleaf]\nlockfile = './migrations_lockfile.txt'\n"
    )
    shop.commit()
    done = shop.oneleaf("lock", "--init")
    assert done.code == 1
    assert shop.read("migrations_lockfile.txt").endswith("\n\nshop: 0002_color\n")
    assert "git rm" not in done.err
    shop.add()
    assert shop.oneleaf("check", "--all").code == 0


MANAGE = "import sys\nfrom django.core.management import execute_from_command_line\n"
SETTINGS = """\
SECRET_KEY = "x"
INSTALLED_APPS = ["django_linear_migrations", "shop", "cart"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
"""


@pytest.fixture
def linear(shop: Repository) -> Repository:
    """A Django project that has django-linear-migrations installed."""
    shop.app("cart", "0001_initial", "0002_item")
    shop.write(
        "cart/migrations/0001_squashed_0002_item.py",
        migration(replaces=[("cart", "0001_initial"), ("cart", "0002_item")]),
    )
    shop.write(
        "manage.py",
        MANAGE + "sys.path.insert(0, '.')\nexecute_from_command_line(sys.argv)\n",
    )
    shop.write("settings.py", SETTINGS)
    shop.commit()
    return shop


def manage(repository: Repository, *words: str) -> Done:
    return repository.run(
        sys.executable, "manage.py", *words, DJANGO_SETTINGS_MODULE="settings"
    )


def test_django_linear_migrations_accepts_what_was_written(
    linear: Repository,
) -> None:
    without = manage(linear, "check")
    assert "dlm.E001" in without.err
    linear.oneleaf("lock", "--init")
    done = manage(linear, "check")
    assert (done.code, done.err) == (0, "")
    assert "no issues" in done.out


def test_what_django_linear_migrations_writes_is_right(linear: Repository) -> None:
    done = manage(linear, "create_max_migration_files")
    assert done.code == 0
    theirs = {
        path: (linear.path / path).read_bytes()
        for path in (OWN, "cart/migrations/max_migration.txt")
    }
    linear.add()
    assert linear.oneleaf("check", "--all").code == 0
    assert linear.oneleaf("lock", "--init") == Done(0, "", "")
    for path in theirs:
        (linear.path / path).unlink()
    linear.oneleaf("lock", "--init")
    assert {path: (linear.path / path).read_bytes() for path in theirs} == theirs
