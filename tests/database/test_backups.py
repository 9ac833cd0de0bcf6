"""``oneleaf db backup`` and ``restore``: what was there comes back, all of it."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import servers
from django_shop import TAG, Shop, add_field

pytestmark = pytest.mark.e2e


class Place:
    """A project with one applied migration and some rows, and its database."""

    def __init__(self, shop: Shop, database: servers.Database) -> None:
        self.shop = shop
        self.database = database

    @property
    def folder(self) -> Path:
        return self.shop.repository.path / ".git/oneleaf/backups"

    @property
    def consent(self) -> tuple[str, str]:
        """The words that give it."""
        return "--database-name", os.path.basename(self.database.name)

    def backup(self, *words: str) -> str:
        """Makes one; returns its file's name."""
        done = self.shop.db("backup", "--output-format", "json", *words)
        assert done.code == 0, done
        return Path(json.loads(done.out)["path"]).name

    def restore(self, *words: str) -> Any:
        return self.shop.db("restore", "--apply", *self.consent, *words)

    def items(self) -> list[str]:
        return [
            name
            for (name,) in self.database.run("SELECT name FROM shop_item ORDER BY 1")
        ]


def places(folder: Path, vendor: str) -> Iterator[Place]:
    with servers.database(vendor, folder) as database:
        shop = Shop.create(folder / "shop", {"default": database.settings})
        shop.migrate()
        database.run("INSERT INTO shop_item (name) VALUES ('a'), ('b')")
        yield Place(shop, database)


@pytest.fixture(params=servers.VENDORS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    yield from places(tmp_path, request.param)


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[Place]:
    yield from places(tmp_path, "sqlite")


def test_a_restore_brings_rows_columns_and_tables_back_as_they_were(
    place: Place,
) -> None:
    name = place.backup()
    shop, database = place.shop, place.database
    shop.migration("0002_color", add_field("color"), "0001_initial")
    shop.migration("0003_tag", TAG, "0002_color")
    point = 'migrations.AddField("item", "tag", models.ForeignKey("shop.Tag", models.CASCADE, null=True)),'
    shop.migration("0004_point", point, "0003_tag")
    shop.migrate()
    database.run("DELETE FROM shop_item WHERE name = 'a'")
    done = place.restore()
    assert done.code == 0, done
    assert f"restored {name}" in done.out
    assert "  applied since, not any more: shop.0004_point\n" in done.out
    assert place.items() == ["a", "b"]
    assert database.applied() == ["0001_initial"]
    assert [f["kind"] for f in shop.status()["databases"][0]["findings"]] == []
    shop.migrate()  # nothing is left that would be in its way
    assert database.applied()[-1] == "0004_point"


def test_what_was_there_before_a_restore_can_be_brought_back_too(place: Place) -> None:
    place.backup()
    place.database.run("INSERT INTO shop_item (name) VALUES ('c')")
    done = place.restore("--output-format", "json")
    kept = json.loads(done.out)["kept"]
    assert place.items() == ["a", "b"]
    assert place.restore(kept, "--no-backup").code == 0
    assert place.items() == ["a", "b", "c"]


def test_without_apply_a_restore_only_says_what_it_would_do(place: Place) -> None:
    name = place.backup()
    place.database.run("DELETE FROM shop_item")
    done = place.shop.db("restore")
    assert done.code == 0
    assert done.out.startswith(f"would restore {name}, made 20")
    assert done.out.endswith("nothing was changed; to do it, add --apply\n")
    assert place.items() == []


def test_only_the_owner_can_read_a_backup_and_git_never_sees_it(place: Place) -> None:
    place.shop.repository.commit()
    path = place.folder / place.backup()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.folder.stat().st_mode) == 0o700
    assert place.shop.repository.git("status", "--porcelain") == ""


def test_an_interrupted_session_of_another_keeps_postgresql_as_it_was(
    tmp_path: Path,
) -> None:
    for place in places(tmp_path, "postgresql"):
        place.backup()
        place.database.run("INSERT INTO shop_item (name) VALUES ('c')")
        other = place.database.connect()
        other.autocommit = False
        other.execute("SELECT * FROM shop_item")
        started = time.monotonic()
        done = place.restore("--no-backup")
        other.close()
        assert done.code == 2
        assert "lock timeout" in done.err
        assert time.monotonic() - started > 4
        assert place.items() == ["a", "b", "c"]


