"""The plan of a rebase: names, numbers, dependencies and what is refused."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from oneleaf.errors import Refused
from oneleaf.planning.order import renumber, squash_name, with_number
from oneleaf.planning.plan import Plan
from oneleaf.planning.rebase import plan_rebase
from oneleaf.planning.sides import Sides
from oneleaf.planning.situation import Wishes
from oneleaf.planning.stale_names import is_same, successor
from repository import migration
from two_sides import Sources, rebased, sides_of, situation_of

HEAD = "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n"


def shop(**migrations: Sequence[str]) -> Sources:
    """Files of the app shop: name -> dependencies in the app, or the whole source."""
    return {
        f"shop/migrations/{name}.py": (
            content
            if isinstance(content, str)
            else migration(*(("shop", d) for d in content))
        ).encode()
        for name, content in migrations.items()
    }


PUBLISHED = shop(**{"0001_initial": [], "0002_theirs": ["0001_initial"]})


def after(local: Sources, published: Sources = PUBLISHED) -> dict[str, str]:
    """What becomes of the local files: new path -> content."""
    files, _ = rebased({**published, **local}, published)
    return {path: files[path].decode() for path in files if path not in published}


def moved(local: Sources, published: Sources = PUBLISHED) -> list[tuple[str, str]]:
    _, plan = rebased({**published, **local}, published)
    return [pair for app in plan.apps for pair in app.moved]


def refusal(files: Sources, published: Sources) -> str:
    plan = plan_rebase(situation_of(files, sides_of(published)))
    assert not plan.files
    return "; ".join(app.refused or "" for app in plan.apps)


@pytest.mark.parametrize(
    ("names", "taken", "last", "expected"),
    [
        (["0002_a"], [1, 2], 2, ["0003_a"]),
        (["0002_a", "0003_b"], [1, 2], 2, ["0003_a", "0004_b"]),
        (["0003_a"], [1, 2], 2, ["0003_a"]),
        (["0009_a"], [1, 2], 2, ["0009_a"]),
        (["0002_a", "0009_b"], [1, 2, 3], 3, ["0004_a", "0009_b"]),
        (["0002_a"], [1, 2, 3, 5], 2, ["0004_a"]),
        (["0002_a", "0002_b"], [1, 2, 4], 2, ["0003_a", "0005_b"]),
        (["002_a"], [2], 2, ["003_a"]),
        (["2_a"], [9], 9, ["10_a"]),
        (["9999_a"], [9999], 9999, ["10000_a"]),
        (["custom"], [1], 1, ["custom"]),
        (["custom", "0001_b"], [1], 1, ["custom", "0002_b"]),
        (["0001_a"], [], None, ["0001_a"]),
        (["0002"], [2], 2, ["0003"]),
    ],
)
def test_a_number_is_kept_where_it_is_free_and_rises_else_the_next_one_is_taken(
    names: list[str], taken: list[int], last: int | None, expected: list[str]
) -> None:
    assert renumber(names, taken, last) == expected


def test_a_name_that_a_squash_stands_for_is_given_to_nothing_else() -> None:
    assert renumber(["002_x"], [], 4, {"005_x"}) == ["006_x"]
    squash = HEAD + (
        "    replaces = [('shop', '0002_b'), ('shop', '0003_mine')]\n"
        "    dependencies = [('shop', '0001_initial')]\n"
        "    operations = []\n"
    )
    local = shop(**{"0002_mine": ["0001_initial"], "0002_b_squashed_0003_mine": squash})
    sides = sides_of(PUBLISHED)
    plan = plan_rebase(situation_of({**PUBLISHED, **local}, sides))
    assert plan.apps[0].refused is None
    assert sorted(path.rpartition("/")[2] for path in plan.moves.values()) == [
        "0004_b_squashed_0005_mine.py",
        "0004_mine.py",
    ]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("0002_a_squashed_0004_c", 6, "0004_a_squashed_0006_c"),
        ("0001_squashed_0003_b", 9, "0007_squashed_0009_b"),
        ("0001_squashed_v2", 4, "0004_squashed_v2"),
        ("0012_x", 12, "0012_x"),
        ("custom", 3, "custom"),
    ],
)
def test_both_numbers_of_a_squash_move(name: str, value: int, expected: str) -> None:
    assert with_number(name, value) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("0002_a_squashed_0003_b", "0004_a_squashed_0005_b"),
        ("0002_squashed_0003_b", "0004_squashed_0005_b"),
        ("0002_all_of_it", "0004_all_of_it"),
        ("0002_squashed_v2", "0004_squashed_v2"),
        ("odd", "odd"),
    ],
)
def test_a_squash_takes_the_names_of_what_it_replaces(name: str, expected: str) -> None:
    first, last = ("0002_a", "0004_a"), ("0003_b", "0005_b")
    assert squash_name(name, first, last) == expected


def test_only_the_bottom_of_the_chain_is_tied_anew() -> None:
    local = shop(
        **{"0002_a": ["0001_initial"], "0003_b": ["0002_a"], "0004_c": ["0003_b"]}
    )
    files = after(local)
    assert sorted(files) == [
        f"shop/migrations/{name}.py" for name in ("0003_a", "0004_b", "0005_c")
    ]
    assert files["shop/migrations/0003_a.py"] == migration(("shop", "0002_theirs"))
    assert files["shop/migrations/0004_b.py"] == migration(("shop", "0003_a"))
    assert files["shop/migrations/0005_c.py"] == migration(("shop", "0004_b"))


def test_two_local_chains_stand_one_behind_the_other() -> None:
    local = shop(
        **{
            "0002_a": ["0001_initial"],
            "0003_b": ["0002_a"],
            "0002_x": ["0001_initial"],
            "0003_y": ["0002_x"],
        }
    )
    files = after(local)
    order = ["0003_a", "0004_b", "0005_x", "0006_y"]
    assert sorted(files) == [f"shop/migrations/{name}.py" for name in order]
    for before, name in zip(["0002_theirs", *order], order, strict=False):
        assert files[f"shop/migrations/{name}.py"] == migration(("shop", before))


def test_an_app_without_anything_local_in_conflict_is_left_alone() -> None:
    local = shop(**{"0003_a": ["0002_theirs"], "0009_gap": ["0003_a"]})
    _, plan = rebased({**PUBLISHED, **local}, PUBLISHED)
    assert not plan.files
    assert not plan.apps


def test_a_local_fork_that_a_local_merge_migration_joins_is_left_alone() -> None:
    local = shop(
        **{
            "0003_a": ["0002_theirs"],
            "0003_b": ["0002_theirs"],
            "0004_merge": ["0003_a", "0003_b"],
        }
    )
    assert moved(local) == []


def test_equal_numbers_are_told_apart_though_there_is_one_leaf() -> None:
    assert moved(shop(**{"0002_a": ["0002_theirs"]})) == [("0002_a", "0003_a")]


def test_a_second_initial_migration_follows_the_first() -> None:
    files = after(shop(**{"0001_mine": []}))
    mine = migration(("shop", "0002_theirs")).replace("'", '"')
    assert files == {"shop/migrations/0003_mine.py": mine}


def test_an_app_of_which_nothing_is_published_is_put_in_line() -> None:
    local = {
        "new/migrations/0001_a.py": migration().encode(),
        "new/migrations/0002_b.py": migration(("new", "0001_a")).encode(),
        "new/migrations/0002_c.py": migration(("new", "0001_a")).encode(),
    }
    assert after(local)["new/migrations/0003_c.py"] == migration(("new", "0002_b"))


def test_other_apps_follow_the_new_name_in_every_attribute() -> None:
    local = {
        **shop(**{"0002_a": ["0001_initial"]}),
        "blog/migrations/0001_initial.py": migration(("shop", "0002_a")).encode(),
        "blog/migrations/0002_b.py": migration(
            ("blog", "0001_initial"), run_before=[("shop", "0002_a")]
        ).encode(),
    }
    del local["blog/migrations/0001_initial.py"]
    local["blog/migrations/0002_b.py"] = migration(
        run_before=[("shop", "0002_a")]
    ).encode()
    local["news/migrations/0001_initial.py"] = migration(
        ("shop", "0002_a"), ("shop", "__first__")
    ).encode()
    files = after(local)
    assert files["blog/migrations/0002_b.py"] == migration(
        run_before=[("shop", "0003_a")]
    )
    assert files["news/migrations/0001_initial.py"] == migration(
        ("shop", "0003_a"), ("shop", "__first__")
    )


def test_a_squash_and_what_it_replaces_move_together() -> None:
    local = shop(
        **{
            "0002_a": ["0001_initial"],
            "0003_b": ["0002_a"],
            "0002_a_squashed_0003_b": migration(
                ("shop", "0001_initial"),
                replaces=[("shop", "0002_a"), ("shop", "0003_b")],
            ),
            "0004_c": ["0002_a_squashed_0003_b"],
        }
    )
    files = after(local)
    assert files["shop/migrations/0003_a_squashed_0004_b.py"] == migration(
        ("shop", "0002_theirs"), replaces=[("shop", "0003_a"), ("shop", "0004_b")]
    )
    assert files["shop/migrations/0005_c.py"] == migration(
        ("shop", "0003_a_squashed_0004_b")
    )


def test_a_squash_of_published_migrations_stays_beside_them() -> None:
    squash = migration(replaces=[("shop", "0001_initial"), ("shop", "0002_theirs")])
    local = shop(
        **{
            "0001_squashed_0002_theirs": squash,
            "0003_mine": ["0001_squashed_0002_theirs"],
        }
    )
    published = {**PUBLISHED, **shop(**{"0003_theirs": ["0002_theirs"]})}
    assert moved(local, published) == [("0003_mine", "0004_mine")]
    assert (
        after(local, published)["shop/migrations/0001_squashed_0002_theirs.py"]
        == squash
    )


def test_what_branches_off_a_published_squash_follows_the_leaf() -> None:
    squash = migration(replaces=[("shop", "0001_initial"), ("shop", "0002_theirs")])
    published = {
        **PUBLISHED,
        **shop(**{"0001_squashed_0002_theirs": squash, "0003_theirs": ["0002_theirs"]}),
    }
    files = after(shop(**{"0003_a": ["0002_theirs"]}), published)
    assert files == {"shop/migrations/0004_a.py": migration(("shop", "0003_theirs"))}


def test_a_merge_migration_keeps_its_other_parent() -> None:
    local = shop(
        **{"0002_a": ["0001_initial"], "0003_merge": ["0002_a", "0002_theirs"]}
    )
    published = {**PUBLISHED, **shop(**{"0003_theirs": ["0002_theirs"]})}
    assert after(local, published) == {
        "shop/migrations/0004_a.py": migration(("shop", "0003_theirs")),
        "shop/migrations/0005_merge.py": migration(
            ("shop", "0004_a"), ("shop", "0002_theirs")
        ),
    }


def test_equal_labels_in_two_directories_are_not_mixed() -> None:
    published = {
        "one/shop/migrations/0001_initial.py": migration().encode(),
        "one/shop/migrations/0002_theirs.py": migration(
            ("shop", "0001_initial")
        ).encode(),
        "two/shop/migrations/0001_initial.py": migration().encode(),
    }
    local = {
        "one/shop/migrations/0002_a.py": migration(("shop", "0001_initial")).encode(),
        "two/shop/migrations/0002_a.py": migration(("shop", "0001_initial")).encode(),
    }
    situation = situation_of({**published, **local}, sides_of(published))
    apps = situation.project.apps
    for app in apps:
        app.label = "shop"
    again = type(situation)(
        situation.project,
        situation.graph,
        situation.config,
        situation.sides,
        situation.ranks,
        situation.files,
    )
    plan = plan_rebase(again)
    assert plan.moves == {
        "one/shop/migrations/0002_a.py": "one/shop/migrations/0003_a.py"
    }


def test_both_published_is_refused_and_merge_offered() -> None:
    files = {**PUBLISHED, **shop(**{"0002_also": ["0001_initial"]})}
    assert "`oneleaf merge shop`" in refusal(files, files)


def test_a_migration_that_cannot_be_read_is_refused_with_its_line() -> None:
    broken = HEAD + "    dependencies = compute()\n    operations = []\n"
    files = {**PUBLISHED, **shop(**{"0002_a": ["0001_initial"], "0003_b": broken})}
    assert "shop/migrations/0003_b.py:5" in refusal(files, PUBLISHED)


@pytest.mark.parametrize(
    ("contest", "cure"),
    [(({}, {}), "--onto"), (None, "`oneleaf merge shop`")],
    ids=["two sides meet", "nothing is in progress"],
)
def test_what_nothing_decides_is_refused_with_what_would_tell(
    contest: tuple[dict[str, str], dict[str, str]] | None, cure: str
) -> None:
    files = {**PUBLISHED, **shop(**{"0002_a": ["0001_initial"]})}
    plan = plan_rebase(situation_of(files, Sides(None, contest=contest)))
    assert not plan.files
    said = plan.apps[0].refused or ""
    assert "`upstream` in [tool.oneleaf]" in said
    assert cure in said


def under_an_if(label: str, name: str) -> bytes:
    """A migration of the app blog that may depend on another app's."""
    return (
        HEAD + "    dependencies = []\n    if x:\n"
        f"        dependencies.append(({label!r}, {name!r}))\n    operations = []\n"
    ).encode()


