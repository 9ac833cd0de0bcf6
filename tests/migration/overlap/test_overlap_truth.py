"""The static reader against Django's project state, on random pairs of sides.

Each side is a list of operations that is valid by itself. Django writes it out as
source, the reader judges the source, and ``strict_state`` says what is true.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.conf import settings
from django.db import migrations, models
from django.db.migrations.state import ModelState
from django.db.migrations.writer import MigrationWriter
from hypothesis import given
from hypothesis import strategies as st

import bare_django
from oneleaf.migration.overlap import opaque, overlaps, read_operations
from oneleaf.migration.overlap.kinds import Operation
from strict_state import InvalidStateError, Steps, StrictState, replay, run, verdict

pytestmark = pytest.mark.django

bare_django.set_up()

Draw = Callable[[st.SearchStrategy[Any]], Any]
Side = Sequence[tuple[str, str]]

FIELDS = ["name", "sku", "color", "weight", "tags", "labels", "owner"]
MODELS = ["Item", "Tag", "Box", "Crate"]
INDEXES = ["item_name_idx", "item_sku_uniq", "fresh_idx", "other_idx"]
TABLES = ["shop_box", "shop_item_labels", "shop_crate", "own_table", None]


def base() -> StrictState:
    """Two apps, three related models."""
    state = StrictState()
    for label, name, fields, options in (
        ("auth", "User", {"id": models.AutoField(primary_key=True)}, {}),
        (
            "shop",
            "Tag",
            {
                "id": models.AutoField(primary_key=True),
                "name": models.CharField(max_length=9, unique=True),
            },
            {},
        ),
        (
            "shop",
            "Item",
            {
                "id": models.AutoField(primary_key=True),
                "name": models.CharField(max_length=9),
                "sku": models.CharField(max_length=9, unique=True),
                "color": models.CharField(max_length=9),
                "owner": models.ForeignKey("shop.Tag", models.CASCADE),
                "tags": models.ManyToManyField("shop.Tag", related_name="+"),
            },
            {
                "unique_together": {("name", "color")},
                "index_together": {("color", "sku")},
                "indexes": [models.Index(fields=["name"], name="item_name_idx")],
                "constraints": [
                    models.UniqueConstraint(fields=["sku"], name="item_sku_uniq")
                ],
            },
        ),
        (
            "store",
            "Shelf",
            {
                "id": models.AutoField(primary_key=True),
                "name": models.CharField(max_length=9),
                "owner": models.ForeignKey("shop.Item", models.CASCADE),
            },
            {},
        ),
    ):
        state.add_model(ModelState(label, name, list(fields.items()), options))
    return state


def fields_of(draw: Draw, state: StrictState, key: tuple[str, str]) -> Any:
    names = [name for name in state.models[key].fields if name != "id"]
    return draw(st.sampled_from(names or ["id"]))


def a_field(draw: Draw, state: StrictState) -> Any:
    targets = [".".join(key) for key in state.models]
    target = draw(st.sampled_from([*targets, "self"]))
    kind = draw(
        st.sampled_from(["char", "int", "null", "fk", "to", "o2o", "m2m", "thru"])
    )
    if kind == "thru":
        between = draw(st.sampled_from(targets))
        return models.ManyToManyField(target, through=between, related_name="+")
    if kind == "to":
        key = draw(st.sampled_from(sorted(state.models)))
        name = fields_of(draw, state, key)
        return models.ForeignKey(".".join(key), models.CASCADE, to_field=name)
    if target == "auth.user" and kind in ("fk", "o2o", "m2m"):
        target = settings.AUTH_USER_MODEL
    return {
        "char": models.CharField(max_length=draw(st.sampled_from([5, 6])), default=""),
        "int": models.IntegerField(default=0),
        "null": models.IntegerField(null=True),
        "fk": models.ForeignKey(target, models.CASCADE, null=True),
        "o2o": models.OneToOneField(target, models.CASCADE, related_name="+"),
        "m2m": models.ManyToManyField(
            target,
            related_name="+",
            db_table=draw(st.sampled_from([*TABLES, None, None])),
        ),
    }[kind]


def an_index(draw: Draw, state: StrictState, key: tuple[str, str]) -> Any:
    descending = draw(st.sampled_from(["", "-"]))
    return models.Index(
        fields=[descending + fields_of(draw, state, key)],
        name=draw(st.sampled_from(INDEXES)),
        condition=draw(st.sampled_from([None, models.Q(name="open")])),
    )


def a_constraint(draw: Draw, state: StrictState, key: tuple[str, str]) -> Any:
    name = draw(st.sampled_from(INDEXES))
    return models.UniqueConstraint(fields=[fields_of(draw, state, key)], name=name)


def entry_name(draw: Draw, state: StrictState, key: Any, option: str) -> Any:
    names = [entry.name for entry in state.models[key].options.get(option, ())]
    return draw(st.sampled_from(names or INDEXES))


def create_model(draw: Draw, state: StrictState, key: tuple[str, str]) -> Any:
    options: dict[str, Any] = {}
    if table := draw(st.sampled_from([*TABLES, None, None, None])):
        options["db_table"] = table
    if draw(st.booleans()):
        index = draw(st.sampled_from(INDEXES))
        options["indexes"] = [models.Index(fields=["name"], name=index)]
    if draw(st.integers(0, 4)) == 0:
        options["managed"] = False
    parent = draw(st.sampled_from([None, None, None, *sorted(state.models)]))
    return migrations.CreateModel(
        draw(st.sampled_from(MODELS)),
        [
            ("name", models.CharField(max_length=3)),
            (draw(st.sampled_from(FIELDS[1:])), a_field(draw, state)),
        ],
        options,
        bases=(".".join(parent),) if parent else None,
    )


def together(draw: Draw, state: StrictState, key: tuple[str, str]) -> Any:
    pair = fields_of(draw, state, key), fields_of(draw, state, key)
    return draw(st.sampled_from([set(), {pair}]))


def alter_constraint(draw: Draw, state: StrictState, key: tuple[str, str]) -> Any:
    name = entry_name(draw, state, key, "constraints")
    fields = [fields_of(draw, state, key), "name"]
    constraint = models.UniqueConstraint(fields=fields, name=name)
    return migrations.AlterConstraint(key[1], name, constraint)


def an_operation(draw: Draw, state: StrictState, kind: str) -> tuple[str, Any]:
    """One operation of that kind, often on what the state has; and its app."""
    owned = sorted(key for key in state.models if key[0] != "auth")
    key = draw(st.sampled_from(owned))
    app, name = key
    own = fields_of(draw, state, key)
    new = draw(st.sampled_from(FIELDS))
    option = {"verbose_name": draw(st.sampled_from("abcd"))}
    build: dict[str, Callable[[], Any]] = {
        "CreateModel": lambda: create_model(draw, state, key),
        "DeleteModel": lambda: migrations.DeleteModel(name),
        "RenameModel": lambda: migrations.RenameModel(
            name, draw(st.sampled_from(MODELS))
        ),
        "AddField": lambda: migrations.AddField(name, new, a_field(draw, state)),
        "AlterField": lambda: migrations.AlterField(name, own, a_field(draw, state)),
        "RemoveField": lambda: migrations.RemoveField(name, own),
        "RenameField": lambda: migrations.RenameField(name, own, new),
        "AlterUniqueTogether": lambda: migrations.AlterUniqueTogether(
            name, together(draw, state, key)
        ),
        "AlterIndexTogether": lambda: migrations.AlterIndexTogether(
            name, together(draw, state, key)
        ),
        "AlterOrderWithRespectTo": lambda: migrations.AlterOrderWithRespectTo(
            name, draw(st.sampled_from([own, None]))
        ),
        "AlterModelOptions": lambda: migrations.AlterModelOptions(name, option),
        "AlterModelManagers": lambda: migrations.AlterModelManagers(
            name, [(draw(st.sampled_from(["objects", "all"])), models.Manager())]
        ),
        "AlterModelTable": lambda: migrations.AlterModelTable(
            name, draw(st.sampled_from(TABLES))
        ),
        "AlterModelTableComment": lambda: migrations.AlterModelTableComment(
            name, draw(st.sampled_from("abcd"))
        ),
        "AddIndex": lambda: migrations.AddIndex(name, an_index(draw, state, key)),
        "RemoveIndex": lambda: migrations.RemoveIndex(
            name, entry_name(draw, state, key, "indexes")
        ),
        "RenameIndex": lambda: migrations.RenameIndex(
            name,
            new_name=draw(st.sampled_from(INDEXES)),
            old_name=entry_name(draw, state, key, "indexes"),
        ),
        "RenameIndexOfFields": lambda: migrations.RenameIndex(
            name, draw(st.sampled_from(INDEXES)), old_fields=("color", "sku")
        ),
        "AddConstraint": lambda: migrations.AddConstraint(
            name, a_constraint(draw, state, key)
        ),
        "AlterConstraint": lambda: alter_constraint(draw, state, key),
        "RemoveConstraint": lambda: migrations.RemoveConstraint(
            name, entry_name(draw, state, key, "constraints")
        ),
    }
    if kind == "SeparateDatabaseAndState":
        inner = draw(st.sampled_from(sorted(build)))
        return app, migrations.SeparateDatabaseAndState(
            state_operations=[build[inner]()]
        )
    return app, build[kind]()


KINDS = [
    "CreateModel",
    "DeleteModel",
    "RenameModel",
    "AddField",
    "AddField",
    "AlterField",
    "RemoveField",
    "RenameField",
    "AlterUniqueTogether",
    "AlterIndexTogether",
    "AlterOrderWithRespectTo",
    "AlterModelOptions",
    "AlterModelManagers",
    "AlterModelTable",
    "AlterModelTableComment",
    "AddIndex",
    "RemoveIndex",
    "RenameIndex",
    "RenameIndexOfFields",
    "AddConstraint",
    "AlterConstraint",
    "RemoveConstraint",
    "SeparateDatabaseAndState",
]


def written(operation: Any) -> str:
    """The operation in a migration file, as makemigrations writes it."""
    body = {"operations": [operation], "dependencies": []}
    migration = type("Migration", (migrations.Migration,), body)("0002_x", "shop")
    return str(MigrationWriter(migration, include_header=False).as_string())


def steps(side: Side) -> Steps:
    """The side's operations, made anew from their source."""
    made = []
    for app, source in side:
        namespace: dict[str, Any] = {}
        exec(source, namespace)
        made += [(app, operation) for operation in namespace["Migration"].operations]
    return made


