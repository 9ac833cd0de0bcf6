"""The graph's rules, one small project each."""

import itertools
import subprocess
import sys
import tracemalloc
from collections.abc import Sequence

import pytest

import oneleaf
from oneleaf.migration.reading.migrations import Migration
from oneleaf.project.graph import Graph, build_graph
from oneleaf.project.project import App
from oneleaf.project.squashes import unsettled

Pair = tuple[str, str]

USER: Pair = ("settings.AUTH_USER_MODEL", "__first__")


def own(label: str, names: Sequence[str]) -> tuple[Pair, ...]:
    return tuple((label, name) for name in names)


def app(label: str, *migrations: Migration, directory: str = "") -> App:
    found = {migration.name: migration for migration in migrations}
    return App(label, directory or f"{label}/migrations", found)


def on(
    name: str,
    *dependencies: Pair,
    before: tuple[Pair, ...] = (),
    replaces: tuple[Pair, ...] = (),
) -> Migration:
    return Migration(name, dependencies, before, replaces)


def shop(*migrations: tuple[str, str, str]) -> App:
    """An app from (name, same-app dependencies, same-app replaces) in words."""
    return app(
        "shop",
        *(
            on(
                name,
                *own("shop", dependencies.split()),
                replaces=own("shop", replaces.split()),
            )
            for name, dependencies, replaces in migrations
        ),
    )


def graph_of(*apps: App, user: str = "auth.User") -> Graph:
    return build_graph(apps, {"AUTH_USER_MODEL": user})


def missing(graph: Graph) -> list[tuple[str, str, Pair, str]]:
    return [
        (found.app.directory, found.migration, found.dependency, found.kind)
        for found in graph.missing
    ]


def spelled(cycles: list[list[tuple[App, str]]]) -> list[list[str]]:
    return [[f"{owner.label}.{name}" for owner, name in cycle] for cycle in cycles]


@pytest.mark.parametrize(
    ("migrations", "leaves"),
    [
        pytest.param((), [], id="no migrations"),
        pytest.param([("1", "", ""), ("2", "1", "")], ["2"], id="chain"),
        pytest.param(
            [("1", "", ""), ("2b", "1", ""), ("2a", "1", "")],
            ["2a", "2b"],
            id="two branches, sorted",
        ),
        pytest.param(
            [("1", "", ""), ("2a", "1", ""), ("2b", "1", ""), ("3", "2a 2b", "")],
            ["3"],
            id="merge migration",
        ),
        pytest.param([("1", "", ""), ("2", "", "")], ["1", "2"], id="two roots"),
        pytest.param([("1", "__first__", "")], ["1"], id="__first__ of the own app"),
        pytest.param(
            [("1", "", ""), ("2", "1", ""), ("s", "", "1 2")],
            ["s"],
            id="squash beside its originals",
        ),
        pytest.param([("s", "", "1 2")], ["s"], id="squash without its originals"),
        pytest.param(
            [("3", "2", ""), ("s", "", "1 2")], ["3"], id="child of a deleted original"
        ),
        pytest.param(
            [("1", "", ""), ("2", "1", ""), ("s", "", "")],
            ["2", "s"],
            id="squash that names nothing",
        ),
        pytest.param(
            [("1", "", ""), ("2", "1", ""), ("s", "", "1 2"), ("2b", "1", "")],
            ["2b"],
            id="branch off the middle follows the squash",
        ),
        pytest.param(
            [("1", "", ""), ("2", "1", ""), ("s1", "", "1"), ("s2", "", "1 2")],
            ["s2"],
            id="overlapping squashes: the later follows the earlier",
        ),
        pytest.param(
            [("1", "", ""), ("2", "1", ""), ("a", "", "s 2"), ("s", "", "1")],
            ["a"],
            id="squash of a squash that is listed later",
        ),
        pytest.param(
            [("1", "", ""), ("a", "1", "b"), ("b", "1", "a")],
            ["a", "b"],
            id="squashes that replace each other stay",
        ),
        pytest.param([("1", "", ""), ("2", "2", "")], ["1"], id="self-dependency"),
    ],
)
def test_leaf_nodes(
    migrations: Sequence[tuple[str, str, str]], leaves: list[str]
) -> None:
    only = shop(*migrations)
    assert graph_of(only).leaf_nodes(only) == leaves