@pytest.mark.parametrize(
    ("name", "refused"), [("0002_mine", True), ("0002_theirs", False)]
)
def test_a_name_under_an_if_cannot_be_rewritten_so_that_it_never_moves(
    name: str, refused: bool
) -> None:
    files = {**PUBLISHED, **shop(**{"0002_mine": ["0001_initial"]})}
    files["blog/migrations/0001_initial.py"] = under_an_if("shop", name)
    sides = sides_of([*PUBLISHED, "blog/migrations/0001_initial.py"])
    plan = plan_rebase(situation_of(files, sides))
    (app,) = plan.apps
    assert bool(app.refused) is refused
    if refused:
        assert app.refused == (
            "blog/migrations/0001_initial.py names 0002_mine under an `if`; write it as"
            " a literal list first"
        )


def test_a_published_migration_that_names_a_local_one_is_never_edited() -> None:
    published = {
        **PUBLISHED,
        "blog/migrations/0001_initial.py": migration(("shop", "0002_a")).encode(),
    }
    local = shop(**{"0002_a": ["0001_initial"]})
    with pytest.raises(Refused, match=r"published and names shop\.0002_a"):
        rebased({**published, **local}, published)


def test_migrations_that_wait_for_each_other_are_refused() -> None:
    local = {
        **shop(**{"0002_a": migration(("shop", "0001_initial"), ("blog", "0001_b"))}),
        "blog/migrations/0001_b.py": migration(("shop", "0002_a")).encode(),
    }
    with pytest.raises(Refused, match="wait for each other"):
        rebased({**PUBLISHED, **local}, PUBLISHED)


