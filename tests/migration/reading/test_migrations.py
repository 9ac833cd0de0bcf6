"""What is read of a migration file: each style of real projects, each slip."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest
from django.db.migrations.migration import SwappableTuple

from oneleaf.migration.reading.migrations import Migration, read

HEAD = "from django.conf import settings\nfrom django.db import migrations\n\n\n"
BASE = "migrations.Migration"
END = "\n    operations = []\n"
FIRST = ("shop", "0001_initial")
USER = ("settings.AUTH_USER_MODEL", "__first__")
PY = ".".join(map(str, sys.version_info[:2]))


def source(body: str, head: str = HEAD, base: str = BASE, end: str = END) -> bytes:
    """A file with this class body before its operations."""
    return f"{head}class Migration({base}):\n{body}{end}".encode()


def line(content: bytes, text: str) -> int:
    """The line in which ``text`` stands first."""
    return content[: content.index(text.encode())].count(b"\n") + 1


class Settings(SimpleNamespace):
    """Settings whose every name has a value that tells the name."""

    def __getattr__(self, name: str) -> str:
        return f"settings {name}.Model"


def executed(content: bytes) -> tuple[object, ...]:
    """What Django makes of the file."""
    namespace: dict[str, object] = {"__name__": "migration"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.conf.settings", Settings())
        for attribute in ("dependencies", "run_before", "replaces"):
            # A file may change these lists of Django's class in place.
            patch.setattr(f"django.db.migrations.Migration.{attribute}", [])
        exec(compile(content, "migration", "exec", dont_inherit=True), namespace)
        made = namespace["Migration"]("name", "label")  # type: ignore[operator]

    def pair(entry: tuple[str, str]) -> tuple[str, str]:
        if isinstance(entry, SwappableTuple):
            return entry[0].replace(" ", "."), entry[1]
        return entry

    lists = (made.dependencies, made.run_before, made.replaces)
    return (*(tuple(map(pair, entries)) for entries in lists), made.initial)


def told(migration: Migration) -> tuple[object, ...]:
    """The four attributes as read."""
    return (
        migration.dependencies,
        migration.run_before,
        migration.replaces,
        migration.initial,
    )


LITERAL = '    dependencies = [("shop", "0001_initial")]\n'
READABLE: dict[str, tuple[bytes, tuple[tuple[str, str], ...]]] = {
    "as Django writes it": (
        source("\n    dependencies = [\n        ('shop', '0001_initial'),\n    ]\n"),
        (FIRST,),
    ),
    "double quotes": (
        source('    dependencies = [\n        ("shop", "0001_initial"),\n    ]\n'),
        (FIRST,),
    ),
    "one line": (source(LITERAL), (FIRST,)),
    "a wrapped pair": (
        source(
            '    dependencies = [\n        (\n            "shop",\n            "0001_initial",\n        ),\n    ]\n'
        ),
        (FIRST,),
    ),
    "an empty list": (source("    dependencies = []\n"), ()),
    "an empty list in two lines": (source("    dependencies = [\n    ]\n"), ()),
    "no dependencies at all": (source(""), ()),
    "no operations": (source(LITERAL, end=""), (FIRST,)),
    "only pass": (source("    pass\n", end=""), ()),
    "CRLF": (source(LITERAL).replace(b"\n", b"\r\n"), (FIRST,)),
    "CR alone": (source(LITERAL).replace(b"\n", b"\r"), (FIRST,)),
    "mixed newlines": (
        source(LITERAL).replace(b")\n", b")\r").replace(b"settings\n", b"settings\r\n"),
        (FIRST,),
    ),
    "a form feed": (source(LITERAL, head=HEAD + "\f\n"), (FIRST,)),
    "no final newline": (source(LITERAL).rstrip(), (FIRST,)),
    "tabs": (
        source(
            "\tdependencies = [\n\t\t('shop', '0001_initial'),\n\t]\n",
            end="\toperations = []\n",
        ),
        (FIRST,),
    ),
    "a byte-order mark": (b"\xef\xbb\xbf" + source(LITERAL), (FIRST,)),
    "a latin-1 coding line": (
        "# -*- coding: latin-1 -*-\n# é\n".encode("latin-1") + source(LITERAL),
        (FIRST,),
    ),
    "a label in latin-1": (
        b"# coding: latin-1\n"
        + source('    dependencies = [("é", "x")]\n').decode().encode("latin-1"),
        (("é", "x"),),
    ),
    "a utf-8 coding line": (b"# -*- coding: utf-8 -*-\n" + source(LITERAL), (FIRST,)),
    "non-ASCII in the list": (
        source('    dependencies = [("é", "0001_ü")]\n'),
        (("é", "0001_ü"),),
    ),
    "a tuple": (source('    dependencies = (("shop", "0001_initial"),)\n'), (FIRST,)),
    "a set": (source('    dependencies = {("shop", "0001_initial")}\n'), (FIRST,)),
    "an annotation": (
        source(
            '    dependencies: list[tuple[str, str]] = [("shop", "0001_initial")]\n'
        ),
        (FIRST,),
    ),
    "two targets": (
        source('    run = dependencies = [("shop", "0001_initial")]\n'),
        (FIRST,),
    ),
    "comments": (
        source(
            '    dependencies = [  # why\n        ("shop", "0001_initial"),  # this\n    ]\n'
        ),
        (FIRST,),
    ),
    "a docstring": (
        source('    """About.\n\n    dependencies = []\n    """\n\n' + LITERAL),
        (FIRST,),
    ),
    "lists put together": (
        source('    dependencies = [("shop", "0001_initial")] + [("a", "b")]\n'),
        (FIRST, ("a", "b")),
    ),
    "tuples put together": (
        source('    dependencies = (("shop", "0001_initial"),) + (("a", "b"),)\n'),
        (FIRST, ("a", "b")),
    ),
    "a starred entry": (
        source('    dependencies = [*[("shop", "0001_initial")], ("a", "b")]\n'),
        (FIRST, ("a", "b")),
    ),
    "implicit concatenation": (
        source('    dependencies = [("shop", "0001" "_initial")]\n'),
        (FIRST,),
    ),
    "added strings": (
        source('    dependencies = [("shop", "0001" + "_initial")]\n'),
        (FIRST,),
    ),
    "an escape": (
        source('    dependencies = [("shop", "0001\\x5finitial")]\n'),
        (FIRST,),
    ),
    "a prefix": (source('    dependencies = [(u"shop", r"0001_initial")]\n'), (FIRST,)),
    "a quote in a name": (
        source('    dependencies = [("it\'s", "x")]\n'),
        (("it's", "x"),),
    ),
    "a list of the module": (
        source(
            "    dependencies = BEFORE\n",
            head=HEAD + 'BEFORE = [("shop", "0001_initial")]\n',
        ),
        (FIRST,),
    ),
    "a label of the module": (
        source(
            '    dependencies = [(APP, "0001_initial")]\n', head=HEAD + 'APP = "shop"\n'
        ),
        (FIRST,),
    ),
    "a label of the class": (
        source('    app = "shop"\n    dependencies = [(app, "0001_initial")]\n'),
        (FIRST,),
    ),
    "a swappable dependency": (
        source(
            "    dependencies = [\n        migrations.swappable_dependency(settings.AUTH_USER_MODEL),\n    ]\n"
        ),
        (USER,),
    ),
    "another setting": (
        source(
            "    dependencies = [\n        migrations.swappable_dependency(settings.SHOP_MODEL),\n    ]\n"
        ),
        (("settings.SHOP_MODEL", "__first__"),),
    ),
    "a swappable string": (
        source('    dependencies = [migrations.swappable_dependency("auth.User")]\n'),
        (("auth", "__first__"),),
    ),
    "a swappable keyword": (
        source(
            '    dependencies = [migrations.swappable_dependency(value="auth.User")]\n'
        ),
        (("auth", "__first__"),),
    ),
    "the user model by getattr": (
        source(
            '    dependencies = [migrations.swappable_dependency(getattr(settings, "AUTH_USER_MODEL", "auth.User"))]\n'
        ),
        (USER,),
    ),
    "swappable under its own name": (
        source(
            "    dependencies = [swap(settings.AUTH_USER_MODEL)]\n",
            head=HEAD
            + "from django.db.migrations import swappable_dependency as swap\n",
        ),
        (USER,),
    ),
    "settings under another name": (
        source(
            "    dependencies = [migrations.swappable_dependency(conf.AUTH_USER_MODEL)]\n",
            head=HEAD + "from django.conf import settings as conf\n",
        ),
        (USER,),
    ),
    "settings and migrations as modules": (
        source(
            "    dependencies = [m.swappable_dependency(django.conf.settings.AUTH_USER_MODEL)]\n",
            head="import django.conf\nimport django.db.migrations as m\n",
            base="m.Migration",
        ),
        (USER,),
    ),
    "a star import": (
        source(LITERAL, head="from django.db.migrations import *\n", base="Migration"),
        (FIRST,),
    ),
    "Migration imported": (
        source(
            LITERAL,
            head="from django.db.migrations import Migration\n",
            base="Migration",
        ),
        (FIRST,),
    ),
    "Migration from its module": (
        source(
            LITERAL,
            head="from django.db.migrations.migration import Migration as M\n",
            base="M",
        ),
        (FIRST,),
    ),
    "the base through db": (
        source(
            LITERAL,
            head="from django import db\nimport django.db.migrations\n",
            base="db.migrations.Migration",
        ),
        (FIRST,),
    ),
    "an import that may fail": (
        source(
            LITERAL,
            head="try:\n    from django.db import migrations\nexcept ImportError:\n    migrations = None\n",
        ),
        (FIRST,),
    ),
    "an import that may come from elsewhere": (
        source(
            '    dependencies = [migrations.swappable_dependency("shop.User")]\n',
            head="try:\n    from django.db import migrations\nexcept ImportError:\n    from other import migrations\n",
        ),
        (("shop", "__first__"),),
    ),
    "an import that comes from elsewhere where Django's fails": (
        source(
            LITERAL,
            head="if 0:\n    from other import migrations\nelse:\n    from django.db import migrations\n",
        ),
        (FIRST,),
    ),
    "a base class of the file": (
        source(
            "    initial = None\n",
            head=HEAD
            + 'class Base(migrations.Migration):\n    dependencies = [("shop", "0001_initial")]\n\n',
            base="Base",
        ),
        (FIRST,),
    ),
    "a base class of the file, overridden": (
        source(
            LITERAL,
            head=HEAD
            + 'class Base(migrations.Migration):\n    dependencies = [("a", "b")]\n\n',
            base="Base",
        ),
        (FIRST,),
    ),
    "a mixin": (
        source(
            LITERAL,
            head=HEAD + "class Mixin:\n    pass\n\n",
            base="Mixin, migrations.Migration",
        ),
        (FIRST,),
    ),
    "several classes": (
        source('    dependencies = [("a", "b")]\n') + b"\n\n" + source(LITERAL),
        (FIRST,),
    ),
    "an if over operations": (
        source(
            LITERAL,
            end="    operations = []\n    if settings.DEBUG:\n        operations += []\n",
        ),
        (FIRST,),
    ),
    "an own attribute": (source("    safe = tuple()\n" + LITERAL), (FIRST,)),
    "another method": (
        source(
            LITERAL,
            end=END + "\n    def dependents(self):\n        self.dependencies = []\n",
        ),
        (FIRST,),
    ),
    "an __init__ of other things": (
        source(
            LITERAL,
            end=END
            + "\n    def __init__(self, name, label):\n        super().__init__(name, 'x')\n",
        ),
        (FIRST,),
    ),
    "assigned after the class": (
        source(
            '    dependencies = [("a", "b")]\n',
            end=END + '\nMigration.dependencies = [("shop", "0001_initial")]\n',
        ),
        (FIRST,),
    ),
    "a later assignment wins": (
        source('    dependencies = [("a", "b")]\n' + LITERAL),
        (FIRST,),
    ),
    "a docstring like a class": (
        b'"""\nclass Migration(migrations.Migration):\n    dependencies = [("a", "b")]\n    operations = []\n"""\n'
        + source(LITERAL),
        (FIRST,),
    ),
    "functions with docstrings": (
        source(
            LITERAL,
            head=HEAD
            + 'def forwards(apps, schema_editor):\n    """Say "it".\n    """\n    return \'\'\n\n\n',
        ),
        (FIRST,),
    ),
    "a heading in a docstring": (
        b'"""\nHeading\n=======\n"""\n' + source(LITERAL),
        (FIRST,),
    ),
    "special names": (
        source('    dependencies = [("shop", "__first__"), ("a", "__latest__")]\n'),
        (("shop", "__first__"), ("a", "__latest__")),
    ),
    "an invalid escape": (source(LITERAL, head=HEAD + 'PATTERN = "\\d"\n'), (FIRST,)),
}


@pytest.mark.parametrize(("content", "expected"), READABLE.values(), ids=READABLE)
def test_the_dependencies_are_read(
    content: bytes, expected: tuple[tuple[str, str], ...]
) -> None:
    migration = read("0002_x", content)
    assert (migration.dependencies, migration.unreadable) == (expected, None)
    assert (migration.name, migration.is_django) == ("0002_x", True)


@pytest.mark.parametrize(("content", "expected"), READABLE.values(), ids=READABLE)
@pytest.mark.filterwarnings("ignore:.*invalid escape sequence")
def test_what_is_read_is_what_django_gets_by_running_the_file(
    content: bytes, expected: tuple[tuple[str, str], ...]
) -> None:
    assert executed(content)[0] == expected
    assert told(read("0002_x", content)) == executed(content)


ATTRIBUTES = source(
    "    replaces = [('shop', '0001_initial'), ('shop', '0002_x')]\n\n"
    "    initial = True\n\n    atomic = False\n\n"
    "    run_before = [('cart', '0001_initial')]\n\n"
    "    dependencies = [\n        ('a', 'b'),\n    ]\n"
)


def test_every_attribute_is_read() -> None:
    assert told(read("x", ATTRIBUTES)) == (
        (("a", "b"),),
        (("cart", "0001_initial"),),
        (("shop", "0001_initial"), ("shop", "0002_x")),
        True,
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [("True", True), ("False", False), ("None", None), ("not 0", None)],
)
def test_initial_is_told_where_it_is_a_constant(
    text: str, expected: bool | None
) -> None:
    assert read("x", source(f"    initial = {text}\n")).initial is expected


COMPUTED = "; write it as a literal list"
# source, text in the line that is named, reason, dependencies that stay
UNREADABLE: dict[str, tuple[bytes, str, str, tuple[tuple[str, str], ...]]] = {
    "a call": (
        source("    dependencies = chain()\n"),
        "chain()",
        "dependencies is computed by a call" + COMPUTED,
        (),
    ),
    "a list and a call": (
        source('    dependencies = [("shop", "0001_initial")] + chain()\n'),
        "chain()",
        "dependencies is computed by a call" + COMPUTED,
        (FIRST,),
    ),
    "a starred call": (
        source(
            '    dependencies = [\n        ("shop", "0001_initial"),\n        *chain(),\n    ]\n'
        ),
        "chain()",
        "dependencies is computed by a call" + COMPUTED,
        (FIRST,),
    ),
    "a comprehension": (
        source("    dependencies = [x for x in y]\n"),
        "for x",
        "dependencies is computed by a comprehension" + COMPUTED,
        (),
    ),
    "an f-string": (
        source('    dependencies = [("shop", f"{x}")]\n'),
        "{x}",
        "dependencies is computed by an f-string" + COMPUTED,
        (),
    ),
    "a condition": (
        source("    dependencies = [] if x else []\n"),
        "if x",
        "dependencies is computed by a condition" + COMPUTED,
        (),
    ),
    "formatting": (
        source('    dependencies = [("shop", "%s" % x)]\n'),
        "% x",
        "dependencies is computed by an expression" + COMPUTED,
        (),
    ),
    "an unknown name": (
        source('    dependencies = [(APP, "x")]\n'),
        "APP",
        "dependencies is computed by the name APP" + COMPUTED,
        (),
    ),
    "an attribute of a module": (
        source("    dependencies = settings.BEFORE\n"),
        "BEFORE",
        "dependencies is computed by an attribute of another object" + COMPUTED,
        (),
    ),
    "list and tuple": (
        source('    dependencies = [("shop", "0001_initial")] + (("a", "b"),)\n'),
        "+",
        "dependencies is computed by a list and a tuple put together, which Python refuses"
        + COMPUTED,
        (FIRST, ("a", "b")),
    ),
    "a list that an if fills": (
        source(
            "    dependencies = BEFORE\n",
            head=HEAD + "BEFORE = []\nif x:\n    BEFORE.append(('a', 'b'))\n",
        ),
        "BEFORE = []",
        "dependencies is computed by the name BEFORE, which may be changed after it is set"
        + COMPUTED,
        (),
    ),
    "a name that an if sets": (
        source(
            '    dependencies = [(APP, "x")]\n',
            head=HEAD + 'APP = "a"\nif x:\n    APP = "b"\n',
        ),
        '(APP, "x")',
        "dependencies is computed by the name APP" + COMPUTED,
        (),
    ),
    "a name that is unpacked later": (
        source(
            '    dependencies = [(APP, "x")]\n',
            head=HEAD + 'APP = "a"\nAPP, X = "bc"\n',
        ),
        '(APP, "x")',
        "dependencies is computed by the name APP" + COMPUTED,
        (),
    ),
    "a name of the class that an if sets": (
        source(
            '    app = "a"\n    if x:\n        app = "b"\n    dependencies = [(app, "x")]\n'
        ),
        '(app, "x")',
        "dependencies is computed by the name app" + COMPUTED,
        (),
    ),
    "a name of the class that a walrus sets": (
        source(
            '    app = "a"\n    other = [app := "b"]\n    dependencies = [(app, "x")]\n'
        ),
        '(app, "x")',
        "dependencies is computed by the name app" + COMPUTED,
        (),
    ),
    "a changed base class of the file": (
        source(
            LITERAL,
            head=HEAD + "@marked\nclass Base(migrations.Migration):\n    pass\n\n",
            base="Base",
        ),
        "@marked",
        "class Base is changed by a decorator",
        (FIRST,),
    ),
    "a base class of the file with one of the project": (
        source(
            "    atomic = True\n",
            head=HEAD + "from shop.base import Far\n\n\nclass Base(Far):\n    pass\n\n",
            base="Base",
        ),
        "class Migration",
        "dependencies may be inherited (shop.base.Far); write them in the class",
        (),
    ),
    "changed by a call after the class": (
        source(LITERAL, end=END + '\nx = Migration.dependencies.append(("a", "b"))\n'),
        "x = ",
        "dependencies is changed after it was set" + COMPUTED,
        (FIRST,),
    ),
    "initial is a number": (
        source(LITERAL + "    initial = 1\n"),
        "= 1",
        "initial is not one of True, False and None",
        (FIRST,),
    ),
    "a swappable name": (
        source("    dependencies = [migrations.swappable_dependency(USER)]\n"),
        "USER)",
        "dependencies is computed by a swappable dependency on something else than a setting"
        + COMPUTED,
        (),
    ),
    "None": (
        source("    dependencies = None\n"),
        "= None",
        "dependencies is None; Django raises TypeError for it",
        (),
    ),
    "a number": (
        source("    dependencies = 1\n"),
        "= 1",
        "dependencies is a number; Django raises TypeError for it",
        (),
    ),
    "a string": (
        source('    dependencies = ("shop")\n'),
        "= (",
        "dependencies is a string; Django takes each character for an entry",
        (),
    ),
    "bytes": (
        source('    dependencies = [(b"shop", b"0001_initial")]\n'),
        "shop",
        "dependencies holds bytes, which name no migration on Python 3; write strings",
        (FIRST,),
    ),
    "appended": (
        source(LITERAL + '    dependencies.append(("a", "b"))\n'),
        ".append",
        "dependencies is changed after it was set" + COMPUTED,
        (FIRST,),
    ),
    "added to": (
        source(LITERAL + '    dependencies += [("a", "b")]\n'),
        "+=",
        "dependencies is changed after it was set" + COMPUTED,
        (FIRST,),
    ),
    "deleted": (
        source(LITERAL + "    del dependencies\n"),
        "del",
        "dependencies is changed after it was set" + COMPUTED,
        (FIRST,),
    ),
    "an if": (
        source(LITERAL + '    if x:\n        dependencies.append(("a", "b"))\n'),
        ".append",
        "dependencies is set under an if" + COMPUTED,
        (FIRST,),
    ),
    "a for": (
        source(LITERAL + "    for x in y:\n        dependencies.append(x)\n"),
        ".append",
        "dependencies is set in a loop" + COMPUTED,
        (FIRST,),
    ),
    "a property": (
        source("    def dependencies(self): ...\n"),
        "def dep",
        "dependencies is set by a function" + COMPUTED,
        (),
    ),
    "an unpacking": (
        source("    dependencies, x = [], 1\n"),
        "dependencies",
        "dependencies is changed after it was set" + COMPUTED,
        (),
    ),
    "an own __init__": (
        source(
            LITERAL,
            end=END
            + "\n    def __init__(self, *args):\n        self.dependencies = []\n",
        ),
        "self.dep",
        "dependencies is used in __init__, which runs when Django loads the class",
        (FIRST,),
    ),
    "appended after the class": (
        source(LITERAL, end=END + '\nMigration.dependencies.append(("a", "b"))\n'),
        "Migration.dep",
        "dependencies is changed after it was set" + COMPUTED,
        (FIRST,),
    ),
    "changed after the class under an if": (
        source(LITERAL, end=END + "\nif x:\n    Migration.dependencies = []\n"),
        "Migration.dep",
        "dependencies is set under an if" + COMPUTED,
        (FIRST,),
    ),
    "setattr": (
        source(LITERAL, end=END + '\nsetattr(Migration, "dependencies", [])\n'),
        "setattr",
        "class Migration is changed by setattr",
        (FIRST,),
    ),
    "a decorator": (
        source(LITERAL, head=HEAD + "@marked\n"),
        "@marked",
        "class Migration is changed by a decorator",
        (FIRST,),
    ),
    "a base class of the project": (
        source(
            "    atomic = True\n",
            head=HEAD + "from shop.base import Base\n",
            base="Base",
        ),
        "class",
        "dependencies may be inherited (shop.base.Base); write them in the class",
        (),
    ),
    "a class under an if": (
        (
            HEAD
            + "if x:\n    class Migration(migrations.Migration):\n        dependencies = [('shop', '0001_initial')]\n"
        ).encode(),
        "class",
        "class Migration stands in a statement (if) that may not run",
        (FIRST,),
    ),
    "Migration from elsewhere": (
        b"import django\nfrom shop.migrations.base import Migration\n",
        "shop",
        "Migration is imported (shop.migrations.base.Migration), not a class of this file; write it as a class here",
        (),
    ),
    "Migration made by a call": (
        (HEAD + "Migration = make()\n").encode(),
        "make",
        "Migration is computed, not a class of this file; write it as a class here",
        (),
    ),
    "a computed initial": (
        source(LITERAL + "    initial = not 0\n"),
        "not 0",
        "initial is not one of True, False and None",
        (FIRST,),
    ),
    "a computed replaces": (
        source(LITERAL + "    replaces = chain()\n"),
        "chain",
        "replaces is computed by a call" + COMPUTED,
        (FIRST,),
    ),
    "conflict markers": (
        source(LITERAL).replace(b"    operations", b"<<<<<<< HEAD\n    operations"),
        "<<<<",
        "conflict marker; resolve the merge conflict in this file",
        (),
    ),
    "the end of a conflict": (
        source(LITERAL) + b">>>>>>> theirs\n",
        ">>>>",
        "conflict marker; resolve the merge conflict in this file",
        (),
    ),
    "the middle of a conflict": (
        source(LITERAL) + b"=======\n",
        "====",
        "conflict marker; resolve the merge conflict in this file",
        (),
    ),
}


@pytest.mark.parametrize(
    ("content", "text", "reason", "stays"), UNREADABLE.values(), ids=UNREADABLE
)
def test_what_cannot_be_told_is_said_with_its_line_and_the_rest_stays(
    content: bytes, text: str, reason: str, stays: tuple[tuple[str, str], ...]
) -> None:
    migration = read("x", content)
    assert migration.unreadable == (line(content, text), reason)
    assert migration.dependencies == stays
    assert migration.is_django


IF = """\
    if installed("authority"):
        dependencies.append(("authority", "0001_initial"))
    elif x:
        dependencies.append(("other", "0002_b"))