def test_root_nodes_are_those_after_replacement() -> None:
    only = shop(("1", "", ""), ("2", "1", ""), ("3", "2", ""), ("s", "", "1 2"))
    assert graph_of(only).root_nodes(only) == ["s"]


def test_a_dependency_on_another_app_leaves_a_leaf_a_leaf() -> None:
    first, second = app("a", on("1")), app("b", on("1", ("a", "1")))
    graph = graph_of(first, second)
    assert (graph.leaf_nodes(first), graph.leaf_nodes(second)) == (["1"], ["1"])
    assert graph.root_nodes(second) == ["1"]


def test_a_deleted_migration_is_neither_a_root_nor_a_leaf_nor_a_parent() -> None:
    """Squashes that replace each other leave it in Django's graph."""
    only = app(
        "shop",
        on("a", replaces=own("shop", ["b", "gone"])),
        on("b", replaces=own("shop", ["a", "lost"])),
        on("c", ("shop", "gone"), before=(("shop", "lost"),)),
    )
    graph = graph_of(only)
    assert graph.root_nodes(only) == graph.leaf_nodes(only) == ["a", "b", "c"]
    assert graph.live_parents(only)["c"] == []


def test_parents_of_the_same_app_are_sorted_and_named_once() -> None:
    only = app("shop", on("3", *own("shop", ["2", "1", "2"])), on("1"), on("2"))
    assert graph_of(only).live_parents(only)["3"] == ["1", "2"]


def test_run_before_in_the_same_app_makes_a_migration_a_parent() -> None:
    only = app(
        "shop",
        on("1"),
        on("2", ("shop", "1")),
        on("3", ("shop", "1"), before=(("shop", "2"),)),
    )
    graph = graph_of(only)
    assert graph.leaf_nodes(only) == ["2"]
    assert graph.live_parents(only)["2"] == ["1", "3"]


def test_an_app_can_lose_all_its_nodes_to_a_squash_of_another_app() -> None:
    old = app("old", on("1"), on("2", ("old", "1")))
    new = app("new", on("1", replaces=(("old", "1"), ("old", "2"))))
    graph = graph_of(new, old)
    assert graph.leaf_nodes(old) == []
    assert graph.replaced_by(old, "2") == ["1"]


@pytest.mark.parametrize(
    ("migration", "kind"),
    [
        pytest.param(on("2", ("shop", "1_gone")), "dependencies", id="own app"),
        pytest.param(on("2", ("other", "1_gone")), "dependencies", id="other app"),
        pytest.param(on("2", ("empty", "1")), "dependencies", id="app without nodes"),
        pytest.param(
            on("2", ("other", "1.py")), "dependencies", id="a file name is no name"
        ),
        pytest.param(
            on("2", ("shop", "__latest__")), "dependencies", id="own __latest__"
        ),
        pytest.param(
            on("2", before=(("shop", "3"),)), "run_before", id="child in the own app"
        ),
        pytest.param(
            on("2", before=(("other", "3"),)), "run_before", id="child in another app"
        ),
    ],
)
def test_a_dependency_that_nothing_explains_is_missing(
    migration: Migration, kind: str
) -> None:
    graph = graph_of(app("shop", migration), app("other", on("1")), app("empty"))
    (pair,) = migration.dependencies + migration.run_before
    assert missing(graph) == [("shop/migrations", "2", pair, kind)]


def test_a_migration_with_a_missing_dependency_or_child_is_a_leaf_all_the_same() -> (
    None
):
    only = app("shop", on("1", ("shop", "0"), before=(("shop", "2"),)))
    assert graph_of(only).leaf_nodes(only) == ["1"]


