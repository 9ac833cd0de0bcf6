"""The rules OL201 to OL204, for a lockfile per app and for one of all apps."""

from __future__ import annotations

import pytest

from in_memory import Files, app, findings, shown

INITIAL = ("0001_initial",)
COLOR = ("0002_color", "0001_initial")
WEIGHT = ("0002_weight", "0001_initial")

OWN = "shop/migrations/max_migration.txt"
SHARED = "migrations/latest.txt"


def with_lockfile(content: str | bytes, *more: tuple[str, ...]) -> Files:
    """The app ``shop`` with its own lockfile."""
    return {**app("shop", INITIAL, COLOR, *more), OWN: content}


def with_shared(content: str | None, *more: Files) -> Files:
    """The app ``shop`` and others, configured for one shared lockfile."""
    files = app("shop", INITIAL, COLOR)
    files["pyproject.toml"] = f"[tool.oneleaf]\nlockfile = '{SHARED}'\n"
    if content is not None:
        files[SHARED] = content
    for others in more:
        files |= others
    return files


def said(files: Files, *unmerged: str) -> list[str]:
    return [shown(finding) for finding in findings(files, *unmerged)]


def test_ol201_an_app_without_a_lockfile_where_others_have_one() -> None:
    files = with_lockfile("0002_color\n") | app("cart", INITIAL)
    assert said(files) == [
        "cart/migrations/max_migration.txt:1: OL201 app cart has no lockfile"
        " max_migration.txt\n"
        "    hint: run `oneleaf lock --init cart` and"
        " `git add cart/migrations/max_migration.txt`"
    ]


def test_ol201_an_app_without_a_lockfile_where_the_configuration_names_one() -> None:
    files = app("cart", INITIAL)
    files["pyproject.toml"] = "[tool.oneleaf]\nlockfile = 'leaf.txt'\n"
    assert said(files) == [
        "cart/migrations/leaf.txt:1: OL201 app cart has no lockfile leaf.txt\n"
        "    hint: run `oneleaf lock --init cart` and `git add cart/migrations/leaf.txt`"
    ]


def test_ol201_an_app_without_an_entry_in_the_shared_lockfile() -> None:
    files = with_shared("shop: 0002_color\n", app("cart", INITIAL))
    assert said(files) == [
        "migrations/latest.txt:1: OL201 app cart has no entry in the lockfile"
        " migrations/latest.txt\n"
        "    hint: run `oneleaf lock --init cart` and `git add migrations/latest.txt`"
    ]


def test_ol201_a_shared_lockfile_that_does_not_exist() -> None:
    assert said(with_shared(None)) == [
        "migrations/latest.txt:1: OL201 the lockfile migrations/latest.txt does not"
        " exist\n"
        "    hint: run `oneleaf lock --init` and `git add migrations/latest.txt`"
    ]


def test_ol202_a_lockfile_that_names_an_earlier_migration() -> None:
    assert said(with_lockfile("0001_initial\n")) == [
        "shop/migrations/max_migration.txt:1: OL202 the lockfile of app shop names"
        " 0001_initial, but the leaf node is 0002_color\n"
        "    hint: run `oneleaf lock shop` and `git add shop/migrations/max_migration.txt`"
    ]


def test_ol202_a_shared_lockfile_that_names_an_earlier_migration() -> None:
    text = "# comment\n\ncart: 0001_initial\n\nshop: 0001_initial\n"
    assert said(with_shared(text, app("cart", INITIAL))) == [
        "migrations/latest.txt:3: OL202 the lockfile of app shop names 0001_initial,"
        " but the leaf node is 0002_color\n"
        "    hint: run `oneleaf lock shop` and `git add migrations/latest.txt`"
    ]


@pytest.mark.parametrize(
    "shared", [False, True], ids=["one per app", "one for all apps"]
)
def test_ol202_is_silent_where_the_migration_it_names_is_in_conflict(
    shared: bool,
) -> None:
    files = with_shared("shop: 0003_size\n") if shared else with_lockfile("0003_size\n")
    found = findings(files, "shop/migrations/0003_size.py")
    assert [finding.code for finding in found] == ["OL106"]