def valid(side: Side, reach: Callable[..., StrictState]) -> bool:
    try:
        reach(base, steps(side))
    except InvalidStateError:
        return False
    return True


def a_side(draw: Draw) -> Side:
    """One to three operations that are valid one after the other."""
    side: list[tuple[str, str]] = []
    for kind in draw(st.lists(st.sampled_from(KINDS), min_size=2, max_size=4)):
        state = replay(base, steps(side))
        if len(state.models) == 1:
            break
        app, operation = an_operation(draw, state, kind)
        longer = [*side, (app, written(operation))]
        if len(longer) <= 3 and valid(longer, replay):
            side = longer
    while side and not valid(side, run):
        side = side[:-1]
    return side


SIDES = st.composite(a_side)().filter(bool)


def read(side: Side) -> list[Operation]:
    return [
        operation
        for app, source in side
        for operation in read_operations(app, "0002_x", source.encode())
    ]


KNOWN = [
    ("COMMUTE", "AddField('item', 'a', C)", "AddField('tag', 'a', C)"),
    ("COMMUTE", "AddField('item', 'a', C)", "AddField('item', 'b', C)"),
    ("BLOCK", "AddField('item', 'a', C)", "AddField('item', 'a', C)"),
    ("BLOCK", "CreateModel('Box', [])", "CreateModel('Box', [])"),
    ("DIFFER", "AlterField('item', 'color', C)", "AlterField('item', 'color', I)"),
    ("BLOCK", "AlterField('tag', 'name', C)", "RenameField('tag', 'name', 'a')"),
    ("ORDER", "RenameField('tag', 'name', 'a')", "AlterField('tag', 'name', C)"),
    ("BLOCK", "AddField('shelf', 'a', C)", "DeleteModel('Shelf')"),
    ("ORDER", "DeleteModel('Shelf')", "AddField('shelf', 'a', C)"),
    ("BLOCK", "AddField('item', 'a', C)", "RenameModel('Item', 'Box')"),
    ("BLOCK", "AddField('tag', 'a', TO_ITEM)", "RenameModel('Item', 'Box')"),
    ("BLOCK", "CreateModel('Box', [('a', TO_SHELF)])", "DeleteModel('Shelf')"),
    (
        "DIFFER",
        "AlterUniqueTogether('item', {('name', 'sku')})",
        "AlterUniqueTogether('item', set())",
    ),
    (
        "DIFFER",
        "AlterModelOptions('item', {'verbose_name': 'a'})",
        "AlterModelOptions('item', {'verbose_name': 'b'})",
    ),
    (
        "BLOCK",
        "AddIndex('shelf', models.Index(fields=['name'], name='x'))",
        "RemoveField('shelf', 'name')",
    ),
    (
        "BLOCK",
        "AddIndex('item', models.Index(fields=['sku'], name='x'))",
        "AddIndex('tag', models.Index(fields=['name'], name='x'))",
    ),
    (
        "COMMUTE",
        "AddIndex('item', models.Index(fields=['sku'], name='x'))",
        "AddIndex('item', models.Index(fields=['sku'], name='y'))",
    ),
    (
        "BLOCK",
        "CreateModel('Box', [], {'db_table': 'x'})",
        "CreateModel('Crate', [], {'db_table': 'x'})",
    ),
]
SHORT = {
    "C": "models.CharField(max_length=3)",
    "I": "models.IntegerField()",
    "TO_ITEM": "models.ForeignKey('shop.Item', models.CASCADE)",
    "TO_SHELF": "models.ForeignKey('store.Shelf', models.CASCADE)",
}


