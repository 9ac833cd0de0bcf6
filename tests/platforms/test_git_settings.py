"""The settings that git has on Windows and macOS, with real git."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from clone_story import check_out_anew, configured, line_ends, play

from django_repository import LOCKFILE
from repository import Repository, migration

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

WINDOWS = {
    "core.autocrlf": "true",
    "core.fileMode": "false",
    "core.ignoreCase": "true",
    "core.symlinks": "false",
    "core.longpaths": "true",
}
MACOS = {"core.ignoreCase": "true", "core.precomposeUnicode": "true"}
FOLDER = "shop/migrations"


@pytest.mark.parametrize(
    ("settings", "end"),
    [
        pytest.param(WINDOWS, b"\r\n", id="windows"),
        pytest.param(MACOS, b"\n", id="macos"),
        pytest.param({"core.autocrlf": "input"}, b"\n", id="input"),
        pytest.param(
            {"core.eol": "crlf", "core.attributesFile": "all-text"},
            b"\r\n",
            id="eol of the attributes",
        ),
    ],
)
def test_a_clone_with_these_settings_is_protected(
    tmp_path: Path, settings: dict[str, str], end: bytes
) -> None:
    (tmp_path / "all-text").write_text("* text=auto\n", encoding="ascii")
    if "core.attributesFile" in settings:
        settings = {**settings, "core.attributesFile": str(tmp_path / "all-text")}
    project = configured(tmp_path, settings)
    assert line_ends(project.repository, FOLDER) == {end}
    play(project, Repository.oneleaf)
    assert line_ends(project.repository, FOLDER) == {end}
    for path in project.repository.git("ls-files", FOLDER).split():
        assert "\r" not in project.repository.git("show", f"HEAD:{path}")
    project.assert_sound()


@pytest.fixture
def shop(tmp_path: Path) -> Repository:
    """An app with a lockfile, checked out with CR LF."""
    repository = Repository.create(tmp_path / "work")
    repository.app("shop", "0001_initial", "0002_color", lockfile=True)
    repository.commit()
    repository.git("config", "core.autocrlf", "true")
    check_out_anew(repository)
    return repository


def test_a_new_name_in_a_lockfile_has_the_line_ends_of_the_old(
    shop: Repository,
) -> None:
    shop.migration("shop", "0003_size", "0002_color")
    shop.add()
    done = shop.oneleaf("lock")
    assert (done.code, done.err) == (1, "")
    assert (shop.path / LOCKFILE).read_bytes() == b"0003_size\r\n"
    assert shop.git("add", LOCKFILE) == ""  # no warning that line ends will change
    assert shop.git("show", f":{LOCKFILE}") == "0003_size\n"
    assert shop.oneleaf("check").code == 0


def test_a_merge_migration_and_its_lockfile_have_the_line_ends_of_the_others(
    shop: Repository,
) -> None:
    for name in ("0003_a", "0003_b"):
        source = migration(("shop", "0002_color")).replace("\n", "\r\n")
        shop.write(f"{FOLDER}/{name}.py", source)
    shop.add()
    done = shop.oneleaf("merge", "--name", "joined")
    assert done.code == 0, done
    assert line_ends(shop, FOLDER) == {b"\r\n"}
    shop.add()
    assert shop.oneleaf("check", "--all").code == 0


def test_a_migration_that_is_a_link_is_read_where_links_are_plain_files(
    shop: Repository,
) -> None:
    shop.write("elsewhere.py", migration(("shop", "0002_color")))
    shop.add()
    link = shop.path / FOLDER / "0003_far.py"
    link.symlink_to("../../elsewhere.py")
    shop.add()
    shop.git("config", "core.symlinks", "false")
    link.unlink()
    shop.git("checkout-index", "-f", "--", f"{FOLDER}/0003_far.py")
    assert link.read_text(encoding="ascii") == "../../elsewhere.py"
    done = shop.oneleaf("check", "--all")
    assert [line.split()[1] for line in done.out.splitlines() if " OL" in line] == [
        "OL202"
    ]
    assert shop.oneleaf("lock").code == 1
    shop.add()
    assert shop.oneleaf("check", "--all").code == 0
    assert shop.git("ls-files", "-s", FOLDER).count("120000 ") == 1


@pytest.mark.parametrize("length", [100, 240])
def test_a_path_longer_than_windows_had_is_written(tmp_path: Path, length: int) -> None:
    """``core.longpaths``: 260 characters in all; 255 bytes in one name still hold."""
    repository = Repository.create(tmp_path / "work")
    repository.git("config", "core.longpaths", "true")
    root = "".join(f"{letter * 50}/" for letter in "abcd")
    repository.app("shop", "0001_initial", "0002_color", root=root)
    repository.commit()
    repository.git("update-ref", "refs/remotes/origin/main", "HEAD")
    name = "0002_" + "x" * (length - len("0002_.py"))
    local = f"{root}shop/migrations/{name}.py"
    repository.write(local, migration(("shop", "0001_initial")))
    repository.commit()
    repository.write("pyproject.toml", '[tool.oneleaf]\nupstream = "origin/main"\n')
    repository.commit()
    assert len(os.fsencode(repository.path / local)) > 260
    done = repository.oneleaf("rebase")
    assert done.code == 0, done
    assert (repository.path / local.replace("0002_x", "0003_x")).exists()
    assert not (repository.path / local).exists()
