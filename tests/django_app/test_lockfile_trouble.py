"""Where a lockfile cannot be written, Django's own outcome stands and one line says why."""

from __future__ import annotations

from pathlib import Path

import pytest
from app_project import OWN, SHARED, SHARED_CONFIG, Project

pytestmark = pytest.mark.django

NEW = "shop/migrations/0002_item_size.py"
MENDS = "; mend that, stage the migrations and run `oneleaf lock shop`\n"


@pytest.fixture
def shop(tmp_path: Path) -> Project:
    """One app with a lockfile, and a field that no migration has yet."""
    project = Project.locked(tmp_path / "repository")
    project.field("size")
    return project


def trouble(project: Project, *words: str) -> str:
    """The line on standard error of a makemigrations that did all of its own work."""
    done = project.manage("makemigrations", *words, PYTHONWARNINGS="error")
    assert project.exists(NEW)
    assert "Wrote" not in done.out
    assert done.err.count("\n") == 1
    return done.err


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ("[tool.oneleaf]\nlokfile = 'x'\n", "[tool.oneleaf] lokfile is no setting"),
        ("[tool.oneleaf\nlockfile = 'x'\n", "pyproject.toml is not valid TOML"),
        ("[tool.oneleaf]\nlockfile = '../x'\n", "must be a file name"),
    ],
)
def test_a_configuration_that_cannot_be_used(
    shop: Project, config: str, reason: str
) -> None:
    shop.write("pyproject.toml", config)
    said = trouble(shop)
    assert said.startswith("oneleaf: the lockfile of app shop was not written: pyproj")
    assert reason in said
    assert said.endswith(MENDS)


def test_a_read_only_lockfile(shop: Project) -> None:
    (shop.repository.path / OWN).chmod(0o444)
    assert f"{OWN} is read-only" in trouble(shop)
    assert shop.read(OWN) == "0001_initial\n"


def test_a_folder_in_its_place(shop: Project) -> None:
    shop.delete(OWN)
    (shop.repository.path / OWN).mkdir()
    shop.write("pyproject.toml", "[tool.oneleaf]\nlockfile = 'max_migration.txt'\n")
    said = trouble(shop)
    assert said.startswith("oneleaf: the lockfile of app shop was not written: ")
    assert said.endswith(MENDS)


def test_a_link_that_leads_out_of_the_repository(shop: Project, tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("mine\n")
    shop.delete(OWN)
    (shop.repository.path / OWN).symlink_to(outside)
    assert "leads out of the repository" in trouble(shop)
    assert outside.read_text() == "mine\n"


def test_a_link_inside_the_repository_is_followed(shop: Project) -> None:
    shop.delete(OWN)
    shop.write("latest.txt", "0001_initial\n")
    (shop.repository.path / OWN).symlink_to("../../latest.txt")
    shop.manage("makemigrations")
    assert shop.read("latest.txt") == "0002_item_size\n"
    assert (shop.repository.path / OWN).is_symlink()


def test_a_history_that_cannot_be_read_without_running_it(shop: Project) -> None:
    shop.write(
        "shop/migrations/0001_b.py",
        "from django.db import migrations\n\n\n"
        "class Migration(migrations.Migration):\n"
        "    dependencies = [tuple(['shop', '0001_initial'])]\n"
        "    operations = []\n",
    )
    said = trouble(shop)
    assert "its history cannot be read whole" in said
    assert "`oneleaf check shop/migrations`" in said
    assert shop.read(OWN) == "0001_initial\n"


def test_one_app_in_trouble_does_not_keep_another_from_its_lockfile(
    tmp_path: Path,
) -> None:
    project = Project.locked(tmp_path / "repository", "cart", "shop")
    project.field("size", "cart")
    project.field("size", "shop")
    (project.repository.path / OWN).chmod(0o444)
    done = project.manage("makemigrations")
    assert project.read("cart/migrations/max_migration.txt") == "0002_item_size\n"
    assert done.out.count("Wrote") == 1
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    "content",
    ["", "what\n", "<<<<<<< ours\nshop: 0001_initial\n=======\n>>>>>>> theirs\n"],
)
def test_a_shared_lockfile_that_cannot_be_read_is_not_guessed(
    tmp_path: Path, content: str
) -> None:
    project = Project.create(tmp_path / "repository")
    project.write("pyproject.toml", SHARED_CONFIG)
    project.write(SHARED, content)
    project.field("size")
    assert f"{SHARED} cannot be read: line 1" in trouble(project)
    assert project.read(SHARED) == content


@pytest.mark.parametrize(
    "content", [b"", b"0001_a\n0001_b\n", b"\xff\xfe\x00", b"<<<<<<< HEAD\n"]
)
def test_a_garbled_lockfile_of_one_app_is_written_anew(
    shop: Project, content: bytes
) -> None:
    shop.write(OWN, content)
    shop.manage("makemigrations")
    assert shop.read(OWN) == "0002_item_size\n"


def test_a_fault_of_our_own_is_one_line_too(shop: Project) -> None:
    shop.install(
        "oneleaf.django",
        "shop",
        extra="from oneleaf.django import relocking\n"
        "def fault(*args):\n"
        "    raise ZeroDivisionError('a fault')\n"
        "relocking.plan_relock = fault\n",
    )
    assert "not written: ZeroDivisionError: a fault" in trouble(shop)


def test_text_of_the_repository_cannot_move_the_cursor(shop: Project) -> None:
    shop.write("pyproject.toml", '[tool.oneleaf]\n"\\u001b[2J" = 1\n')
    assert "\x1b" not in trouble(shop)


def test_a_command_that_fails_half_way_has_the_lockfiles_of_what_it_wrote(
    shop: Project,
) -> None:
    shop.command(
        "extra",
        "makemigrations",
        "from django.core.management import CommandError\n"
        "from django.core.management.commands.makemigrations import Command as Base\n\n\n"
        "class Command(Base):\n"
        "    def handle(self, *args, **options):\n"
        "        super().handle(*args, **options)\n"
        "        raise CommandError('half-way')\n",
    )
    shop.install("oneleaf.django", "shop", "extra")
    done = shop.manage("makemigrations", ok=(1,))
    assert "CommandError: half-way" in done.err
    assert shop.read(OWN) == "0002_item_size\n"


def test_what_django_refuses_stays_refused(shop: Project) -> None:
    shop.migration("0002_a", "0001_initial")
    shop.migration("0002_b", "0001_initial")
    done = shop.manage("makemigrations", ok=(1,))
    assert done.err.startswith("CommandError: Conflicting migrations detected")
    assert shop.read(OWN) == "0001_initial\n"
