"""Which directories are migrations packages, and which of their files count."""

from __future__ import annotations

import pytest

from in_memory import Files, app, project, source

M = "shop/migrations"


def names(files: Files, directory: str = M) -> list[str]:
    """The migrations found in a directory."""
    (found,) = (a for a in project(files).apps if a.directory == directory)
    return list(found.migrations)


def directories(files: Files) -> list[str]:
    return [found.directory for found in project(files).apps]


COUNTS = {
    "0002_color.py": "0002_color",
    "color.py": "color",
    "README.py": "README",
    "0003_add-index.py": "0003_add-index",
    "x y.py": "x y",
    "größe.py": "größe",
    "0004_$(x).py": "0004_$(x)",
    "0002_color.pyc": "0002_color",
}


@pytest.mark.parametrize(("file", "name"), COUNTS.items(), ids=COUNTS.keys())
def test_a_file_that_django_imports_is_a_migration(file: str, name: str) -> None:
    files = app("shop", ("0001_initial",))
    files[f"{M}/{file}"] = source("shop", "0001_initial")
    assert set(names(files)) == {"0001_initial", name}


@pytest.mark.parametrize(
    "file",
    [
        "0002.color.py",
        ".util.py",
        "_util.py",
        "~util.py",
        ".py",
        "0002_color.PY",
        "0002_color.txt",
        "0002_color.py.orig",
        "0002_color",
        "__pycache__/0002_color.cpython-311.pyc",
        "data/0002_color.json",
        "sql/0002_color.py",
    ],
)
def test_a_file_that_django_does_not_import_is_none(file: str) -> None:
    files = app("shop", ("0001_initial",))
    files[f"{M}/{file}"] = source("shop", "0001_initial")
    assert names(files) == ["0001_initial"]


def test_migrations_come_in_the_order_of_their_names() -> None:
    files = app("shop", ("b",), ("0010_x",), ("0002_y",), ("a",))
    assert names(files) == ["0002_y", "0010_x", "a", "b"]


def test_a_compiled_module_beside_its_source_is_the_source() -> None:
    files = app("shop", ("0001_initial",))
    files[f"{M}/0001_initial.pyc"] = b"\0"
    (found,) = project(files).apps
    assert found.migrations["0001_initial"].unreadable is None


def test_a_compiled_module_alone_cannot_be_read() -> None:
    files = app("shop", ("0001_initial",))
    files[f"{M}/0002_color.pyc"] = b"\0"
    (found,) = project(files).apps
    assert found.migrations["0002_color"].unreadable == (
        1,
        "a compiled module cannot be read; commit its source instead",
    )


def test_a_package_hides_a_module_of_its_name() -> None:
    files = app("shop", ("0001_initial",), ("0002_color", "0001_initial"))
    files[f"{M}/0002_color/__init__.py"] = ""
    assert names(files) == ["0001_initial"]


def test_a_folder_that_is_no_package_hides_nothing() -> None:
    files = app("shop", ("0001_initial",), ("0002_color", "0001_initial"))
    files[f"{M}/0002_color/data.txt"] = ""
    assert names(files) == ["0001_initial", "0002_color"]


def test_a_namespace_package_is_invisible() -> None:
    files = app("shop", ("0001_initial",))
    del files[f"{M}/__init__.py"]
    assert directories(files) == []


def test_an_app_whose_own_package_has_no_init_is_found() -> None:
    files = app("shop", ("0001_initial",))
    del files["shop/__init__.py"]
    assert directories(files) == [M]


def test_an_app_without_migrations_is_an_app() -> None:
    assert directories(app("shop")) == [M]
    assert names(app("shop")) == []


def test_a_lone_package_called_migrations_is_no_app() -> None:
    assert directories({"tools/migrations/__init__.py": ""}) == []


@pytest.mark.parametrize(
    "files",
    [
        {"shop/migrations.py": source("shop")},
        {f"{M}/__init__.py": "", f"{M}/env.py": "from alembic import context\n"},
        {
            f"{M}/__init__.py": "",
            f"{M}/0001_a.py": "class Migration:\n    number = 1\n",
        },
        {f"{M}/__init__.py": "", f"{M}/0001_a.py": "def up(db):\n    pass\n"},
        {
            f"{M}/__init__.py": "",
            f"{M}/0001_a.py": "from south.v2 import SchemaMigration\n\n\n"
            "class Migration(SchemaMigration):\n    depends_on = ()\n",
        },
        {"scripts/__init__.py": "", "scripts/2024_report.py": "print(1)\n"},
    ],
    ids=["a module", "alembic", "own class", "functions", "South", "numbered scripts"],
)
def test_what_is_not_djangos_is_left_alone(files: Files) -> None:
    assert directories(files) == []


