"""A drawing is honest: following its rails with the eye gives the history's own edges."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from drawn_back import Drawing, read
from graph_projects import RandomProject, projects
from oneleaf.output.graph import histories, layout, text
from oneleaf.output.graph.rows import AppHistory, DrawnRow, edges
from oneleaf.project.graph import build_graph
from random_rows import long_rows, rows

WIDE = 4000


def history(found: list[DrawnRow]) -> AppHistory:
    return AppHistory("shop", "", len(found), 0, (), (), (), tuple(found))


def drawn(
    found: list[DrawnRow], *, unicode: bool = True, whole: bool = False
) -> Drawing:
    style = text.TextStyle(WIDE, colored=False, unicode=unicode)
    lines = text.render([history(found)], style).split("\n")[1:-1]
    return read(lines, unicode=unicode, whole=whole)


@given(rows())
def test_the_rails_lead_where_the_dependencies_do(found: list[DrawnRow]) -> None:
    ordered, left_out = layout.arranged(found)
    assert left_out == []
    assert set(edges(ordered)) == set(edges(found))
    drawing = drawn(ordered)
    assert drawing.edges == set(edges(found))
    assert drawing.rows == [row.key for row in ordered]


@given(rows())
def test_the_rails_of_ascii_lead_there_too(found: list[DrawnRow]) -> None:
    ordered, _ = layout.arranged(found)
    drawing = drawn(ordered, unicode=False)
    assert drawing.edges == set(edges(found))
    assert drawing.rows == [row.key for row in ordered]


@given(rows(circles=True))
def test_of_a_circle_everything_is_drawn_but_what_closes_it(
    found: list[DrawnRow],
) -> None:
    ordered, left_out = layout.arranged(found)
    drawing = drawn(ordered)
    assert sorted(drawing.rows) == sorted(row.key for row in found)
    assert drawing.edges == set(edges(found)) - set(left_out)
    assert set(left_out) <= set(edges(found))


@given(long_rows())
def test_the_rails_of_a_folded_history_lead_where_its_rows_do(
    found: list[DrawnRow],
) -> None:
    ordered = layout.folded(layout.arranged(found)[0])
    bare = [
        DrawnRow(row.key, row.parents, stretch=row.stretch, branches=row.branches)
        for row in ordered
    ]
    drawing = drawn(bare, whole=True)
    names = dict(zip([row.key for row in ordered], drawing.rows, strict=True))
    assert len(set(drawing.rows)) == len(ordered)
    assert drawing.edges == {(names[a], names[b]) for a, b in edges(ordered)}
    for row in ordered:
        assert row.key in names[row.key]


@given(projects())
def test_the_apps_of_a_project_are_drawn_as_its_graph_has_them(
    project: RandomProject,
) -> None:
    graph = build_graph(project.apps, project.settings)
    for app in project.apps:
        parents = graph.live_parents(app)
        inner = {parent for above in parents.values() for parent in above}
        assert sorted(parents.keys() - inner) == graph.leaf_nodes(app)
        roots = [name for name, above in parents.items() if not above]
        assert sorted(roots) == graph.root_nodes(app)
        made = histories.history(app, graph, {}, ())
        drawing = drawn(list(made.rows))
        assert sorted(drawing.rows) == sorted(parents)
        left_out = {
            (child, parent)
            for child, above in parents.items()
            for parent in above
            if (child, parent) not in drawing.edges
        }
        assert len(left_out) == len(made.notes)
        assert drawing.edges <= {(c, p) for c, above in parents.items() for p in above}


@given(rows(), st.randoms(use_true_random=False))
def test_one_history_has_one_drawing(found: list[DrawnRow], random: object) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert layout.arranged(shuffled) == layout.arranged(found)


@given(rows())
def test_no_lane_is_wider_than_the_rows_that_may_need_one(
    found: list[DrawnRow],
) -> None:
    ordered, _ = layout.arranged(found)
    ways = 1 + sum(max(0, len(row.parents) - 1) for row in ordered)
    inner = {parent for row in ordered for parent in row.parents}
    heads = sum(row.key not in inner for row in ordered)
    widest = max(len(line.rails) for line in layout.lines(ordered))
    assert widest <= 2 * (ways + heads)


def test_a_root_node_and_what_stands_below_it_do_not_look_tied() -> None:
    ordered, _ = layout.arranged([DrawnRow("0001_a"), DrawnRow("0001_b")])
    assert drawn(ordered).edges == set()
    assert len(layout.lines(ordered)) == 3


def test_the_published_line_goes_straight_down_and_the_local_one_beside_it() -> None:
    from random_rows import SIDES

    found = [
        DrawnRow("0001_initial", (), SIDES[1]),
        DrawnRow("0002_item", ("0001_initial",), SIDES[1]),
        DrawnRow("0002_tag", ("0001_initial",), SIDES[2]),
        DrawnRow("0003_tag", ("0002_tag",), SIDES[2]),
    ]
    ordered, _ = layout.arranged(found)
    drawing = layout.lines(ordered, layout.trunk(ordered))
    assert [line.rails for line in drawing] == ["  o", "  o", "o │", "├─╯", "o"]
    assert [row.key for row in ordered] == [
        "0003_tag",
        "0002_tag",
        "0002_item",
        "0001_initial",
    ]


def test_a_merge_of_several_parents_parts_in_one_line() -> None:
    found = [
        DrawnRow("a"),
        *(DrawnRow(name, ("a",)) for name in "bcd"),
        DrawnRow("e", ("b", "c", "d")),
    ]
    ordered, _ = layout.arranged(found)
    assert [line.rails for line in layout.lines(ordered)] == [
        "o",
        "├─┬─╮",
        "│ │ o",
        "│ o │",
        "│ ├─╯",
        "o │",
        "├─╯",
        "o",
    ]
