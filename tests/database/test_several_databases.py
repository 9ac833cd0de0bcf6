"""Adopt and rollback with several databases, routers, and a user model of the project's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from branches import COLOR, LINE, RED, WEIGHT, Branches, branches
from django_shop import Shop
from servers import VENDORS, database

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

ROUTER = """
class Router:
    def allow_migrate(self, db, app_label, **hints):
        return (app_label == "store") == (db == "other")
"""
ROUTED = '\nDATABASE_ROUTERS = ["routers.Router"]\n'
BOX = 'migrations.CreateModel("Box", [("id", models.BigAutoField(primary_key=True))]),'
SIZE = 'migrations.AddField("box", "size", models.IntegerField(default=1)),'
WIDTH = 'migrations.AddField("box", "width", models.IntegerField(default=1)),'


@pytest.fixture(params=VENDORS)
def two(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[Branches, Branches]]:
    """shop lives in one database, store in another, both rebased on upstream's."""
    with ExitStack() as stack:
        (tmp_path / "b").mkdir()
        first = stack.enter_context(database(request.param, tmp_path))
        second = stack.enter_context(database(request.param, tmp_path / "b"))
        shop = Shop.create(
            tmp_path / "shop",
            {"default": first.settings, "other": second.settings},
            apps=("shop", "store"),
            extra=ROUTED,
        )
        shop.repository.write("routers.py", ROUTER)
        default, other = Branches(shop, first), Branches(shop, second)
        default.write({"0001_initial": (BOX,)}, "store")
        shop.migrate()
        shop.migrate("--database", "other")
        default.publish()
        git = shop.repository.git
        git("checkout", "-q", "-b", "feature")
        default.write({"0002_a1": (COLOR, "0001_initial")})
        default.write({"0002_s1": (SIZE, "0001_initial")}, "store")
        shop.migrate()
        shop.migrate("--database", "other")
        first.run(RED)
        second.run("INSERT INTO store_box (size) VALUES (42)")
        git("checkout", "-q", "main")
        default.write({"0002_b1": (WEIGHT, "0001_initial")})
        default.write({"0002_t1": (WIDTH, "0001_initial")}, "store")
        default.publish()
        git("checkout", "-q", "feature")
        default.rebase()
        yield default, other


def test_where_both_wait_the_user_says_which(two: tuple[Branches, Branches]) -> None:
    default, _ = two
    done = default.adopt()
    assert done.code == 1
    assert "--database default" in done.err
    assert "--database other" in done.err


def test_each_database_is_adopted_by_its_alias(two: tuple[Branches, Branches]) -> None:
    default, other = two
    for one, alias in ((default, "default"), (other, "other")):
        done = one.adopt("--database", alias)
        assert done.code == 0, done.out + done.err
        assert one.database.applied() == ["0001_initial", "0002_b1", "0003_a1"]
        assert one.database.applied("store") == ["0001_initial", "0002_t1", "0003_s1"]
    assert default.colors() == ["RED"]
    assert other.database.run("SELECT size, width FROM store_box") == [(42, 1)]
    assert default.columns("store_box") == set()
    assert other.columns("shop_item") == set()
    default.is_in_order()


def test_each_database_is_rolled_back_by_its_alias(
    two: tuple[Branches, Branches],
) -> None:
    default, other = two
    done = other.rollback("--database", "other")
    assert done.code == 0, done.out + done.err
    assert other.columns("store_box") == {"id"}
    assert other.database.applied() == ["0001_initial"]
    assert default.colors() == ["RED"]
    assert default.database.applied() == ["0001_initial", "0002_a1"]