def test_ol202_a_lockfile_beside_two_leaf_nodes_that_names_neither() -> None:
    assert said(with_lockfile("0002_gone\n", WEIGHT))[-1] == (
        "shop/migrations/max_migration.txt:1: OL202 the lockfile of app shop names"
        " 0002_gone, but the leaf node is 0002_color or 0002_weight\n"
        "    hint: make the history one line, then run `oneleaf lock shop` and"
        " `git add shop/migrations/max_migration.txt`"
    )


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        pytest.param("", 1, "the file is empty", id="empty"),
        pytest.param("\n\n", 1, "the file is empty", id="blank"),
        pytest.param("0001_initial\n0002_color\n", 2, "more than one line", id="lines"),
        pytest.param("two words\n", 1, "not a migration name", id="sentence"),
        pytest.param(b"0002_caf\xe9\n", 1, "not UTF-8 text", id="latin-1"),
        pytest.param(
            "0002_\x1b[31m\n", 1, "control character in the line", id="escape"
        ),
        pytest.param("0002_\0\n", 1, "control character in the line", id="nul"),
    ],
)
def test_ol203_a_lockfile_that_cannot_be_read(
    content: str | bytes, line: int, reason: str
) -> None:
    assert said(with_lockfile(content)) == [
        f"shop/migrations/max_migration.txt:{line}: OL203 the lockfile"
        f" shop/migrations/max_migration.txt cannot be read: {reason}\n"
        "    hint: run `oneleaf lock shop` and `git add shop/migrations/max_migration.txt`"
    ]


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        ("", 1, "the file is empty"),
        ("shop 0002_color\n", 1, "not an entry of the form `label: name`"),
        (
            "shop: 0002_color\n\ncart: 0001_initial\n",
            3,
            "cart is not sorted: it belongs above shop",
        ),
        (
            "cart: 0001_initial\n\nshop: 0002_color\n\nshop: 0002_color\n",
            5,
            "shop is here twice, first in line 3",
        ),
        (
            "cart: 0001_initial\nshop: 0002_color\n",
            2,
            "no blank line between cart and shop",
        ),
    ],
    ids=["empty", "no entry", "unsorted", "doubled", "without blank line"],
)
def test_ol203_a_shared_lockfile_that_cannot_be_read(
    content: str, line: int, reason: str
) -> None:
    assert said(with_shared(content, app("cart", INITIAL))) == [
        f"migrations/latest.txt:{line}: OL203 the lockfile migrations/latest.txt cannot"
        f" be read: {reason}\n"
        "    hint: run `oneleaf lock` and `git add migrations/latest.txt`"
    ]


@pytest.mark.parametrize(
    "files",
    [
        {"old/migrations/max_migration.txt": "0001_initial\n"},
        {
            "old/migrations/__init__.py": "",
            "old/migrations/max_migration.txt": "0001_initial\n",
        },
        {**app("old"), "old/migrations/max_migration.txt": "0001_initial\n"},
    ],
    ids=["alone", "with __init__.py", "in an app"],
)
def test_ol204_a_lockfile_without_migrations(files: Files) -> None:
    assert said(files) == [
        "old/migrations/max_migration.txt:1: OL204 the lockfile"
        " old/migrations/max_migration.txt has no migrations beside it\n"
        "    hint: run `git rm old/migrations/max_migration.txt`"
    ]


def test_ol204_an_entry_without_an_app() -> None:
    text = "old: 0001_initial\n\nshop: 0002_color\n"
    assert said(with_shared(text)) == [
        "migrations/latest.txt:1: OL204 migrations/latest.txt names app old, which has"
        " no migrations\n"
        "    hint: run `oneleaf lock` and `git add migrations/latest.txt`"
    ]


def test_ol106_conflict_markers_in_a_lockfile() -> None:
    text = "<<<<<<< ours\n0002_color\n=======\n0002_weight\n>>>>>>> theirs\n"
    assert said(with_lockfile(text)) == [
        "shop/migrations/max_migration.txt:1: OL106 the lockfile"
        " shop/migrations/max_migration.txt holds a conflict marker left by a merge\n"
        "    hint: run `oneleaf rebase shop`"
    ]
    assert said(with_shared("cart: 0001_initial\n\n" + text)) == [
        "migrations/latest.txt:3: OL106 the lockfile migrations/latest.txt holds a"
        " conflict marker left by a merge\n"
        "    hint: run `oneleaf rebase`"
    ]


def test_ol106_an_unmerged_shared_lockfile() -> None:
    assert said(with_shared(None), SHARED) == [
        "migrations/latest.txt:1: OL106 the lockfile migrations/latest.txt has an"
        " unresolved merge\n"
        "    hint: run `oneleaf rebase` and go on with the merge"
    ]