def test_a_backup_holds_what_is_only_in_the_write_ahead_log(lite: Place) -> None:
    writer = sqlite3.connect(lite.database.name, isolation_level=None)
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("PRAGMA wal_autocheckpoint = 0")
    writer.execute("PRAGMA synchronous = OFF")
    for number in range(1000):
        writer.execute("INSERT INTO shop_item (name) VALUES (?)", [f"n{number}"])
    name = lite.backup()
    with sqlite3.connect(lite.folder / name) as copy:
        assert copy.execute("SELECT count(*) FROM shop_item").fetchone() == (1002,)
    copy.close()
    writer.close()


def test_a_restore_into_a_file_in_wal_mode_is_seen_by_its_other_connections(
    lite: Place,
) -> None:
    other = sqlite3.connect(lite.database.name, isolation_level=None)
    other.execute("PRAGMA journal_mode = WAL")
    lite.backup()
    other.execute("DELETE FROM shop_item")
    assert other.execute("SELECT count(*) FROM shop_item").fetchone() == (0,)
    done = lite.restore()
    assert done.code == 0, done
    assert other.execute("SELECT count(*) FROM shop_item").fetchone() == (2,)
    assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    other.close()


@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
def test_a_restore_into_a_locked_file_is_refused(mode: str, lite: Place) -> None:
    lite.backup()
    other = sqlite3.connect(lite.database.name, isolation_level=None)
    other.execute(f"PRAGMA journal_mode = {mode}")
    other.execute("BEGIN IMMEDIATE")
    other.execute("INSERT INTO shop_item (name) VALUES ('c')")
    done = lite.restore("--no-backup")
    other.execute("COMMIT")
    other.close()
    assert done.code == 1
    assert "is in use" in done.err
    assert lite.items() == ["a", "b", "c"]


def test_a_lost_file_comes_back(lite: Place) -> None:
    lite.backup()
    Path(lite.database.name).unlink()
    assert lite.restore("--no-backup").code == 0
    assert lite.items() == ["a", "b"]


def test_the_last_five_are_kept_and_those_of_other_databases_too(
    lite: Place, tmp_path: Path
) -> None:
    foreign = lite.folder
    first = lite.backup()
    told = json.loads((foreign / f"{first}.json").read_text())
    told |= {"name": "other.sqlite3", "database": "another"}
    (foreign / "other.sqlite3").write_bytes(b"x")
    (foreign / "other.sqlite3.json").write_text(json.dumps(told))
    later = [lite.backup() for _ in range(5)]
    kept = {path.name for path in foreign.glob("*.sqlite3")}
    assert kept == {*later, "other.sqlite3"}
    listed = lite.shop.db("restore", "--list").out.splitlines()
    assert {line.split()[0] for line in listed} == set(later)


def test_a_restore_never_removes_the_backup_it_is_made_from(lite: Place) -> None:
    oldest = lite.backup()
    for _ in range(4):
        lite.backup()
    assert lite.restore(oldest).code == 0
    assert (lite.folder / oldest).exists()


def test_what_a_killed_backup_left_is_removed_after_a_day(lite: Place) -> None:
    lite.backup()
    old, new = lite.folder / "old.sqlite3", lite.folder / "new.sqlite3"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    lite.backup()
    assert (old.exists(), new.exists()) == (False, True)


def test_a_database_above_the_limit_is_refused_with_the_command(place: Place) -> None:
    done = place.shop.db("backup", "--max-size", "0")
    program = {"sqlite": "sqlite3 ", "postgresql": "pg_dump ", "mysql": "mysqldump "}
    assert done.code == 1
    assert "more than the limit of 0 MiB" in done.err
    assert program[place.database.vendor] in done.err
    assert list(place.folder.glob("*.json")) == []


