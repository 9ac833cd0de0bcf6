"""``oneleaf db rollback``: also when the files are gone, also after the pull."""

from __future__ import annotations

from pathlib import Path

import pytest
from branches import (
    COLOR,
    LINE,
    RED,
    WEIGHT,
    Branches,
    branches,
    on_each_server,
    on_sqlite,
)
from django_shop import TAG, add_field

pytestmark = pytest.mark.e2e

story = on_each_server
local = on_sqlite


def test_it_works_after_the_pull_where_migrate_refuses(story: Branches) -> None:
    story.diverge()
    story.database.run(RED)
    story.repository.git("merge", "-q", "-m", "pull", "origin/main")
    refused = story.shop.manage("migrate", "shop", "0001", ok=(1,))
    assert "Conflicting migrations detected" in refused.err
    done = story.rollback("--to-upstream")
    assert done.code == 0, done.out + done.err
    assert story.names() == ["0001_initial"]
    assert story.columns() == {"id", "name"}
    assert story.columns("shop_tag") == set()
    assert story.repository.oneleaf("rebase").code == 0
    story.shop.migrate()
    assert story.names() == LINE
    story.is_in_order()


def test_ghosts_are_undone_with_the_text_that_git_has(story: Branches) -> None:
    story.diverge()
    story.database.run(RED)
    story.repository.git("checkout", "-q", "main")
    done = story.rollback()
    assert done.code == 0, done.out + done.err
    assert story.names() == ["0001_initial"]
    assert story.columns() == {"id", "name"}
    story.shop.migrate()
    story.is_in_order()


def test_after_a_rebase_it_goes_back_and_forward_again(story: Branches) -> None:
    story.diverge()
    story.rebase()
    assert story.rollback("shop", "--to-upstream").code == 0
    story.shop.migrate()
    assert story.names() == LINE
    story.is_in_order()


def test_without_apply_it_says_what_would_be_dropped(story: Branches) -> None:
    story.diverge()
    story.database.run(RED)
    before = story.names()
    done = story.shop.db("rollback", "--to-upstream")
    assert done.code == 0
    assert "column shop_item.color (1 row with a value)" in done.out
    assert "table shop_tag (0 rows)" in done.out
    assert (story.names(), story.colors()) == (before, ["RED"])


def test_back_to_a_migration_by_its_name(story: Branches) -> None:
    story.diverge()
    story.database.run(RED)
    done = story.rollback("shop", "--to", "0002_a1")
    assert done.code == 0, done.out + done.err
    assert story.names() == ["0001_initial", "0002_a1"]
    assert story.colors() == ["RED"]
    assert story.rollback("shop", "--to", "0001_initial").code == 0
    assert story.names() == ["0001_initial"]


def test_a_file_of_a_deleted_branch_and_one_in_a_stash_are_found(
    local: Branches,
) -> None:
    local.publish()
    git = local.repository.git
    git("checkout", "-q", "-b", "gone")
    local.write({"0002_a1": (COLOR, "0001_initial")})
    local.shop.migration("0003_wip", add_field("wip"), "0002_a1")
    local.shop.migrate()
    git("stash", "-q", "-u")
    git("checkout", "-q", "main")
    git("branch", "-q", "-D", "gone")
    done = local.rollback()
    assert done.code == 0, done.out + done.err
    assert local.columns() == {"id", "name"}


def test_a_shifted_chain_is_undone_as_it_was_applied(story: Branches) -> None:
    size = add_field("size")
    story.diverge(
        {"0002_x": (COLOR, "0001_initial"), "0003_x": (size, "0002_x")},
        {"0002_b1": (WEIGHT, "0001_initial")},
    )
    story.rebase()
    done = story.rollback()
    assert done.code == 0, done.out + done.err
    assert story.names() == ["0001_initial"]
    assert story.columns() == {"id", "name"}
    story.shop.migrate()
    story.is_in_order()


def test_an_uncommitted_file_that_is_gone_is_said_to_be_nowhere(
    local: Branches,
) -> None:
    local.publish()
    local.shop.migration("0002_wip", add_field("wip"), "0001_initial")
    local.shop.migrate()
    local.shop.remove("0002_wip")
    done = local.rollback()
    assert done.code == 1
    assert "in no commit, stash or reflog" in done.err
    assert "oneleaf db restore" in done.err


IRREVERSIBLE = "migrations.RunPython(lambda apps, editor: None),"
HIDDEN = 'migrations.SeparateDatabaseAndState([migrations.RunSQL("SELECT 1")]),'


@pytest.mark.parametrize(
    "operation",
    [
        pytest.param(IRREVERSIBLE, id="code"),
        pytest.param('migrations.RunSQL("SELECT 1"),', id="SQL"),
        pytest.param(HIDDEN, id="inside another operation"),
    ],
)
def test_what_cannot_be_undone_is_refused_before_anything_changes(
    local: Branches, operation: str
) -> None:
    local.diverge(
        {"0002_a1": (operation, "0001_initial"), "0003_a2": (COLOR, "0002_a1")}
    )
    before = local.names()
    done = local.rollback("--to-upstream")
    assert done.code == 1
    assert "cannot be undone" in done.err
    assert local.names() == before
    assert "color" in local.columns()