def test_missing_dependencies_come_in_order_of_apps_and_files() -> None:
    first = app("a", on("2", ("a", "x")), on("1", ("b", "x"), before=(("a", "y"),)))
    second = app("b", on("1", ("b", "x")))
    assert [found[:3] for found in missing(graph_of(first, second))] == [
        ("a/migrations", "1", ("b", "x")),
        ("a/migrations", "1", ("a", "y")),
        ("a/migrations", "2", ("a", "x")),
        ("b/migrations", "1", ("b", "x")),
    ]


@pytest.mark.parametrize(
    "migration",
    [
        pytest.param(on("2", ("auth", "0099_gone")), id="label outside the repository"),
        pytest.param(on("2", ("auth", "__first__")), id="__first__ outside"),
        pytest.param(on("2", before=(("auth", "1"),)), id="child outside"),
        pytest.param(on("2", ("empty", "__first__")), id="__first__ of an empty app"),
        pytest.param(on("2", ("empty", "__latest__")), id="__latest__ of an empty app"),
        pytest.param(on("2", USER), id="swappable user outside"),
        pytest.param(
            on("2", ("settings.OTHER_MODEL", "__first__")), id="unknown setting"
        ),
        pytest.param(
            on("2", before=(("shop", "__first__"), ("shop", "__latest__"))),
            id="both ends of the own app in run_before",
        ),
        pytest.param(on("2", ("other", "gone")), id="named in a replaces"),
        pytest.param(on("2", before=(("other", "gone"),)), id="child in a replaces"),
    ],
)
def test_what_is_explained_is_neither_missing_nor_an_edge(migration: Migration) -> None:
    only = app("shop", migration)
    other = app("other", on("1", replaces=(("other", "gone"),)))
    graph = graph_of(only, other, app("empty"))
    assert (missing(graph), graph.cycles) == ([], [])
    assert graph.leaf_nodes(only) == graph.root_nodes(only) == ["2"]


@pytest.mark.parametrize(
    ("end", "closing"),
    [
        pytest.param("__first__", ["1b"], id="the alphabetically first root"),
        pytest.param("__latest__", ["1b", "2b"], id="the alphabetically first leaf"),
    ],
)
def test_an_end_of_another_app_is_the_alphabetically_first(
    end: str, closing: list[str]
) -> None:
    """Told by the edges back that close a cycle; ``2b`` is on ``1b``."""
    first = app("a", on("1", ("b", end)))
    parents = {"1b": "", "1c": "", "2b": "1b", "2c": "1c"}
    found = []
    for back in parents:
        links = [
            on(
                name,
                *own("b", parent.split()),
                *own("a", ["1"] if name == back else []),
            )
            for name, parent in parents.items()
        ]
        if graph_of(first, app("b", *links)).cycles:
            found.append(back)
    assert found == closing


def test_a_root_may_depend_on_another_app() -> None:
    third = app("c", on("1", ("a", "1")))
    other = app("b", on("1", ("c", "1")), on("2", ("b", "1")))
    first = app("a", on("1", ("b", "__first__")))
    assert spelled(graph_of(other, third, first).cycles) == [["b.1", "c.1", "a.1"]]


def test_an_end_moves_when_a_deleted_migration_is_met() -> None:
    """``0`` is unknown for a.1 and the first root of ``b`` for a.3."""
    first = app(
        "a",
        on("1", ("b", "__first__")),
        on("2", ("b", "0")),
        on("3", ("b", "__first__")),
    )
    other = app("b", on("1"), on("s", ("a", "3"), replaces=own("b", ["0"])))
    assert spelled(graph_of(first, other).cycles) == [["a.3", "b.s"]]


def test_an_end_moves_when_a_run_before_is_met() -> None:
    """The first leaf of ``b`` is 1 for a.1, and 2 for c.1 behind ``run_before``."""
    first = app("a", on("1", ("b", "__latest__")))
    other = app("b", on("1", before=(("b", "2"),)), on("2", ("c", "1")))
    third = app("c", on("1", ("b", "__latest__")))
    assert spelled(graph_of(first, other, third).cycles) == [["b.2", "c.1"]]