COMMANDS = {
    "postgresql": "pg_dump --format=custom --file=default-backup.dump -U ada -h db.internal -p 6432 shop\n",
    "mysql": "mysqldump --user=ada --host=db.internal --port=6432 --single-transaction --routines --triggers"
    " --no-tablespaces --result-file=default-backup.sql shop\n",
    "sqlite3": "sqlite3 shop '.backup default-backup.sqlite3'\n",
}


@pytest.mark.parametrize("engine", COMMANDS)
def test_the_command_for_production_is_printed_and_not_run(
    engine: str, tmp_path: Path
) -> None:
    database = {
        "ENGINE": f"django.db.backends.{engine}",
        "NAME": "shop",
        "USER": "ada",
        "PASSWORD": "secret",
        "HOST": "db.internal",
        "PORT": "6432",
    }
    shop = Shop.create(tmp_path / "shop", {"default": database})
    done = shop.db("backup", "--print")
    assert (done.code, done.out) == (0, COMMANDS[engine])
    assert "secret" not in done.out + done.err
    assert not (shop.repository.path / ".git/oneleaf").exists()


def test_no_host_is_guessed_where_the_settings_name_none(tmp_path: Path) -> None:
    database = {"ENGINE": "django.db.backends.postgresql", "NAME": "shop"}
    shop = Shop.create(tmp_path / "shop", {"default": database})
    expected = "pg_dump --format=custom --file=default-backup.dump shop\n"
    assert shop.db("backup", "--print").out == expected


def test_a_backup_that_was_changed_is_never_used(place: Place) -> None:
    path = place.folder / place.backup()
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    done = place.restore("--no-backup")
    assert done.code == 2
    assert "has changed since it was made" in done.err
    assert place.items() == ["a", "b"]


def test_a_backup_of_another_database_is_never_used(
    lite: Place, tmp_path: Path
) -> None:
    name = lite.backup()
    settings = lite.shop.repository.read("settings.py")
    lite.shop.repository.write(
        "settings.py", settings.replace("db.sqlite3", "x.sqlite3")
    )
    done = lite.shop.db("restore", name)
    assert done.code == 1
    assert "this clone has no backup of" in done.err
    lite.shop.repository.write("settings.py", settings)
    done = lite.shop.db("restore", "no-such.sqlite3")
    assert (done.code, "is no backup of" in done.err) == (1, True)


def test_a_missing_program_is_named_and_leaves_nothing(tmp_path: Path) -> None:
    for place in places(tmp_path, "postgresql"):
        git = shutil.which("git")
        assert git is not None
        programs = tmp_path / "bin"
        programs.mkdir()
        (programs / "git").symlink_to(git)
        done = place.shop.db("backup", PATH=str(programs))
        assert done.code == 2
        assert "pg_dump was not found on PATH" in done.err
        assert list(place.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("setting", "env", "said"),
    [
        pytest.param("DEBUG = False", {}, "DEBUG = False", id="not in debug mode"),
        pytest.param("", {"CI": "true"}, "CI is set", id="in CI"),
    ],
)
def test_the_guards_hold_also_with_the_consent(
    setting: str, env: dict[str, str], said: str, lite: Place
) -> None:
    lite.backup()
    lite.database.run("DELETE FROM shop_item")
    text = lite.shop.repository.read("settings.py")
    lite.shop.repository.write("settings.py", f"{text}\n{setting}\n")
    done = lite.shop.db("restore", "--apply", *lite.consent, **env)
    assert done.code == 1
    assert said in done.err
    assert lite.items() == []


def test_without_the_consent_nothing_is_restored(place: Place) -> None:
    place.backup()
    place.database.run("DELETE FROM shop_item")
    for words in ((), ("--database-name", "other")):
        done = place.shop.db("restore", "--apply", *words)
        assert done.code == 1
        assert os.path.basename(place.database.name) in done.err
    assert place.items() == []


def test_a_damaged_copy_is_found_when_it_is_made(
    lite: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open(lite.database.name, "r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 4096)
    done = lite.shop.db("backup")
    assert done.code == 2
    assert not list(lite.folder.glob("*")), done
