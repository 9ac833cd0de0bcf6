"""Literal mentions of migrations in other Python code: found, changed, left alone."""

import pytest

from oneleaf.migration.rewriting.source import CannotRewrite
from oneleaf.planning.other_code import Reference, find_references, rewrite_references

RENAMES = {
    ("shop", "0002_color"): ("shop", "0005_color"),
    ("blog", "0007_tags"): ("blog", "0008_tags"),
}


def found(source: bytes, directories: dict[str, str] | None = None) -> list[Reference]:
    return find_references("tests/test_x.py", source, RENAMES, directories)


# In these sources ``@@`` stands for the name that must change; the same name written
# out must not.


@pytest.mark.parametrize(
    ("source", "kinds"),
    [
        (b"migrate_from = ('shop', '@@')\n", ["pair"]),
        (b"executor.migrate([('shop', '@@'), ('auth', '0001_initial')])\n", ["pair"]),
        (b"TARGET = ['shop', '@@']\n", ["pair"]),
        (b"run(['manage.py', 'migrate', 'shop', \"@@\", '--fake'])\n", ["pair"]),
        (b"call_command('migrate', 'shop', '@@')\n", ["argument"]),
        (b"call_command('migrate', 'shop', u'''@@''', verbosity=0)\n", ["argument"]),
        (
            b"call_command('migrate', app_label='shop', migration_name='@@')\n",
            ["argument"],
        ),
        (b"loader.get_migration('shop', '@@')  # '0002_color'\n", ["argument"]),
        (b"SKIP = {'shop.@@'}\n", ["dotted"]),
        (b"import_module('shop.migrations.@@')\n", ["import"]),
        (b"patch('project.apps.shop.migrations.@@.forwards')\n", ["import"]),
        (b"entry = 'shop.migrations.@@:forwards'\n", ["import"]),
        (
            b"f('shop', '@@')\ng('shop.@@', ['shop', '@@'])\n",
            ["argument", "dotted", "pair"],
        ),
        (
            b"\xef\xbb\xbfx = '\xc3\xbc', ('shop', '@@')\r\n\x0cy = ['shop', '@@']\r",
            ["pair"] * 2,
        ),
        (b"# coding: latin-1\nx = '\xfc', ('shop', '@@')\n", ["pair"]),
        ("x = '\u2028', ('shop', '@@')".encode(), ["pair"]),
    ],
    ids=[
        "tuple",
        "list-of-tuples",
        "list",
        "command-line",
        "call-command",
        "prefix-and-quotes",
        "keywords",
        "loader",
        "dotted",
        "import-string",
        "attribute-of-the-module",
        "entry-point",
        "several",
        "bom-and-newlines",
        "latin-1",
        "line-separator",
    ],
)
def test_a_mention_is_found_and_changed(source: bytes, kinds: list[str]) -> None:
    before = source.replace(b"@@", b"0002_color")
    references = found(before)
    assert [reference.kind for reference in references] == kinds
    expected = source.replace(b"@@", b"0005_color")
    assert rewrite_references(before, references) == expected
    assert found(expected) == []


@pytest.mark.parametrize(
    "source",
    [
        b"x = '0002_color'\n",
        b"f('0002_color')\n",
        b"f('0002_color', 'shop')\n",
        b"f('shop', 1, '0002_color')\n",
        b"f('shop')('0002_color')\n",
        b"f('blog', '0002_color')\n",
        b"('shop', '0002_colors')\n",
        b"('shop', '0002_color.py')\n",
        b"('shop', b'0002_color')\n",
        b"'shop', x, '0002_color'\n",
        b"{'shop', '0002_color'}\n",
        b"'see shop.0002_color'\n",
        b"'shop.0002_color, then'\n",
        b"'shop.0002_color.py'\n",
        b"'shop/migrations/0002_color.py'\n",
        b"'migrate shop 0002_color'\n",
        b"'shop.migrations.0002_color failed'\n",
        b"'shop.migrations.0002_color. Then'\n",
        b"'shop.migrations.0002_colors'\n",
        b"'bookshop.migrations.0002_color'\n",
        b"'shop_extra.migrations.0002_color'\n",
        b"'shop.tests.0002_color'\n",
        b"'blog.migrations.0002_color'\n",
        b"'migrations.0002_color'\n",
        b"'blog.0002_color'\n",
        b"'.0002_color'\n",
        b"# ('shop', '0002_color')\n",
        b"'''('shop', '0002_color')'''\n",
        b"shop, _0002_color = 1, 2\n",
        b"f(shop='0002_color')\n",
        b"f'{shop}.0002_color'\n",
        b"",
    ],
)
def test_what_only_looks_like_a_mention_is_none(source: bytes) -> None:
    assert found(source) == []


