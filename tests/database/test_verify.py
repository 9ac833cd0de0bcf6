"""The strict state's verdicts, and ``oneleaf db verify``, which needs no database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.db import migrations, models
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models.functions import Lower
from django_shop import ITEM, Shop

import bare_django
from oneleaf.database.state.verdict import MigrationStep, judge

pytestmark = pytest.mark.django

bare_django.set_up()


def char(length: int = 9) -> Any:
    return models.CharField(max_length=length, default="x")


def to(model: str) -> Any:
    return models.ForeignKey(model, models.CASCADE)


def key() -> tuple[str, Any]:
    return "id", models.AutoField(primary_key=True)


def base() -> ProjectState:
    """Item with three columns, Tag, Shelf, and Special, which inherits from Item."""
    link: Any = models.OneToOneField(
        "shop.Item", models.CASCADE, parent_link=True, primary_key=True
    )
    state = ProjectState()
    for operation in (
        migrations.CreateModel(
            "Item", [key(), ("name", char()), ("color", char()), ("sku", char())]
        ),
        migrations.CreateModel("Tag", [key(), ("name", char())]),
        migrations.CreateModel("Shelf", [key(), ("name", char())]),
        migrations.CreateModel("Special", [("item_ptr", link)], bases=("shop.item",)),
    ):
        operation.state_forwards("shop", state)
    return state


def index(model: str, *fields: str, name: str = "x") -> Operation:
    return migrations.AddIndex(model, models.Index(fields=list(fields), name=name))


def unique(model: str, name: str, **options: Any) -> Operation:
    constraint = models.UniqueConstraint(name=name, **options)
    return migrations.AddConstraint(model, constraint)


def together(*fields: str) -> Operation:
    return migrations.AlterUniqueTogether("item", {fields} if fields else set())


def new(name: str, *fields: Any, **options: Any) -> Operation:
    return migrations.CreateModel(name, [key(), *fields], options)


def unmanaged(model: str) -> Operation:
    return migrations.AlterModelOptions(model, {"managed": False})


Add, Alter = migrations.AddField, migrations.AlterField
Remove, Rename = migrations.RemoveField, migrations.RenameField

# What mine does, what upstream does, the verdict: the table of measured cases first.
CASES = {
    "fields of two models": (
        Add("item", "a", char()),
        Add("tag", "a", char()),
        "COMMUTE",
    ),
    "two fields of a model": (
        Add("item", "a", char()),
        Add("item", "b", char()),
        "COMMUTE",
    ),
    "the same field": (Add("item", "a", char()), Add("item", "a", char()), "BLOCK"),
    "the same model": (new("Box"), new("Box"), "BLOCK"),
    "a field altered twice": (
        Alter("item", "color", char(5)),
        Alter("item", "color", char(6)),
        "DIFFER",
    ),
    "altered, renamed": (
        Alter("tag", "name", char(5)),
        Rename("tag", "name", "a"),
        "BLOCK",
    ),
    "renamed, altered": (
        Rename("tag", "name", "a"),
        Alter("tag", "name", char(5)),
        "ORDER",
    ),
    "a field of a deleted model": (
        Add("shelf", "a", char()),
        migrations.DeleteModel("Shelf"),
        "BLOCK",
    ),
    "a field of a renamed model": (
        Add("shelf", "a", char()),
        migrations.RenameModel("Shelf", "Box"),
        "BLOCK",
    ),
    "a relation to a renamed model": (
        Add("tag", "a", to("shop.Item")),
        migrations.RenameModel("Item", "Box"),
        "BLOCK",
    ),
    "a new model that refers to a deleted one": (
        new("Box", ("a", to("shop.Shelf"))),
        migrations.DeleteModel("Shelf"),
        "BLOCK",
    ),
    "unique_together twice": (
        together("name", "sku"),
        together("name", "color"),
        "DIFFER",
    ),
    "options twice": (
        migrations.AlterModelOptions("item", {"verbose_name": "a"}),
        migrations.AlterModelOptions("item", {"verbose_name": "b"}),
        "DIFFER",
    ),
    "an index on a removed field": (
        index("shelf", "name"),
        Remove("shelf", "name"),
        "BLOCK",
    ),
    "one index name on two models": (
        index("item", "sku"),
        index("tag", "name"),
        "BLOCK",
    ),
    # What the table leaves open.
    "two indexes of a model": (
        index("item", "sku"),
        index("item", "sku", name="y"),
        "COMMUTE",
    ),
    "a condition on a removed field": (
        unique("item", "u", fields=["name"], condition=models.Q(color="x")),
        Remove("item", "color"),
        "BLOCK",
    ),
    "an expression on a removed field": (
        migrations.AddIndex("item", models.Index(Lower("color"), name="l")),
        Remove("item", "color"),
        "BLOCK",
    ),
    "a covering index on a removed field": (
        unique("item", "u", fields=["name"], include=["color"]),
        Remove("item", "color"),
        "BLOCK",
    ),
    "a many-to-many through a deleted model": (
        Add("item", "a", models.ManyToManyField("shop.Tag", through="shop.Shelf")),
        migrations.DeleteModel("Shelf"),
        "BLOCK",
    ),
    "a field of a parent and of its child": (
        Add("special", "a", char()),
        Add("item", "a", char()),
        "BLOCK",
    ),
    "two fields, one column": (
        Add("tag", "owner", to("shop.Item")),
        Add("tag", "owner_id", models.IntegerField(null=True)),
        "BLOCK",
    ),
    "two models, one table": (
        new("Box", db_table="t"),
        new("Crate", db_table="t"),
        "BLOCK",
    ),
    "a model named as another's many-to-many table": (
        Add("item", "tags", models.ManyToManyField("shop.Tag", related_name="+")),
        new("Item_Tags"),
        "BLOCK",
    ),
    "a change while the model is unmanaged": (
        Add("tag", "a", char()),
        unmanaged("tag"),
        "DIFFER",
    ),
    "a relation to an unmanaged model whose key changes": (
        Add("tag", "a", to("shop.Shelf")),
        [
            unmanaged("shelf"),
            Alter("shelf", "id", models.BigAutoField(primary_key=True)),
        ],
        "DIFFER",
    ),
    "a column altered, its table renamed": (
        Alter("tag", "name", models.IntegerField(default=1)),
        migrations.AlterModelTable("tag", "labels"),
        "DIFFER",
    ),
    "a key altered that an unmanaged model refers to": (
        Alter("shelf", "id", models.BigAutoField(primary_key=True)),
        new("Box", ("a", to("shop.Shelf")), managed=False),
        "DIFFER",
    ),
    "a key altered that a new column refers to": (
        Alter("shelf", "id", models.BigAutoField(primary_key=True)),
        Add("tag", "a", to("shop.Shelf")),
        "COMMUTE",
    ),
    "a column that becomes a table": (
        Alter("item", "color", char(5)),
        [
            Remove("item", "color"),
            Add("item", "color", models.ManyToManyField("shop.Tag")),
        ],
        "BLOCK",
    ),
    "a relation to a parent that is deleted": (
        new("Box", ("a", to("shop.Special"))),
        [migrations.DeleteModel("Special")],
        "BLOCK",
    ),
}


def steps(operations: Any) -> list[MigrationStep]:
    several = operations if isinstance(operations, list) else [operations]
    return [MigrationStep("shop", operation) for operation in several]


@pytest.mark.parametrize(
    ("mine", "upstream", "expected"), CASES.values(), ids=CASES.keys()
)
def test_the_verdict_on(mine: Any, upstream: Any, expected: str) -> None:
    verdict = judge(base(), steps(mine), steps(upstream))
    assert (verdict.word, bool(verdict.reason)) == (expected, expected != "COMMUTE")
    assert verdict.opaque == ()


def test_a_verdict_does_not_wear_the_operations_out() -> None:
    mine, upstream = (
        steps(Rename("item", "sku", "a")),
        steps(Add("tag", "b", to("shop.Item"))),
    )
    first = judge(base(), mine, upstream)
    assert judge(base(), mine, upstream).word == first.word == "COMMUTE"


def a_function(apps: Any, editor: Any) -> None:
    """Anything."""


@pytest.mark.parametrize(
    ("operation", "is_opaque"),
    [
        pytest.param(migrations.RunPython(a_function), True, id="code"),
        pytest.param(migrations.RunPython(migrations.RunPython.noop), False, id="noop"),
        pytest.param(migrations.RunSQL("SELECT 1"), True, id="SQL"),
        pytest.param(migrations.RunSQL(""), False, id="no SQL"),
        pytest.param(
            migrations.SeparateDatabaseAndState([migrations.RunSQL("")]),
            True,
            id="apart",
        ),
        pytest.param(
            migrations.SeparateDatabaseAndState([], [index("tag", "name")]),
            False,
            id="state alone",
        ),
        pytest.param(
            type("Own", (migrations.RunPython,), {"code": None})(a_function),
            True,
            id="code in a class of the project",
        ),
    ],
)
@pytest.mark.parametrize("is_mine", [True, False], ids=["mine", "upstream"])
def test_what_cannot_be_read_is_named_beside_the_verdict(
    operation: Operation, is_opaque: bool, is_mine: bool
) -> None:
    plain = Add("item", "a", char())
    pair = (operation, plain) if is_mine else (plain, operation)
    verdict = judge(base(), steps(pair[0]), steps(pair[1]))
    assert verdict.word == "COMMUTE"
    assert [step.operation for step in verdict.opaque] == [operation] * is_opaque


def test_what_was_wrong_before_is_not_held_against_anybody() -> None:
    state = base()
    for name in ("Box", "Crate"):
        new(name, db_table="t").state_forwards("shop", state)
    new("Loose", ("a", to("shop.Nowhere"))).state_forwards("shop", state)
    mine, upstream = steps(Add("item", "a", char())), steps(Add("tag", "a", char()))
    assert judge(state, mine, upstream).word == "COMMUTE"


MODELS = """\
from django.db import models


