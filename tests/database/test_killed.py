"""Killed between any two statements, adopt and rollback leave what can be mended.

The project's settings count the statements that write, on every connection, and kill
the process in front of one of them. Afterwards the same command, or the backup and then
the same command, brings the database to where it should be. The profile ``dev`` tries
some of the places, every other one all.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from branches import LINE, RED, Branches, branches
from hypothesis import settings as hypothesis_settings
from servers import VENDORS, Database, address

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

KILLER = """
import os, signal
from django.db.backends.signals import connection_created
_left = [int(os.environ.get("KILL_AT", "-1"))]
_reads = ("SELECT", "PRAGMA", "SHOW", "SAVEPOINT", "RELEASE", "SET ")
def _count(execute, sql, params, many, context):
    if not str(sql).lstrip().upper().startswith(_reads):
        if _left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        _left[0] -= 1
    return execute(sql, params, many, context)
def _watch(connection, **kwargs):
    if _count not in connection.execute_wrappers:
        connection.execute_wrappers.append(_count)
connection_created.connect(_watch, weak=False)
"""
SOME = hypothesis_settings().max_examples < 100
FIRST, STEP = (2, 7) if SOME else (0, 1)


@contextmanager
def rewinding(database: Database, folder: Path) -> Iterator[Callable[[], None]]:
    """Remembers the database; the function brings it back as often as it is called."""
    kept = folder / "kept"
    if database.vendor == "sqlite":
        shutil.copy(database.name, kept)

        def again_from_file() -> None:
            shutil.copy(kept, database.name)

        yield again_from_file
        return
    if database.vendor == "postgresql":
        admin, start = Database("postgresql", "postgres"), f"{database.name}_start"
        make = "CREATE DATABASE {} TEMPLATE {}"
        admin.run(make.format(start, database.name))

        def again_from_template() -> None:
            admin.run(f"DROP DATABASE {database.name} WITH (FORCE)")
            admin.run(make.format(database.name, start))

        try:
            yield again_from_template
        finally:
            admin.run(f"DROP DATABASE {start} WITH (FORCE)")
        return
    user, host, port = address("mysql")
    where = (f"-u{user}", f"-h{host}", f"-P{port}")
    dump = ("mysqldump", *where, database.name)
    kept.write_bytes(subprocess.run(dump, check=True, capture_output=True).stdout)

    def again_from_dump() -> None:
        name = database.name
        Database("mysql", "mysql").run(
            f"DROP DATABASE {name}", f"CREATE DATABASE {name}"
        )
        command = ("mysql", *where, name)
        subprocess.run(command, check=True, input=kept.read_bytes())

    yield again_from_dump


def mended(story: Branches, command: Callable[[], int]) -> None:
    """The same command, or the backup and then the same command."""
    if command() == 0:
        return
    given = ("--apply", "--no-backup", "--database-name", story.name)
    done = story.shop.db("restore", *given)
    assert done.code == 0, done.out + done.err
    assert command() == 0


@pytest.mark.parametrize("vendor", VENDORS)
def test_adopt_killed_anywhere_can_be_finished(vendor: str, tmp_path: Path) -> None:
    with branches(vendor, tmp_path, extra=KILLER) as story:
        story.diverge()
        story.database.run(RED)
        story.rebase()
        with rewinding(story.database, tmp_path) as rewind:
            place, kills = FIRST, 0
            while True:
                done = story.adopt(KILL_AT=str(place))
                if done.code != -signal.Signals["SIGKILL"]:
                    break
                mended(story, lambda: int(story.adopt().code))
                assert story.database.applied() == LINE, place
                assert story.colors() == ["RED"], place
                assert story.columns() == {"id", "name", "color", "weight"}, place
                assert story.shop.status()["code"] == 0, place
                place, kills = place + STEP, kills + 1
                rewind()
            assert done.code == 0, done.err
            assert kills > 0
        story.is_in_order()


@pytest.mark.parametrize("vendor", VENDORS)
def test_rollback_killed_anywhere_can_be_finished(vendor: str, tmp_path: Path) -> None:
    with branches(vendor, tmp_path, extra=KILLER) as story:
        story.diverge()
        story.database.run(RED)
        with rewinding(story.database, tmp_path) as rewind:
            place, kills = FIRST, 0
            while True:
                done = story.rollback("--to-upstream", KILL_AT=str(place))
                if done.code != -signal.Signals["SIGKILL"]:
                    break
                mended(story, lambda: int(story.rollback("--to-upstream").code))
                assert story.database.applied() == ["0001_initial"], place
                assert story.columns() == {"id", "name"}, place
                assert story.columns("shop_tag") == set(), place
                place, kills = place + STEP, kills + 1
                rewind()
            assert done.code == 0, done.err
            assert kills > 0


def test_the_lock_does_not_outlive_a_killed_process(tmp_path: Path) -> None:
    with branches("sqlite", tmp_path, extra=KILLER) as story:
        story.diverge()
        story.rebase()
        assert story.adopt(KILL_AT="1").code == -signal.Signals["SIGKILL"]
        assert "holds the lock" not in story.adopt().err
        assert os.path.exists(story.database.name)
