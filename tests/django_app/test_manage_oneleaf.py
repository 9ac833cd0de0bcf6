"""``manage.py oneleaf …`` is the command line: every verb, word for word."""

from __future__ import annotations

from pathlib import Path

import pytest
from app_project import OWN, Project

from oneleaf import cli
from oneleaf.commands import db

pytestmark = pytest.mark.django


@pytest.fixture
def shop(tmp_path: Path) -> Project:
    """One app whose lockfile is stale in the index."""
    project = Project.locked(tmp_path / "repository")
    project.write(OWN, "0009_x\n")
    project.repository.add()
    return project


@pytest.mark.parametrize(
    "words",
    [
        pytest.param("", id="nothing"),
        "--help",
        "--version",
        "help rebase",
        "check",
        "check --all",
        "check --output-format json",
        "check --output-format sarif --color always",
        "check --help",
        "check --rev main",
        "check --verbosity 3",
        "check --version",
        "check -v 2",
        "check --traceback",
        "check --skip-checks",
        "check --no-color",
        "chek",
        "status",
        "install --dry-run",
        "uninstall",
        "rebase --dry-run",
        "merge --dry-run",
        "lock --check",
        "lock",
        "radar",
        "advise",
        "merge-driver",
        "merge-driver --help",
        "db",
        "db --help",
        "db status",
        "db status --help",
        "db status --database other",
        "db status --output-format json",
        "db rollback --verbosity 2",
        "db lock -- python -c print(1)",
        "db lock -- sh -c 'exit 7'",
        "db lock -- echo --pythonpath nothing --settings nothing",
    ],
)
def test_it_prints_and_ends_as_the_command_line_does(shop: Project, words: str) -> None:
    split = [word.strip("'") for word in words.replace("exit 7", "exit\a7").split()]
    given = [word.replace("\a", " ") for word in split]
    expected = shop.oneleaf(*given)
    shop.write(OWN, "0009_x\n")
    assert shop.manage("oneleaf", *given, ok=()) == expected


@pytest.mark.parametrize("verb", cli.VERBS)
def test_every_verb_is_there(shop: Project, verb: str) -> None:
    done = shop.manage("oneleaf", verb, "--help")
    assert done.out.startswith(f"usage: oneleaf {verb}")


@pytest.mark.parametrize("verb", db.VERBS)
def test_every_verb_of_the_database_side_is_there(shop: Project, verb: str) -> None:
    done = shop.manage("oneleaf", "db", verb, "--help")
    assert done.out.startswith(f"usage: oneleaf db {verb}")


def test_djangos_help_names_it_and_shows_its_verbs(shop: Project) -> None:
    assert "    oneleaf\n" in shop.manage("help").out
    overview = shop.oneleaf("help").out
    assert shop.manage("help", "oneleaf").out == overview


@pytest.mark.parametrize(
    "given", [["--settings", "other"], ["--settings=other"], ["--pythonpath", "."]]
)
def test_what_manage_py_takes_for_itself_does_not_trouble_oneleaf(
    shop: Project, given: list[str]
) -> None:
    shop.write("other.py", "from settings import *\n")
    expected = shop.oneleaf("check")
    assert shop.manage("oneleaf", "check", *given, ok=()) == expected


@pytest.mark.parametrize(
    "words",
    [
        ("db", "status"),
        ("db", "status", "--settings", "other"),
        ("db", "status", "--settings=other", "--pythonpath=."),
    ],
)
def test_the_database_is_that_of_the_running_project(
    shop: Project, words: tuple[str, ...]
) -> None:
    shop.write(
        "other.py",
        "from settings import *\nDATABASES['default']['NAME'] = 'other.sqlite3'\n",
    )
    done = shop.manage("oneleaf", *words)
    name = "other.sqlite3" if len(words) > 2 else "db.sqlite3"
    assert f"/{name} (0 applied" in done.out


def test_settings_that_are_no_module_are_the_running_projects_too(
    shop: Project,
) -> None:
    shop.write(
        "manage.py",
        "import sys\nfrom django.conf import settings\n"
        "settings.configure(INSTALLED_APPS=['oneleaf.django', 'shop'], DATABASES="
        "{'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': 'own.sqlite3'}})\n"
        "from django.core.management import execute_from_command_line\n"
        "execute_from_command_line(sys.argv)\n",
    )
    done = shop.manage("oneleaf", "db", "status")
    assert "/own.sqlite3 (0 applied" in done.out


def test_no_database_and_no_system_check_stands_before_it(shop: Project) -> None:
    shop.install(
        "oneleaf.django",
        "shop",
        extra="DATABASES['default'] = {'ENGINE': 'django.db.backends.sqlite3',"
        " 'NAME': '/nowhere/at/all'}\nX_FRAME_OPTIONS = 1\nAPPEND_SLASH = 'x'\n",
    )
    shop.write(
        "shop/models.py",
        "from django.db import models\nclass A(models.Model):\n    f = models.CharField()\n    class Meta:\n        ordering = ['nothing']\n",
    )
    assert shop.manage("check", ok=(1,)).code == 1
    assert shop.manage("oneleaf", "check", ok=()) == shop.oneleaf("check")


def test_call_command_passes_words_on_and_ends_with_the_code(shop: Project) -> None:
    code = (
        "import io\n"
        "from django.core.management import call_command\n"
        "out, err = io.StringIO(), io.StringIO()\n"
        "try:\n"
        "    call_command('oneleaf', 'check', '--all', stdout=out, stderr=err)\n"
        "except SystemExit as end:\n"
        "    print(end.code)\n"
        "print(out.getvalue(), end='')\n"
    )
    done = shop.manage("shell", "-c", code)
    assert done.out.endswith("1\n" + shop.oneleaf("check", "--all").out)
    assert "oneleaf.OL" not in done.err