class Item(models.Model):
    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=20)
    color = models.CharField(max_length=9, default="x")
{more}
"""
COLOR = (
    'migrations.AddField("item", "color", models.CharField(max_length=9, default="x")),'
)
WEIGHT = 'migrations.AddField("item", "weight", models.IntegerField(default=7)),'
WEIGHS = "    weight = models.IntegerField(default=7)"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Mine adds item.color on a branch; the database is one that nobody can reach."""
    nowhere = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(tmp_path / "no" / "such" / "folder" / "db"),
    }
    made = Shop.create(tmp_path / "shop", {"default": nowhere})
    written = ITEM.replace("primary_key=True", "primary_key=True, serialize=False")
    made.migration("0001_initial", written)
    made.repository.commit("start again")
    made.repository.git("checkout", "-q", "-b", "feature")
    made.repository.write("shop/models.py", MODELS.format(more=""))
    made.migration("0002_a1", COLOR, "0001_initial")
    made.repository.commit()
    return made


def publish(shop: Shop, operations: str, models: str = "") -> None:
    git = shop.repository.git
    git("checkout", "-q", "main")
    shop.migration("0002_b1", operations, "0001_initial")
    shop.repository.commit()
    git("update-ref", "refs/remotes/origin/main", "main")
    git("checkout", "-q", "feature")