def test_a_swappable_dependency_leads_to_the_app_that_the_setting_names() -> None:
    people = app("people", on("1", ("shop", "1")))
    only = app("shop", on("1", USER))
    assert graph_of(only, people, user="auth.User").cycles == []
    assert spelled(graph_of(only, people, user="people.Person").cycles) == [
        ["shop.1", "people.1"]
    ]


def test_a_swappable_dependency_on_the_own_app_is_no_edge() -> None:
    only = app("people", on("1"), on("2", ("people", "1"), USER))
    assert graph_of(only, user="people.User").cycles == []


@pytest.mark.parametrize(
    ("apps", "cycles"),
    [
        pytest.param([shop(("1", "1", ""))], [["shop.1"]], id="self-dependency"),
        pytest.param(
            [shop(("1", "3", ""), ("2", "1", ""), ("3", "2", ""), ("4", "3", ""))],
            [["shop.1", "shop.3", "shop.2"]],
            id="each depends on the next",
        ),
        pytest.param(
            [app("b", on("1", ("a", "1"))), app("a", on("1", ("b", "1")))],
            [["b.1", "a.1"]],
            id="two apps, in their order",
        ),
        pytest.param(
            [shop(("1", "2", ""), ("2", "1", ""), ("3", "4", ""), ("4", "3", ""))],
            [["shop.1", "shop.2"], ["shop.3", "shop.4"]],
            id="two knots",
        ),
        pytest.param(
            [shop(("1", "2 3", ""), ("2", "1", ""), ("3", "2", ""))],
            [["shop.1", "shop.2"]],
            id="one for a knot, the shortest",
        ),
        pytest.param(
            [
                app(
                    "a",
                    on("1"),
                    on("2", ("b", "1")),
                    on("s", replaces=(("a", "1"), ("a", "2"))),
                ),
                app("b", on("1", ("a", "1"))),
            ],
            [["a.s", "b.1"]],
            id="closed by a squash",
        ),
        pytest.param(
            [shop(("1", "", ""), ("s", "1", "1"))],
            [["shop.s"]],
            id="squash on what it replaces",
        ),
        pytest.param(
            [shop(("1", "2", ""), ("2", "1", ""), ("s", "", "1 2"))],
            [],
            id="replaced as a whole",
        ),
    ],
)
def test_cycles(apps: list[App], cycles: list[list[str]]) -> None:
    assert spelled(graph_of(*apps).cycles) == cycles


@pytest.mark.parametrize(
    ("only", "cycles"),
    [
        pytest.param(shop(("1", "", "1")), [["shop.1"]], id="replaces itself"),
        pytest.param(
            shop(("1", "", "2"), ("2", "", "1"), ("3", "", "1 2")),
            [["shop.1", "shop.2"]],
            id="two, and a third outside that replaces both",
        ),
        pytest.param(shop(("1", "", ""), ("s", "", "1")), [], id="none"),
    ],
)
def test_replaces_cycles(only: App, cycles: list[list[str]]) -> None:
    graph = graph_of(only)
    assert spelled(graph.replaces_cycles) == cycles
    assert graph.cycles == []


def test_replaced_by_names_the_nearest_squash_first_and_knows_deleted_ones() -> None:
    only = shop(("s1", "", "1 2"), ("s2", "", "s1 3"))
    graph = graph_of(only)
    assert graph.replaced_by(only, "1") == ["s1", "s2"]
    assert graph.replaced_by(only, "3") == ["s2"]
    assert graph.replaced_by(only, "s2") == []


def test_replaced_by_ends_on_squashes_that_replace_each_other() -> None:
    only = shop(("a", "", "b"), ("b", "", "a"))
    assert graph_of(only).replaced_by(only, "a") == ["b", "a"]


