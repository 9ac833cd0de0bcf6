"""Paths with drives and backslashes: typed, registered, shown."""

from __future__ import annotations

import ntpath
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from oneleaf.checking import state
from oneleaf.clone import driver
from oneleaf.clone.driver import Tool
from oneleaf.database.backups import sqlite
from oneleaf.errors import OneleafError
from oneleaf.git import worktree
from repository import SOURCE_ROOT, Repository, migration


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths are read as Windows does."""
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(os, "path", ntpath)
    monkeypatch.setattr(os, "sep", "\\")


def in_folders(monkeypatch: pytest.MonkeyPatch, *folders: str) -> None:
    """These folders are there, under names of any case."""

    def folded(path: str) -> str:
        return path.replace("\\", "/").rstrip("/").casefold()

    numbers = {folded(folder): n for n, folder in enumerate(folders, 1)}

    def stat(path: str, **_: object) -> os.stat_result:
        number = numbers.get(folded(os.fspath(path)))
        if number is None:
            raise FileNotFoundError(path)
        return os.stat_result((0o40777, number, 1, 1, 0, 0, 0, 0, 0, 0))

    monkeypatch.setattr(os, "stat", stat)


# Typed


@pytest.mark.usefixtures("windows")
@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("shop\\migrations\\0002_x.py", "shop/migrations/0002_x.py"),
        (".\\shop\\", "shop"),
        ("shop/migrations\\0002_x.py", "shop/migrations/0002_x.py"),
        ("cart\\..\\shop", "shop"),
        (".", ""),
        (".hidden\\shop", ".hidden/shop"),
    ],
)
def test_a_path_may_be_typed_with_backslashes(
    monkeypatch: pytest.MonkeyPatch, typed: str, found: str
) -> None:
    monkeypatch.setattr(state, "at_top", lambda: True)
    assert state.from_top([typed]) == [found]


@pytest.mark.usefixtures("windows")
@pytest.mark.parametrize(
    ("folder", "path", "found"),
    [
        ("C:/Work/Repo", "c:\\work\\repo\\shop\\migrations", "shop/migrations"),
        ("C:/Work/Repo", "C:\\Work\\Repo", ""),
        ("C:/Work/Repo", "C:\\Work", None),
        ("C:/Work/Repo", "D:\\Work\\Repo\\shop", None),
        ("C:/Work/Repo", "C:\\WORK~1\\..\\Work\\Repo\\a\\..\\b", "b"),
        ("E:/gone", "E:\\gone\\shop", None),
    ],
)
def test_a_path_is_in_a_folder_whatever_the_case_of_its_letters(
    monkeypatch: pytest.MonkeyPatch, folder: str, path: str, found: str | None
) -> None:
    in_folders(monkeypatch, "C:\\", "C:\\Work", "C:\\Work\\Repo", "D:\\Work\\Repo")
    assert worktree.below(folder, path) == found


@pytest.fixture
def shop(tmp_path: Path) -> Repository:
    """Two leaf nodes in the app ``shop``, and in one of a hidden folder."""
    repository = Repository.create(tmp_path / "work")
    for root in ("", ".hidden/"):
        repository.app("shop", "0001_a", "0002_b", root=root)
        path = f"{root}shop/migrations/0003_c.py"
        repository.write(path, migration(("shop", "0001_a")))
        repository.write(f"{root}shop/apps.py", "")
    repository.app("cart", "0001_a")
    repository.commit()
    return repository


@pytest.mark.parametrize("way", ["", "link"])
def test_an_absolute_path_names_its_app(
    shop: Repository, tmp_path: Path, way: str
) -> None:
    top = shop.path
    if way:
        top = tmp_path / way
        top.symlink_to(shop.path)
    done = shop.oneleaf("check", str(top / "shop/migrations/0001_a.py"))
    assert done.code == 1
    assert {
        line.partition("/")[0] for line in done.out.splitlines() if "OL" in line
    } == {"shop"}
    assert shop.oneleaf("check", str(top / "cart")).code == 0
    assert shop.oneleaf("check", str(top)).code == 1


def test_an_absolute_path_out_of_the_repository_is_an_error(shop: Repository) -> None:
    done = shop.oneleaf("check", str(shop.path.parent))
    assert done.code == 2
    assert "is not in this repository" in done.err


def test_a_hidden_folder_keeps_its_dot(shop: Repository) -> None:
    assert shop.oneleaf("check", ".hidden/shop").code == 1


# Registered


@pytest.mark.usefixtures("windows")
def test_the_tool_is_registered_with_slashes(monkeypatch: pytest.MonkeyPatch) -> None:
    python = "C:\\Program Files\\it's\\python.exe"
    site = "C:\\Users\\Åsa\\site-packages"
    monkeypatch.setattr(sys, "executable", python)
    place = f"{site}\\oneleaf\\clone\\registration.py"
    monkeypatch.setattr(driver, "__file__", place)
    monkeypatch.setattr(ntpath, "isfile", lambda _: True)
    tool = driver.this_tool()
    assert tool is not None
    assert tool.python == "C:/Program Files/it's/python.exe"
    assert tool.launcher == "C:/Users/Åsa/site-packages/oneleaf/lockfiles/launcher.py"
    value = driver.command(tool)
    assert "\\" not in value
    assert driver.is_own(value)


def test_a_backslash_is_a_letter_elsewhere() -> None:
    assert driver.slashes("/a\\b/python") == "/a\\b/python"


@pytest.mark.usefixtures("windows")
@pytest.mark.parametrize(
    ("python", "inside"),
    [
        ("C:/Work/Repo/.venv/Scripts/python.exe", True),
        ("c:\\work\\repo\\.venv\\Scripts\\python.exe", True),
        ("C:/Work/Repo2/Scripts/python.exe", False),
        ("D:/Work/Repo/Scripts/python.exe", False),
    ],
)
def test_a_tool_in_the_work_tree_is_found_out_by_drive_and_case(
    monkeypatch: pytest.MonkeyPatch, *, python: str, inside: bool
) -> None:
    in_folders(monkeypatch, "C:\\Work\\Repo", "D:\\Work\\Repo")
    tool = Tool(python, "C:/Python/oneleaf/lockfiles/launcher.py")
    assert driver.is_inside(tool, ["C:/Work/Repo"]) is inside


def test_a_tool_in_the_work_tree_is_found_out_where_a_file_system_folds_case(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As on macOS, whose paths have no drives."""
    in_folders(monkeypatch, "/", "/srv", "/srv/shop")
    tool = Tool("/SRV/Shop/.venv/bin/python", "/usr/lib/oneleaf/lockfiles/launcher.py")
    assert driver.is_inside(tool, ["/srv/shop"])
    assert not driver.is_inside(tool, ["/srv/other"])


