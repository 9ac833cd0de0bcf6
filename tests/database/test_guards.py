"""Who may write to a database: all guards, one by one."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace

import pytest

from oneleaf.database.change import guards
from oneleaf.database.connection import Identity
from oneleaf.errors import Refused
from repository import Repository


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A clone to stand in, with DEBUG on, outside of CI, without a terminal."""
    repository = Repository.create(tmp_path / "clone")
    for name, value in repository.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.chdir(repository.path)
    monkeypatch.setattr(guards, "settings", SimpleNamespace(DEBUG=True))
    monkeypatch.setattr("sys.stdin", io.StringIO())
    return repository


def server(host: str = "localhost", name: str = "app", port: str = "5432") -> Identity:
    return Identity("default", "postgresql", host, port, name)


def type_in(text: str, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    screen = Terminal()
    monkeypatch.setattr("sys.stdin", Terminal(text + "\n"))
    monkeypatch.setattr("sys.stderr", screen)
    return screen


@pytest.mark.parametrize(
    "host", ["", "localhost", "127.0.0.1", "::1", "/run/postgresql", "@abstract"]
)
def test_the_given_name_is_consent_on_this_machine(host: str) -> None:
    guards.require_development(server(host), "app")


@pytest.mark.parametrize(
    "host", ["db", "10.0.0.7", "db.internal", "localhost.example.org"]
)
def test_the_given_name_is_not_enough_for_another_host(host: str) -> None:
    with pytest.raises(Refused, match="type its name when asked"):
        guards.require_development(server(host), "app")


def test_the_given_name_must_be_the_connected_databases_own() -> None:
    with pytest.raises(Refused, match="--database-name says 'other'"):
        guards.require_development(server(), "other")


def test_sqlite_is_named_by_its_file() -> None:
    own = Identity("default", "sqlite", "", "", "/srv/db.sqlite3")
    guards.require_development(own, "db.sqlite3")
    guards.require_development(own, "/srv/db.sqlite3")


def test_the_name_typed_at_a_terminal_is_remembered_for_that_database_alone(
    monkeypatch: pytest.MonkeyPatch, clone: Repository
) -> None:
    screen = type_in("app", monkeypatch)
    guards.require_development(server("db"))
    assert "alias default, postgresql, app on db:5432" in screen.getvalue()
    assert clone.git("status", "--porcelain") == ""
    monkeypatch.setattr("sys.stdin", io.StringIO())
    guards.require_development(server("db"))
    for other in (server("db2"), server("db", "app2"), server("db", port="5433")):
        with pytest.raises(Refused, match="is not a development database"):
            guards.require_development(other)


def test_another_name_typed_is_a_no(monkeypatch: pytest.MonkeyPatch) -> None:
    type_in("yes", monkeypatch)
    with pytest.raises(Refused, match="was left alone"):
        guards.require_development(server())


def test_a_remembered_consent_does_not_outweigh_a_wrong_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    type_in("app", monkeypatch)
    guards.require_development(server())
    with pytest.raises(Refused, match="--database-name says"):
        guards.require_development(server(), "other")


def test_neither_terminal_nor_name_outweigh_debug_and_ci(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    type_in("app", monkeypatch)
    guards.require_development(server())
    monkeypatch.setenv("CI", "1")
    with pytest.raises(Refused, match="CI is set"):
        guards.require_development(server(), "app")
    monkeypatch.delenv("CI")
    monkeypatch.setattr(guards, "settings", SimpleNamespace(DEBUG=False))
    with pytest.raises(Refused, match="DEBUG = False"):
        guards.require_development(server(), "app")


def test_a_database_in_memory_is_refused() -> None:
    with pytest.raises(Refused, match="in memory"):
        guards.require_development(Identity("default", "sqlite", "", "", ""))


class Sources:
    """What is published, as far as the guard asks."""

    def __init__(self, top: Path, upstream: str = "") -> None:
        self.top = str(top)
        self.upstream = SimpleNamespace(branches=[upstream] if upstream else [])

    def published(self, keys: list[tuple[str, str]]) -> dict[tuple[str, str], str]:
        return {key: "origin/main" for key in keys if key[1] == "0001_initial"}


def test_nothing_published_may_be_touched(clone: Repository) -> None:
    sources = Sources(clone.path, "origin/main")
    guards.require_unpublished(sources, [("shop", "0002_x")])  # type: ignore[arg-type]
    with pytest.raises(Refused, match=r"shop\.0001_initial is on origin/main"):
        guards.require_unpublished(sources, [("shop", "0001_initial")])  # type: ignore[arg-type]


def test_where_published_cannot_be_told_nothing_may_be_touched(
    clone: Repository,
) -> None:
    keys = [("shop", "0002_x")]
    guards.require_unpublished(Sources(clone.path), keys)  # type: ignore[arg-type]
    clone.git("remote", "add", "origin", "/nowhere")
    with pytest.raises(Refused, match="what is published cannot be told"):
        guards.require_unpublished(Sources(clone.path), keys)  # type: ignore[arg-type]