"""


def test_pairs_that_an_if_adds_are_told_where_nothing_else_is_unknown() -> None:
    migration = read("x", source(LITERAL + IF))
    assert migration.conditional == (("authority", "0001_initial"), ("other", "0002_b"))
    assert migration.dependencies == (FIRST,)
    assert migration.unreadable is not None


@pytest.mark.parametrize(
    "content",
    [
        source(LITERAL + IF + '    dependencies.append(("a", "b"))\n'),
        source(LITERAL + IF + "        dependencies.append(pair)\n"),
        source(LITERAL + IF + "        dependencies.clear()\n"),
        source(LITERAL + IF + "        change(dependencies)\n"),
        source(LITERAL + IF + "        run_before = []\n"),
        source(LITERAL + IF, head=HEAD + "@marked\n"),
        source(LITERAL + IF, end=END + '\nsetattr(Migration, "dependencies", [])\n'),
        source(LITERAL + IF, end=END + '\nMigration.dependencies.append(("a", "b"))\n'),
        source(
            LITERAL + IF,
            end=END
            + "\n    def __init__(self, *args):\n        self.dependencies = []\n",
        ),
        source("    dependencies = compute()\n" + IF),
        source(LITERAL + IF + "    dependencies = compute()\n"),
        source(LITERAL),
    ],
)
def test_otherwise_no_pair_is_conditional(content: bytes) -> None:
    assert read("x", content).conditional == ()


def test_a_base_class_of_the_project_is_read_where_the_class_has_dependencies() -> None:
    head = HEAD + "from shop.base import Base\n"
    migration = read("x", source(LITERAL, head=head, base="Base"))
    assert (migration.dependencies, migration.unreadable) == ((FIRST,), None)


ENTRIES = [
    ('["shop", "x"]', "TypeError"),
    ('"0001_x"', "NodeNotFoundError"),
    ('"0"', "IndexError"),
    ("None", "TypeError"),
    ("1", "TypeError"),
    ('("shop",)', "IndexError"),
    ('("a", "b", "c")', "NodeNotFoundError"),
    ('("shop", 1)', "NodeNotFoundError"),
    ('("shop", ["x"])', "TypeError"),
]


@pytest.mark.parametrize("attribute", ["dependencies", "run_before"])
@pytest.mark.parametrize(("entry", "error"), ENTRIES)
def test_the_reason_for_a_wrong_entry_names_the_error_that_django_raises(
    attribute: str, entry: str, error: str
) -> None:
    content = source(
        f'    {attribute} = [\n        ("a", "b"),\n        {entry},\n    ]\n'
    )
    migration = read("x", content)
    assert migration.unreadable is not None
    at, reason = migration.unreadable
    assert at == line(content, entry)
    assert reason.startswith(f"{attribute} holds ")
    assert reason.endswith(f"; Django raises {error} for it: write a pair")
    assert getattr(migration, attribute) == (("a", "b"),)
    assert _django_raises(attribute, entry) == error


@pytest.mark.parametrize(
    "entry", ['"0001_x"', '("a", "b", "c")', '("shop", 1)', "None"]
)
def test_django_replaces_nothing_by_a_wrong_entry(entry: str) -> None:
    migration = read("x", source(f"    replaces = [{entry}]\n"))
    assert migration.unreadable is not None
    assert "Django replaces nothing by it" in migration.unreadable[1]
    assert _django_raises("replaces", entry) == ""


def _django_raises(attribute: str, entry: str) -> str:
    """The error of Django's loader for an app with such a migration."""
    from django.db.migrations.loader import MigrationLoader
    from django.db.migrations.migration import Migration as Real

    class Loader(MigrationLoader):
        def load_disk(self) -> None:
            real = Real("0002_x", "label")
            setattr(real, attribute, [eval(entry)])
            self.disk_migrations = {("label", "0002_x"): real}
            self.migrated_apps, self.unmigrated_apps = {"label"}, set()

    try:
        Loader(None)
    except Exception as error:
        return type(error).__name__
    return ""