PERSON = """\
from django.contrib.auth.models import AbstractUser


class Person(AbstractUser):
    pass
"""
AUTH = ("django.contrib.contenttypes", "django.contrib.auth", "shop", "people")
NOTE = """migrations.CreateModel("Note", [
    ("id", models.BigAutoField(primary_key=True)),
    ("by", models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)),
]),"""
NICK = 'migrations.AddField("person", "nick", models.CharField(max_length=9, default="n")),'
NAMED = "from django.conf import settings\n"


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_user_model_of_the_project_s(vendor: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        made = stack.enter_context(database(vendor, tmp_path))
        user = '\nAUTH_USER_MODEL = "people.Person"\n'
        shop = Shop.create(
            tmp_path / "shop", {"default": made.settings}, apps=AUTH, extra=user
        )
        story = Branches(shop, made)
        story.repository.write("people/models.py", PERSON)
        shop.manage("makemigrations", "people", "-v", "0")
        story.repository.commit("people")
        shop.migrate()
        story.publish()
        git = story.repository.git
        git("checkout", "-q", "-b", "feature")
        shop.migration("0002_a1", COLOR + NOTE, "0001_initial", "people.0001_initial")
        path = "shop/migrations/0002_a1.py"
        story.repository.write(path, NAMED + story.repository.read(path))
        story.repository.commit()
        shop.migrate()
        made.run(RED)
        git("checkout", "-q", "main")
        story.write({"0002_p": (NICK, "0001_initial")}, "people")
        story.write({"0002_b1": (WEIGHT, "0001_initial", "people.0002_p")})
        story.publish()
        git("checkout", "-q", "feature")
        story.rebase()
        done = story.adopt()
        assert done.code == 0, done.out + done.err
        assert made.applied() == ["0001_initial", "0002_b1", "0003_a1"]
        assert made.applied("people") == ["0001_initial", "0002_p"]
        assert story.colors() == ["RED"]
        assert "nick" in story.columns("people_person")
        story.is_in_order()
        assert story.rollback("--to-upstream").code == 0
        assert story.columns("shop_note") == set()


@pytest.mark.parametrize(
    ("change", "env", "reason"),
    [
        pytest.param("DEBUG = False\n", {}, "DEBUG = False", id="no DEBUG"),
        pytest.param("", {"CI": "true"}, "CI is set", id="in CI"),
    ],
)
@pytest.mark.parametrize("verb", ["adopt", "rollback"])
def test_only_a_development_database_is_changed(
    verb: str, change: str, env: dict[str, str], reason: str, tmp_path: Path
) -> None:
    with branches("sqlite", tmp_path) as story:
        story.diverge()
        story.rebase()
        story.repository.write(
            "settings.py", story.repository.read("settings.py") + change
        )
        done = (story.adopt if verb == "adopt" else story.rollback)(**env)
        assert done.code == 1
        assert reason in done.err
        assert story.database.applied() == ["0001_initial", "0002_a1", "0003_a2"]


@pytest.mark.parametrize("verb", ["adopt", "rollback"])
def test_without_the_database_s_name_nothing_is_changed(
    verb: str, tmp_path: Path
) -> None:
    with branches("sqlite", tmp_path) as story:
        story.diverge()
        story.rebase()
        done = story.shop.db(verb, "--apply")
        assert done.code == 1
        assert "--database-name db.sqlite3" in done.err
        done = story.shop.db(verb, "--apply", "--database-name", "other")
        assert done.code == 1
        assert story.database.applied() == ["0001_initial", "0002_a1", "0003_a2"]
        assert story.adopt().code == 0
        assert story.database.applied() == LINE


TENANTS = """
from django.db.backends.sqlite3 import base


class DatabaseWrapper(base.DatabaseWrapper):
    def set_schema(self, name):
        self.schema_name = name
"""


@pytest.mark.parametrize("verb", ["adopt", "rollback"])
def test_a_database_with_a_history_per_schema_is_refused_by_name(
    verb: str, tmp_path: Path
) -> None:
    with branches("sqlite", tmp_path) as story:
        story.diverge()
        story.rebase()
        story.repository.write("tenants/__init__.py")
        story.repository.write("tenants/base.py", TENANTS)
        text = story.repository.read("settings.py")
        text = text.replace("django.db.backends.sqlite3", "tenants")
        story.repository.write("settings.py", text)
        done = (story.adopt if verb == "adopt" else story.rollback)()
        assert done.code == 1
        assert "once per schema (tenants)" in done.err
        assert story.database.applied() == ["0001_initial", "0002_a1", "0003_a2"]