def test_a_ghost_that_another_migration_needs_is_refused(tmp_path: Path) -> None:
    box = 'migrations.CreateModel("Box", [("id", models.BigAutoField(primary_key=True))]),'
    with branches("sqlite", tmp_path, apps=("shop", "store")) as story:
        story.publish()
        story.repository.git("checkout", "-q", "-b", "feature")
        story.write({"0002_a1": (COLOR, "0001_initial")})
        story.write({"0001_initial": (box, "shop.0002_a1")}, "store")
        story.shop.migrate()
        done = story.rollback("shop", "--to-upstream")
        assert done.code == 1
        assert "store.0001_initial is applied and depends on shop.0002_a1" in done.err
        assert story.names() == ["0001_initial", "0002_a1"]
        assert story.rollback("--to-upstream").code == 0
        assert story.database.applied("store") == []
        assert story.columns("store_box") == set()


def test_a_helper_that_is_not_here_any_more_names_the_way_by_git(
    local: Branches,
) -> None:
    local.publish()
    git = local.repository.git
    git("checkout", "-q", "-b", "feature")
    local.repository.write("shop/helper.py", "def f(apps, editor):\n    pass\n")
    local.write({"0002_a1": (COLOR, "0001_initial")})
    path = "shop/migrations/0002_a1.py"
    text = local.repository.read(path)
    local.repository.write(path, "from shop.helper import f\n" + text)
    local.repository.commit()
    local.shop.migrate()
    git("checkout", "-q", "main")
    done = local.rollback()
    assert done.code == 1
    assert "git switch" in done.err
    assert local.names() == ["0001_initial", "0002_a1"]


def test_a_column_that_is_lost_already_is_found_before_anything_is_undone(
    story: Branches,
) -> None:
    story.diverge()
    story.database.run("ALTER TABLE shop_item DROP COLUMN color")
    before = story.names()
    done = story.rollback("--to-upstream")
    assert done.code == 1
    assert "shop_item.color" in done.err
    assert story.names() == before
    assert story.columns("shop_tag")


def test_what_upstream_has_is_not_rolled_back(local: Branches) -> None:
    local.diverge()
    local.repository.git("update-ref", "refs/remotes/origin/main", "feature")
    done = local.rollback("shop", "--to", "0001_initial")
    assert done.code == 1
    assert "is on origin/main" in done.err
    assert local.names() == ["0001_initial", "0002_a1", "0003_a2"]


def move(story: Branches) -> None:
    """On a branch of its own the app's folder moves to ``apps/shop``; it stays shop."""
    story.publish()
    repository = story.repository
    repository.git("checkout", "-q", "-b", "moves")
    repository.write("apps/__init__.py")
    repository.git("mv", "shop", "apps/shop")
    settings = repository.read("settings.py")
    repository.write("settings.py", settings.replace("['shop']", "['apps.shop']"))
    config = "from django.apps import AppConfig\n\n\nclass Shop(AppConfig):\n"
    repository.write("apps/shop/apps.py", config + "    name = 'apps.shop'\n")
    repository.commit("move")


@pytest.mark.parametrize(
    "words", [["--to-upstream"], ["shop", "--to", "zero"]], ids=" ".join
)
def test_where_an_app_s_folder_moved_what_is_published_is_not_rolled_back(
    local: Branches, words: list[str]
) -> None:
    local.database.run("INSERT INTO shop_item (name) VALUES ('a')")
    move(local)
    done = local.rollback(*words)
    assert local.names() == ["0001_initial"], done.out
    assert local.database.run("SELECT name FROM shop_item") == [("a",)]
    local.is_in_order()


def test_where_an_app_s_folder_moved_what_is_local_is_rolled_back(
    local: Branches,
) -> None:
    move(local)
    path = "apps/shop/migrations/0002_a1.py"
    local.shop.migration("0002_a1", COLOR, "0001_initial")
    (local.repository.path / "shop/migrations/0002_a1.py").rename(
        local.repository.path / path
    )
    local.shop.migrate()
    assert local.rollback("--to-upstream").code == 0
    assert local.names() == ["0001_initial"]
    assert local.columns() == {"id", "name"}


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        pytest.param(["--to", "0001_initial"], "--to needs an app", id="no app"),
        pytest.param(["cart"], "no app 'cart'", id="an unknown app"),
        pytest.param(["shop", "--to", "0009_x"], "is not applied", id="not applied"),
        pytest.param(
            ["shop", "--to", "0001_initial", "--to-upstream"], "two targets", id="both"
        ),
        pytest.param(["shop", "cart"], "one app", id="two apps"),
    ],
)
def test_words_that_make_no_sense_are_refused(
    local: Branches, words: list[str], reason: str
) -> None:
    local.diverge()
    done = local.shop.db("rollback", *words)
    assert done.code == 2
    assert reason in done.err


def test_nothing_to_roll_back_is_said(local: Branches) -> None:
    local.diverge()
    assert local.shop.db("rollback").out == "nothing to roll back\n"


def test_code_that_can_be_undone_is_undone_with_the_state_of_its_time(
    story: Branches,
) -> None:
    code = (
        "migrations.RunPython("
        "lambda apps, e: apps.get_model('shop', 'Item').objects.using(e.connection.alias)"
        ".update(name='on'), "
        "lambda apps, e: apps.get_model('shop', 'Item').objects.using(e.connection.alias)"
        ".update(name='off')),"
    )
    story.publish()
    story.database.run("INSERT INTO shop_item (name) VALUES ('a')")
    story.repository.git("checkout", "-q", "-b", "feature")
    story.write({"0002_a1": (code, "0001_initial"), "0003_a2": (TAG, "0002_a1")})
    story.shop.migrate()
    story.repository.git("checkout", "-q", "main")
    done = story.rollback()
    assert done.code == 0, done.out + done.err
    assert story.database.run("SELECT name FROM shop_item") == [("off",)]
