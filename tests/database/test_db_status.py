"""``oneleaf db status``: what the databases hold that the files do not explain."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import servers
from django_shop import ITEM, TAG, Shop, add_field

pytestmark = pytest.mark.e2e


class Place:
    """A project and its database."""

    def __init__(self, shop: Shop, database: servers.Database) -> None:
        self.shop = shop
        self.database = database

    def found(self, *kinds: str) -> list[str]:
        """What is said of these kinds of troubles in the default database."""
        (report,) = self.shop.status()["databases"]
        return [f["message"] for f in report["findings"] if f["kind"] in kinds]


def places(folder: Path, vendor: str) -> Iterator[Place]:
    with servers.database(vendor, folder) as database:
        yield Place(
            Shop.create(folder / "shop", {"default": database.settings}), database
        )


@pytest.fixture(params=servers.VENDORS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    yield from places(tmp_path, request.param)


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[Place]:
    yield from places(tmp_path, "sqlite")


def on_a_branch(place: Place) -> None:
    """Two migrations of mine, committed on a branch and applied."""
    shop = place.shop
    shop.repository.git("checkout", "-q", "-b", "feature")
    shop.migration("0002_a1", add_field("color"), "0001_initial")
    shop.migration("0003_a2", TAG, "0002_a1")
    shop.repository.commit("mine")
    shop.migrate()
    place.database.run("INSERT INTO shop_item (name, color) VALUES ('a', 'RED')")


def test_a_database_that_is_as_its_files_say_is_clean(place: Place) -> None:
    on_a_branch(place)
    done = place.shop.db("status")
    assert done.code == 0
    assert "(3 applied, 0 not yet)" in done.out
    assert done.out.endswith("\nnothing is wrong\n")


def test_after_a_switch_of_branches_the_ghosts_are_rolled_back(place: Place) -> None:
    on_a_branch(place)
    place.shop.repository.git("checkout", "-q", "main")
    done = place.shop.db("status")
    assert done.code == 1
    commit = place.shop.repository.git("rev-parse", "--short=10", "feature").strip()
    lines = done.out.splitlines()
    for name in ("0002_a1", "0003_a2"):
        has = f"shop.{name} is applied and has no file here; commit {commit} (branch feature) has it"
        assert f"  ghost        {has}" in lines
    data = " (1 row with data)" if place.database.vendor == "sqlite" else ""
    surplus = "  drift        in the database, in no migration here: "
    assert f"{surplus}column shop_item.color{data}" in lines
    assert f"{surplus}table shop_tag" in lines
    assert lines[-2:] == [
        "do not run migrate before this is mended: it may drop data",
        "run: oneleaf db rollback shop",
    ]


def test_after_a_rebase_the_renamed_migrations_are_adopted(place: Place) -> None:
    on_a_branch(place)
    shop = place.shop
    shop.repository.git("checkout", "-q", "main")
    shop.migration("0002_b1", add_field("weight"), "0001_initial")
    shop.migration("0003_a1", add_field("color"), "0002_b1")
    shop.migration("0004_a2", TAG, "0003_a1")
    status = shop.status()
    assert (status["code"], status["command"]) == (1, "oneleaf db adopt")
    (report,) = status["databases"]
    ghosts = [f for f in report["findings"] if f["kind"] == "ghost"]
    assert [(g["migration"], g["now"]) for g in ghosts] == [
        ("0002_a1", "0003_a1"),
        ("0003_a2", "0004_a2"),
    ]
    assert report["pending"] == ["shop.0002_b1", "shop.0003_a1", "shop.0004_a2"]


def test_every_order_error_is_named_with_the_commit_of_its_dependency(
    place: Place,
) -> None:
    shop = place.shop
    shop.migration("0002_mine", add_field("a"), "0001_initial")
    shop.migration("0003_mine", add_field("b"), "0002_mine")
    shop.repository.commit()
    shop.migrate()
    shop.migration("0002_theirs", add_field("c"), "0001_initial")
    shop.migration("0002_third", add_field("d"), "0001_initial")
    shop.migration("0002_mine", add_field("a"), "0002_theirs", "0002_third")
    commit = shop.repository.commit()[:7]
    assert place.found("order") == [
        f"shop.0002_mine is applied, shop.{name} that it depends on is not"
        f" (dependency since commit {commit})"
        for name in ("0002_theirs", "0002_third")
    ]
    assert shop.status()["command"] == "oneleaf db adopt"


def test_a_chain_that_uses_its_own_old_names_again_is_seen(lite: Place) -> None:
    shop = lite.shop
    shop.migration("0002_x", add_field("a"), "0001_initial")
    shop.migration("0003_x", TAG, "0002_x")
    shop.repository.commit()
    shop.migrate()
    shop.remove("0002_x")
    shop.migration("0002_theirs", add_field("b"), "0001_initial")
    shop.migration("0003_x", add_field("a"), "0002_theirs")
    shop.migration("0004_x", TAG, "0003_x")
    assert lite.found("ghost") == [
        "shop.0002_x is applied and has no file here; it is shop.0003_x now"
    ]
    assert lite.found("moved") == ["shop.0003_x is applied as what is shop.0004_x now"]
    assert shop.status()["command"] == "oneleaf db adopt"


def test_drift_is_told_in_both_directions(place: Place) -> None:
    shop = place.shop
    m2m = 'migrations.AddField("item", "tags", models.ManyToManyField("shop.Tag")),'
    shop.migration("0002_tag", TAG, "0001_initial")
    shop.migration(
        "0003_more", add_field("color") + add_field("size") + m2m, "0002_tag"
    )
    shop.migrate("shop", "0002")
    shop.migrate("shop", "0003", "--fake")
    place.database.run(
        "ALTER TABLE shop_item ADD size varchar(9) DEFAULT 'x' NOT NULL",
        "ALTER TABLE shop_item ADD old varchar(9) DEFAULT 'x'",
        "CREATE TABLE shop_gone (id integer)",
        "CREATE TABLE other (id integer)",
    )
    drift = [message.split(" (")[0] for message in place.found("drift")]
    assert sorted(drift) == [
        "column shop_item.size must not be null in the database, may in the migrations",
        "in the database, in no migration here: column shop_item.old",
        "in the database, in no migration here: table shop_gone",
        "in the migrations, not in the database: column shop_item.color",
        "in the migrations, not in the database: table shop_item_tags",
    ]


def test_a_column_that_migrate_dropped_with_its_data_is_seen(lite: Place) -> None:
    on_a_branch(lite)
    shop = lite.shop
    shop.repository.git("checkout", "-q", "main")
    rename = 'migrations.AlterField("item", "name", models.CharField(max_length=30)),'
    shop.migration("0002_b", rename, "0001_initial")
    shop.migrate()  # rebuilds the table from a state without the column
    shop.repository.git("checkout", "-q", "-f", "feature")
    shop.remove("0002_b")
    assert shop.manage("migrate", "--check").code == 0
    assert lite.found("drift") == [
        "in the migrations, not in the database: column shop_item.color"
    ]


def test_what_migrations_make_by_sql_is_no_drift(lite: Place) -> None:
    by_hand = (
        'migrations.RunSQL("ALTER TABLE shop_item ADD search text", migrations.RunSQL.noop),'
        'migrations.SeparateDatabaseAndState([migrations.RunSQL("CREATE TABLE shop_log (a int)")]),'
    )
    lite.shop.migration("0002_sql", by_hand, "0001_initial")
    lite.shop.migrate()
    assert lite.shop.status()["code"] == 0


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param('default="x"', 'default="y"', True, id="another default"),
        pytest.param(
            "operations = [", "operations = [  # note\n", False, id="a comment"
        ),
        pytest.param(
            "class M", '"""Says more."""\n\n\nclass M', False, id="a docstring"
        ),
    ],
)
def test_an_edit_after_migrate_is_seen_where_it_means_something(
    lite: Place, old: str, new: str, expected: bool
) -> None:
    shop, path = lite.shop, "shop/migrations/0002_a.py"
    shop.migration("0002_a", add_field("color"), "0001_initial")
    shop.migrate()
    assert shop.db("status", "--record").code == 0
    shop.repository.write(path, shop.repository.read(path).replace(old, new, 1))
    status = shop.status()
    assert status["code"] == int(expected)
    said = ["shop.0002_a was edited after it was applied"] if expected else []
    assert [f["message"] for f in status["databases"][0]["findings"]] == said
    assert status["command"] == (f"git log -p -- {path}" if expected else None)


def test_a_migration_that_ran_again_is_remembered_as_it_is_then(lite: Place) -> None:
    shop = lite.shop
    shop.migration("0002_a", add_field("color"), "0001_initial")
    shop.migrate()
    shop.db("status", "--record")
    shop.migrate("shop", "0001")
    shop.migration("0002_a", add_field("colour"), "0001_initial")
    shop.migrate()
    assert shop.status()["code"] == 0


def test_what_the_lock_ran_is_remembered_by_itself(lite: Place) -> None:
    shop = lite.shop
    shop.migration("0002_a", add_field("color"), "0001_initial")
    done = shop.db("lock", "--", sys.executable, "manage.py", "migrate", "-v", "0")
    assert done.code == 0, done
    shop.migration("0002_a", add_field("color", null=False), "0001_initial")
    assert "shop.0002_a was edited after it was applied" in lite.found("edited")


SQUASH = "replaces = [('shop', '0001_initial'), ('shop', '0002_a')]\n    operations"


def test_what_a_squash_replaces_or_replaced_is_no_ghost(lite: Place) -> None:
    shop = lite.shop
    shop.migration("0002_a", add_field("color"), "0001_initial")
    shop.repository.commit()
    shop.migrate()
    shop.remove("0001_initial")
    shop.remove("0002_a")
    path = "shop/migrations/0001_squashed.py"
    shop.migration("0001_squashed", ITEM + add_field("color"))
    final = shop.repository.read(path)
    shop.repository.write(path, final.replace("operations", SQUASH, 1))
    shop.repository.commit("squash")
    assert shop.status()["code"] == 0
    shop.migrate()
    shop.repository.write(path, final)
    shop.repository.commit("the squash is an ordinary migration now")
    status = shop.status()
    assert status["code"] == 0
    (note,) = status["databases"][0]["notes"]
    assert note.endswith("removes what a squash replaced: 2 rows")


def test_rows_of_apps_that_are_not_here_are_no_ghosts(lite: Place) -> None:
    lite.shop.migrate()
    insert = "INSERT INTO django_migrations (app, name, applied) VALUES ('{}', '{}', '2026-01-01')"
    lite.database.run(insert.format("removed", "0001_initial"))
    assert lite.shop.status()["code"] == 0
    lite.database.run(insert.format("shop", "0009_wip"))
    assert lite.found("ghost") == [
        "shop.0009_wip is applied and has no file here, nor in any commit, stash or reflog"
    ]


def test_files_that_make_no_history_are_for_check_first(lite: Place) -> None:
    on_a_branch(lite)
    lite.shop.remove("0002_a1")
    status = lite.shop.status()
    assert (status["code"], status["command"]) == (1, "oneleaf check --all")
    kinds = [f["kind"] for f in status["databases"][0]["findings"]]
    assert kinds == ["history", "ghost"]


def test_two_leaf_nodes_are_for_check_first(lite: Place) -> None:
    lite.shop.migrate()
    lite.shop.migration("0002_a", add_field("color"), "0001_initial")
    lite.shop.migration("0002_b", add_field("size"), "0001_initial")
    assert lite.found("history") == ["shop has several leaf nodes: 0002_a, 0002_b"]


def test_an_empty_database_stays_empty(place: Place) -> None:
    assert place.shop.status()["code"] == 0
    with pytest.raises(Exception, match=r"django_migrations"):
        place.database.applied()


def test_a_database_that_does_not_answer_is_told_beside_the_others(
    tmp_path: Path,
) -> None:
    lite = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "a.sqlite3")}
    away = {"ENGINE": "django.db.backends.postgresql", "HOST": "127.0.0.1", "PORT": "1"}
    shop = Shop.create(
        tmp_path / "shop", {"default": lite, "far": {**away, "NAME": "x"}}
    )
    status = shop.status()
    assert status["code"] == 2
    kinds = [[f["kind"] for f in d["findings"]] for d in status["databases"]]
    assert kinds == [[], ["unreachable"]]
    assert shop.db("status", "--database", "default").code == 0


ROUTER = """
class Router:
    def db_for_read(self, model, **hints):
        return "log" if model._meta.app_label == "audit" else None
    db_for_write = db_for_read
    def allow_migrate(self, db, app_label, **hints):
        return (db == "log") == (app_label == "audit")

