"""Moving from django-linear-migrations is one step, and ``max_migration.txt`` stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from app_project import OWN, Project

pytestmark = [pytest.mark.django, pytest.mark.e2e]

THEIRS = "django_linear_migrations"
OURS = "oneleaf.django"


@pytest.fixture
def armed(tmp_path: Path) -> Project:
    """Two apps and their lockfiles, all made by django-linear-migrations."""
    project = Project.create(tmp_path / "r", "cart", "shop", installed=(THEIRS,))
    project.manage("create_max_migration_files")
    project.field("size")
    project.manage("makemigrations")
    project.manage("squashmigrations", "shop", "0002", "--noinput")
    project.field("weight")
    project.manage("makemigrations")
    project.repository.commit("armed")
    assert project.manage("check").code == 0
    return project


def swap(project: Project) -> None:
    """The one step: another name in INSTALLED_APPS, and ``oneleaf init``."""
    settings = project.read("settings.py")
    assert settings.count(THEIRS) == 1
    project.write("settings.py", settings.replace(THEIRS, OURS))
    project.manage("oneleaf", "init")
    project.repository.commit("swapped")


def lockfiles(project: Project) -> dict[str, bytes]:
    """Path -> content."""
    return {
        str(path.relative_to(project.repository.path)): path.read_bytes()
        for path in project.repository.path.glob("*/migrations/max_migration.txt")
    }


def test_the_lockfiles_stay_byte_for_byte_and_both_checks_are_quiet(
    armed: Project,
) -> None:
    before = lockfiles(armed)
    assert len(before) == 2
    swap(armed)
    assert armed.oneleaf("check", "--all").code == 0
    done = armed.manage("check")
    assert (done.out, done.err) == (
        "System check identified no issues (0 silenced).\n",
        "",
    )
    assert armed.manage("oneleaf", "lock", "--init").code == 0
    assert lockfiles(armed) == before


def test_what_we_write_afterwards_satisfies_them(armed: Project) -> None:
    swap(armed)
    armed.field("price")
    armed.field("total", "cart")
    armed.app("tags")
    armed.install(OURS, "cart", "shop", "tags")
    armed.manage("makemigrations", "cart", "shop", "tags")
    assert len(lockfiles(armed)) == 3
    armed.install(THEIRS, "cart", "shop", "tags")
    done = armed.manage("check")
    assert "(0 silenced)" in done.out
    assert "dlm." not in done.err
    assert "No max_migration.txt" in armed.manage("create_max_migration_files").out


def test_what_they_write_afterwards_satisfies_us(armed: Project) -> None:
    """A colleague's branch from before the swap."""
    swap(armed)
    armed.install(THEIRS, "cart", "shop")
    armed.field("price")
    armed.manage("makemigrations")
    armed.install(OURS, "cart", "shop")
    armed.repository.add()
    assert armed.oneleaf("check", "--all").code == 0
    assert armed.manage("check").err == ""


@pytest.mark.parametrize("first", [OURS, THEIRS])
def test_both_at_once_work_in_either_order(armed: Project, first: str) -> None:
    swap(armed)
    second = THEIRS if first == OURS else OURS
    armed.install(first, second, "cart", "shop")
    armed.field("price")
    armed.manage("makemigrations")
    assert armed.read(OWN) == "0004_item_price\n"
    armed.repository.add()
    assert armed.oneleaf("check", "--all").code == 0
    assert armed.manage("check").code == 0


def test_a_lockfile_that_stops_them_from_starting_does_not_stop_us(
    armed: Project,
) -> None:
    swap(armed)
    armed.write(OWN, "")
    armed.repository.add()
    armed.install(THEIRS, "cart", "shop")
    assert "IndexError" in armed.manage("showmigrations", ok=(1,)).err
    armed.install(OURS, "cart", "shop")
    assert armed.manage("showmigrations").code == 0
    assert "(oneleaf.OL203)" in armed.manage("check", ok=(1,)).err
    assert armed.manage("oneleaf", "lock", ok=(1,)).out.startswith(f"Wrote {OWN}\n")
    armed.repository.add()
    assert armed.manage("check").code == 0


def test_an_app_that_their_settings_do_not_install_gets_a_lockfile_too(
    armed: Project,
) -> None:
    """They see what one settings module installs, we see the repository."""
    before = lockfiles(armed)
    armed.app("tags")
    armed.migration("0001_initial", label="tags")
    armed.write("tags/migrations/__init__.py")
    armed.repository.commit("tags")
    assert armed.manage("check").code == 0
    assert "OL201 app tags has no lockfile" in armed.oneleaf("check", "--all").out
    swap(armed)
    assert armed.manage("check").code == 0
    assert before.items() < lockfiles(armed).items()


COUNTERPARTS = {
    "dlm.E001": "oneleaf.OL201",
    "dlm.E002": "oneleaf.OL203",
    "dlm.E003": "oneleaf.OL202",
    "dlm.E004": "oneleaf.OL202",
    "dlm.E005": "oneleaf.OL102",
}


@pytest.mark.parametrize("code", COUNTERPARTS)
def test_every_one_of_their_checks_has_its_counterpart(
    armed: Project, code: str
) -> None:
    swap(armed)
    armed.install(THEIRS, "cart", "shop")
    if code == "dlm.E001":
        armed.delete(OWN)
    elif code == "dlm.E005":
        armed.migration("0002_other", "0001_initial", label="cart")
        armed.migration("0002_more", "0001_initial", label="cart")
    else:
        names = {
            "dlm.E002": "0001_initial\n0002_item_size\n",
            "dlm.E003": "0009_nothing\n",
            "dlm.E004": "0001_initial\n",
        }
        armed.write(OWN, names[code])
    armed.repository.add()
    assert f"({code})" in armed.manage("check", ok=(1,)).err
    armed.install(OURS, "cart", "shop")
    assert f"({COUNTERPARTS[code]})" in armed.manage("check", ok=(1,)).err


def test_their_first_lockfiles_and_ours_are_the_same(tmp_path: Path) -> None:
    made = {}
    for app, words in (
        (THEIRS, ("create_max_migration_files",)),
        (OURS, ("oneleaf", "lock", "--init")),
    ):
        project = Project.create(tmp_path / app, "cart", "shop", installed=(app,))
        project.manage(*words, ok=(0, 1))
        made[app] = lockfiles(project)
    assert made[OURS] == made[THEIRS] != {}
