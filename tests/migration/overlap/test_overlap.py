"""What operations read and write by their text, and what two sides share."""

import dataclasses

import pytest

from oneleaf.migration.overlap import describe, opaque, overlaps, read_operations
from oneleaf.migration.overlap.kinds import Operation

HEAD = """\
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently, HStoreExtension
from django.db import migrations, models
import django.contrib.postgres.operations
import pgtrigger.migrations


class Migration(migrations.Migration):
    dependencies = []
    operations = [
"""
INTEGER = "models.IntegerField(null=True)"
CHAR = "models.CharField(max_length=9)"


def module(*operations: str) -> bytes:
    lines = "".join(f"        {operation},\n" for operation in operations)
    return f"{HEAD}{lines}    ]\n".encode()


def read(*operations: str) -> tuple[Operation, ...]:
    """The operations, each without the ``migrations.`` it needs in a file."""
    return read_operations(
        "shop", "0002_x", module(*(f"migrations.{text}" for text in operations))
    )


def one(operation: str) -> Operation:
    (found,) = read(operation)
    return found


def keys(text: str) -> frozenset[str]:
    return frozenset(text.split())


TO_TAG = "models.ForeignKey(on_delete=models.CASCADE, to='shop.Tag')"
INDEX = "models.Index(fields=['name', '-size'], name='item_idx')"
UNIQUE = "models.UniqueConstraint(fields=('sku',), name='item_uniq')"
CHECK = "models.CheckConstraint(condition=models.Q(('size__gt', 0)), name='item_big')"

KINDS = {
    "DeleteModel('Item')": ("m:shop.item", ""),
    "RenameModel('Item', 'Thing')": ("m:shop.item m:shop.thing t:shop_thing", ""),
    "RenameModel(old_name='Item', new_name='ITEM')": ("m:shop.item t:shop_item", ""),
    f"AddField('Item', 'size', {INTEGER})": ("f:shop.item.size", "m:shop.item"),
    f"AlterField('Item', 'size', {INTEGER})": ("f:shop.item.size", "m:shop.item"),
    "RemoveField('Item', 'size')": ("f:shop.item.size", "m:shop.item"),
    "RenameField('item', 'size', 'Mass')": (
        "f:shop.item.size f:shop.item.Mass t:shop_item_Mass",
        "m:shop.item",
    ),
    "AlterUniqueTogether('item', {('name', 'sku'), ('size',)})": (
        "o:shop.item.unique_together",
        "m:shop.item f:shop.item.name f:shop.item.sku f:shop.item.size",
    ),
    "AlterUniqueTogether(name='item', unique_together=set())": (
        "o:shop.item.unique_together",
        "m:shop.item",
    ),
    "AlterUniqueTogether(name='item', unique_together=set([('name', 'sku')]))": (
        "o:shop.item.unique_together",
        "m:shop.item f:shop.item.name f:shop.item.sku",
    ),
    "AlterIndexTogether(name='item', index_together=[['name', 'sku']])": (
        "o:shop.item.index_together",
        "m:shop.item f:shop.item.name f:shop.item.sku",
    ),
    "AlterOrderWithRespectTo(name='item', order_with_respect_to='tag')": (
        "o:shop.item.order_with_respect_to",
        "m:shop.item f:shop.item.tag",
    ),
    "AlterOrderWithRespectTo('item', None)": (
        "o:shop.item.order_with_respect_to",
        "m:shop.item",
    ),
    "AlterModelOptions('item', {'ordering': ['name']})": (
        "o:shop.item.options",
        "m:shop.item",
    ),
    "AlterModelManagers('item', [('objects', Manager())])": (
        "o:shop.item.managers",
        "m:shop.item",
    ),
    "AlterModelTable('item', 'things')": (
        "o:shop.item.table t:things",
        "m:shop.item",
    ),
    "AlterModelTable(name='Item', table=None)": (
        "o:shop.item.table t:shop_item",
        "m:shop.item",
    ),
    "AlterModelTableComment('item', 'for sale')": (
        "o:shop.item.db_table_comment",
        "m:shop.item",
    ),
    f"AddIndex('Item', {INDEX})": (
        "i:item_idx",
        "m:shop.item f:shop.item.name f:shop.item.size",
    ),
    "RemoveIndex('Item', 'item_idx')": ("i:item_idx", "m:shop.item"),
    "RenameIndex('item', new_name='new_idx', old_name='old_idx')": (
        "i:old_idx i:new_idx",
        "m:shop.item",
    ),
    "RenameIndex('item', 'new_idx', old_fields=('name', 'sku'))": (
        "i:new_idx o:shop.item.index_together",
        "m:shop.item f:shop.item.name f:shop.item.sku",
    ),
    f"AddConstraint('Item', {UNIQUE})": (
        "i:item_uniq",
        "m:shop.item f:shop.item.sku",
    ),
    f"AddConstraint(model_name='item', constraint={CHECK})": (
        "i:item_big",
        "m:shop.item f:shop.item.size",
    ),
    "RemoveConstraint('Item', 'item_uniq')": ("i:item_uniq", "m:shop.item"),
    f"AlterConstraint('item', 'item_uniq', {UNIQUE})": (
        "i:item_uniq",
        "m:shop.item f:shop.item.sku",
    ),
    "RunPython(migrations.RunPython.noop)": ("", ""),
    "RunSQL('', reverse_sql='DROP TABLE x')": ("", ""),
    "RunSQL([])": ("", ""),
    "RunSQL(migrations.RunSQL.noop)": ("", ""),
    "SeparateDatabaseAndState(state_operations=[])": ("", ""),
}


