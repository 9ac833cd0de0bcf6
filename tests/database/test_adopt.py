"""``oneleaf db adopt``: the data survives that local migrations were moved."""

from __future__ import annotations

from pathlib import Path

import pytest
from branches import (
    COLOR,
    LENGTH,
    LINE,
    MINE,
    MOVED,
    RED,
    UPSTREAM,
    WEIGHT,
    Branches,
    Files,
    branches,
    on_each_server,
    on_sqlite,
)
from django_shop import TAG, add_field
from servers import VENDORS

pytestmark = pytest.mark.e2e

story = on_each_server
local = on_sqlite


def test_the_whole_story_ends_with_the_data_intact(story: Branches) -> None:
    story.diverge()
    story.database.run(RED)
    story.rebase()
    assert "run: oneleaf db adopt" in story.shop.db("status").out
    done = story.adopt()
    assert done.code == 0, done.out + done.err
    assert story.names() == LINE
    assert story.colors() == ["RED"]
    assert story.columns() == {"id", "name", "color", "weight"}
    story.is_in_order()


def test_without_apply_it_only_says_what_it_would_do(story: Branches) -> None:
    story.diverge()
    story.database.run(RED)
    story.rebase()
    before = story.names()
    done = story.shop.db("adopt")
    assert done.code == 0
    assert all(f"{old} -> {new}" in done.out for old, new in MOVED.items())
    assert story.names() == before
    assert "weight" not in story.columns()


def test_the_rows_keep_the_time_they_were_applied(story: Branches) -> None:
    query = "SELECT applied FROM django_migrations WHERE name = '{}'"
    story.diverge()
    story.rebase()
    before = story.database.run(query.format("0002_a1"))
    assert story.adopt().code == 0
    assert story.database.run(query.format("0004_a1")) == before


def test_names_kept_and_only_a_dependency_edited(story: Branches) -> None:
    story.diverge({"0005_a1": (COLOR, "0001_initial")})
    story.database.run(RED)
    story.repository.git("rebase", "-q", "origin/main")
    story.write({"0005_a1": (COLOR, "0003_b2")})
    done = story.adopt()
    assert done.code == 0, done.out + done.err
    assert story.names() == ["0001_initial", "0002_b1", "0003_b2", "0005_a1"]
    assert story.colors() == ["RED"]
    story.is_in_order()


def test_a_shifted_chain_that_uses_its_own_names_again(story: Branches) -> None:
    size = add_field("size")
    story.diverge(
        {"0002_x": (COLOR, "0001_initial"), "0003_x": (size, "0002_x")},
        {"0002_b1": (WEIGHT, "0001_initial")},
    )
    story.database.run(RED)
    story.rebase()
    done = story.adopt()
    assert done.code == 0, done.out + done.err
    assert story.names() == ["0001_initial", "0002_b1", "0003_x", "0004_x"]
    assert story.colors() == ["RED"]
    story.is_in_order()


def test_a_chain_that_was_moved_twice_before_it_is_adopted(story: Branches) -> None:
    size = add_field("size")
    story.diverge(
        {"0002_x": (COLOR, "0001_initial"), "0003_x": (size, "0002_x")},
        {"0002_b1": (WEIGHT, "0001_initial")},
    )
    story.database.run(RED)
    story.rebase()
    story.repository.git("checkout", "-q", "main")
    story.write({"0003_b2": (LENGTH, "0002_b1")})
    story.publish()
    story.repository.git("checkout", "-q", "feature")
    story.rebase()
    done = story.adopt()
    assert done.code == 0, done.out + done.err
    assert story.names() == ["0001_initial", "0002_b1", "0003_b2", "0004_x", "0005_x"]
    assert story.colors() == ["RED"]
    story.is_in_order()


def test_rows_that_were_renamed_by_hand_first(story: Branches) -> None:
    story.diverge()
    story.database.run(RED)
    story.rebase()
    for old, new in MOVED.items():
        story.database.run(
            f"UPDATE django_migrations SET name = '{new[5:]}' WHERE name = '{old[5:]}'"
        )
    refused = story.shop.manage("migrate", ok=(1,))
    assert "InconsistentMigrationHistory" in refused.err
    assert story.adopt().code == 0
    assert story.names() == LINE
    assert story.colors() == ["RED"]
    story.is_in_order()


