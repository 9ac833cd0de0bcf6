"""The facts' example: a branch that is applied, and an upstream that was faster.

``0001_initial`` on both; upstream adds ``0002_b1`` (item.weight) and ``0003_b2`` (another
length of item.name); the branch adds ``0002_a1`` (item.color, one row holds RED) and
``0003_a2`` (the model Tag), and has applied both.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django_shop import TAG, Shop, add_field
from servers import VENDORS, Database, database

COLOR = add_field("color", null=False)
WEIGHT = 'migrations.AddField("item", "weight", models.IntegerField(default=7)),'
LENGTH = 'migrations.AlterField("item", "name", models.CharField(max_length=40)),'
RED = "INSERT INTO shop_item (name, color) VALUES ('a', 'RED')"

Files = dict[str, tuple[str, ...]]  # migration name -> operations, dependencies

MINE: Files = {"0002_a1": (COLOR, "0001_initial"), "0003_a2": (TAG, "0002_a1")}
UPSTREAM: Files = {"0002_b1": (WEIGHT, "0001_initial"), "0003_b2": (LENGTH, "0002_b1")}
MOVED = {"shop.0002_a1": "shop.0004_a1", "shop.0003_a2": "shop.0005_a2"}
LINE = ["0001_initial", "0002_b1", "0003_b2", "0004_a1", "0005_a2"]


class Branches:
    """The project on the branch ``feature``, and its database."""

    def __init__(self, shop: Shop, database: Database) -> None:
        self.shop = shop
        self.repository = shop.repository
        self.database = database
        self.name = Path(database.name).name

    def write(self, files: Files, label: str = "shop") -> None:
        """Writes migrations and commits them."""
        for name, (operations, *dependencies) in files.items():
            self.shop.migration(name, operations, *dependencies, label=label)
        self.repository.commit(f"add {', '.join(files)}")

    def publish(self) -> None:
        """What main is now is upstream's."""
        self.repository.git("update-ref", "refs/remotes/origin/main", "main")

    def diverge(self, mine: Files = MINE, upstream: Files = UPSTREAM) -> None:
        """Applies mine on ``feature``, and lets upstream add its own; on ``feature``."""
        git = self.repository.git
        self.publish()
        git("checkout", "-q", "-b", "feature")
        self.write(mine)
        self.shop.migrate()
        git("checkout", "-q", "main")
        self.write(upstream)
        self.publish()
        git("checkout", "-q", "feature")

    def rebase(self) -> None:
        """The branch on top of upstream, its migrations moved and committed."""
        self.repository.git("rebase", "-q", "origin/main")
        done = self.repository.oneleaf("rebase")
        assert done.code == 0, done.out + done.err
        self.repository.commit("oneleaf rebase")

    def adopt(self, *words: str, **env: str) -> Any:
        """Runs ``db adopt --apply`` with the consent."""
        given = ("--apply", "--database-name", self.name)
        return self.shop.db("adopt", *given, *words, **env)

    def rollback(self, *words: str, **env: str) -> Any:
        """Runs ``db rollback --apply`` with the consent."""
        given = ("--apply", "--database-name", self.name)
        return self.shop.db("rollback", *words, *given, **env)

    def names(self) -> list[str]:
        """The applied migrations of the shop, in the order of the rows."""
        return self.database.applied()

    def colors(self) -> list[Any]:
        """What the items' colours are."""
        return [
            c for (c,) in self.database.run("SELECT color FROM shop_item ORDER BY id")
        ]

    def columns(self, table: str = "shop_item") -> set[str]:
        """The columns of a table; empty where there is no table."""
        if self.database.vendor == "sqlite":
            query = f"SELECT name FROM pragma_table_info('{table}')"
        else:
            query = f"SELECT column_name FROM information_schema.columns WHERE table_name = '{table}'"
            if self.database.vendor == "mysql":
                query += " AND table_schema = DATABASE()"
        return {name for (name,) in self.database.run(query)}

    def is_in_order(self) -> None:
        """Asserts what has to hold in the end of every story."""
        self.shop.manage("migrate", "--check")
        status = self.shop.status()
        assert status["code"] == 0, status


@contextmanager
def branches(vendor: str, folder: Path, **options: Any) -> Iterator[Branches]:
    """The project with an empty database of this kind."""
    with database(vendor, folder) as made:
        shop = Shop.create(folder / "shop", {"default": made.settings}, **options)
        shop.migrate()
        yield Branches(shop, made)


@pytest.fixture(params=VENDORS)
def on_each_server(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Branches]:
    """Two branches of a shop, and its database on each kind of server."""
    with branches(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Iterator[Branches]:
    """The same on SQLite alone, for what no server has a part in."""
    with branches("sqlite", tmp_path) as made:
        yield made