@pytest.mark.parametrize(
    ("text", "writes", "reads"),
    [(text, *expected) for text, expected in KINDS.items()],
    ids=list(KINDS),
)
def test_each_kind_of_operation_has_its_keys(
    text: str, writes: str, reads: str
) -> None:
    operation = one(text)
    assert (operation.writes, operation.reads) == (keys(writes), keys(reads))
    assert operation.opaque is None
    assert operation.kind == text.partition("(")[0]


@pytest.mark.parametrize(
    ("field", "writes", "reads"),
    [
        pytest.param(TO_TAG, "", "m:shop.tag", id="a dotted name"),
        pytest.param(
            "models.ForeignKey('Tag', models.CASCADE)", "", "m:shop.tag", id="own app"
        ),
        pytest.param("models.CharField('color', max_length=9)", "", "", id="a label"),
        pytest.param("models.OneToOneField(to='self')", "", "", id="self"),
        pytest.param(
            "models.ForeignKey(to=settings.AUTH_USER_MODEL)",
            "",
            "m:settings.AUTH_USER_MODEL",
            id="a setting",
        ),
        pytest.param(
            "models.ForeignKey(to='store.Shelf', to_field='code')",
            "",
            "m:store.shelf f:store.shelf.code",
            id="to_field",
        ),
        pytest.param(
            "models.ForeignObject(to='store.Shelf', from_fields=['a'], to_fields=['b'])",
            "",
            "m:store.shelf f:store.shelf.b f:shop.item.a",
            id="from_fields and to_fields",
        ),
        pytest.param(
            "modelcluster.fields.ParentalKey(to='shop.Tag')",
            "",
            "m:shop.tag",
            id="a relation of another package",
        ),
        pytest.param(
            "models.ManyToManyField(to='shop.Tag')",
            "t:shop_item_tags",
            "m:shop.tag",
            id="many-to-many",
        ),
        pytest.param(
            "models.ManyToManyField('Tag', db_table='pairs')",
            "t:pairs",
            "m:shop.tag",
            id="many-to-many, its table named",
        ),
        pytest.param(
            "models.ManyToManyField(to='Tag', through='Link', through_fields=('x', 'y'))",
            "",
            "m:shop.tag m:shop.link f:shop.link.x f:shop.link.y",
            id="many-to-many through a model",
        ),
        pytest.param(
            "models.GeneratedField(expression=models.F('name'), db_persist=True)",
            "",
            "f:shop.item.name",
            id="a generated field",
        ),
    ],
)
def test_a_field_reads_what_it_refers_to(field: str, writes: str, reads: str) -> None:
    operation = one(f"AddField('item', 'tags', {field})")
    assert operation.writes == keys("f:shop.item.tags " + writes)
    # Keywords of an expression are taken for lookups: too many, never too few.
    assert keys("m:shop.item " + reads) <= operation.reads
    assert operation.reads - keys("m:shop.item " + reads) <= keys(
        "f:shop.item.expression f:shop.item.db_persist"
    )
    assert operation.opaque is None


