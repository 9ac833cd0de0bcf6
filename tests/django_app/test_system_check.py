"""``manage.py check`` says what ``oneleaf check --all`` says; no other command does."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from app_project import OWN, Project

pytestmark = pytest.mark.django

STALE = (
    f"{OWN}:1: (oneleaf.OL202) the lockfile of app shop names 0009_x, but the leaf node"
    " is 0001_initial\n"
    f"\tHINT: run `oneleaf lock shop` and `git add {OWN}`\n"
)
CLEAN = "System check identified no issues (0 silenced).\n"


@pytest.fixture
def shop(tmp_path: Path) -> Project:
    """One app with a lockfile that is right."""
    return Project.locked(tmp_path / "repository")


@pytest.fixture
def stale(shop: Project) -> Project:
    """The same with a lockfile in the index that is wrong."""
    shop.write(OWN, "0009_x\n")
    shop.repository.add()
    return shop


def test_a_clean_index_is_no_issue(shop: Project) -> None:
    done = shop.manage("check")
    assert (done.out, done.err) == (CLEAN, "")


def test_a_finding_is_an_error_with_place_code_and_hint(stale: Project) -> None:
    done = stale.manage("check", ok=(1,))
    assert done.err == (
        "SystemCheckError: System check identified some issues:\n\nERRORS:\n"
        f"{STALE}\nSystem check identified 1 issue (0 silenced).\n"
    )


def test_the_index_is_judged_not_the_work_tree(shop: Project) -> None:
    shop.write(OWN, "0009_x\n")
    assert shop.manage("check").out == CLEAN


def test_the_findings_are_those_of_the_command_line(stale: Project) -> None:
    """Several apps, several codes, each once."""
    stale.migration("0002_a", "0001_initial")
    stale.migration("0002_b", "0001_initial")
    stale.app("cart")
    stale.migration("0001_initial", label="cart")
    stale.write("cart/migrations/__init__.py")
    stale.migration("0003_c", "0009_gone")
    stale.repository.add()
    told = json.loads(stale.oneleaf("check", "--all", "--output-format", "json").out)
    expected = {
        f"{f['path']}:{f['line']}: (oneleaf.{f['code']}) {f['message']}"
        for f in told["findings"]
    }
    done = stale.manage("check", ok=(1,))
    assert len({f["code"] for f in told["findings"]}) > 3
    assert {line for line in done.err.splitlines() if "(oneleaf." in line} == expected


def test_a_published_migration_is_guarded_too(shop: Project, tmp_path: Path) -> None:
    shop.repository.git("update-ref", "refs/remotes/origin/main", "HEAD")
    shop.repository.git(
        "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"
    )
    path = "shop/migrations/0001_initial.py"
    shop.write(path, shop.read(path).replace("max_length=20", "max_length=21"))
    shop.repository.add()
    assert "(oneleaf.OL301)" in shop.manage("check", ok=(1,)).err


def test_it_does_not_matter_where_it_is_run(stale: Project, tmp_path: Path) -> None:
    stale.write(
        "manage.py",
        f"import sys\nsys.path.insert(0, {str(stale.repository.path)!r})\n"
        + stale.read("manage.py"),
    )
    (tmp_path / "manage.py").write_text(stale.read("manage.py"))
    done = stale.manage("check", ok=(1,), cwd="..")
    assert STALE in done.err


def test_settings_outside_of_the_repository_leave_it_to_the_folder(
    stale: Project, tmp_path: Path
) -> None:
    (tmp_path / "away.py").write_text("from settings import *\n")
    words = ("check", "--settings", "away", "--pythonpath", str(tmp_path))
    assert STALE in stale.manage(*words, ok=(1,)).err


def test_its_tag_chooses_it_alone(stale: Project) -> None:
    stale.write("urls.py", "urlpatterns = ['nothing']\n")
    assert "urls.E004" in stale.manage("check", ok=(1,)).err
    done = stale.manage("check", "--tag", "oneleaf", ok=(1,))
    assert "urls.E004" not in done.err
    assert STALE in done.err
    assert "oneleaf\n" in stale.manage("check", "--list-tags").out
    assert stale.manage("check", "--tag", "models").out == CLEAN


def test_a_code_can_be_silenced(stale: Project) -> None:
    silenced = "SILENCED_SYSTEM_CHECKS = ['oneleaf.OL202']\n"
    stale.install("oneleaf.django", "shop", extra=silenced)
    done = stale.manage("check")
    assert done.out == "System check identified no issues (1 silenced).\n"


def test_the_apps_that_are_named_are_judged_alone(stale: Project) -> None:
    stale.app("cart")
    stale.install("oneleaf.django", "shop", "cart")
    assert stale.manage("check", "cart").out == CLEAN
    assert STALE in stale.manage("check", "shop", ok=(1,)).err


WARNS = "System check identified some issues:\n\nWARNINGS:\noneleaf: (oneleaf.W001) "


def test_a_configuration_that_cannot_be_read_is_one_warning(shop: Project) -> None:
    shop.write("pyproject.toml", "[tool.oneleaf]\nlokfile = 1\n")
    shop.repository.add()
    done = shop.manage("check")
    assert done.err.startswith(
        WARNS
        + "the migrations were not checked: pyproject.toml: [tool.oneleaf] lokfile"
    )
    assert done.err.count("(oneleaf.") == 1


def test_a_git_that_does_not_work_is_one_warning(shop: Project, tmp_path: Path) -> None:
    """As of a folder that belongs to somebody else, in a container."""
    git = tmp_path / "bin/git"
    git.parent.mkdir()
    git.write_text("#!/bin/sh\necho 'fatal: dubious\n\town\033[2J' >&2\nexit 128\n")
    git.chmod(0o755)
    done = shop.manage("check", PATH=f"{git.parent}:/usr/bin:/bin")
    assert done.err.startswith(WARNS + "the migrations were not checked: ")
    assert "fatal: dubious own\\x1b[2J" in done.err


def test_a_fault_of_our_own_is_one_warning(shop: Project) -> None:
    fault = "from oneleaf.commands import check\ncheck.check = None\n"
    shop.install("oneleaf.django", "shop", extra=fault)
    done = shop.manage("check")
    assert "(oneleaf.W001) the migrations were not checked: TypeError(" in done.err


def without_git_directory(project: Project) -> dict[str, str]:
    shutil.rmtree(project.repository.path / ".git")
    return {}


def with_a_link_that_leads_nowhere(project: Project) -> dict[str, str]:
    """As in a container that holds a submodule without the repository around it."""
    shutil.rmtree(project.repository.path / ".git")
    project.write(".git", "gitdir: ../.git/modules/nothing\n")
    return {}


def without_git(_project: Project) -> dict[str, str]:
    return {"PATH": "/nowhere"}


@pytest.mark.parametrize(
    "spoil", [without_git_directory, with_a_link_that_leads_nowhere, without_git]
)
def test_where_there_is_nothing_to_judge_it_is_silent(
    stale: Project, spoil: object
) -> None:
    assert callable(spoil)
    done = stale.manage("check", "--deploy", **spoil(stale))
    assert "oneleaf" not in done.out + done.err


@pytest.mark.parametrize(
    "words",
    [
        ("migrate",),
        ("makemigrations",),
        ("showmigrations",),
        ("test",),
        (
            "shell",
            "-c",
            "from django.core.management import call_command as c; c('check')",
        ),
    ],
)
def test_no_other_command_is_held_up(stale: Project, words: tuple[str, ...]) -> None:
    done = stale.manage(*words)
    assert "oneleaf." not in done.out + done.err


def test_call_command_can_ask_for_it_by_tag(stale: Project) -> None:
    code = "from django.core.management import call_command as c; c('check', tags=['oneleaf'])"
    assert "OL202" in stale.manage("shell", "-c", code, ok=(1,)).err
