"""Laws of the edits, on generated migration files.

A generated file is a template: ``@0@``, ``@1@``… stand for the migration names in the
three attributes. The same names stand in operations, comments and SQL, written out.
What an edit must give is the template filled in with other names: byte for byte.
"""

import ast
import contextlib
import warnings

from hypothesis import given
from hypothesis import strategies as st

from oneleaf.migration.rewriting.edits import add_dependency, rename_references, repoint
from oneleaf.migration.rewriting.source import CannotRewrite
from oneleaf.planning.other_code import find_references, rewrite_references

NAMES = ["0002_color", "0003_size", "0003_size_and_more", "00010_wide", "first"]
FRESH = ["0008_color", "9_s", "10006_ß-odd", "0012_merge_0002_color", "it's"]
PLAIN_FRESH = ["0008_color", "9_s", "10006_odd-name", "0012_merge_0002_color", "zero"]
KEYS = [("shop", name) for name in NAMES]
THERE = dict(zip(KEYS, [("shop", name) for name in FRESH], strict=True))
PLAIN_THERE = dict(zip(KEYS, [("shop", name) for name in PLAIN_FRESH], strict=True))
BACK = {new: old for old, new in PLAIN_THERE.items()}

NOISE = [
    "# ('shop', '0002_color')",
    "# größe \u2028 \x0c 𝄞 \x1c",
    "CHOICES = [('shop', '0002_color'), ('shop', '0003_size')]",
    "SQL = '''insert into t values ('shop', '0002_color')\n  -- \u2028'''",
    "def helper(x): return ('shop', '00010_wide')",
    "x = 'ü'; y = (\"shop\", 'first')",
    "",
]
FOREIGN = [
    "('auth', '0002_color')",
    "('shop', '__first__')",
    "migrations.swappable_dependency(settings.AUTH_USER_MODEL)",
    "('größe', '𝄞')",
]
TOKENS = ["'{}'", '"{}"', "'''{}'''", '"""{}"""', "u'{}'", 'U"{}"']


@st.composite
def pairs(draw: st.DrawFn) -> str:
    """The code of one pair, its name a placeholder."""
    number = draw(st.integers(0, len(NAMES) - 1))
    name = draw(st.sampled_from(TOKENS)).format(f"@{number}@")
    form = ["('shop', {})", '("shop",{},)', "(\n 'shop', # first\n {})"]
    return draw(st.sampled_from(form)).format(name)


@st.composite
def displays(draw: st.DrawFn) -> str:
    """The code of a list or tuple of pairs and other entries."""
    entry = st.one_of(pairs(), st.sampled_from(FOREIGN))
    entries = draw(st.lists(entry, min_size=1, max_size=4))
    opening, closing = draw(st.sampled_from([("[", "]"), ("(", ")")]))
    between = draw(st.sampled_from([", ", ",\n        ", ",  # 'shop', 'first'\n\t"]))
    end = draw(st.sampled_from([",", ",\n    "])) if opening == "(" else ""
    return opening + between.join(entries) + end + closing


@st.composite
def attributes(draw: st.DrawFn) -> str:
    """The code of one attribute, in the forms that are met."""
    name = draw(st.sampled_from(["dependencies", "run_before", "replaces"]))
    form = draw(st.sampled_from(["= {}", ": list = {}", "= [] + {}", "= [*{}]"]))
    return f"    {name} {form.format(draw(displays()))}"


@st.composite
def templates(draw: st.DrawFn) -> bytes:
    """A migration file with placeholders, in some newline style and encoding."""
    lines = draw(st.lists(st.sampled_from(NOISE), max_size=3))
    if draw(st.booleans()):
        lines += [f"BASE = {draw(displays())}"]
    lines += ["class Migration(migrations.Migration):", "    initial = True"]
    lines += draw(st.lists(attributes(), max_size=3))
    if any(line.startswith("BASE") for line in lines):
        lines += ["    dependencies = BASE"]
    lines += ["    operations = [RunSQL(\"('shop', '0003_size')\", ('shop', 'first'))]"]
    lines += draw(st.lists(st.sampled_from(NOISE), max_size=2))
    newline = draw(st.sampled_from(["\n", "\n", "\r\n", "\r"]))
    text = "\n".join(lines).replace("\n", newline)
    text += draw(st.sampled_from([newline, ""]))
    return _encoded(text, newline, draw(st.sampled_from(["", "bom", "cp1252"])))


def _encoded(text: str, newline: str, encoding: str) -> bytes:
    if encoding == "bom":
        return b"\xef\xbb\xbf" + text.encode()
    if encoding:
        narrow = text.encode(encoding, "ignore")
        return f"# vim: fileencoding={encoding}{newline}".encode() + narrow
    return text.encode()


def filled(template: bytes, names: list[str]) -> bytes:
    encoding = "cp1252" if template.startswith(b"# vim") else "utf-8"
    text = template.decode(encoding)
    for number, name in enumerate(names):
        text = text.replace(f"@{number}@", name)
    return text.encode(encoding)


def tree(source: bytes) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(source)


def differences(before: bytes, after: bytes) -> set[tuple[object, object]]:
    """What differs between two trees of the same shape: constants, as pairs."""
    nodes, others = list(ast.walk(tree(before))), list(ast.walk(tree(after)))
    assert [type(node) for node in nodes] == [type(node) for node in others]
    found: set[tuple[object, object]] = set()
    for node, other in zip(nodes, others, strict=True):
        if isinstance(node, ast.Constant) and isinstance(other, ast.Constant):
            found.add((node.value, other.value))
    return {(value, other) for value, other in found if value != other}