@pytest.mark.parametrize(
    ("rest", "writes", "reads"),
    [
        pytest.param("[]", "t:shop_tag", "", id="a table by default"),
        pytest.param("[], {'db_table': 'labels'}", "t:labels", "", id="a table named"),
        pytest.param("[], {'proxy': True}", "", "", id="a proxy has no table"),
        pytest.param(
            "[], options={'managed': False}", "t:shop_tag", "", id="not managed"
        ),
        pytest.param(
            f"[('name', {CHAR}), ('item', models.ForeignKey('Item', models.CASCADE))]",
            "t:shop_tag",
            "m:shop.item",
            id="a relation",
        ),
        pytest.param(
            "[('items', models.ManyToManyField('Item'))], {'db_table': 'labels'}",
            "t:labels t:labels_items",
            "m:shop.item",
            id="a many-to-many field's table",
        ),
        pytest.param(
            f"[], {{'indexes': [{INDEX}], 'constraints': [{UNIQUE}]}}",
            "t:shop_tag i:item_idx i:item_uniq",
            "f:shop.tag.name f:shop.tag.size f:shop.tag.sku",
            id="indexes and constraints in the options",
        ),
        pytest.param(
            f"[('x', {CHAR})], bases=('shop.item', mixins.Timed)",
            "t:shop_tag",
            "m:shop.item f:shop.item.x",
            id="bases, whose fields must not clash",
        ),
    ],
)
def test_create_model_has_the_keys_of_all_its_parts(
    rest: str, writes: str, reads: str
) -> None:
    operation = one(f"CreateModel('Tag', {rest})")
    assert operation.writes == keys("m:shop.tag " + writes)
    assert operation.reads == keys(reads)
    assert operation.opaque is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("RunPython(fill, migrations.RunPython.noop)", "runs Python code: fill"),
        ("RunPython(lambda apps, editor: None)", "runs Python code"),
        ("RunSQL('UPDATE item SET size = 1')", "runs SQL"),
        ("RunSQL(read_sql())", "runs SQL"),
        (
            "SeparateDatabaseAndState([migrations.RunSQL('')])",
            "changes the database apart from the models",
        ),
        (
            "SeparateDatabaseAndState(database_operations=build())",
            "its argument database_operations is not a literal",
        ),
        (f"AddField(MODEL, 'size', {INTEGER})", "its argument model_name is not"),
        ("RemoveField('item', name=f'{x}')", "its argument name is not a literal"),
        ("AddField('item', 'size', make_field())", "its argument field of size is"),
        (
            "AddField('item', 'size', models.IntegerField(**options))",
            "its argument field of size is not a literal",
        ),
        (
            "AddField('item', 'tag', models.ForeignKey(to=Tag))",
            "its argument to is not a literal",
        ),
        ("AlterUniqueTogether('item', PAIRS)", "its argument unique_together is not"),
        ("AlterUniqueTogether('item', {(A, 'b')})", "its argument unique_together is"),
        ("AddIndex('item', INDEX)", "its argument index is not a literal"),
        (
            "AddIndex('item', models.Index(fields=FIELDS, name='x'))",
            "its argument fields is not a literal",
        ),
        ("AddConstraint('item', models.UniqueConstraint(name=x))", "its argument"),
        ("AlterModelTable('item', table_name())", "its argument table is not"),
        ("CreateModel('Tag', fields())", "its argument fields is not a literal"),
        ("CreateModel('Tag', [field])", "its argument fields is not a literal"),
        ("CreateModel('Tag', [], OPTIONS)", "its argument options is not a literal"),
        ("CreateModel('Tag', [], {**OPTIONS})", "its argument options is not a"),
        ("CreateModel('Tag', [], bases=find())", "its argument bases is not a"),
        ("DeleteModel(*names)", "its argument name is not a literal"),
        ("AddField('item', **more)", "its argument name is not a literal"),
        ("Vacuum('item')", "what Vacuum does is not read"),
    ],
)
def test_what_cannot_be_told_is_opaque(text: str, reason: str) -> None:
    operation = one(text)
    assert operation.opaque is not None
    assert operation.opaque.startswith(reason)
    assert opaque([operation]) == [operation]