OTHERS: dict[str, tuple[bytes, str]] = {
    "an empty file": (
        b"",
        "no class Migration; Django raises BadMigrationError for it",
    ),
    "a helper": (
        b"import django\n\nMIGRATION = 1\n",
        "no class Migration; Django raises BadMigrationError for it",
    ),
    "a class in a string": (
        b'from django.db import migrations\nTEXT = """\nclass Migration(migrations.Migration):\n    operations = []\n"""\n',
        "no class Migration; Django raises BadMigrationError for it",
    ),
    "no base class": (
        b"from django.db import models\nclass Migration:\n    dependencies = []\n",
        "",
    ),
    "object": (b"class Migration(object):\n    pass\n", ""),
    "South": (
        b"from django.db import models\nfrom south.v2 import SchemaMigration\n\n\nclass Migration(SchemaMigration):\n    def forwards(self, orm): ...\n",
        "",
    ),
    "another system": (
        b"from mongodb_migrations.base import BaseMigration\n\n\nclass Migration(BaseMigration):\n    def upgrade(self): ...\n",
        "",
    ),
}


@pytest.mark.parametrize(("content", "reason"), OTHERS.values(), ids=OTHERS)
def test_a_file_without_a_django_migration_is_said_to_be_none(
    content: bytes, reason: str
) -> None:
    migration = read("x", content)
    assert not migration.is_django
    expected = (
        reason or "class Migration is not a subclass of Django's; Django cannot load it"
    )
    at = 1 if reason else line(content, "class Migration")
    assert migration.unreadable == (at, expected)


