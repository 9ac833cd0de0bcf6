"""``squashmigrations`` with the app installed: the leaf node after ``replaces``."""

from __future__ import annotations

from pathlib import Path

import pytest
from app_project import OWN, SHARED, SHARED_CONFIG, Project

pytestmark = pytest.mark.django

DLM = "django_linear_migrations"


@pytest.fixture
def shop(tmp_path: Path) -> Project:
    """One app with three migrations and a lockfile."""
    project = Project.locked(tmp_path / "repository")
    project.migration("0002_a", "0001_initial")
    project.migration("0003_b", "0002_a")
    project.write(OWN, "0003_b\n")
    project.repository.commit("three")
    return project


def squash(project: Project, *words: str) -> str:
    """What it prints."""
    return project.manage("squashmigrations", "shop", *words, "--noinput").out


def test_a_squash_of_everything_is_named(shop: Project) -> None:
    out = squash(shop, "0003")
    assert shop.read(OWN) == "0001_squashed_0003_b\n"
    assert out.splitlines()[-1] == f"Wrote {OWN}"


def test_a_squash_of_an_early_part_is_not(shop: Project) -> None:
    out = squash(shop, "0002")
    assert shop.exists("shop/migrations/0001_squashed_0002_a.py")
    assert shop.read(OWN) == "0003_b\n"
    assert "Wrote" not in out
    shop.repository.add()
    assert shop.oneleaf("check", "--all").code == 0


def test_a_squash_of_the_end_is_named(shop: Project) -> None:
    squash(shop, "0002", "0003", "--squashed-name", "end")
    assert shop.read(OWN) == "0002_end\n"


def test_an_early_squash_is_not_named_either_where_another_package_does(
    shop: Project,
) -> None:
    shop.install("oneleaf.django", DLM, "shop")
    squash(shop, "0002")
    assert shop.read(OWN) == "0003_b\n"


def test_without_verbosity_nothing_is_said(shop: Project) -> None:
    assert squash(shop, "0003", "--verbosity", "0") == ""
    assert shop.read(OWN) == "0001_squashed_0003_b\n"


def test_the_shared_lockfile_follows(shop: Project) -> None:
    shop.delete(OWN)
    shop.write("pyproject.toml", SHARED_CONFIG)
    shop.write(SHARED, "shop: 0003_b\n")
    squash(shop, "0003")
    assert "shop: 0001_squashed_0003_b\n" in shop.read(SHARED)


def test_what_django_refuses_stays_refused(shop: Project) -> None:
    done = shop.manage("squashmigrations", "shop", "0009", "--noinput", ok=(1,))
    assert done.err.startswith("CommandError: Cannot find a migration matching '0009'")
    assert shop.changed() == []