def test_the_rest_of_an_opaque_operation_is_read() -> None:
    operation = one("AddField('item', 'size', make_field())")
    assert operation.writes == keys("f:shop.item.size")
    assert operation.reads == keys("m:shop.item")


@pytest.mark.parametrize(
    ("imports", "call"),
    [
        ("from django.db import migrations", "migrations.RemoveField"),
        ("from django.db import migrations as m", "m.RemoveField"),
        ("from django.db.migrations import RemoveField", "RemoveField"),
        ("from django.db.migrations.operations import RemoveField as R", "R"),
        ("import django.db.migrations", "django.db.migrations.RemoveField"),
        ("import django.db.migrations as m", "m.RemoveField"),
        (
            "try:\n    from django.db.migrations import RemoveField\n"
            "except ImportError:\n    pass",
            "RemoveField",
        ),
    ],
)
def test_an_operation_is_known_by_what_was_imported(imports: str, call: str) -> None:
    source = f"{imports}\nclass Migration:\n    operations = [{call}('item', 'size')]\n"
    (operation,) = read_operations("shop", "0002_x", source.encode())
    assert operation.kind == "RemoveField"
    assert operation.writes == keys("f:shop.item.size")
    assert operation.opaque is None


@pytest.mark.parametrize(
    ("text", "writes"),
    [
        (f"AddIndexConcurrently('item', {INDEX})", "i:item_idx"),
        (
            "django.contrib.postgres.operations.RemoveIndexConcurrently('item', 'x')",
            "i:x",
        ),
        (
            "django.contrib.postgres.operations.AddConstraintNotValid('item', "
            f"{CHECK})",
            "i:item_big",
        ),
        ("django.contrib.postgres.operations.ValidateConstraint('item', 'x')", ""),
        ("HStoreExtension()", ""),
    ],
)
def test_operations_for_postgresql_are_known(text: str, writes: str) -> None:
    (operation,) = read_operations("shop", "0002_x", module(text))
    assert operation.writes == keys(writes)
    assert operation.opaque is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "pgtrigger.migrations.AddTrigger('item')",
            "operation class pgtrigger.migrations.AddTrigger is not Django's",
        ),
        ("AddField('item', 'x')", "operation class AddField is not Django's"),
        ("make()('item')", "operation class computed is not Django's"),
        ("an_operation", "operations is not a literal"),
    ],
)
def test_an_operation_class_that_is_not_djangos_is_opaque(
    text: str, reason: str
) -> None:
    (operation,) = read_operations("shop", "0002_x", module(text))
    assert operation.opaque == reason
    assert not operation.writes | operation.reads


@pytest.mark.parametrize(
    "holder",
    [
        "SeparateDatabaseAndState([migrations.RunSQL('x')], [%s])",
        "RunSQL('x', state_operations=[%s])",
    ],
)
def test_the_state_part_of_an_opaque_operation_is_read(holder: str) -> None:
    outer, inner = read(holder % "migrations.RemoveField('item', 'size')")
    assert outer.opaque is not None
    assert (inner.kind, inner.opaque) == ("RemoveField", None)
    assert inner.writes == keys("f:shop.item.size")