def test_djangos_own_class_imported_is_a_migration_without_dependencies() -> None:
    migration = read("x", b"from django.db.migrations import Migration\n")
    assert told(migration) == ((), (), (), None)
    assert migration.unreadable is None
    assert not migration.is_django


FOREIGN_SYNTAX = {
    "print of Python 2": b'def forwards(apps, schema_editor):\n    print "done"\n\n\n',
    "except of Python 2": b"def forwards(apps, schema_editor):\n    try:\n        pass\n    except A, error:\n        print error\n\n\n",
    "another encoding": "# é\n".encode("latin-1"),
}


@pytest.mark.parametrize("other", FOREIGN_SYNTAX.values(), ids=FOREIGN_SYNTAX)
@pytest.mark.parametrize("comment", ["", "  # why"])
def test_a_plain_class_head_is_read_though_python_cannot_parse_the_rest(
    other: bytes, comment: str
) -> None:
    body = LITERAL.replace("\n", f"{comment}\n")
    migration = read("x", HEAD.encode() + other + source(body, head="\n"))
    assert (migration.dependencies, migration.unreadable) == ((FIRST,), None)


BROKEN = {
    "a syntax error after the class": source(LITERAL) + b"Migration = (\n",
    "NUL": source(LITERAL) + b"\0",
    "UTF-16": source(LITERAL).decode().encode("utf-16"),
    "an unknown encoding": b"# coding: klingon\n" + source(LITERAL),
    "an encoding that is none": b"# coding: hex\n" + source(LITERAL),
    "deep brackets": source(LITERAL) + b"Migration = " + b"(" * 5000 + b")" * 5000,
    "deep operators": source(LITERAL) + b"Migration = " + b"-" * 100_000 + b"1\n",
    "a long sum": source("    dependencies = []" + " + []" * 20_000 + "\n"),
    "no Python at all": b"Migration django \xff\xfe\x80",
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_file_that_python_refuses_is_unreadable_and_may_be_djangos(
    content: bytes,
) -> None:
    migration = read("x", content)
    assert migration.unreadable is not None
    at, reason = migration.unreadable
    assert 1 <= at <= content.count(b"\n") + 1
    assert reason.startswith(
        (f"Python {PY} cannot parse it", "Python cannot decode it", "nested too deeply")
    )
    assert migration.is_django


def test_what_the_class_head_tells_stays_where_the_rest_is_broken() -> None:
    migration = read("x", source(LITERAL) + b"Migration = (\n")
    assert migration.dependencies == (FIRST,)


def test_an_old_south_file_is_not_djangos_though_it_cannot_be_parsed() -> None:
    content = (
        b"import django\nfrom south.db import db\n\nclass Migration:\n    print 1\n"
    )
    assert not read("x", content).is_django


def test_five_megabytes_are_read() -> None:
    content = source(
        LITERAL, end="    operations = [\n" + "        1,\n" * 500_000 + "    ]\n"
    )
    assert len(content) > 5_000_000
    assert read("x", content).dependencies == (FIRST,)
