"""The tree of a Python file, and what a migration means."""

from __future__ import annotations

import pytest

from oneleaf.migration.reading.tree import NotPython, code, meaning, parse


@pytest.mark.parametrize(
    "source",
    [
        b'PATTERN = "\\d"\n',
        b"print(1 is 1)\n",
        "NAME = 'é'\n",
        "# coding: latin-1\nNAME = 'é'\n".encode("latin-1"),
        b"\xef\xbb\xbfNAME = 1\r\n",
    ],
    ids=["invalid escape", "odd comparison", "text", "latin-1", "byte-order mark"],
)
def test_what_python_accepts_has_a_tree_and_nothing_is_printed(
    source: bytes | str,
) -> None:
    assert len(parse(source).body) == 1


@pytest.mark.parametrize(
    ("source", "lines", "reason"),
    [
        (b"x = 1\ny = = 2\n", {2}, "cannot parse it: invalid syntax"),
        ("x = 1\ny = '\0'\n", {1, 2}, "null byte"),
        (b"# coding: klingon\n", {1}, "klingon"),
        (b"x = " + b"[" * 5000, {1}, "(too many|too deeply)"),
    ],
    ids=["syntax", "null byte", "encoding", "deep"],
)
def test_what_python_refuses_is_one_error(
    source: bytes | str, lines: set[int], reason: str
) -> None:
    with pytest.raises(NotPython, match=reason) as caught:
        parse(source)
    assert caught.value.line in lines


MIGRATION = """\
from django.db import migrations


def forwards(apps, schema_editor):
    apps.get_model("shop", "Item").objects.update(size=1)


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunPython(forwards)]
"""
DEPENDENCIES = 'dependencies = [("shop", "0001_initial")]'
OPERATIONS = "operations = [migrations.RunPython(forwards)]"


def changed(old: str, new: str) -> bytes:
    assert old in MIGRATION
    return MIGRATION.replace(old, new).encode()


@pytest.mark.parametrize(
    "source",
    [
        MIGRATION.replace("\n", "\r\n").encode("utf-8-sig"),
        changed(
            "[migrations.RunPython(forwards)]", "[\n  migrations.RunPython(forwards,),]"
        ),
        changed('"shop", "Item"', "u'shop', 'It' # why\n 'em'"),
        changed("from django", '"""What for."""\nfrom django'),
        changed("    apps.get", '    """What it does."""\n    apps.get'),
        changed("    dependencies", '    """Why."""\n\n    dependencies'),
        changed("0001_initial", "0007_theirs"),
        changed(DEPENDENCIES, ""),
        changed(DEPENDENCIES, f"{DEPENDENCIES}\n    dependencies += [('a', 'b')]"),
        changed(DEPENDENCIES, "dependencies: list = []\n    run_before = []"),
        changed(DEPENDENCIES, "replaces = [('shop', '0001_a')]\n    initial = True"),
    ],
    ids=[
        "encoding and line ends",
        "layout",
        "strings and comments",
        "docstring",
        "docstring of a function",
        "docstring of the class",
        "renumbered dependency",
        "no dependencies",
        "more dependencies",
        "run_before",
        "replaces and initial",
    ],
)
def test_layout_docstrings_and_place_are_no_part_of_the_meaning(source: bytes) -> None:
    assert meaning(source) == meaning(MIGRATION.encode()) is not None


@pytest.mark.parametrize(
    "source",
    [
        changed("size=1", "size=2"),
        changed("(forwards)", "(forwards, forwards)"),
        changed(OPERATIONS, f"{OPERATIONS}\n    atomic = False"),
        changed("def forwards", "@cached\ndef forwards"),
        changed("import migrations\n", "import migrations\nimport json\n"),
        changed("class Migration", "initial = True\n\n\nclass Migration"),
        changed(DEPENDENCIES, f"a = {DEPENDENCIES}"),
        changed(OPERATIONS, f"{OPERATIONS}\n\n\nMigration.initial = True"),
    ],
    ids=[
        "function of RunPython",
        "operation",
        "attribute",
        "decorator",
        "import",
        "a module's name",
        "another name beside",
        "set from outside",
    ],
)
def test_the_whole_module_is_part_of_the_meaning(source: bytes) -> None:
    assert meaning(source) not in (None, meaning(MIGRATION.encode()))


@pytest.mark.parametrize(
    ("source", "has_meaning"),
    [
        (changed(OPERATIONS, "operations = []"), False),
        (changed(OPERATIONS, "operations: list = []"), False),
        (changed(OPERATIONS, "operations = ()"), False),
        (changed(OPERATIONS, ""), False),
        (changed(OPERATIONS, "operations = []\n    operations += [a]"), True),
        (changed(OPERATIONS, "operations = []\n    operations.append(a)"), True),
        (changed(OPERATIONS, "operations = all_of_them()"), True),
        (changed(OPERATIONS, "operations = []\n\nMigration.operations = [a]"), True),
        (changed(OPERATIONS, "").replace(b"(migrations.Migration", b"(Base"), True),
        (b"x = (", False),
        (b"", False),
    ],
)
def test_without_operations_there_is_no_meaning(
    source: bytes, has_meaning: bool
) -> None:
    assert (meaning(source) is not None) is has_meaning


def test_code_leaves_out_what_it_is_told_to_and_needs_no_operations() -> None:
    one, other = (f"{name} = 1\n".encode() for name in ("dependencies", "x"))
    assert code(one) not in (None, code(other))
    assert code(one, ("dependencies",)) == code(one)  # no attribute of a Migration
    with_replaces = changed(DEPENDENCIES, f"{DEPENDENCIES}\n    replaces = []")
    assert code(with_replaces) != code(MIGRATION.encode())
    assert code(with_replaces, ("replaces",)) == code(MIGRATION.encode())
    assert code(b"class Migration:\n    operations = []\n") is not None
    assert code(b"def (") is None