def test_a_plan_that_would_leave_a_dangling_dependency_is_refused() -> None:
    local = shop(
        **{"0002_a": migration(("shop", "0001_initial"), ("shop", "0002_lost"))}
    )
    with pytest.raises(Refused, match=r"names shop\.0002_lost, which does not"):
        rebased({**PUBLISHED, **local}, PUBLISHED)


ADDS = (
    HEAD
    + '    dependencies = [("shop", "0001_initial")]\n'
    + '    operations = [migrations.AddField("Item", "{}", models.IntegerField())]\n'
)


def overlapping(mine: str, theirs: str, *, insist: bool = False) -> Plan:
    published = shop(**{"0001_initial": [], "0002_theirs": ADDS.format(theirs)})
    files = {**published, **shop(**{"0002_a": ADDS.format(mine)})}
    situation = situation_of(files, sides_of(published))
    return plan_rebase(replace(situation, wishes=Wishes(despite_overlap=insist)))


def test_one_field_added_by_both_is_refused_and_both_places_quoted() -> None:
    with pytest.raises(Refused) as caught:
        overlapping("color", "color")
    text = str(caught.value)
    assert "shop/migrations/0002_a.py:6" in text
    assert "shop/migrations/0002_theirs.py:6" in text
    assert "--despite-overlap" in text


