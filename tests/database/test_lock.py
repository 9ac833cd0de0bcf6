"""``oneleaf db lock``: one migrate at a time, and nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import servers
from django_shop import TAG, Shop, add_field

from oneleaf.database import child, locking
from oneleaf.errors import OneleafError, Refused

pytestmark = pytest.mark.e2e

# All that migrate plans before anybody has applied anything: what goes wrong without
# a lock, made to happen every time.
BARRIER = """
import os, pathlib, time
from django.db.models.signals import pre_migrate

def wait_for_all(**kwargs):
    place = os.environ.get("BARRIER")
    if place:
        (pathlib.Path(place) / str(os.getpid())).touch()
        end = time.monotonic() + 60
        while len(list(pathlib.Path(place).iterdir())) < 5 and time.monotonic() < end:
            time.sleep(0.02)

pre_migrate.connect(wait_for_all)
"""
MIGRATE = (sys.executable, "manage.py", "migrate", "-v", "0")
HOLD = (sys.executable, "-c", "print('held', flush=True); import time; time.sleep(60)")


class Place:
    """A project and its database, reached directly or through the proxy."""

    def __init__(self, shop: Shop, database: servers.Database) -> None:
        self.shop = shop
        self.database = database

    def holders(self) -> int:
        """How many locks of migrations the server has, in any session."""
        if self.database.vendor == "sqlite":
            return len(list(Path(self.database.name).parent.glob("*.migrate-lock")))
        if self.database.vendor == "postgresql":
            query = (
                "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
                f" WHERE locktype = 'advisory' AND datname = '{self.database.name}'"
            )
        else:
            digest = locking.key(self.database.name, "").hex()[:40]
            query = f"SELECT count(IS_USED_LOCK('oneleaf:{digest}'))"
        return int(self.database.run(query)[0][0])

    def hold(self, *options: str) -> subprocess.Popen[bytes]:
        """A process that has the lock until it is ended."""
        process = self.shop.start_db("lock", *options, "--", *HOLD)
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        return process


def places(folder: Path, how: str) -> Iterator[Place]:
    """A project with two migrations on an empty database."""
    vendor = "postgresql" if how == servers.PROXIED else how
    with ExitStack() as stack:
        database = stack.enter_context(servers.database(vendor, folder))
        settings: dict[str, Any] = dict(database.settings)
        if how == servers.PROXIED:
            port = stack.enter_context(servers.pgbouncer())
            settings |= {"PORT": str(port), "DISABLE_SERVER_SIDE_CURSORS": True}
        if vendor == "sqlite":
            settings["OPTIONS"] = {"timeout": 30}
        shop = Shop.create(folder / "shop", {"default": settings}, extra=BARRIER)
        shop.migration("0002_color", add_field("color"), "0001_initial")
        shop.migration("0003_tag", TAG, "0002_color")
        yield Place(shop, database)


WAYS = (*servers.VENDORS, pytest.param(servers.PROXIED, marks=pytest.mark.slow))


@pytest.fixture(params=WAYS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    yield from places(tmp_path, request.param)


@pytest.fixture(params=servers.VENDORS)
def direct(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    yield from places(tmp_path, request.param)


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[Place]:
    yield from places(tmp_path, "sqlite")


def test_five_at_once_on_an_empty_database_fail_without_the_lock(
    direct: Place, tmp_path: Path
) -> None:
    barrier = tmp_path / "barrier"
    barrier.mkdir()
    shop = direct.shop
    env = {**shop.repository.env, "BARRIER": str(barrier)}
    started = [
        subprocess.Popen(
            MIGRATE, cwd=shop.repository.path, env=env, stderr=subprocess.PIPE
        )
        for _ in range(5)
    ]
    said = [process.communicate()[1] for process in started]
    assert sum(process.returncode != 0 for process in started) == 4, said


def test_five_at_once_on_an_empty_database_all_succeed_with_it(place: Place) -> None:
    started = [place.shop.start_db("lock", "--", *MIGRATE) for _ in range(5)]
    ended = [(*process.communicate(), process.returncode) for process in started]
    assert [code for _, _, code in ended] == [0] * 5, ended
    assert place.database.applied() == ["0001_initial", "0002_color", "0003_tag"]
    assert place.holders() == 0


def test_a_killed_holder_takes_its_command_along_and_frees_the_lock(
    place: Place,
) -> None:
    holder = place.hold()
    waiting = place.shop.start_db("lock", "--wait", "60", "--", "true")
    assert waiting.stderr is not None
    message = waiting.stderr.readline().decode()
    assert "another migrate holds the lock" in message
    holder.kill()
    # Its output ends when the last process that could write to it is gone.
    assert holder.communicate()[0] == b""
    assert waiting.wait(30) == 0
    waiting.communicate()
    assert place.holders() == 0


def test_who_does_not_want_to_wait_is_told_who_holds_it(direct: Place) -> None:
    holder = direct.hold()
    refused = direct.shop.db("lock", "--wait", "0", "--", "true")
    holder.terminate()
    holder.communicate()
    assert refused.code == 1
    assert refused.out == ""
    shown = {
        "sqlite": f"pid {holder.pid} on ",
        "postgresql": "from 127.0.0.1, for ",
        "mysql": "from 127.0.0.1:",
    }[direct.database.vendor]
    assert shown in refused.err
    assert "nothing was changed" in refused.err


def test_a_lock_that_was_lost_on_the_way_is_no_success(direct: Place) -> None:
    database = direct.database
    steal = {
        "sqlite": f"import os; os.unlink({database.name + '.migrate-lock'!r})",
        "postgresql": (
            "import psycopg; c = psycopg.connect(host=H, port=P, user=U, dbname=N, autocommit=True);"
            "c.execute(\"SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'\""
            ' " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())")'
        ),
        "mysql": (
            "import pymysql; c = pymysql.connect(host=H, port=P, user=U, database=N).cursor();"
            "c.execute(\"SELECT IS_USED_LOCK(%s)\", [K]); c.execute('KILL %d' % c.fetchone())"
        ),
    }[database.vendor]
    if database.vendor != "sqlite":
        user, host, port = servers.address(database.vendor)
        name = "oneleaf:" + locking.key(database.name, "").hex()[:40]
        steal = f"H, P, U, N, K = {(host, port, user, database.name, name)!r}\n{steal}"
    done = direct.shop.db("lock", "--", sys.executable, "-c", steal)
    assert done.code == 1, done
    assert "the lock was lost while the command ran" in done.err


@pytest.mark.parametrize("server", ["postgresql"])
def test_an_index_can_be_made_concurrently_inside_the_lock(
    server: str, tmp_path: Path
) -> None:
    for place in places(tmp_path, servers.PROXIED):
        concurrent = (
            "migrations.RunSQL('CREATE INDEX CONCURRENTLY shop_name ON shop_item (name)'),\n"
            "    ]\n    atomic = False\n    more = ["
        )
        place.shop.migration("0004_index", concurrent, "0003_tag")
        done = place.shop.db("lock", "--", *MIGRATE)
        assert done.code == 0, done
        assert "0004_index" in place.database.applied()


@pytest.mark.parametrize(
    ("command", "code"),
    [
        pytest.param("exit 0", 0, id="success"),
        pytest.param("exit 7", 7, id="its own code"),
        pytest.param("kill -KILL $$", 128 + 9, id="a signal"),
    ],
)
def test_the_commands_exit_code_is_passed_on(
    command: str, code: int, lite: Place
) -> None:
    assert lite.shop.db("lock", "--", "sh", "-c", command).code == code


def test_the_commands_streams_are_its_own(lite: Place) -> None:
    command = "echo out; echo err >&2"
    done = lite.shop.db("lock", "--", "sh", "-c", command)
    assert (done.out, done.err) == ("out\n", "err\n")


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1"])
def test_signals_are_passed_on(name: str, lite: Place) -> None:
    number = signal.Signals[name].value
    code = (
        "import signal, sys, time\n"
        f"signal.signal({number}, lambda *a: sys.exit(33))\n"
        "print('ready', flush=True)\ntime.sleep(60)"
    )
    process = lite.shop.start_db("lock", "--", sys.executable, "-c", code)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(number)
    assert process.wait(30) == 33
    process.communicate()
    assert lite.holders() == 0


def test_a_signal_that_comes_before_the_child_is_not_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    start = subprocess.Popen

    def late(*args: Any, **kwargs: Any) -> subprocess.Popen[bytes]:
        os.kill(os.getpid(), signal.SIGTERM)
        return start(*args, **kwargs)

    monkeypatch.setattr("oneleaf.database.child.subprocess.Popen", late)
    assert child.run([sys.executable, "-c", "import time; time.sleep(60)"]) == 128 + 15


def test_a_command_that_does_not_exist_is_wrong_usage(lite: Place) -> None:
    done = lite.shop.db("lock", "--", "no-such-command")
    assert done.code == 2
    assert "'no-such-command' was not found" in done.err
    assert lite.holders() == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param((), "needs a command", id="no command"),
        pytest.param(("--wait", "soon", "--", "true"), "--wait takes", id="no number"),
        pytest.param(("--wait", "-1", "--", "true"), "--wait takes", id="negative"),
        pytest.param(("--wait", "inf", "--", "true"), "--wait takes", id="for ever"),
    ],
)
def test_wrong_words_are_refused(
    words: tuple[str, ...], said: str, lite: Place
) -> None:
    done = lite.shop.db("lock", *words)
    assert done.code == 2
    assert said in done.err


def test_a_database_in_memory_is_refused(tmp_path: Path) -> None:
    memory = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
    shop = Shop.create(tmp_path / "shop", {"default": memory})
    done = shop.db("lock", "--", "true")
    assert done.code == 1
    assert "no other process can see it" in done.err


def test_the_lock_works_where_there_is_no_repository(
    lite: Place, tmp_path: Path
) -> None:
    (lite.shop.repository.path / ".git").rename(tmp_path / "gone")
    assert lite.shop.db("lock", "--", "true").code == 0


def test_a_server_that_is_not_there_is_an_environment_error(tmp_path: Path) -> None:
    nowhere = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "x",
        "HOST": "127.0.0.1",
        "PORT": "1",
    }
    shop = Shop.create(tmp_path / "shop", {"default": nowhere})
    done = shop.db("lock", "--", "true")
    assert done.code == 2
    assert "database 'default': " in done.err


class Oracle:
    """All that the choice of a lock looks at."""

    vendor = "oracle"
    display_name = "Oracle"


def test_a_server_without_a_known_lock_is_plainly_refused() -> None:
    with pytest.raises(Refused, match="there is no lock for Oracle"):
        locking.of(Oracle())


class Held:
    """A lock that somebody else has for some tries."""

    def __init__(self, tries: int) -> None:
        self.tries = tries

    def try_take(self) -> bool:
        self.tries -= 1
        return self.tries < 0

    def holder(self) -> str:
        return "pid 7"

    def is_held(self) -> bool:
        return True

    def release(self) -> None:
        pass


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[], float]:
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    monkeypatch.setattr("oneleaf.database.locking.time.sleep", sleep)
    monkeypatch.setattr("oneleaf.database.locking.time.monotonic", lambda: now[0])
    return lambda: now[0]


def test_a_long_wait_names_the_holder_again_and_again(
    clock: Callable[[], float],
) -> None:
    said: list[str] = []
    locking.take(Held(tries=250), 600, said.append)
    assert 70 < clock() < 80
    assert (
        said
        == [
            "another migrate holds the lock: pid 7. Waiting up to 600 s; nothing was changed."
        ]
        * 3
    )


def test_the_wait_ends_when_it_was_said_to(clock: Callable[[], float]) -> None:
    with pytest.raises(Refused, match=r"pid 7; gave up after 5 s, nothing was changed"):
        locking.take(Held(tries=1000), 5, lambda _: None)
    assert clock() == pytest.approx(5)


def test_a_missing_program_is_found_out_before_anything_is_started() -> None:
    with pytest.raises(OneleafError, match="was not found"):
        child.run(["no-such-command"])


def test_waiting_ends_with_the_caller_and_not_with_the_clock(place: Place) -> None:
    holder = place.hold()
    waiting = place.shop.start_db("lock", "--", "true")
    assert waiting.stderr is not None
    waiting.stderr.readline()
    waiting.send_signal(signal.SIGINT)
    assert waiting.wait(10) == 130
    waiting.communicate()
    holder.terminate()
    holder.communicate()
    deadline = time.monotonic() + 10
    while place.holders() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert place.holders() == 0