@pytest.mark.parametrize(
    ("body", "kinds", "certain"),
    [
        pytest.param("operations = ()", [], True, id="an empty tuple"),
        pytest.param("pass", [], True, id="none"),
        pytest.param("operations: list = [ONE]", ["RemoveField"], True, id="annotated"),
        pytest.param(
            "operations = [ONE] + [TWO]",
            ["RemoveField", "DeleteModel"],
            True,
            id="a sum",
        ),
        pytest.param(
            "ops = [ONE]\n    operations = [*ops, TWO]",
            ["RemoveField", "DeleteModel"],
            True,
            id="a named list",
        ),
        pytest.param(
            "ops = []\n    ops.append(ONE)\n    operations = ops",
            ["unreadable"],
            False,
            id="a named list changed in place",
        ),
        pytest.param(
            "ops = [ONE]\n    ops = [TWO]\n    operations = ops",
            ["unreadable"],
            False,
            id="a list named twice",
        ),
        pytest.param(
            "operations = [ONE]\n    if POSTGRESQL:\n        operations += [TWO]",
            ["RemoveField", "DeleteModel"],
            False,
            id="a condition",
        ),
        pytest.param(
            "operations = [ONE]\n    operations.append(TWO)",
            ["RemoveField", "DeleteModel"],
            False,
            id="an append",
        ),
        pytest.param(
            "operations = [ONE]\n\nMigration.operations.pop()",
            ["RemoveField"],
            False,
            id="changed after the class",
        ),
        pytest.param("operations = build()", ["build"], False, id="a call"),
        pytest.param(
            "operations = [ONE for x in y]", ["unreadable"], False, id="comprehension"
        ),
    ],
)
def test_operations_are_found_however_the_class_lists_them(
    body: str, kinds: list[str], certain: bool
) -> None:
    body = body.replace("ONE", "migrations.RemoveField('item', 'size')")
    body = body.replace("TWO", "migrations.DeleteModel('Tag')")
    source = f"from django.db import migrations\nclass Migration(migrations.Migration):\n    {body}\n"
    found = read_operations("shop", "0002_x", source.encode())
    assert [operation.kind for operation in found] == kinds
    assert bool(opaque(found)) is not certain


@pytest.mark.parametrize(
    ("source", "line", "reason"),
    [
        (b"x = 1\ny = = 2\n", 2, "the file cannot be read: invalid syntax"),
        (b"x = '\0'\n", 1, "the file cannot be read: source code"),
        (b"# coding: klingon\n", 1, "the file cannot be read: "),
        (b"", 1, "no class Migration"),
        (
            b"from base import Base\nclass Migration(Base):\n    pass\n",
            2,
            "operations of another base class",
        ),
        (
            b"class Migration:\n    operations = " + b"[" * 5000 + b"]" * 5000,
            2,
            "the file cannot be read: ",
        ),
    ],
    ids=["syntax", "null byte", "encoding", "empty", "base class", "deep"],
)
def test_an_unreadable_file_is_one_opaque_operation(
    source: bytes, line: int, reason: str
) -> None:
    (operation,) = read_operations("shop", "0002_x", source)
    assert (operation.kind, operation.line) == ("unreadable", line)
    assert operation.opaque is not None
    assert operation.opaque.startswith(reason)


def test_an_operation_quotes_its_own_source_on_one_line() -> None:
    source = HEAD + (
        "        migrations.AddField(\n"
        "            model_name='item',  # what we sell\n"
        "            name='größe',\n"
        "            field=models.IntegerField(\n"
        "                help_text='a text that makes the whole of it too long',\n"
        "            ),\n"
        "        ), migrations.DeleteModel('Tag'),\n"
        "    ]\n"
    )
    first, second = read_operations("shop", "0002_x", source.encode())
    assert first.line == 11
    assert first.text.startswith("migrations.AddField(model_name='item',")
    assert first.text.endswith("...")
    assert len(first.text) == 100
    assert (second.line, second.text) == (17, "migrations.DeleteModel('Tag')")