DATABASE_ROUTERS = ["settings.Router"]
"""
ENTRY = ITEM.replace("Item", "Entry")


def test_with_routers_each_database_is_held_against_its_own_tables(
    tmp_path: Path,
) -> None:
    with ExitStack() as stack:
        databases: dict[str, Any] = {}
        for alias, vendor in (("default", "postgresql"), ("log", "sqlite")):
            made = stack.enter_context(servers.database(vendor, tmp_path))
            databases[alias] = made.settings
        shop = Shop.create(
            tmp_path / "shop", databases, apps=("shop", "audit"), extra=ROUTER
        )
        shop.migration("0001_initial", ENTRY, label="audit")
        shop.repository.commit()
        shop.migrate()
        shop.migrate("--database", "log")
        status = shop.status()
        assert status["code"] == 0, status
        assert [d["applied"] for d in status["databases"]] == [2, 2]
        shop.remove("0001_initial", "audit")
        status = shop.status("--database", "log")
        assert status["command"] == "oneleaf db rollback audit --database log"


CUSTOM_USER = """
AUTH_USER_MODEL = "shop.User"
INSTALLED_APPS += ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"]
"""
USER = """\
import django.contrib.auth.models
from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models


class User(AbstractUser):
    color = models.CharField(max_length=9)


class Boss(User):
    pass


class Item(models.Model):
    name = models.CharField(max_length=20)
    owner = models.ForeignKey(User, models.CASCADE)
    size = models.IntegerField()
    twice = models.GeneratedField(expression=models.F("size") * 2, output_field=models.IntegerField(), db_persist=True)
"""


def test_a_custom_user_model_and_djangos_own_apps_show_no_drift(place: Place) -> None:
    shop = place.shop
    settings = shop.repository.read("settings.py")
    shop.repository.write("settings.py", settings + CUSTOM_USER)
    shop.repository.write("shop/models.py", USER)
    shop.remove("0001_initial")
    shop.manage("makemigrations", "shop", "-v", "0")
    shop.migrate()
    status = shop.status()
    assert status["code"] == 0, json.dumps(status, indent=1)


def test_outside_a_repository_the_files_cannot_be_told(
    lite: Place, tmp_path: Path
) -> None:
    (lite.shop.repository.path / ".git").rename(tmp_path / "gone")
    done = lite.shop.db("status")
    assert done.code == 2
    assert "not inside a git repository" in done.err