def ancestors_of(app: App, name: str) -> set[str]:
    """Names of all migrations of the app that one comes after."""
    graph = graph_of(app)
    return {other for other in app.migrations if graph.descends(app, name, other)}


@pytest.mark.parametrize(
    ("name", "ancestors"),
    [
        pytest.param("1", "", id="root"),
        pytest.param("2", "1", id="original"),
        pytest.param("s", "1 2", id="squash comes after what it replaces"),
        pytest.param("2b", "1 2 s", id="branch off the middle comes after the squash"),
        pytest.param("3", "1 2 2b s", id="merge migration"),
    ],
)
def test_ancestors(name: str, ancestors: str) -> None:
    only = shop(
        ("1", "", ""),
        ("2", "1", ""),
        ("2b", "1", ""),
        ("3", "2 2b", ""),
        ("s", "", "1 2"),
    )
    assert ancestors_of(only, name) == set(ancestors.split())


def test_ancestors_of_a_replaced_migration_are_what_its_file_says() -> None:
    only = shop(("1", "", ""), ("2", "1", ""), ("s", "", "1"), ("t", "", "2"))
    assert ancestors_of(only, "2") == {"1"}
    assert graph_of(only).descends(only, "t", "s")


def test_ancestry_goes_on_behind_what_has_no_file() -> None:
    only = shop(("3", "2", ""), ("s", "", "1 2"))
    assert ancestors_of(only, "3") == {"s"}


def test_nothing_is_its_own_ancestor_or_descendant_even_in_a_cycle() -> None:
    only = shop(("1", "2", ""), ("2", "1", ""))
    graph = graph_of(only)
    assert graph.descends(only, "1", "2")
    assert graph.descends(only, "2", "1")
    assert not graph.descends(only, "1", "1")


def test_an_app_is_incomplete_when_one_of_its_migrations_is_unreadable() -> None:
    whole, torn = app("a", on("1")), app("b", Migration("1", unreadable=(3, "syntax")))
    graph = graph_of(whole, torn)
    assert (graph.incomplete(whole), graph.incomplete(torn)) == (False, True)


@pytest.mark.parametrize(
    ("pair", "meant"),
    [
        pytest.param(("cart", "1"), ["cart.1"], id="own"),
        pytest.param(("shop", "2"), ["shop.2"], id="another app's"),
        pytest.param(("shop", "1"), ["shop.1"], id="replaced, with a file"),
        pytest.param(("shop", "0"), ["shop.s", "shop.t"], id="deleted"),
        pytest.param(("shop", "__first__"), ["shop.1"], id="first"),
        pytest.param(("shop", "__latest__"), ["shop.2"], id="latest"),
        pytest.param(USER, ["shop.1"], id="of a setting"),
        pytest.param(("settings.OTHER", "__first__"), [], id="of an unknown setting"),
        pytest.param(("cart", "__first__"), [], id="own first"),
        pytest.param(("cart", "__latest__"), [], id="own latest"),
        pytest.param(("empty", "__first__"), [], id="first of none"),
        pytest.param(("shop", "9"), [], id="nowhere"),
        pytest.param(("auth", "0001_initial"), [], id="a third party's"),
        pytest.param(("twin", "1"), [], id="several apps'"),
        pytest.param(("twin", "2"), ["twins.2"], id="one of several apps'"),
        pytest.param(("twin", "__first__"), [], id="first of several apps"),
    ],
)
def test_what_a_pair_means_in_the_files_of_an_app(pair: Pair, meant: list[str]) -> None:
    cart = app("cart", on("1"), on("2", pair), directory="cart")
    others = (
        app("empty", directory="empty"),
        app(
            "shop",
            on("1"),
            on("2", ("shop", "1")),
            on("s", replaces=own("shop", ["0", "1"])),
            on("t", replaces=own("shop", ["s"])),
            directory="shop",
        ),
        app("twin", on("1"), directory="twin"),
        app("twin", on("1"), on("2"), directory="twins"),
    )
    for apps in ((cart, *others), (*others, cart)):
        graph = graph_of(*apps, user="shop.User")
        assert [".".join(key) for key in graph.meant(cart, pair)] == meant