def test_an_odd_escape_in_a_string_is_not_reported() -> None:
    (operation,) = read_operations("shop", "x", module(r"migrations.RunSQL('\d')"))
    assert operation.opaque == "runs SQL"


def judged(ours: tuple[str, ...], theirs: tuple[str, ...]) -> set[tuple[str, bool]]:
    found = overlaps(read(*ours), read(*theirs))
    return {(describe(overlap.key), overlap.fatal) for overlap in found}


ADD_COLOR = f"AddField('item', 'color', {CHAR})"
CREATE_TAG = f"CreateModel('Tag', [('name', {CHAR})])"
ON_TAG = "AddIndex('tag', models.Index(fields=['name'], name='item_idx'))"
CREATE_WITH_FK = "CreateModel('Box', [('item', models.ForeignKey('Item'))])"

# Facts: mine first, then upstream's; the verdict of the strict state in the id.
TABLE = [
    pytest.param(
        "AddField('tag', 'color', models.CharField())",
        ADD_COLOR,
        set(),
        id="COMMUTE AddField on different models",
    ),
    pytest.param(
        ADD_COLOR,
        f"AddField('item', 'size', {INTEGER})",
        set(),
        id="COMMUTE AddField on different fields",
    ),
    pytest.param(
        ADD_COLOR,
        ADD_COLOR,
        {("field shop.Item.color", True)},
        id="BLOCK the same AddField",
    ),
    pytest.param(
        CREATE_TAG,
        CREATE_TAG,
        {("model shop.Tag", True)},
        id="BLOCK the same CreateModel",
    ),
    pytest.param(
        f"AlterField('item', 'name', {INTEGER})",
        f"AlterField('item', 'name', {CHAR})",
        {("field shop.Item.name", False)},
        id="DIFFER AlterField differently",
    ),
    pytest.param(
        f"AlterField('item', 'name', {INTEGER})",
        "RenameField('item', 'name', 'title')",
        {("field shop.Item.name", True)},
        id="BLOCK AlterField of a renamed field",
    ),
    pytest.param(
        "RenameField('item', 'name', 'title')",
        f"AlterField('item', 'name', {INTEGER})",
        {("field shop.Item.name", False)},
        id="ORDER RenameField of an altered field",
    ),
    pytest.param(
        ADD_COLOR,
        "DeleteModel('Item')",
        {("model shop.Item", True)},
        id="BLOCK AddField on a deleted model",
    ),
    pytest.param(
        "DeleteModel('Item')",
        ADD_COLOR,
        {("model shop.Item", False)},
        id="ORDER DeleteModel after an AddField",
    ),
    pytest.param(
        ADD_COLOR,
        "RenameModel('Item', 'Thing')",
        {("model shop.Item", True)},
        id="BLOCK AddField on a renamed model",
    ),
    pytest.param(
        "AddField('tag', 'item', models.ForeignKey('shop.Item'))",
        "RenameModel('Item', 'Thing')",
        {("model shop.Item", True)},
        id="BLOCK a relation to a renamed model",
    ),
    pytest.param(
        CREATE_WITH_FK,
        "DeleteModel('Item')",
        {("model shop.Item", True)},
        id="BLOCK a new model with a relation to a deleted one",
    ),
    pytest.param(
        "AlterUniqueTogether('item', {('name', 'sku')})",
        "AlterUniqueTogether('item', set())",
        {("option unique_together of shop.Item", False)},
        id="DIFFER AlterUniqueTogether",
    ),
    pytest.param(
        "AlterModelOptions('item', {'verbose_name': 'a'})",
        "AlterModelOptions('item', {'verbose_name': 'b'})",
        {("option options of shop.Item", False)},
        id="DIFFER AlterModelOptions",
    ),
    pytest.param(
        f"AddIndex('item', {INDEX})",
        "RemoveField('item', 'name')",
        {("field shop.Item.name", True)},
        id="BLOCK an index on a removed field",
    ),
    pytest.param(
        f"AddIndex('item', {INDEX})",
        ON_TAG,
        {("index item_idx", True)},
        id="BLOCK one index name on two models",
    ),
    pytest.param(
        "RunPython(fill)", ADD_COLOR, set(), id="COMMUTE RunPython, cannot tell"
    ),
]


