"""Directory to app label: the forms that projects use, read as Django would."""

from __future__ import annotations

import pytest

from in_memory import Files, app, project, source

HEAD = "from django.apps import AppConfig\n\n"


def labels(files: Files) -> dict[str, str]:
    """Directory -> label of every app."""
    return {found.directory: found.label for found in project(files).apps}


def label_of(apps_py: str, *, uses: str = "", file: str = "apps.py") -> str:
    """The label of the app in ``src/shop``.

    uses: the label that its migrations name a sibling under; "" for none.
    """
    chain: list[tuple[str, ...]] = [("0001_initial",)]
    if uses:
        chain += [("0002_a", f"{uses}.0001_initial"), ("0003_b", f"{uses}.0002_a")]
    files = app("src/shop", *chain)
    files[f"src/shop/{file}"] = apps_py
    return labels(files)["src/shop/migrations"]


def a_config(*lines: str, bases: str = "AppConfig", name: str = "ShopConfig") -> str:
    body = "".join(f"    {line}\n" for line in lines) or "    pass\n"
    return f"class {name}({bases}):\n{body}\n"


def test_without_any_configuration_the_folder_names_the_app() -> None:
    assert label_of("") == "shop"


FORMS = {
    "name": (a_config("name = 'src.shop'"), "shop"),
    "name, of another folder": (a_config("name = 'src.store'"), "store"),
    "name of one word": (a_config("name = 'shop'"), "shop"),
    "label": (a_config("name = 'src.shop'", "label = 'store'"), "store"),
    "label first": (a_config("label = 'store'", "name = 'src.shop'"), "store"),
    "double quotes": (a_config('name = "src.shop"', 'label = "store"'), "store"),
    "annotated": (a_config("name: str = 'src.shop'", "label: str = 'store'"), "store"),
    "name computed": (
        a_config("name = __name__.rpartition('.')[0]", "label = 'store'"),
        "store",
    ),
    "name computed alone": (a_config("name = __name__.rpartition('.')[0]"), "shop"),
    "label computed": (a_config("name = 'src.shop'", "label = 'st' + 'ore'"), "shop"),
    "base of the project": (
        "from core.apps import Base  # an AppConfig\n"
        + a_config("name = 'src.shop'", "label = 'store'", bases="Base"),
        "store",
    ),
    "the only one that is not default = False": (
        a_config("name = 'src.shop'", "label = 'one'", "default = False")
        + a_config("name = 'src.shop'", "label = 'two'", name="Other"),
        "two",
    ),
    "the only default of several": (
        a_config("name = 'src.shop'", "label = 'one'")
        + a_config(
            "name = 'src.shop'", "label = 'two'", "default = True", name="Other"
        ),
        "two",
    ),
    "several without a default": (
        a_config("name = 'src.shop'", "label = 'one'")
        + a_config("name = 'src.shop'", "label = 'two'", name="Other"),
        "shop",
    ),
    "several of one label": (
        a_config("name = 'src.shop'", "label = 'store'")
        + a_config("name = 'src.shop'", "label = 'store'", name="Other"),
        "store",
    ),
    "other classes": (
        "class Signal:\n    label = 'none'\n"
        + a_config("name = 'src.shop'", "label = 'store'"),
        "store",
    ),
    "not parsable": (
        a_config("name = 'src.shop'", "label = 'store'") + "print 1\n",
        "shop",
    ),
    "NUL bytes": (a_config("name = 'src.shop'", "label = 'store'") + "\0", "shop"),
}


@pytest.mark.parametrize(("text", "expected"), FORMS.values(), ids=FORMS.keys())
def test_an_app_config_is_read(text: str, expected: str) -> None:
    assert label_of(HEAD + text) == expected


def test_an_app_config_may_stand_in_the_package_itself() -> None:
    text = HEAD + a_config("name = 'src.shop'", "label = 'store'")
    assert label_of(text, file="__init__.py") == "store"


def test_apps_py_goes_before_the_package_itself() -> None:
    files = app("shop", ("0001_initial",))
    files["shop/apps.py"] = HEAD + a_config("name = 'shop'", "label = 'right'")
    files["shop/__init__.py"] = HEAD + a_config("name = 'shop'", "label = 'wrong'")
    assert labels(files) == {"shop/migrations": "right"}


@pytest.mark.parametrize("uses", ["store", "shop", "basket"])
def test_the_label_that_the_migrations_use_decides(uses: str) -> None:
    text = HEAD + a_config("name = 'src.shop'", "label = 'store'")
    assert label_of(text, uses=uses) == uses


def test_without_a_configuration_the_label_used_decides() -> None:
    assert label_of("", uses="store") == "store"


def test_several_configurations_are_told_apart_by_the_label_used() -> None:
    text = HEAD + a_config("name = 'src.shop'", "label = 'one'")
    text += a_config("name = 'src.shop'", "label = 'two'", name="Other")
    assert label_of(text, uses="two") == "two"


def test_a_dependency_on_another_apps_first_migration_names_no_label() -> None:
    files = app("shop", ("0001_initial",), ("0002_a", "auth.0001_initial"))
    files |= app("cart", ("0001_initial",), ("0002_a", "shop.0001_initial"))
    assert labels(files) == {"cart/migrations": "cart", "shop/migrations": "shop"}


def test_a_dependency_on_a_migration_that_is_not_here_names_no_label() -> None:
    files = app("shop", ("0001_initial",), ("0002_a", "auth.0012_x", "auth.0011_y"))
    assert labels(files) == {"shop/migrations": "shop"}


