"""Several packages may replace one command: each still does its part."""

from __future__ import annotations

from pathlib import Path

import pytest
from app_project import OWN, Project

pytestmark = pytest.mark.django

LOUD = """\
from django.core.management.commands.{name} import Command as Base


class Command(Base):
    def handle(self, *args, **options):
        self.stdout.write("loud")
        return super().handle(*args, **options)
"""

BUILT_ON_OURS = LOUD.replace("django.core.management", "oneleaf.django.management")


@pytest.fixture
def shop(tmp_path: Path) -> Project:
    """One app with a lockfile, and a field that no migration has yet."""
    project = Project.locked(tmp_path / "repository")
    project.field("size")
    return project


def override(project: Project, *installed: str, source: str = LOUD) -> None:
    """INSTALLED_APPS with an app ``loud`` that replaces the command."""
    project.command("loud", "makemigrations", source.format(name="makemigrations"))
    project.install(*installed)


def test_the_command_of_an_app_behind_ours_is_built_upon(shop: Project) -> None:
    override(shop, "oneleaf.django", "shop", "loud")
    done = shop.manage("makemigrations")
    assert done.out.startswith("loud\n")
    assert shop.read(OWN) == "0002_item_size\n"


def test_of_several_behind_ours_the_first_counts_as_without_ours(shop: Project) -> None:
    override(shop, "oneleaf.django", "loud", "shop", "quiet")
    shop.command("quiet", "makemigrations", "raise RuntimeError('never loaded')\n")
    assert shop.manage("makemigrations").out.startswith("loud\n")


def test_an_option_of_theirs_is_still_there(shop: Project) -> None:
    source = LOUD + (
        "    def add_arguments(self, parser):\n"
        "        super().add_arguments(parser)\n"
        "        parser.add_argument('--volume')\n"
    )
    override(shop, "oneleaf.django", "shop", "loud", source=source)
    shop.manage("makemigrations", "--help")
    assert "--volume" in shop.manage("makemigrations", "--help").out


def test_a_command_before_ours_is_used_and_the_check_says_so(shop: Project) -> None:
    override(shop, "loud", "oneleaf.django", "shop")
    done = shop.manage("makemigrations")
    assert done.out.startswith("loud\n")
    assert shop.read(OWN) == "0001_initial\n"
    said = shop.manage("check").err
    assert (
        "oneleaf: (oneleaf.W002) `makemigrations` of loud is used, not oneleaf's"
        in said
    )
    assert "HINT: put \"oneleaf.django\" above 'loud' in INSTALLED_APPS" in said


def test_a_command_before_ours_that_is_built_on_it_writes_lockfiles(
    shop: Project,
) -> None:
    override(shop, "loud", "oneleaf.django", "shop", source=BUILT_ON_OURS)
    assert shop.manage("makemigrations").out.startswith("loud\n")
    assert shop.read(OWN) == "0002_item_size\n"
    assert shop.manage("check").err == ""


def test_of_those_before_ours_none_is_built_upon(shop: Project) -> None:
    """As Django would not use them either, were the first one not there."""
    shop.command("quiet", "makemigrations", "raise RuntimeError('never loaded')\n")
    apps = ("loud", "quiet", "oneleaf.django", "shop")
    override(shop, *apps, source=BUILT_ON_OURS)
    shop.manage("makemigrations")
    assert shop.read(OWN) == "0002_item_size\n"


def test_a_command_behind_ours_that_is_built_on_it_is_no_circle(shop: Project) -> None:
    override(shop, "oneleaf.django", "shop", "loud", source=BUILT_ON_OURS)
    shop.manage("makemigrations")
    assert shop.read(OWN) == "0002_item_size\n"
    assert shop.manage("check").err == ""


def test_a_command_that_cannot_be_imported_fails_as_it_would_without_ours(
    shop: Project,
) -> None:
    reason = "ModuleNotFoundError: No module named 'no_such_module'\n"
    for ours in ((), ("oneleaf.django",)):
        override(shop, *ours, "shop", "loud", source="import no_such_module\n")
        assert shop.manage("makemigrations", ok=(1,)).err.endswith(reason)
        assert shop.manage("check", ok=(1,)).err.endswith(reason)


def test_the_check_of_another_package_is_built_upon_too(shop: Project) -> None:
    shop.command("loud", "check", LOUD.format(name="check"))
    shop.install("oneleaf.django", "shop", "loud")
    shop.write(OWN, "0009_x\n")
    shop.repository.add()
    done = shop.manage("check", ok=(1,))
    assert done.out.startswith("loud\n")
    assert "oneleaf.OL202" in done.err


@pytest.mark.parametrize("name", ["makemigrations", "squashmigrations", "check"])
def test_without_others_it_is_djangos_own(shop: Project, name: str) -> None:
    code = (
        f"from django.core.management import load_command_class as load\n"
        f"print([c.__module__ for c in type(load('oneleaf.django', '{name}')).__mro__][1])"
    )
    found = shop.manage("shell", "-v", "0", "-c", code).out.strip()
    assert found == f"django.core.management.commands.{name}"