@pytest.mark.parametrize(("mine", "upstream", "expected"), TABLE)
def test_the_known_pairs_are_judged_as_the_project_state_judges_them(
    mine: str, upstream: str, expected: set[tuple[str, bool]]
) -> None:
    assert judged((mine,), (upstream,)) == expected


@pytest.mark.parametrize(
    ("mine", "upstream"),
    [
        (ADD_COLOR, f"AlterField('item', 'name', {CHAR})"),
        ("RemoveField('item', 'name')", "RemoveField('item', 'size')"),
        (f"AddField('item', 'a', {TO_TAG})", f"AddField('item', 'b', {TO_TAG})"),
        (f"AddField('item', 'a', {TO_TAG})", f"AddField('tag', 'b', {CHAR})"),
        (CREATE_TAG, CREATE_WITH_FK),
        ("RemoveIndex('item', 'a_idx')", "RemoveIndex('item', 'b_idx')"),
        (ADD_COLOR, f"AddIndex('item', {INDEX})"),
        ("AlterModelOptions('item', {})", "AlterUniqueTogether('item', set())"),
        ("AlterModelOptions('item', {})", "AlterModelOptions('tag', {})"),
        ("AlterModelTable('item', 'a')", "AlterModelTable('tag', 'b')"),
        ("AlterModelOptions('item', {})", ADD_COLOR),
    ],
)
def test_what_touches_different_things_is_quiet(mine: str, upstream: str) -> None:
    assert judged((mine,), (upstream,)) == set()
    assert judged((upstream,), (mine,)) == set()


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        pytest.param(
            ["AddField('box', 'x', models.ManyToManyField('Tag', db_table='pairs'))"],
            ["CreateModel('Pair', [], {'db_table': 'pairs'})"],
            {("table pairs", False)},
            id="a table that only may exist",
        ),
        pytest.param(
            ["CreateModel('Pair', [], {'db_table': 'pairs'})"],
            ["CreateModel('Couple', [], {'db_table': 'pairs'})"],
            {("table pairs", True)},
            id="one table for two models",
        ),
        pytest.param(
            ["CreateModel('Pair', [], {'db_table': 'pairs'})"],
            ["CreateModel('Old', [], {'db_table': 'pairs', 'managed': False})"],
            {("table pairs", False)},
            id="a table that Django does not make",
        ),
        pytest.param(
            ["CreateModel('A', [('b', models.ForeignKey('B'))], {'db_table': 'x'})"],
            ["CreateModel('B', [], {'db_table': 'x'})"],
            {("model shop.B", False), ("table x", True)},
            id="a fatal table beside a harmless model",
        ),
        pytest.param(
            [ADD_COLOR],
            ["RenameField('item', 'hue', 'color')"],
            {("field shop.Item.color", True)},
            id="added by one, renamed to by the other",
        ),
        pytest.param(
            ["RenameField('item', 'color', 'hue')"],
            ["RemoveField('item', 'color')"],
            {("field shop.Item.color", True)},
            id="renamed by one, removed by the other",
        ),
        pytest.param(
            ["RenameModel('Item', 'ITEM')"],
            ["RenameModel('Item', 'ITEM')"],
            {("model shop.Item", False)},
            id="only the letter case of a model",
        ),
        pytest.param(
            [
                "AddField('box', 'item', models.ForeignKey('Item'))",
                "DeleteModel('Box')",
            ],
            ["DeleteModel('Item')"],
            {("model shop.Item", False)},
            id="mine deleted the model with the relation",
        ),
        pytest.param(
            ["CreateModel('Box', [('item', models.ForeignKey('Item')), more])"],
            ["DeleteModel('Item')"],
            {("model shop.Item", False)},
            id="mine is partly opaque",
        ),
        pytest.param(
            ["RemoveConstraint('item', 'item_uniq')"],
            ["RemoveConstraint('item', 'item_uniq')"],
            {("index item_uniq", True)},
            id="removed by both",
        ),
        pytest.param(
            [f"CreateModel('Tag', [], {{'indexes': [{INDEX}]}})"],
            [f"AddIndex('item', {INDEX})"],
            {("index item_idx", True)},
            id="an index among the options",
        ),
        pytest.param(
            [ADD_COLOR],
            [ADD_COLOR, "RemoveField('item', 'color')"],
            {("field shop.Item.color", False)},
            id="upstream took it back",
        ),
        pytest.param(
            [ADD_COLOR],
            [ADD_COLOR, "RenameField('item', 'color', 'hue')"],
            {("field shop.Item.color", False)},
            id="upstream renamed it away",
        ),
        pytest.param(
            [ADD_COLOR],
            [ADD_COLOR, "DeleteModel('Item')", "CreateModel('Item', [])"],
            {("field shop.Item.color", False), ("model shop.Item", False)},
            id="upstream made the model anew",
        ),
        pytest.param(
            [CREATE_WITH_FK, "DeleteModel('Box')"],
            ["DeleteModel('Item')"],
            {("model shop.Item", False)},
            id="mine took its relation back",
        ),
        pytest.param(
            ["AddField('item', 'color', make())"],
            [ADD_COLOR],
            {("field shop.Item.color", False)},
            id="mine is opaque",
        ),
        pytest.param(
            [ADD_COLOR],
            [ADD_COLOR, "RunPython(fill)"],
            {("field shop.Item.color", True)},
            id="code leaves the models as they are",
        ),
        pytest.param(
            [ADD_COLOR],
            [ADD_COLOR, "Vacuum()"],
            {("field shop.Item.color", False)},
            id="an unknown operation may change the models",
        ),
        pytest.param(
            ["CreateModel('Box', [], {'db_table': 'shop_item'})"],
            ["CreateModel('Item', [])", "AlterModelTable('item', 'things')"],
            {("table shop_item", False)},
            id="upstream freed the table",
        ),
    ],
)
def test_only_what_upstream_leaves_behind_is_fatal(
    ours: list[str], theirs: list[str], expected: set[tuple[str, bool]]
) -> None:
    assert judged(tuple(ours), tuple(theirs)) == expected