class TestAppsWithOneLabel:
    """Several projects in one repository: nothing of one reaches another."""

    def test_the_own_label_means_the_own_app(self) -> None:
        one = app("shop", on("1"), on("2", ("shop", "1")), directory="one/shop")
        two = app("shop", on("1"), directory="two/shop")
        graph = graph_of(one, two)
        assert (graph.leaf_nodes(one), graph.leaf_nodes(two)) == (["2"], ["1"])

    def test_a_pair_means_the_own_apps_alone(self) -> None:
        one = app("shop", on("1"), directory="one/shop")
        two = app("shop", on("1"), on("2"), directory="two/shop")
        graph = graph_of(one, two)
        assert graph.carriers(two, "shop") == [two]
        assert graph.meant(two, ("shop", "1")) == [("two/shop", "1")]
        assert graph.meant(one, ("shop", "2")) == []

    def test_a_migration_of_the_other_app_does_not_stand_in(self) -> None:
        one = app("shop", on("2", ("shop", "1")), directory="one/shop")
        two = app("shop", on("1"), directory="two/shop")
        found = missing(graph_of(one, two))
        assert found == [("one/shop", "2", ("shop", "1"), "dependencies")]

    def test_a_squash_replaces_in_its_own_app_only(self) -> None:
        one = app(
            "shop", on("1"), on("s", replaces=own("shop", ["1"])), directory="one"
        )
        two = app("shop", on("1"), directory="two")
        graph = graph_of(one, two)
        assert (graph.leaf_nodes(one), graph.leaf_nodes(two)) == (["s"], ["1"])
        assert graph.replaced_by(two, "1") == []

    @pytest.mark.parametrize(
        ("names", "is_missing", "is_edge"),
        [
            pytest.param((["1"], ["1"]), False, False, id="both have it: no edge"),
            pytest.param((["1"], ["2"]), False, True, id="one has it: an edge"),
            pytest.param((["2"], ["2"]), True, False, id="none has it: missing"),
        ],
    )
    def test_a_dependency_on_their_label(
        self, names: tuple[list[str], list[str]], is_missing: bool, is_edge: bool
    ) -> None:
        """An edge shows by the cycle that it closes."""
        base = app("base", on("1", ("shop", "1")))
        twins = [
            app("shop", *(on(n, ("base", "1")) for n in found), directory=f"{at}/shop")
            for at, found in enumerate(names)
        ]
        graph = graph_of(base, *twins)
        assert bool(graph.missing) == is_missing
        assert bool(graph.cycles) == is_edge

    @pytest.mark.parametrize("end", ["__first__", "__latest__"])
    def test_an_end_means_the_one_that_has_migrations(self, end: str) -> None:
        base = app("base", on("1", ("shop", end)))
        full = app("shop", on("1", ("base", "1")), directory="full")
        empty = app("shop", directory="empty")
        twin = app("shop", on("1", ("base", "1")), directory="twin")
        assert graph_of(base, full, empty).cycles != []
        assert graph_of(base, full, twin).cycles == []

    def test_a_deleted_migration_is_explained_by_the_squash_of_any_of_them(
        self,
    ) -> None:
        base = app("base", on("1", ("shop", "1")))
        one = app("shop", on("s", replaces=own("shop", ["1"])), directory="one")
        two = app("shop", on("2"), directory="two")
        both = app("shop", on("s", replaces=own("shop", ["1"])), directory="both")
        assert missing(graph_of(base, one, two)) == []
        assert missing(graph_of(base, one, both)) == []
        assert missing(graph_of(base, two)) != []

    def test_a_squash_of_another_app_replaces_only_what_one_of_them_has(self) -> None:
        base = app("base", on("s", replaces=own("shop", ["1", "2"])))
        one = app("shop", on("1"), on("2"), directory="one")
        two = app("shop", on("1"), directory="two")
        graph = graph_of(base, one, two)
        assert (graph.leaf_nodes(one), graph.leaf_nodes(two)) == (["1"], ["1"])