def verified(shop: Shop, *words: str) -> tuple[int, dict[str, Any]]:
    done = shop.db("verify", "--output-format", "json", *words)
    assert done.out, done.err
    return done.code, json.loads(done.out)


def test_upstream_s_migrations_are_judged_before_they_are_here(shop: Shop) -> None:
    publish(shop, WEIGHT)
    code, answer = verified(shop)
    assert code == 0
    assert answer["groups"] == [
        {
            "apps": ["shop"],
            "local": ["shop.0002_a1"],
            "upstream": ["shop.0002_b1"],
            "verdict": "COMMUTE",
            "reason": None,
            "cannot_tell": [],
        }
    ]


def test_after_the_rebase_the_fork_is_what_it_was_before(shop: Shop) -> None:
    publish(shop, WEIGHT)
    shop.repository.git("rebase", "-q", "origin/main")
    code, answer = verified(shop)
    assert answer["conflicts"] == {"shop": ["0002_a1", "0002_b1"]}
    assert shop.repository.oneleaf("rebase").code == 0
    shop.repository.commit()
    shop.repository.write("shop/models.py", MODELS.format(more=WEIGHS))
    code, answer = verified(shop)
    assert (code, answer["conflicts"], answer["unwritten"]) == (0, {}, [])
    assert answer["groups"][0]["local"] == ["shop.0003_a1"]
    assert answer["groups"][0]["upstream"] == ["shop.0002_b1"]


@pytest.mark.parametrize(
    ("operations", "verdict"),
    [
        pytest.param(COLOR, "BLOCK", id="the same field"),
        pytest.param('migrations.RenameModel("Item", "Box"),', "BLOCK", id="renamed"),
    ],
)
def test_a_conflict_is_quoted_and_ends_with_one(
    shop: Shop, operations: str, verdict: str
) -> None:
    publish(shop, operations)
    code, answer = verified(shop)
    assert code == 1
    assert answer["groups"][0]["verdict"] == verdict
    assert "shop.0002_a1: AddField item.color" in answer["groups"][0]["reason"]


def test_code_is_named_and_never_called_proven(shop: Shop) -> None:
    publish(shop, 'migrations.RunSQL("SELECT 1"),')
    code, answer = verified(shop)
    assert (code, answer["groups"][0]["verdict"]) == (1, "COMMUTE")
    assert answer["groups"][0]["cannot_tell"] == ["shop.0002_b1: RunSQL"]
    assert "CANNOT TELL: shop.0002_b1: RunSQL" in shop.db("verify").out


def test_what_makemigrations_would_write_is_a_finding(shop: Shop) -> None:
    publish(shop, WEIGHT)
    shop.repository.write("shop/models.py", MODELS.format(more=WEIGHS))
    code, answer = verified(shop)
    assert code == 1
    assert answer["unwritten"] == ["shop: Add field weight to item"]


def test_without_an_upstream_there_is_nothing_to_compare_with(shop: Shop) -> None:
    done = shop.db("verify")
    assert done.code == 2
    assert "no upstream branch" in done.err


def test_an_app_whose_folder_moved_has_no_local_migrations_by_that(shop: Shop) -> None:
    publish(shop, WEIGHT)
    repository = shop.repository
    repository.write("apps/__init__.py")
    repository.git("mv", "shop", "apps/shop")
    settings = repository.read("settings.py")
    repository.write("settings.py", settings.replace("['shop']", "['apps.shop']"))
    repository.commit()
    _, answer = verified(shop)
    [group] = answer["groups"]
    assert group["local"] == ["shop.0002_a1"]
    assert group["upstream"] == ["shop.0002_b1"]
    assert group["verdict"] == "COMMUTE"


def test_a_branch_without_local_migrations_is_proven(shop: Shop) -> None:
    shop.repository.git("update-ref", "refs/remotes/origin/main", "feature")
    code, answer = verified(shop)
    assert (code, answer["groups"]) == (0, [])
    assert "no app has local migrations" in shop.db("verify").out