@given(templates())
def test_renaming_changes_the_names_in_the_attributes_and_no_other_byte(
    template: bytes,
) -> None:
    fresh = [name.replace("'", "") for name in FRESH]
    renames = {
        old: (label, new.replace("'", "")) for old, (label, new) in THERE.items()
    }
    result = rename_references(filled(template, NAMES), renames)
    assert result == filled(template, fresh)


@given(templates())
def test_a_renamed_file_says_the_same_but_for_the_names(template: bytes) -> None:
    source = filled(template, NAMES)
    changed = differences(source, rename_references(source, THERE))
    assert changed <= set(zip(NAMES, FRESH, strict=True))
    assert bool(changed) is any(f"@{n}@".encode() in template for n in range(5))


@given(templates())
def test_renaming_and_renaming_back_gives_the_same_bytes(template: bytes) -> None:
    source = filled(template, NAMES)
    assert rename_references(rename_references(source, PLAIN_THERE), BACK) == source


@given(templates(), st.permutations(NAMES))
def test_names_can_change_places(template: bytes, order: list[str]) -> None:
    swap = dict(zip(KEYS, [("shop", name) for name in order], strict=True))
    result = rename_references(filled(template, NAMES), swap)
    assert result == filled(template, order)


@given(st.one_of(st.binary(), templates()))
def test_an_empty_map_is_the_identity_on_any_bytes(source: bytes) -> None:
    assert rename_references(source, {}) == source
    assert rename_references(source, {key: key for key in KEYS}) == source


@given(templates(), st.data())
def test_a_damaged_file_is_refused_or_edited_as_any_other(
    template: bytes, data: st.DataObject
) -> None:
    source = filled(template, NAMES)
    start = data.draw(st.integers(0, len(source)))
    stop = data.draw(st.integers(start, min(len(source), start + 9)))
    pieces = [
        b"' '",
        b"(",
        b"\\",
        b"\r",
        b"\x0c",
        b'"""',
        b"#",
        b"+",
        b"\xff",
        b"f'",
        b"",
    ]
    source = source[:start] + data.draw(st.sampled_from(pieces)) + source[stop:]
    with contextlib.suppress(CannotRewrite):
        result = rename_references(source, THERE)
        with contextlib.suppress(SyntaxError, ValueError):
            changed = differences(source, result)
            assert changed <= set(zip(NAMES, FRESH, strict=True))


@given(templates())
def test_repointing_there_and_back_gives_the_same_bytes(template: bytes) -> None:
    source = filled(template, NAMES)
    with contextlib.suppress(CannotRewrite):  # it has no such dependency
        moved = repoint(source, KEYS[0], ("shop", "0044_fresh"))
        assert differences(source, moved) == {("0002_color", "0044_fresh")}
        assert repoint(moved, ("shop", "0044_fresh"), KEYS[0]) == source


@given(displays(), displays())
def test_repointing_onto_a_dependency_that_is_there_leaves_the_others(
    left: str, right: str
) -> None:
    code = (
        f"class Migration:\n    dependencies = {left} + {right}\n    operations = []\n"
    )
    source = filled(code.encode(), NAMES)
    old, new = KEYS[0], KEYS[1]
    names = _elements(source)
    if old in names and new in names:
        result = repoint(source, old, new)
        assert _elements(result) == [name for name in names if name != old]
        assert repoint(result, old, new) == result


def _elements(source: bytes) -> list[object]:
    """What the entries of both halves of ``dependencies`` are, in order."""
    (migration,) = tree(source).body
    assert isinstance(migration, ast.ClassDef)
    assert isinstance(migration.body[0], ast.Assign)
    halves = migration.body[0].value
    assert isinstance(halves, ast.BinOp)
    entries = []
    for half in (halves.left, halves.right):
        assert isinstance(half, (ast.List, ast.Tuple))
        entries += half.elts
    return [
        ast.literal_eval(entry) if isinstance(entry, ast.Tuple) else ast.dump(entry)
        for entry in entries
    ]


@given(displays(), st.sampled_from(["\n", "\r\n", "\r"]))
def test_a_dependency_is_added_once_and_the_rest_of_the_file_stays(
    display: str, newline: str
) -> None:
    code = f"class Migration:\n    dependencies = {display}\n    operations = []\n"
    source = filled(code.replace("\n", newline).encode(), NAMES)
    added = add_dependency(source, ("shop", "0044_fresh"))
    assert add_dependency(added, ("shop", "0044_fresh")) == added
    assert added.count(b"0044_fresh") == 1
    kept = iter(added)
    assert all(byte in kept for byte in source)  # each byte of it, in its order
    (migration,) = tree(added).body
    assert isinstance(migration, ast.ClassDef)
    assert isinstance(migration.body[0], ast.Assign)
    value = migration.body[0].value
    assert isinstance(value, (ast.List, ast.Tuple))
    assert ast.literal_eval(value.elts.pop()) == ("shop", "0044_fresh")
    assert ast.dump(migration) == ast.dump(tree(source).body[0])


@given(templates())
def test_rewriting_references_and_back_gives_the_same_bytes(template: bytes) -> None:
    source = filled(template, NAMES)
    moved = rewrite_references(source, find_references("x.py", source, PLAIN_THERE))
    assert find_references("x.py", moved, PLAIN_THERE) == []
    again = rewrite_references(moved, find_references("x.py", moved, BACK))
    assert again == source
