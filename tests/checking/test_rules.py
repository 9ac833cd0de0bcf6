"""The rules OL101 to OL106: what is said, word for word, and where nothing is."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from in_memory import Files, app, findings, shown, source
from oneleaf.checking.findings import CODES

TWO_HISTORIES = (
    "run `oneleaf rebase shop` to move yours behind the published one,"
    " or `oneleaf merge shop` where both are published"
)
INITIAL = ("0001_initial",)
COLOR = ("0002_color", "0001_initial")
WEIGHT = ("0002_weight", "0001_initial")


def reported(files: Files, *unmerged: str, code: str, new: tuple[str, ...] = ()) -> str:
    """The only finding of this code, as it is printed."""
    found = [f for f in findings(files, *unmerged, new=new) if f.code == code]
    assert len(found) == 1
    return shown(found[0])


def test_ol101_two_migrations_with_one_number() -> None:
    files = app("shop", INITIAL, COLOR, WEIGHT)
    assert reported(files, code="OL101") == (
        "shop/migrations/0002_weight.py:1: OL101 app shop has 2 migrations with the"
        " number 0002: 0002_color, 0002_weight\n"
        f"    hint: {TWO_HISTORIES}"
    )


def test_ol101_a_new_migration_that_repeats_the_number_it_stands_on() -> None:
    files = app("shop", INITIAL, COLOR, ("0002_weight", "0002_color"))
    new = ("shop/migrations/0002_weight.py",)
    assert findings(files) == []
    assert reported(files, code="OL101", new=new) == (
        "shop/migrations/0002_weight.py:1: OL101 app shop has 2 migrations with the"
        " number 0002: 0002_color, 0002_weight\n"
        f"    hint: {TWO_HISTORIES}"
    )


def test_ol102_two_leaf_nodes() -> None:
    files = app("shop", INITIAL, COLOR, ("0003_weight", "0001_initial"))
    assert [shown(finding) for finding in findings(files)] == [
        "shop/migrations/0003_weight.py:6: OL102 app shop has 2 leaf nodes:"
        " 0002_color, 0003_weight\n"
        f"    hint: {TWO_HISTORIES}"
    ]


def test_ol102_stands_at_the_migration_that_is_new() -> None:
    files = app("shop", INITIAL, ("0002_a", "0001_initial"), COLOR)
    (finding,) = (
        f
        for f in findings(files, new=["shop/migrations/0002_a.py"])
        if f.code == "OL102"
    )
    assert finding.path == "shop/migrations/0002_a.py"


def test_ol102_beside_a_missing_dependency_says_what_to_mend_first() -> None:
    files = app("shop", INITIAL, COLOR, ("0003_size", "0002_colour"))
    assert reported(files, code="OL102") == (
        "shop/migrations/0003_size.py:6: OL102 app shop has 2 leaf nodes:"
        " 0002_color, 0003_size\n"
        "    hint: mend the dependency that does not exist (OL103) first, then run"
        " `oneleaf check` again"
    )


def test_ol103_a_dependency_that_was_renamed() -> None:
    files = app(
        "shop", INITIAL, ("0002_colour", "0001_initial"), ("0003_x", "0002_color")
    )
    assert reported(files, code="OL103") == (
        "shop/migrations/0003_x.py:7: OL103 shop.0003_x depends on shop.0002_color,"
        " which does not exist\n"
        "    hint: did you mean '0002_colour'? Correct the name, then"
        " `git add shop/migrations/0003_x.py`"
    )


def test_ol103_a_dependency_that_was_renumbered() -> None:
    files = app("shop", INITIAL, ("0003_color", "0001_initial"))
    files |= app("cart", ("0001_initial", "shop.0002_color"))
    assert reported(files, code="OL103") == (
        "cart/migrations/0001_initial.py:7: OL103 cart.0001_initial depends on"
        " shop.0002_color, which does not exist\n"
        "    hint: did you mean '0003_color'? Correct the name, then"
        " `git add cart/migrations/0001_initial.py`"
    )


def test_ol103_a_file_ending_in_a_dependency() -> None:
    files = app("shop", INITIAL, ("0002_color", "shop.0001_initial.py"))
    assert reported(files, code="OL103") == (
        "shop/migrations/0002_color.py:7: OL103 shop.0002_color depends on"
        " shop.0001_initial.py, which does not exist\n"
        "    hint: did you mean '0001_initial'? Correct the name, then"
        " `git add shop/migrations/0002_color.py`"
    )


def test_ol103_a_dependency_that_is_gone() -> None:
    files = app("shop", ("0003_color", "0002_gone"))
    assert reported(files, code="OL103") == (
        "shop/migrations/0003_color.py:7: OL103 shop.0003_color depends on"
        " shop.0002_gone, which does not exist\n"
        "    hint: see where it went:"
        " `git log --all --oneline --name-status -- shop/migrations/0002_gone.py`"
    )


def test_ol103_never_proposes_the_migration_itself() -> None:
    files = app("shop", INITIAL, ("0003_color", "0002_color", "0001_initial"))
    assert "did you mean" not in reported(files, code="OL103")


def test_ol103_never_proposes_what_the_migration_depends_on_already() -> None:
    files = app("shop", ("0002_colour",), ("0003_x", "0002_color", "0002_colour"))
    assert "did you mean" not in reported(files, code="OL103")


def test_ol103_proposes_nothing_where_two_names_come_near() -> None:
    files = app("shop", ("0002_colors",), ("0002_colour", "0002_colors"))
    files |= app("cart", ("0001_initial", "shop.0002_color"))
    assert "did you mean" not in reported(files, code="OL103")


def test_ol103_a_migration_that_must_run_before_one_that_is_gone() -> None:
    files = app("shop", INITIAL)
    files["shop/migrations/0002_color.py"] = source(
        "shop", "0001_initial", run_before=[("shop", "0009_gone")]
    )
    assert reported(files, code="OL103") == (
        "shop/migrations/0002_color.py:10: OL103 shop.0002_color must run before"
        " shop.0009_gone, which does not exist\n"
        "    hint: see where it went:"
        " `git log --all --oneline --name-status -- shop/migrations/0009_gone.py`"
    )


def test_ol104_a_circle_through_two_apps() -> None:
    files = app("shop", ("0001_initial", "cart.0002_item"))
    files |= app("cart", INITIAL, ("0002_item", "0001_initial", "shop.0001_initial"))
    assert reported(files, code="OL104") == (
        "cart/migrations/0002_item.py:6: OL104 circular dependency:"
        " cart.0002_item -> shop.0001_initial -> cart.0002_item\n"
        "    hint: take one of them out, then"
        " `git add cart/migrations/0002_item.py shop/migrations/0001_initial.py`"
    )


def test_ol104_a_migration_that_depends_on_itself() -> None:
    files = app("shop", INITIAL, ("0002_color", "0002_color"))
    assert [shown(finding) for finding in findings(files)][-1] == (
        "shop/migrations/0002_color.py:6: OL104 circular dependency:"
        " shop.0002_color -> shop.0002_color\n"
        "    hint: take one of them out, then"
        " `git add shop/migrations/0002_color.py`"
    )


def test_ol104_squashes_that_replace_each_other() -> None:
    files = app("shop", INITIAL)
    for name, other in (("0002_a", "0003_b"), ("0003_b", "0002_a")):
        files[f"shop/migrations/{name}.py"] = source(
            "shop", "0001_initial", replaces=[("shop", other)]
        )
    assert reported(files, code="OL104") == (
        "shop/migrations/0002_a.py:6: OL104 circular replaces:"
        " shop.0002_a -> shop.0003_b -> shop.0002_a\n"
        "    hint: take one of them out, then"
        " `git add shop/migrations/0002_a.py shop/migrations/0003_b.py`"
    )


def test_ol105_dependencies_that_are_computed() -> None:
    text = source("shop").replace("dependencies = [\n    ]", "dependencies = find()")
    files = app("shop", INITIAL, **{"0002_color": text})
    assert [shown(finding) for finding in findings(files)] == [
        "shop/migrations/0002_color.py:6: OL105 cannot tell the place of"
        " shop.0002_color: dependencies is computed by a call; write it as a literal"
        " list\n"
        "    hint: mend it and `git add shop/migrations/0002_color.py`, or list"
        " 'shop/migrations' under `exclude` in [tool.oneleaf]"
    ]


UNDER_AN_IF = """\
    dependencies = [("shop", "0001_initial")]

    if apps.is_installed("authority"):
        dependencies.append({pair})

    operations"""


def under_an_if(pair: str) -> str:
    """A migration that depends on ``pair`` only where another app is installed."""
    head, _, tail = source("shop").partition("    dependencies")
    return head + UNDER_AN_IF.format(pair=pair) + tail.partition("operations")[2]


def test_a_dependency_under_an_if_on_another_app_has_no_say_in_the_order() -> None:
    text = under_an_if('("authority", "0001_initial")')
    files = app("shop", INITIAL, **{"0002_guard": text})
    assert findings(files) == []
    files = app("shop", INITIAL, COLOR, **{"0003_guard": text})
    assert [f.code for f in findings(files)] == ["OL102"]


def test_ol105_a_dependency_under_an_if_on_the_own_app() -> None:
    text = under_an_if('("shop", "0002_color")')
    files = app("shop", INITIAL, COLOR, **{"0003_guard": text})
    (finding,) = findings(files)
    assert finding.code == "OL105"
    assert "dependencies is set under an if" in finding.message


def test_ol105_a_module_without_a_migration() -> None:
    files = app("shop", INITIAL, helpers="ANSWER = 42\n")
    assert [shown(finding) for finding in findings(files)] == [
        "shop/migrations/helpers.py:1: OL105 cannot tell the place of shop.helpers:"
        " no class Migration; Django raises BadMigrationError for it\n"
        "    hint: mend it and `git add shop/migrations/helpers.py`, or list"
        " 'shop/migrations' under `exclude` in [tool.oneleaf]"
    ]


def test_ol106_conflict_markers_in_a_migration() -> None:
    text = "<<<<<<< HEAD\n=======\n>>>>>>> theirs\n" + source("shop", "0001_initial")
    files = app("shop", INITIAL, **{"0002_color": text})
    assert [shown(finding) for finding in findings(files)] == [
        "shop/migrations/0002_color.py:1: OL106 shop.0002_color holds a conflict"
        " marker; resolve the merge conflict in this file\n"
        "    hint: edit the file, then `git add shop/migrations/0002_color.py`"
    ]


def test_ol106_an_unmerged_migration_and_lockfile() -> None:
    unmerged = ("shop/migrations/0002_color.py", "shop/migrations/max_migration.txt")
    assert [shown(f) for f in findings(app("shop", INITIAL), *unmerged)] == [
        "shop/migrations/0002_color.py:1: OL106 0002_color.py of app shop has an"
        " unresolved merge\n"
        "    hint: run `oneleaf rebase shop` if both sides added it, else edit the file;"
        " then `git add shop/migrations/0002_color.py`",
        "shop/migrations/max_migration.txt:1: OL106 max_migration.txt of app shop has"
        " an unresolved merge\n"
        "    hint: run `oneleaf rebase shop` and go on with the merge",
    ]


class Faulty(NamedTuple):
    """Files, and the codes found in them."""

    files: Files
    codes: list[str]


CONFLICT = ["OL101", "OL102"]


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(
            Faulty(
                app("shop", INITIAL, COLOR, ("0002_color2", "0001_initial")), CONFLICT
            ),
            id="siblings",
        ),
        pytest.param(
            Faulty(app("shop", INITIAL, ("0001_other",)), CONFLICT), id="two roots"
        ),
        pytest.param(
            Faulty(
                app("shop", INITIAL, COLOR, WEIGHT, ("0003_size", "0002_color")),
                CONFLICT,
            ),
            id="one of a pair goes on",
        ),
        pytest.param(
            Faulty(
                app("shop", ("9999_x",), ("10000_a", "9999_x"), ("10000_b", "9999_x")),
                CONFLICT,
            ),
            id="five digits",
        ),
        pytest.param(
            Faulty(
                app(
                    "shop",
                    INITIAL,
                    ("2_a", "0001_initial"),
                    ("00002_b", "0001_initial"),
                ),
                CONFLICT,
            ),
            id="one number in several widths",
        ),
        pytest.param(
            Faulty(
                app("shop", INITIAL, COLOR, ("no_number", "0001_initial")), ["OL102"]
            ),
            id="a leaf node without a number",
        ),
        pytest.param(
            Faulty(
                app("shop", INITIAL, COLOR, ("0001_squashed_0002_color",)),
                CONFLICT,
            ),
            id="a squash that replaces nothing, beside its originals",
        ),
        pytest.param(
            Faulty(
                app(
                    "shop",
                    INITIAL,
                    ("0002_x", "__latest__"),
                    ("0003_y", "0001_initial"),
                ),
                ["OL102", "OL103"],
            ),
            id="the latest of its own app, which Django does not know",
        ),
    ],
)
def test_a_broken_history_is_reported(case: Faulty) -> None:
    assert [finding.code for finding in findings(case.files)] == case.codes


SQUASHED: Files = {
    "shop/migrations/0001_squashed_0002_color.py": source(
        "shop", replaces=[("shop", "0001_initial"), ("shop", "0002_color")]
    )
}
ALEMBIC: Files = {
    "service/migrations/__init__.py": "",
    "service/migrations/env.py": "from alembic import context\n",
    "service/migrations/versions/0001_a.py": "revision = 'a'\n",
    "service/migrations/versions/0001_b.py": "revision = 'b'\n",
}
OWN_SYSTEM = "class Migration:\n    version = 2\n\n    def up(self):\n        pass\n"


def configured(text: str, files: Files) -> Files:
    return {**files, "pyproject.toml": f"[tool.oneleaf]\n{text}\n"}


CONFLICTED = app("shop", INITIAL, COLOR, WEIGHT)
NEXT = ("0003_size", "0001_squashed_0002_color")

SILENT: dict[str, Files] = {
    "nothing at all": {},
    "an app without migrations": app("shop"),
    "one migration": app("shop", INITIAL),
    "a straight chain": app("shop", INITIAL, COLOR, ("0003_size", "0002_color")),
    "a squash beside its originals": app("shop", INITIAL, COLOR) | SQUASHED,
    "a squash whose originals are gone": app("shop") | SQUASHED,
    "a squash with some originals gone": app("shop", COLOR) | SQUASHED,
    "a migration on a squash": app("shop", INITIAL, COLOR, NEXT) | SQUASHED,
    "a squash of an earlier part": app(
        "shop", INITIAL, COLOR, ("0003_size", "0002_color"), ("0004_x", "0003_size")
    )
    | SQUASHED,
    "a squash of a squash": {
        **app("shop", INITIAL, COLOR, NEXT),
        **SQUASHED,
        "shop/migrations/0001_squashed_0003_size.py": source(
            "shop",
            replaces=[("shop", "0001_squashed_0002_color"), ("shop", "0003_size")],
        ),
    },
    "a squash that took over a foreign migration": {
        **app("shop", INITIAL),
        **app("cart", INITIAL, ("0002_item", "0001_initial")),
        "cart/migrations/0001_squashed_0002_item.py": source(
            "cart",
            "shop.0001_initial",
            replaces=[("cart", "0001_initial"), ("cart", "0002_item")],
        ),
    },
    "duplicates that a merge migration joins": app(
        "shop", INITIAL, COLOR, WEIGHT, ("0003_merge", "0002_color", "0002_weight")
    ),
    "duplicates that a later migration joins by the way": app(
        "shop",
        INITIAL,
        COLOR,
        WEIGHT,
        ("0003_size", "0002_color"),
        ("0004_all", "0003_size", "0002_weight"),
    ),
    "three duplicates that one migration joins": app(
        "shop",
        INITIAL,
        COLOR,
        WEIGHT,
        ("0002_size", "0001_initial"),
        ("0003_merge", "0002_color", "0002_weight", "0002_size"),
    ),
    "linear duplicates of old history": app(
        "shop", INITIAL, COLOR, ("0002_weight", "0002_color")
    ),
    "linear duplicates further apart": app(
        "shop", INITIAL, COLOR, ("0003_size", "0002_color"), ("0002_late", "0003_size")
    ),
    "duplicates under a squash": app("shop", INITIAL, COLOR, WEIGHT)
    | {
        "shop/migrations/0001_squashed_0002.py": source(
            "shop",
            replaces=[
                ("shop", "0001_initial"),
                ("shop", "0002_color"),
                ("shop", "0002_weight"),
            ],
        )
    },
    "9999 and 10000": app("shop", ("9999_a",), ("10000_b", "9999_a")),
    "a number with and without zeros": app("shop", ("1_a",), ("02_b", "1_a")),
    "0001_squashed_0039, then 0002": app(
        "shop", ("0001_squashed_0039_x",), ("0002_y", "0001_squashed_0039_x")
    ),
    "0001_squashed_0039, then 0040": app(
        "shop", ("0001_squashed_0039_x",), ("0040_y", "0001_squashed_0039_x")
    ),
    "names without numbers": app("shop", ("first",), ("second", "first")),
    "a gap in the numbers": app("shop", INITIAL, ("0007_x", "0001_initial")),
    "a migration that runs before its sibling": {
        **app("shop", INITIAL, COLOR),
        "shop/migrations/0003_size.py": source(
            "shop", "0001_initial", run_before=[("shop", "0002_color")]
        ),
    },
    "a third party's migration": app("shop", ("0001_initial", "auth.0012_alter_user")),
    "the first of a third party": app("shop", ("0001_initial", "auth.__first__")),
    "the latest of a third party": app("shop", ("0001_initial", "sites.__latest__")),
    "the first of an app of one's own": {
        **app("shop", ("0001_initial", "cart.__first__")),
        **app("cart", INITIAL),
    },
    "the first of an app without migrations": {
        **app("shop", ("0001_initial", "cart.__first__")),
        **app("cart"),
    },
    "the first of its own app": app("shop", ("0001_initial", "shop.__first__")),
    "a swappable dependency on a setting": app(
        "shop",
        **{
            "0001_initial": source("shop", "x.y")
            .replace("('x', 'y')", "migrations.swappable_dependency(settings.ANY)")
            .replace("from", "from django.conf import settings\nfrom", 1)
        },
    ),
    "a swappable dependency on a name": app(
        "shop",
        **{
            "0001_initial": source("shop", "x.y").replace(
                "('x', 'y')", "migrations.swappable_dependency('auth.User')"
            )
        },
    ),
    "migrations of another migration system": {
        "store/__init__.py": "",
        "store/migrations/__init__.py": "",
        "store/migrations/0001_a.py": OWN_SYSTEM,
        "store/migrations/0001_b.py": OWN_SYSTEM,
    },
    "alembic": ALEMBIC,
    "helpers in a package of their own": {
        **app("shop", INITIAL),
        "shop/migrations/helpers/__init__.py": "",
        "shop/migrations/helpers/0001_x.py": "ANSWER = 42\n",
    },
    "helpers behind an underscore": app("shop", INITIAL, _helpers="ANSWER = 42\n"),
    "modules called migrations": {"shop/__init__.py": "", "shop/migrations.py": ""},
    "a migrations folder without __init__.py": {
        "shop/migrations/0001_a.py": source("shop"),
        "shop/migrations/0001_b.py": source("shop"),
    },
    "the same label in two directories": app("one/shop", INITIAL, COLOR, label="shop")
    | app("two/shop", INITIAL, WEIGHT, label="shop"),
    "two projects that name each other's migrations": {
        **app("one/shop", INITIAL, COLOR, label="shop"),
        **app("two/shop", INITIAL, label="shop"),
        **app("two/cart", ("0001_initial", "shop.0001_initial"), label="cart"),
        **app("one/cart", ("0001_initial", "shop.0002_color"), label="cart"),
    },
    "an allowed number and a merge": configured(
        "allow-duplicate-numbers = ['shop.0002']",
        app("shop", INITIAL, COLOR, WEIGHT, ("0003_m", "0002_color", "0002_weight")),
    ),
    "ignored codes": configured("ignore = ['OL101', 'OL102']", CONFLICTED),
    "an excluded app": configured("exclude = ['shop']", CONFLICTED),
    "an excluded migrations folder": configured(
        "exclude = ['*/migrations']", CONFLICTED
    ),
    "an excluded folder above it": configured(
        "exclude = ['tests/**', 'fixtures/']",
        {f"fixtures/a/{path}": text for path, text in CONFLICTED.items()},
    ),
    "no lockfile where none is used": app("shop", INITIAL),
}


@pytest.mark.parametrize("files", SILENT.values(), ids=SILENT.keys())
def test_a_healthy_history_is_silent(files: Files) -> None:
    assert [shown(finding) for finding in findings(files)] == []


def test_only_the_apps_under_check_are_judged() -> None:
    files = app("shop", INITIAL, COLOR, WEIGHT) | app("cart", INITIAL, COLOR, WEIGHT)
    found = findings(files, scope=["cart/migrations"])
    assert {finding.app for finding in found} == {"cart"}
    assert findings(files, scope=[]) == []


def test_an_app_not_under_check_is_judged_for_what_the_change_takes_from_it() -> None:
    files = app("shop", INITIAL) | app("cart", ("0001_initial", "shop.0002_color"))
    gone = "shop/migrations/0002_color.py"
    assert findings(files, scope=["shop/migrations"]) == []
    found = findings(files, scope=["shop/migrations"], removed=[gone])
    assert [(f.app, f.code) for f in found] == [("cart", "OL103")]
    other = findings(files, scope=["shop/migrations"], removed=["shop/models.py"])
    assert other == []


def test_a_circle_is_judged_where_one_of_its_apps_is_under_check() -> None:
    files = app("shop", ("0001_initial", "cart.0001_initial"))
    files |= app("cart", ("0001_initial", "shop.0001_initial")) | app("people", INITIAL)
    for directory, found in (("shop", 1), ("cart", 1), ("people", 0)):
        assert len(findings(files, scope=[f"{directory}/migrations"])) == found


def test_an_allowed_number_is_of_one_app_and_one_number() -> None:
    files = app("shop", INITIAL, COLOR, WEIGHT) | app("cart", INITIAL, COLOR, WEIGHT)
    files = configured("allow-duplicate-numbers = ['shop.2', 'cart.3']", files)
    found = [(f.app, f.code) for f in findings(files)]
    assert found == [("cart", "OL101"), ("cart", "OL102"), ("shop", "OL102")]


def test_an_exclusion_is_of_whole_folders() -> None:
    files = configured("exclude = ['sho', 'op', 'shop/migrations/0002_*']", CONFLICTED)
    assert [f.code for f in findings(files)] == ["OL101", "OL102"]


def test_the_leaf_nodes_of_an_unreadable_history_are_not_guessed() -> None:
    files = app("shop", INITIAL, COLOR, WEIGHT, **{"0003_merge": "class Migration(\n"})
    assert [f.code for f in findings(files)] == ["OL105"]


def test_a_new_squash_that_shares_a_number_with_its_originals_is_silent() -> None:
    files = app("shop", INITIAL, COLOR) | SQUASHED
    assert findings(files, new=SQUASHED) == []


def test_the_findings_of_one_app_stand_together() -> None:
    files = app("b", INITIAL, COLOR, WEIGHT) | app("a", INITIAL, COLOR, WEIGHT)
    assert [(f.app, f.code) for f in findings(files)] == [
        ("a", "OL101"),
        ("a", "OL102"),
        ("b", "OL101"),
        ("b", "OL102"),
    ]


def test_every_code_of_the_first_two_families_has_a_name_and_a_severity() -> None:
    assert {code for code in CODES if code < "OL300"} == {
        *(f"OL10{n}" for n in range(1, 7)),
        *(f"OL20{n}" for n in range(1, 5)),
    }
    for finding in findings(CONFLICTED):
        assert (finding.name, finding.severity) == CODES[finding.code]
