"""Which settings ``oneleaf db`` starts with, and that nothing has to be installed for it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from django_shop import Shop

from oneleaf.database import settings
from oneleaf.errors import OneleafError
from repository import Repository

SET = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "{}")\n'


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    name = str(tmp_path / "db.sqlite3")
    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": name}
    return Shop.create(tmp_path / "shop", {"default": database})


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param(
            SET.format("a.b"), {"DJANGO_SETTINGS_MODULE": "a.b"}, id="default"
        ),
        pytest.param(
            'def main():\n    os.environ["DJANGO_SETTINGS_MODULE"] = "a"\n',
            {"DJANGO_SETTINGS_MODULE": "a"},
            id="assigned in a function",
        ),
        pytest.param(
            SET.format("a") + 'os.environ.setdefault("DJANGO_CONFIGURATION", "Dev")\n',
            {"DJANGO_SETTINGS_MODULE": "a", "DJANGO_CONFIGURATION": "Dev"},
            id="a class for django-configurations",
        ),
        pytest.param(
            SET.format("a") + SET.format("a"),
            {"DJANGO_SETTINGS_MODULE": "a"},
            id="twice the same",
        ),
        pytest.param('os.environ["OTHER"] = "x"\n', {}, id="another variable"),
    ],
)
def test_manage_py_is_read_without_being_run(
    source: str, expected: dict[str, str]
) -> None:
    assert settings.variables("manage.py", source.encode()) == expected


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        pytest.param(
            'x = 1\nos.environ["DJANGO_SETTINGS_MODULE"] = choose()\n',
            "manage.py:2: DJANGO_SETTINGS_MODULE is computed",
            id="computed",
        ),
        pytest.param(
            SET.format("a") + SET.format("b"),
            "DJANGO_SETTINGS_MODULE may be a and b",
            id="two values",
        ),
        pytest.param("def (", "manage.py cannot be read", id="no Python"),
    ],
)
def test_what_manage_py_does_not_tell_is_never_guessed(
    source: str, reason: str
) -> None:
    with pytest.raises(OneleafError, match=reason):
        settings.variables("manage.py", source.encode())


def find(repository: Repository, cwd: str = ".", **environ: str) -> tuple[str, str]:
    """Module and root (relative to the top) of what is found."""
    given = environ.pop("given", "")
    found = settings.find(given, environ, str(repository.path / cwd))
    return found.module, os.path.relpath(found.root, repository.path)


def test_the_option_comes_before_the_variable_and_that_before_manage_py(
    tmp_path: Path,
) -> None:
    repository = Repository.create(tmp_path / "r")
    repository.write("manage.py", SET.format("third"))
    variable = {"DJANGO_SETTINGS_MODULE": "second"}
    assert find(repository, given="first", **variable) == ("first", ".")
    assert find(repository, **variable) == ("second", ".")
    assert find(repository) == ("third", ".")


def test_the_nearest_manage_py_upwards_is_the_project(tmp_path: Path) -> None:
    repository = Repository.create(tmp_path / "r")
    repository.write("manage.py", SET.format("outer"))
    repository.write("site/manage.py", SET.format("inner"))
    repository.write("site/shop/models.py")
    assert find(repository, "site/shop") == ("inner", "site")
    assert find(repository) == ("outer", ".")


def test_the_only_manage_py_of_the_repository_is_found_from_its_top(
    tmp_path: Path,
) -> None:
    repository = Repository.create(tmp_path / "r")
    repository.write("backend/src/manage.py", SET.format("core"))
    repository.add()
    assert find(repository) == ("core", "backend/src")


def test_of_several_projects_none_is_guessed(tmp_path: Path) -> None:
    repository = Repository.create(tmp_path / "r")
    repository.write("one/manage.py", SET.format("a"))
    repository.write("two/manage.py", SET.format("b"))
    repository.add()
    with pytest.raises(OneleafError, match=r"one/manage\.py, two/manage\.py"):
        find(repository)


def test_nothing_above_the_repository_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "manage.py").write_text(SET.format("a"))
    repository = Repository.create(tmp_path / "r")
    with pytest.raises(OneleafError, match="no settings were found"):
        find(repository)


def test_a_project_outside_a_repository_is_found_too(tmp_path: Path) -> None:
    (tmp_path / "manage.py").write_text(SET.format("a"))
    assert find(Repository(tmp_path)) == ("a", ".")


def test_a_verb_works_from_a_folder_of_the_project_without_an_entry_in_its_apps(
    shop: Shop,
) -> None:
    words = ("db", "lock", "--", sys.executable, "-c", "print('ran')")
    done = shop.repository.oneleaf(*words, cwd="shop/migrations")
    assert (done.code, done.out) == (0, "ran\n"), done.err


def test_the_child_gets_the_settings_that_were_found(shop: Shop) -> None:
    shop.repository.write("other.py", "from settings import *\n")
    show = "import os; print(os.environ['DJANGO_SETTINGS_MODULE'])"
    words = ("--settings", "other", "--", sys.executable, "-c", show)
    assert shop.db("lock", *words).out == "other\n"


@pytest.mark.parametrize(
    ("addition", "said"),
    [
        pytest.param('raise KeyError("TOKEN")', "KeyError: 'TOKEN'", id="an error"),
        pytest.param("raise SystemExit(3)", "SystemExit: 3", id="an exit"),
        pytest.param('INSTALLED_APPS = ["no_app"]', "no_app", id="a missing app"),
    ],
)
def test_a_project_that_does_not_start_is_an_environment_error_with_its_reason(
    shop: Shop, addition: str, said: str
) -> None:
    text = shop.repository.read("settings.py")
    shop.repository.write("settings.py", f"{text}\n{addition}\n")
    done = shop.repository.oneleaf("db", "lock", "--", "true")
    assert done.code == 2
    assert said in done.err
    assert "from manage.py" in done.err


def test_without_django_the_cure_is_the_projects_own_python(shop: Shop) -> None:
    block = "import sys; sys.modules['django'] = None\n"
    code = (
        block + "from oneleaf.__main__ import run; sys.argv[1:] = ['db', 'lock']; run()"
    )
    source = str(Path(settings.__file__).parents[2])
    done = shop.repository.run(sys.executable, "-c", code, PYTHONPATH=source)
    assert done.code == 2
    assert "run oneleaf with the project's own Python" in done.err


def test_an_unknown_alias_names_those_that_exist(shop: Shop) -> None:
    done = shop.db("lock", "--database", "other", "--", "true")
    assert done.code == 2
    assert "has no database 'other'; it has: default" in done.err