def test_one_field_added_by_both_may_be_insisted_on() -> None:
    plan = overlapping("color", "color", insist=True)
    assert "shop/migrations/0003_a.py" in plan.files
    assert any("field shop.Item.color" in note for note in plan.notes)


def test_different_fields_of_one_model_need_no_word() -> None:
    assert overlapping("color", "size").notes == ()


def test_operations_that_cannot_be_told_are_said() -> None:
    local = shop(
        **{
            "0002_a": HEAD
            + '    dependencies = [("shop", "0001_initial")]\n'
            + "    operations = [migrations.RunPython(work)]\n"
        }
    )
    _, plan = rebased({**PUBLISHED, **local}, PUBLISHED)
    assert [note for note in plan.notes if "shop/migrations/0002_a.py:6" in note]


def test_the_plan_says_what_it_was_made_from() -> None:
    local = shop(**{"0002_a": ["0001_initial"]})
    _, plan = rebased({**PUBLISHED, **local}, PUBLISHED)
    assert plan.moves == {"shop/migrations/0002_a.py": "shop/migrations/0003_a.py"}
    assert plan.expected == {
        "shop/migrations/0002_a.py": local["shop/migrations/0002_a.py"],
        "shop/migrations/0003_a.py": None,
    }
    assert plan.files["shop/migrations/0002_a.py"] is None