def by_hand(text: str) -> Side:
    for short, long in SHORT.items():
        text = re.sub(rf"\b{short}\b", long, text)
    app = "store" if text.split("(")[1].lower().startswith("'shelf'") else "shop"
    return [
        (
            app,
            "from django.db import migrations, models\n"
            "class Migration(migrations.Migration):\n"
            f"    operations = [migrations.{text}]\n",
        )
    ]


@pytest.mark.parametrize(("expected", "mine", "upstream"), KNOWN)
def test_the_project_state_gives_the_known_verdicts_and_the_text_agrees(
    expected: str, mine: str, upstream: str
) -> None:
    ours, theirs = by_hand(mine), by_hand(upstream)
    truth = verdict(base, lambda: steps(ours), lambda: steps(theirs))
    found = overlaps(read(ours), read(theirs))
    assert truth == expected
    assert bool(found) is (truth != "COMMUTE")
    assert any(overlap.fatal for overlap in found) is (truth == "BLOCK")


@given(SIDES, SIDES)
def test_what_does_not_commute_overlaps_and_what_is_fatal_is_blocked(
    ours: Side, theirs: Side
) -> None:
    found = overlaps(read(ours), read(theirs))
    truth = verdict(base, lambda: steps(ours), lambda: steps(theirs))
    assert not opaque([*read(ours), *read(theirs)])
    assert found or truth == "COMMUTE"
    assert truth == "BLOCK" or not any(overlap.fatal for overlap in found)