def test_a_file_without_any_of_the_names_is_not_even_parsed() -> None:
    assert found(b"this is not ( Python, 0002") == []


def test_a_file_with_a_name_that_is_not_python_is_refused_with_its_line() -> None:
    with pytest.raises(CannotRewrite) as caught:
        found(b"x = 1\nprint '0002_color'\n")
    assert caught.value.line == 2


def test_a_reference_says_where_it_is_and_what_it_becomes() -> None:
    (reference,) = found("\nx = 'ü', ('shop', '0002_color')\n".encode())
    assert reference.path == "tests/test_x.py"
    assert (reference.line, reference.column) == (2, 19)
    assert (reference.old, reference.new) == ("0002_color", "0005_color")


def test_a_reference_takes_no_other_attributes() -> None:
    (reference,) = found(b"('shop', '0002_color')")
    with pytest.raises(AttributeError):
        reference.other = 1  # type: ignore[attr-defined]


def test_a_label_that_changes_is_a_reference_of_its_own() -> None:
    source = (
        b"('shop', '0002_color'), 'shop.0002_color', 'shop.migrations.0002_color'\n"
    )
    renames = {("shop", "0002_color"): ("store", "0003_color")}
    references = find_references("x.py", source, renames)
    assert rewrite_references(source, references) == (
        b"('store', '0003_color'), 'store.0003_color', 'shop.migrations.0003_color'\n"
    )


def test_a_name_outside_of_ascii_is_found_in_any_encoding() -> None:
    renames = {("shop", "0002_größe"): ("shop", "0003_größe")}
    source = "# coding: latin-1\n('shop', '0002_größe')\n".encode("latin-1")
    references = find_references("x.py", source, renames)
    expected = source.replace(b"0002", b"0003")
    assert rewrite_references(source, references) == expected


@pytest.mark.parametrize(
    ("string", "directories", "is_mention"),
    [
        ("commerce.migrations.0002_color", {"shop": "src/commerce/migrations"}, True),
        (
            "src.commerce.migrations.0002_color",
            {"shop": "src/commerce/migrations"},
            True,
        ),
        ("commerce.schema.0002_color", {"shop": "commerce/schema"}, True),
        ("shop.migrations.0002_color", {"shop": "src/commerce/migrations"}, False),
        ("ecommerce.migrations.0002_color", {"shop": "commerce/migrations"}, False),
        ("merce.migrations.0002_color", {"shop": "src/commerce/migrations"}, False),
        (
            "commerce.migrations.0002_color",
            {"shop": "a/commerce/migrations", "other": "b/commerce/migrations"},
            False,
        ),
        ("shop.migrations.0002_color", {"blog": "blog/migrations"}, True),
    ],
)
def test_directories_tell_the_package_of_a_label(
    string: str, directories: dict[str, str], is_mention: bool
) -> None:
    assert bool(found(f"x = '{string}'\n".encode(), directories)) is is_mention


@pytest.mark.parametrize(
    "source",
    [
        b"('shop', '0002_color' '')\n",
        b"f('shop', '0002_color'\n '')\n",
        b"x = 'shop.' '0002_color'\n",
    ],
)
def test_a_split_string_is_found_and_its_change_refused(source: bytes) -> None:
    references = found(source)
    assert len(references) == 1
    with pytest.raises(CannotRewrite):
        rewrite_references(source, references)


@pytest.mark.parametrize(
    "changed",
    [
        b"\n('shop', '0002_color')\n",
        b"( 'shop', '0002_color')\n",
        b"('shop', '0002_other')\n",
        b"('shop',  0002.0)\n",
    ],
)
def test_a_file_that_changed_since_is_refused(changed: bytes) -> None:
    references = found(b"('shop', '0002_color')\n")
    with pytest.raises(CannotRewrite):
        rewrite_references(changed, references)


def test_the_same_reference_twice_is_refused() -> None:
    source = b"('shop', '0002_color')\n"
    with pytest.raises(CannotRewrite):
        rewrite_references(source, found(source) * 2)


def test_no_references_change_nothing() -> None:
    source = b"x = '\\d'  \r\n\tif"
    assert rewrite_references(source, []) == source