def test_the_order_in_which_migrations_are_given_does_not_matter() -> None:
    """Of overlapping squashes the first by file name is carried out first."""
    given = [
        on("0001"),
        on("0002", ("shop", "0001")),
        on("0003-a", replaces=own("shop", ["0001"])),
        on("0003", replaces=own("shop", ["0001", "0002"])),
    ]
    for order in (given, given[::-1]):
        only = app("shop", *order)
        assert graph_of(only).leaf_nodes(only) == ["0003"]


@pytest.mark.parametrize("rising", [True, False], ids=["listed in order", "backwards"])
def test_a_chain_of_750_is_built_without_recursion(rising: bool) -> None:
    names = [f"{number:04}" for number in range(1, 751)]
    names = names if rising else names[::-1]
    links = [on(names[0])]
    links += [on(name, ("shop", before)) for before, name in itertools.pairwise(names)]
    only = app("shop", *links)
    graph = graph_of(only)
    assert graph.leaf_nodes(only) == names[-1:]
    assert len(ancestors_of(only, names[-1])) == 749
    assert graph.descends(only, names[-1], names[0])
    ring = app("shop", on(names[0], ("shop", names[-1])), *links[1:])
    (cycle,) = graph_of(ring).cycles
    assert len(cycle) == 750


def test_only_what_is_in_or_behind_a_cycle_is_left_to_search() -> None:
    parents = [[1], [2], [3], [], [5, 3], [4], [5]]
    assert unsettled(range(4), parents) == {}
    assert unsettled(range(7), parents) == {4: [5], 5: [4], 6: [5]}


def test_squashes_nested_750_deep_are_carried_out_without_recursion() -> None:
    names = [f"{number:04}" for number in range(750, 0, -1)]
    only = shop(
        *((n, "", inner) for n, inner in zip(names, ["", *names], strict=False))
    )
    assert graph_of(only).leaf_nodes(only) == ["0001"]


def test_fifty_stacked_diamonds_are_walked_once_per_node() -> None:
    """Two ways at each level: one visit for each way would never end."""
    rows = [("0", "", "")]
    for level in range(50):
        rows += [(f"{level}a", f"{level}", ""), (f"{level}b", f"{level}", "")]
        rows.append((f"{level + 1}", f"{level}a {level}b", ""))
    only = shop(*rows)
    graph = graph_of(only)
    assert graph.leaf_nodes(only) == ["50"]
    assert len(ancestors_of(only, "50")) == 150
    assert graph.descends(only, "50", "0")
    assert graph.cycles == []


def large_project() -> list[App]:
    return [
        app(
            f"app{at}",
            *(
                on(
                    f"{n:04}",
                    *own(f"app{at}", [f"{n - 1:04}"] if n else []),
                    *own(
                        f"app{at + 1}", [f"{n:04}"] if n % 12 == 0 and at < 199 else []
                    ),
                )
                for n in range(100)
            ),
        )
        for at in range(200)
    ]


def test_twenty_thousand_migrations_take_less_than_15_mib() -> None:
    apps = large_project()
    tracemalloc.start()
    graph = graph_of(*apps)
    leaves = [graph.leaf_nodes(one) for one in apps]
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert leaves == [["0099"]] * 200
    assert peak < 15 * 2**20


def test_the_graph_imports_nothing_but_its_own_room_and_rare_cases_later() -> None:
    script = """
import sys
before = set(sys.modules)
import oneleaf.project.graph
print(*sorted(set(sys.modules) - before))
"""
    root = oneleaf.__path__[0].rpartition("/")[0]
    found = subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            "-c",
            f"import sys; sys.path.append({root!r})\n{script}",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(found.stdout.split()) == {
        "oneleaf",
        "oneleaf.project",
        "oneleaf.project.graph",
    }