def test_replaced_names_are_uses_too() -> None:
    files = app("shop", ("0001_initial",), ("0002_a", "x.0001_initial"))
    files["shop/migrations/0001_squashed.py"] = source(
        "x", replaces=[("store", "0001_initial"), ("store", "0002_a")]
    )
    assert labels(files) == {"shop/migrations": "store"}


@pytest.mark.parametrize("directory", ["src/shop", "src/shop/migrations", "/src/shop/"])
def test_the_configuration_of_the_user_goes_before_everything(directory: str) -> None:
    files = app("src/shop", ("0001_initial",), ("0002_a", "0001_initial"))
    files["src/shop/apps.py"] = HEAD + a_config("name = 'src.shop'", "label = 'store'")
    files["settings.py"] = "MIGRATION_MODULES = {'other': 'src.shop.migrations'}\n"
    files["pyproject.toml"] = f"[tool.oneleaf]\napps = {{ '{directory}' = 'basket' }}\n"
    assert labels(files) == {"src/shop/migrations": "basket"}


def with_settings(text: str, path: str = "project/settings.py") -> Files:
    return {
        **app("shop"),
        "history/__init__.py": "",
        "history/shop/__init__.py": "",
        "history/shop/0001_initial.py": source("store"),
        path: text,
    }


@pytest.mark.parametrize(
    "path",
    ["settings.py", "project/settings/base.py", "project/test_settings.py"],
)
def test_migration_modules_names_the_label_of_a_package(path: str) -> None:
    files = with_settings("MIGRATION_MODULES = {'store': 'history.shop'}\n", path)
    assert labels(files)["history/shop"] == "store"


def test_migration_modules_may_leave_out_the_source_root() -> None:
    files: Files = {
        "src/history/__init__.py": "",
        "src/history/shop/__init__.py": "",
        "src/history/shop/0001_initial.py": source("store"),
        "src/settings.py": "MIGRATION_MODULES: dict = {'store': 'history.shop'}\n",
    }
    assert labels(files) == {"src/history/shop": "store"}


def test_migration_modules_of_several_settings_are_all_read() -> None:
    files = with_settings("MIGRATION_MODULES = {'store': 'history.shop'}\n")
    files |= {
        "tests/settings.py": "MIGRATION_MODULES = {'store': 'tests.store'}\n",
        "tests/store/__init__.py": "",
        "tests/store/0001_initial.py": source("store"),
    }
    found = labels(files)
    assert (found["history/shop"], found["tests/store"]) == ("store", "store")


@pytest.mark.parametrize(
    "text",
    [
        "MIGRATION_MODULES = {'store': None}\n",
        "MIGRATION_MODULES = modules()\n",
        "MIGRATION_MODULES = {**others, 'store': path('history.shop')}\n",
        "MIGRATION_MODULES = {'store': 'history.sho'}\n",
        "MIGRATION_MODULES = {'store': 'story.shop'}\n",
        "MIGRATION_MODULES = {\n",
    ],
    ids=["none", "computed", "computed value", "other end", "other start", "broken"],
)
def test_what_migration_modules_does_not_say_is_not_guessed(text: str) -> None:
    assert labels(with_settings(text))["history/shop"] == "shop"


def test_a_package_of_another_name_is_called_as_its_migrations_are_used() -> None:
    files: Files = {
        "db/__init__.py": "",
        "db/history/__init__.py": "",
        "db/history/0001_initial.py": source("store"),
        "db/history/0002_a.py": source("store", "0001_initial"),
    }
    assert labels(files) == {"db/history": "store"}


def test_two_folders_of_one_label_stay_two_apps() -> None:
    files = app("one/shop", ("0001_initial",), label="shop")
    files |= app("two/shop", ("0001_initial",), label="shop")
    assert labels(files) == {
        "one/shop/migrations": "shop",
        "two/shop/migrations": "shop",
    }


def test_a_repository_may_be_the_app_itself() -> None:
    files: Files = {
        "apps.py": HEAD + a_config("name = 'shop'"),
        "__init__.py": "",
        "migrations/__init__.py": "",
        "migrations/0001_initial.py": source("shop"),
    }
    assert labels(files) == {"migrations": "shop"}
    del files["apps.py"]
    assert labels(files) == {"migrations": "migrations"}


def swappable(files: Files) -> dict[str, str]:
    return dict(project(files).settings)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["AUTH_USER_MODEL = 'people.User'\n"], {"AUTH_USER_MODEL": "people.User"}),
        (["AUTH_USER_MODEL = 'a.User'\n"] * 2, {"AUTH_USER_MODEL": "a.User"}),
        (["AUTH_USER_MODEL = 'a.User'\n", "AUTH_USER_MODEL = 'b.User'\n"], {}),
        (["AUTH_USER_MODEL = user()\n"], {}),
        (["AUTH_USER_MODEL = 7\n"], {}),
        (["X = 1\n"], {}),
    ],
    ids=["one", "agreeing", "disagreeing", "computed", "number", "none"],
)
def test_the_user_model_is_known_where_the_settings_agree(
    texts: list[str], expected: dict[str, str]
) -> None:
    files: Files = {f"p{n}/settings.py": text for n, text in enumerate(texts)}
    assert swappable(files) == expected


def test_an_odd_escape_in_a_settings_file_warns_nobody(
    recwarn: pytest.WarningsRecorder,
) -> None:
    swappable({"settings.py": "AUTH_USER_MODEL = 'a.User'\nX = '\\d'\n"})
    assert [str(warning.message) for warning in recwarn] == []