SHARED_TWICE = {
    **app("one/shop", INITIAL, COLOR, label="shop"),
    **app("two/shop", INITIAL, label="shop"),
    "pyproject.toml": f"[tool.oneleaf]\nlockfile = '{SHARED}'\n",
}
SILENT: dict[str, Files] = {
    "none at all": app("shop", INITIAL) | app("cart", INITIAL),
    "right": with_lockfile("0002_color\n"),
    "without a newline": with_lockfile("0002_color"),
    "with CR": with_lockfile("0002_color\r\n"),
    "with a byte order mark": with_lockfile(b"\xef\xbb\xbf0002_color\n"),
    "with blanks around": with_lockfile("\n  0002_color \n\n"),
    "with a name beyond ASCII": {
        **app("shop", ("0001_größe",)),
        OWN: "0001_größe\n",
    },
    "an app without migrations has none": with_lockfile("0002_color\n") | app("cart"),
    "beside a folder that is not looked at": {
        **with_lockfile("0002_color\n"),
        "cart/migrations/0001_initial.py": "",
    },
    "beside an excluded app": {
        **with_lockfile("0002_color\n"),
        **app("cart", INITIAL),
        "old/migrations/max_migration.txt": "0001_x\n",
        "pyproject.toml": "[tool.oneleaf]\nexclude = ['cart', 'old']\n",
    },
    "shared and right": with_shared("# a comment\n\nshop: 0002_color\n"),
    "shared, in the top folder": {
        **app("shop", INITIAL),
        "latest.txt": "shop: 0001_initial\n",
        "pyproject.toml": "[tool.oneleaf]\nlockfile = './latest.txt'\n",
    },
    "shared, with CR": with_shared("cart: 0001_initial\r\n\r\nshop: 0002_color\r\n")
    | app("cart", INITIAL),
    "shared, beside a lockfile of one app": {
        **with_shared("shop: 0002_color\n"),
        OWN: "0001_initial\n",
    },
    "shared by two apps of one label": {**SHARED_TWICE, SHARED: "shop: 0002_color\n"},
    "shared by two apps of one label, the other one's": {
        **SHARED_TWICE,
        SHARED: "shop: 0001_initial\n",
    },
    "another tool's file of that name": {
        "tool/max_migration.txt": "17\n",
        "tool/run.py": "",
    },
}


@pytest.mark.parametrize("files", SILENT.values(), ids=SILENT.keys())
def test_a_right_lockfile_is_silent(files: Files) -> None:
    assert said(files) == []


def test_a_squash_beside_its_originals_is_what_a_lockfile_names() -> None:
    files = with_lockfile("0001_squashed_0002_color\n")
    files["shop/migrations/0001_squashed_0002_color.py"] = (
        "from django.db import migrations\n\n\n"
        "class Migration(migrations.Migration):\n"
        "    replaces = [('shop', '0001_initial'), ('shop', '0002_color')]\n"
        "    operations = []\n"
    )
    assert said(files) == []


@pytest.mark.parametrize("named", ["0002_color", "0002_weight", "0001_initial"])
def test_beside_two_leaf_nodes_a_lockfile_is_not_stale_too(named: str) -> None:
    found = findings(with_lockfile(f"{named}\n", WEIGHT))
    assert [finding.code for finding in found] == ["OL101", "OL102"]


def test_a_right_entry_is_of_the_whole_name() -> None:
    assert [f.code for f in findings(with_lockfile("0002_colo\n"))] == ["OL202"]


def test_an_unmerged_lockfile_is_not_missing_too() -> None:
    files = with_lockfile("0002_color\n") | app("cart", INITIAL)
    found = findings(files, "cart/migrations/max_migration.txt")
    assert [finding.code for finding in found] == ["OL106"]


def test_an_orphan_is_judged_where_its_folder_is_under_check() -> None:
    files: Files = {"old/migrations/max_migration.txt": "0001_initial\n"}
    assert findings(files, scope=["shop/migrations"]) == []
    (finding,) = findings(files, scope=["old/migrations"])
    assert finding.code == "OL204"


def test_an_entry_without_an_app_is_judged_where_migrations_are_taken_away() -> None:
    files = with_shared("old: 0001_initial\n\nshop: 0002_color\n")
    scope = ["old/migrations"]
    assert findings(files, scope=scope) == []
    assert findings(files, scope=scope, removed=["old/models.py"]) == []
    gone = ["old/migrations/0001_initial.py"]
    assert [f.code for f in findings(files, scope=scope, removed=gone)] == ["OL204"]


def test_only_the_lockfiles_of_the_apps_under_check_are_judged() -> None:
    files = with_lockfile("0001_initial\n") | app("cart", INITIAL)
    found = findings(files, scope=["cart/migrations"])
    assert [(f.app, f.code) for f in found] == [("cart", "OL201")]