def test_one_migration_of_djangos_makes_the_package_an_apps() -> None:
    files = app("shop", ("0001_initial",), helpers="ANSWER = 42\n")
    assert names(files) == ["0001_initial", "helpers"]


def test_a_base_class_of_the_project_is_read() -> None:
    text = source("shop").replace("(migrations.Migration)", "(SafeMigration)")
    text = text.replace("from", "from core.migrations import SafeMigration\nfrom", 1)
    assert directories(app("shop", **{"0001_initial": text})) == [M]


def odd(name: str) -> Files:
    return {
        "db/__init__.py": "",
        "db/history/__init__.py": "",
        f"db/history/{name}.py": source("shop"),
    }


def test_numbered_migrations_are_found_in_a_package_of_any_name() -> None:
    assert directories(odd("0001_initial")) == ["db/history"]


def test_others_are_found_there_where_the_configuration_names_the_package() -> None:
    files = odd("initial")
    assert directories(files) == []
    files["pyproject.toml"] = "[tool.oneleaf]\napps = { 'db/history' = 'shop' }\n"
    assert directories(files) == ["db/history"]


@pytest.mark.parametrize("name", ["south_migrations", "migrations"])
def test_a_package_called_so_is_looked_at_whatever_its_files_are_called(
    name: str,
) -> None:
    files: Files = {
        f"shop/{name}/__init__.py": "",
        f"shop/{name}/first.py": source("shop"),
    }
    assert directories(files) == [f"shop/{name}"]


EXCLUDED = {
    "the package": ("shop", True),
    "the package, with a slash": ("shop/", True),
    "the migrations": ("shop/migrations", True),
    "a star": ("*/migrations", True),
    "two stars": ("shop/**", True),
    "another package": ("cart", False),
    "a part of a name": ("sho", False),
    "a file": ("shop/migrations/0001_initial.py", False),
    "the other case": ("Shop", False),
}


@pytest.mark.parametrize(("glob", "gone"), EXCLUDED.values(), ids=EXCLUDED.keys())
def test_an_excluded_folder_is_not_looked_at(glob: str, gone: bool) -> None:
    files = app("shop", ("0001_initial",))
    files["pyproject.toml"] = f"[tool.oneleaf]\nexclude = ['{glob}']\n"
    assert directories(files) == ([] if gone else [M])


def test_a_lockfile_goes_with_its_app() -> None:
    files = app("shop", ("0001_initial",)) | app("cart", ("0001_initial",))
    files[f"{M}/max_migration.txt"] = "0001_initial\n"
    found = {a.label: a.lockfile for a in project(files).apps}
    assert found == {"cart": None, "shop": b"0001_initial\n"}
    assert project(files).shared_lockfile is None


def test_the_shared_lockfile_goes_with_the_project() -> None:
    files = app("shop", ("0001_initial",))
    files["pyproject.toml"] = "[tool.oneleaf]\nlockfile = 'db/leaf.txt'\n"
    assert project(files).shared_lockfile == ("db/leaf.txt", None)
    files["db/leaf.txt"] = "shop: 0001_initial\n"
    assert project(files).shared_lockfile == ("db/leaf.txt", b"shop: 0001_initial\n")


UNMERGED = "shop/migrations/0002_color.py"


def test_an_unmerged_migration_goes_with_its_app() -> None:
    (found,) = project(app("shop", ("0001_initial",)), UNMERGED).apps
    assert found.unmerged == (UNMERGED,)
    assert list(found.migrations) == ["0001_initial"]


def test_an_app_of_unmerged_migrations_alone_is_found() -> None:
    files: Files = {"shop/__init__.py": "", f"{M}/__init__.py": ""}
    (found,) = project(files, "shop/migrations/0001_initial.py").apps
    assert (found.label, found.unmerged) == ("shop", (f"{M}/0001_initial.py",))
    (found,) = project(files, "shop/migrations/initial.py").apps
    assert found.label == "shop"
    (found,) = project({}, f"{M}/__init__.py", f"{M}/0001_initial.py").apps
    assert found.directory == M


@pytest.mark.parametrize(
    ("files", "unmerged"),
    [
        ({}, "db/migrations/0001_a.sql"),
        ({"db/migrations/0001_b.sql": ""}, "db/migrations/0001_a.sql"),
        ({"migrations/README": ""}, "migrations/env.py"),
        ({"shop/__init__.py": ""}, "shop/views.py"),
        (
            {
                "store/migrations/__init__.py": "",
                "store/migrations/0001_a.py": "class Migration:\n    number = 1\n",
            },
            "store/migrations/0002_b.py",
        ),
    ],
    ids=["SQL", "SQL beside SQL", "alembic", "a module", "own class"],
)
def test_what_is_unmerged_elsewhere_is_no_app(files: Files, unmerged: str) -> None:
    assert project(files, unmerged).apps == ()
    assert project(files, unmerged).unmerged == {unmerged}