def test_what_an_opaque_operation_of_upstream_writes_is_not_known() -> None:
    added, removed = read(ADD_COLOR, "RemoveField('item', 'color')")
    theirs = [added, dataclasses.replace(removed, opaque="code decides")]
    assert [overlap.fatal for overlap in overlaps(read(ADD_COLOR), theirs)] == [
        False,
        False,
    ]


def test_apps_share_names_of_indexes_but_not_of_models() -> None:
    source = module(f"migrations.{CREATE_TAG}", f"migrations.AddIndex('tag', {INDEX})")
    shop = read_operations("shop", "0002_x", source)
    store = read_operations("store", "0002_x", source)
    assert [overlap.key for overlap in overlaps(shop, store)] == ["i:item_idx"]


def test_an_overlap_quotes_the_operation_of_each_side() -> None:
    ours, theirs = read(CREATE_TAG, ADD_COLOR), read("RemoveField('item', 'color')")
    (overlap,) = overlaps(ours, theirs)
    assert (overlap.ours, overlap.theirs) == (ours[1], theirs[0])


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("m:shop.item", "model shop.Item"),
        ("m:settings.AUTH_USER_MODEL", "model settings.AUTH_USER_MODEL"),
        ("f:shop.item.color", "field shop.Item.color"),
        ("o:shop.item.managers", "option managers of shop.Item"),
        ("i:item.name_idx", "index item.name_idx"),
        ("t:public.shop_tag", "table public.shop_tag"),
    ],
)
def test_a_key_is_described_in_words(key: str, words: str) -> None:
    assert describe(key) == words