def adds(field: str, *dependencies: str) -> bytes:
    pairs = [("shop", name) for name in dependencies]
    return (
        HEAD
        + f"    dependencies = {pairs!r}\n"
        + f"    operations = [migrations.RemoveField('item', {field!r})]\n"
    ).encode()


@pytest.mark.parametrize(
    ("name", "candidates", "expected"),
    [
        ("0002_a", {"0003_a": adds("x", "0002_u")}, "0003_a"),
        ("0002_a", {"0007_renamed": adds("x", "0002_u")}, "0007_renamed"),
        ("0002_a", {"0003_a": adds("y"), "0004_b": adds("x")}, "0004_b"),
        ("0002_a", {"0003_a": adds("x"), "0004_b": adds("x")}, "0003_a"),
        ("0002_a", {"0003_a": adds("edited"), "0004_b": adds("z")}, "0003_a"),
        ("0002_a", {"0003_a": adds("y"), "0004_a": adds("z")}, None),
        ("0002_a", {"0003_b": adds("y")}, None),
        ("0002_a", {}, None),
        ("", {"0003_a": adds("y")}, None),
    ],
)
def test_a_renamed_migration_is_known_by_what_it_does_then_by_its_name(
    name: str, candidates: dict[str, bytes], expected: str | None
) -> None:
    assert successor(name, adds("x", "0001_initial"), candidates.items()) == expected


def test_a_place_in_the_history_is_no_difference_an_operation_is() -> None:
    assert is_same(adds("x", "0001_initial"), adds("x", "0002_other"))
    assert not is_same(adds("x"), adds("y"))
    assert is_same(b"not ( python", b"not ( python")
    assert not is_same(b"not ( python", b"not [ python")


FORKED = {
    "blog/migrations/0001_initial.py": migration().encode(),
    "blog/migrations/0002_x.py": migration(("blog", "0001_initial")).encode(),
    "blog/migrations/0002_y.py": migration(("blog", "0001_initial")).encode(),
}


def test_one_app_that_cannot_be_rebased_keeps_all_as_they_are() -> None:
    published = {**PUBLISHED, **FORKED}
    local = {
        **shop(**{"0002_a": ["0001_initial"]}),
        "blog/migrations/0003_z.py": migration(("blog", "0002_y")).encode(),
    }
    situation = situation_of({**published, **local}, sides_of(published))
    plan = plan_rebase(situation)
    assert not plan.files
    assert [(app.app, bool(app.refused)) for app in plan.apps] == [
        ("blog", True),
        ("shop", False),
    ]


def test_an_app_that_is_published_with_a_fault_is_in_nobodys_way() -> None:
    published = {**PUBLISHED, **FORKED}
    assert moved(shop(**{"0002_a": ["0001_initial"]}), published) == [
        ("0002_a", "0003_a")
    ]