@pytest.mark.parametrize("vendor", ["postgresql", "mysql"])
def test_a_migrate_that_stopped_half_way_can_be_adopted(
    vendor: str, tmp_path: Path
) -> None:
    with branches(vendor, tmp_path) as story:
        story.diverge()
        story.database.run(RED)
        story.rebase()
        assert "color" in story.shop.manage("migrate", ok=(1,)).err
        assert story.names()[-2:] == ["0002_b1", "0003_b2"]
        done = story.adopt()
        assert done.code == 0, done.out + done.err
        assert story.names() == LINE
        assert story.colors() == ["RED"]
        story.is_in_order()


def test_on_sqlite_a_plain_migrate_loses_the_column_and_adopt_refuses(
    local: Branches,
) -> None:
    local.diverge()
    local.database.run(RED)
    local.rebase()
    local.shop.manage("migrate", ok=(1,))
    assert local.colors() != ["RED"]
    before = local.names()
    done = local.adopt()
    assert done.code == 1
    assert local.names() == before


def test_upstream_s_plan_over_several_apps(tmp_path: Path, vendor: str) -> None:
    box = 'migrations.CreateModel("Box", [("id", models.BigAutoField(primary_key=True))]),'
    with branches(vendor, tmp_path, apps=("shop", "store")) as story:
        story.repository.git("checkout", "-q", "main")
        story.write({"0001_initial": (box,)}, "store")
        story.shop.migrate()
        story.publish()
        git = story.repository.git
        git("checkout", "-q", "-b", "feature")
        story.write({"0002_a1": (COLOR, "0001_initial")})
        story.write(
            {"0002_s1": (add_field("mine", "box"), "0001_initial", "shop.0002_a1")},
            "store",
        )
        story.shop.migrate()
        story.database.run(RED)
        git("checkout", "-q", "main")
        story.write({"0002_t1": (add_field("theirs", "box"), "0001_initial")}, "store")
        story.write({"0002_b1": (WEIGHT, "0001_initial", "store.0002_t1")})
        story.publish()
        git("checkout", "-q", "feature")
        story.rebase()
        done = story.adopt()
        assert done.code == 0, done.out + done.err
        assert story.names() == ["0001_initial", "0002_b1", "0003_a1"]
        assert story.database.applied("store") == ["0001_initial", "0002_t1", "0003_s1"]
        assert story.colors() == ["RED"]
        assert story.columns("store_box") == {"id", "mine", "theirs"}
        story.is_in_order()


@pytest.fixture(params=VENDORS)
def vendor(request: pytest.FixtureRequest) -> str:
    return str(request.param)


CODE = "migrations.RunPython(migrations.RunPython.noop, lambda apps, editor: None),"
MY_CODE = "migrations.RunPython(lambda apps, editor: None, migrations.RunPython.noop),"


def test_code_of_mine_has_run_already(local: Branches) -> None:
    local.diverge({"0002_a1": (COLOR + MY_CODE, "0001_initial")})
    local.database.run(RED)
    local.rebase()
    done = local.adopt()
    assert done.code == 0, done.out + done.err
    assert local.colors() == ["RED"]
    local.is_in_order()


RENAMED = 'migrations.RenameModel("Item", "Thing"),'


@pytest.mark.parametrize(
    ("mine", "upstream", "reason"),
    [
        pytest.param(COLOR, COLOR, "BLOCK", id="both add one field"),
        pytest.param(COLOR, RENAMED, "BLOCK", id="upstream renames my model"),
        pytest.param(COLOR, MY_CODE, "RunPython", id="upstream runs code"),
        pytest.param(
            COLOR, 'migrations.RunSQL("SELECT 1"),', "RunSQL", id="upstream runs SQL"
        ),
        pytest.param(
            'migrations.AlterField("item", "name", models.CharField(max_length=30)),',
            LENGTH,
            "DIFFER",
            id="both alter one field",
        ),
        pytest.param(
            'migrations.RenameField("item", "name", "title"),',
            LENGTH.replace('"name"', '"title"'),
            "BLOCK",
            id="upstream alters what mine makes",
        ),
        pytest.param(
            'migrations.RenameField("item", "name", "title"),',
            LENGTH,
            "ORDER",
            id="upstream alters what mine renamed",
        ),
    ],
)
def test_what_is_not_proven_to_commute_is_refused_and_nothing_changes(
    local: Branches, mine: str, upstream: str, reason: str
) -> None:
    local.diverge(
        {"0002_a1": (mine, "0001_initial")}, {"0002_b1": (upstream, "0001_initial")}
    )
    local.repository.git("rebase", "-q", "origin/main")
    local.repository.oneleaf("rebase", "--despite-overlap")
    local.repository.commit()
    before, columns = local.names(), local.columns()
    done = local.adopt()
    assert done.code == 1
    assert reason in done.err
    assert "oneleaf db rollback shop --to-upstream" in done.err
    assert (local.names(), local.columns()) == (before, columns)


