"""Several schemas of one PostgreSQL database, as multi-tenant projects use them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import servers
from django_shop import Shop

pytestmark = pytest.mark.e2e


def test_each_schema_has_its_own_history_and_its_own_lock(tmp_path: Path) -> None:
    with servers.database("postgresql", tmp_path) as database:
        database.run("CREATE SCHEMA acme")
        acme = {**database.settings, "OPTIONS": {"options": "-c search_path=acme"}}
        shop = Shop.create(
            tmp_path / "shop", {"default": database.settings, "acme": acme}
        )
        shop.migrate("--database", "acme")
        status = shop.status()
        assert [d["applied"] for d in status["databases"]] == [0, 1]
        assert [d["findings"] for d in status["databases"]] == [[], []]
        hold = "print('held', flush=True); import time; time.sleep(60)"
        holder = shop.start_db("lock", "--", sys.executable, "-c", hold)
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        codes = [
            shop.db("lock", "--wait", "0", "--database", alias, "--", "true").code
            for alias in ("acme", "default")
        ]
        holder.kill()
        holder.communicate()
        assert codes == [0, 1]