@pytest.mark.parametrize(
    ("found", "runs"),
    [
        ("/c/Users/Ada/Scripts/oneleaf", True),
        ("C:/Users/Ada/Scripts/oneleaf.exe", True),
        ("/usr/local/bin/oneleaf", True),
        ("./oneleaf", False),
        ("oneleaf", False),
        ("bin/oneleaf", False),
        ("alias oneleaf='x'", False),
        ("", False),
    ],
)
def test_what_the_shell_of_git_for_windows_finds_is_run(
    *, found: str, runs: bool
) -> None:
    shell = 'command() { printf "%s" "$FOUND"; }; oneleaf() { echo ran "$1"; }; '
    value = driver.command(None).replace("%O", "o").replace("%A", "a")
    said = subprocess.run(
        ["sh", "-c", shell + value],
        env={**os.environ, "FOUND": found},
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    assert (said == "ran merge-driver\n") is runs


@pytest.mark.parametrize("folder", ["site-packages", "a b", "back\\slash"])
def test_the_launcher_finds_its_package_beside_it(tmp_path: Path, folder: str) -> None:
    package = tmp_path / folder / "oneleaf"
    package.parent.mkdir()
    package.symlink_to(SOURCE_ROOT / "oneleaf")
    for name, text in (("O", "1_a\n"), ("A", "1_a\n"), ("B", "2_b\n")):
        (tmp_path / name).write_text(text, encoding="ascii")
    words = [f"{package}/lockfiles/launcher.py", "O", "A", "B", "7", "lock.txt"]
    command = [sys.executable, "-I", "-S", *words]
    assert subprocess.run(command, cwd=tmp_path, check=False).returncode == 0
    assert (tmp_path / "A").read_text(encoding="ascii") == "2_b\n"


# Shown


@pytest.mark.usefixtures("windows")
@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("C:\\repo\\.husky\\pre-commit", ".husky/pre-commit"),
        ("D:\\hooks\\pre-commit", "D:/hooks/pre-commit"),
        ("\\\\server\\hooks\\pre-commit", "//server/hooks/pre-commit"),
    ],
)
def test_a_path_on_another_drive_is_shown_whole(path: str, shown: str) -> None:
    assert driver.shown(path, "C:/repo") == shown


# Given to SQLite


@pytest.mark.usefixtures("windows")
@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("C:\\a b\\db#1.sqlite3", "file:///C:/a%20b/db%231.sqlite3?mode=ro"),
        ("\\\\server\\share\\db", "file:////server/share/db?mode=ro"),
    ],
)
def test_a_database_is_addressed_as_sqlite_has_it(path: str, address: str) -> None:
    assert sqlite._address(path, "ro") == address


@pytest.mark.parametrize("name", ["a b", "100%41", "what?#", "é", "back\\slash", ":x"])
def test_a_database_of_any_name_is_opened(tmp_path: Path, name: str) -> None:
    with sqlite3.connect(tmp_path / name) as made:
        made.execute("CREATE TABLE here (x)")
    made.close()
    with sqlite._open(str(tmp_path / name), "ro") as own:
        assert own.execute("SELECT name FROM sqlite_master").fetchall() == [("here",)]


def test_a_database_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with (
        pytest.raises(OneleafError, match="unable to open"),
        sqlite._open(str(tmp_path / "nosuch"), "ro"),
    ):
        pass