def test_what_is_published_is_never_renamed(local: Branches) -> None:
    local.diverge()
    local.rebase()
    local.repository.git("update-ref", "refs/remotes/origin/main", "feature")
    done = local.adopt()
    assert done.code == 1
    assert "is on origin/main" in done.err
    assert local.names() == ["0001_initial", "0002_a1", "0003_a2"]


def test_without_an_upstream_nothing_tells_what_is_published(local: Branches) -> None:
    local.diverge()
    local.rebase()
    local.repository.git("remote", "add", "origin", "nowhere")
    local.repository.git("update-ref", "-d", "refs/remotes/origin/main")
    done = local.adopt()
    assert done.code == 1
    assert "no upstream branch" in done.err


def test_a_ghost_without_a_twin_is_not_adopted(local: Branches) -> None:
    local.diverge()
    local.shop.migration("0004_wip", add_field("wip"), "0003_a2")
    local.shop.migrate()
    local.shop.remove("0004_wip")
    local.rebase()
    before = local.names()
    done = local.adopt()
    assert done.code == 1
    assert "0004_wip" in done.err
    assert local.names() == before


def test_tables_that_are_not_what_the_migrations_say_are_not_built_on(
    story: Branches,
) -> None:
    story.diverge()
    story.rebase()
    story.database.run("ALTER TABLE shop_item DROP COLUMN color")
    before = story.names()
    done = story.adopt()
    assert done.code == 1
    assert "shop_item.color" in done.err
    assert story.names() == before


def test_several_leaf_nodes_are_for_rebase_first(local: Branches) -> None:
    local.diverge()
    local.repository.git("rebase", "-q", "origin/main")
    done = local.adopt()
    assert done.code == 1
    assert "oneleaf rebase" in done.err


def test_nothing_to_adopt_is_said(local: Branches) -> None:
    local.publish()
    done = local.adopt()
    assert done.code == 0
    assert "nothing to adopt" in done.out


def test_a_new_migration_of_mine_stays_for_migrate(local: Branches) -> None:
    local.diverge()
    local.write({"0004_a3": (add_field("later"), "0003_a2")})
    local.rebase()
    assert local.adopt().code == 0
    assert local.names() == LINE
    local.shop.migrate()
    assert local.names() == [*LINE, "0006_a3"]
    local.is_in_order()


UNIQUE = 'migrations.AddField("item", "code", models.CharField(max_length=9, default="x", unique=True)),'


def test_an_upstream_migration_that_fails_on_the_data_leaves_all_as_it_was(
    story: Branches,
) -> None:
    story.diverge(upstream={**UPSTREAM, "0004_b3": (UNIQUE, "0003_b2")})
    story.database.run(RED, RED.replace("RED", "BLUE"))
    story.rebase()
    before = story.names()
    done = story.adopt()
    assert done.code == 1
    assert "the backup was restored" in done.err
    assert story.names() == before
    assert story.colors() == ["RED", "BLUE"]
    assert story.columns() == {"id", "name", "color"}


def test_a_migration_that_is_not_atomic(story: Branches) -> None:
    files: Files = {"0002_b1": (WEIGHT, "0001_initial")}
    story.diverge(MINE, files)
    story.database.run(RED)
    git = story.repository.git
    git("checkout", "-q", "main")
    path = "shop/migrations/0002_b1.py"
    text = story.repository.read(path)
    story.repository.write(path, text.replace("    dep", "    atomic = False\n    dep"))
    story.repository.commit()
    story.publish()
    git("checkout", "-q", "feature")
    story.rebase()
    done = story.adopt()
    assert done.code == 0, done.out + done.err
    assert story.names() == ["0001_initial", "0002_b1", "0003_a1", "0004_a2"]
    assert story.colors() == ["RED"]
    story.is_in_order()


def test_a_model_of_mine_that_refers_to_a_table_of_upstream_s(story: Branches) -> None:
    tagged = (
        TAG.replace('("item"', '("things"')
        .replace("ForeignKey", "ManyToManyField")
        .replace(", models.CASCADE, null=True", "")
    )
    story.diverge(
        {"0002_a1": (COLOR + tagged, "0001_initial")},
        {"0002_b1": (LENGTH, "0001_initial")},
    )
    story.database.run(RED)
    story.rebase()
    done = story.adopt()
    assert done.code == 0, done.out + done.err
    assert story.columns("shop_tag_things") == {"id", "tag_id", "item_id"}
    story.is_in_order()
