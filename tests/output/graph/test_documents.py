"""Drawings for documents: the diagram has the history's rows and edges, safely named."""

from __future__ import annotations

import re

from hypothesis import given

from oneleaf.output.graph import documents, layout
from oneleaf.output.graph import rows as graph_rows
from oneleaf.output.graph.rows import AppHistory, DrawnRow, edges
from oneleaf.output.terminal import escape
from random_rows import SIDES, long_rows, rows

# Of Mermaid's flowcharts what is needed here, and nothing else: a line is one of these.
_ID = r"a\d+(?:n\d+)?"
_TEXT = r'"(?:[^"\n`;#]|#\d+;)*"'
_MERMAID = {
    "start": re.compile(r"flowchart BT"),
    "frame": re.compile(rf"  subgraph ({_ID})\[({_TEXT})\]"),
    "direction": re.compile(r"    direction BT"),
    "node": re.compile(
        rf"    ({_ID})(?:\[({_TEXT})\]|\[\[({_TEXT})\]\]|\(\[({_TEXT})\]\)):::(\w+)"
    ),
    "edge": re.compile(rf"    ({_ID}) --> ({_ID})"),
    "end": re.compile(r"  end"),
    "class": re.compile(r"  classDef (\w+) fill:#\w{6},stroke:#\w{6},color:#\w{6}"),
}
_QUOTED = r'"((?:[^"\\\n]|\\.)*)"'
_DOT = {
    "head": re.compile(r"digraph history \{|  rankdir=BT;|  (?:fontname|node).*;|\}"),
    "frame": re.compile(rf"  subgraph cluster_({_ID}) \{{"),
    "label": re.compile(rf"    label={_QUOTED}; labelloc=b;"),
    "node": re.compile(
        rf"    ({_ID}) \[label={_QUOTED}, fillcolor=\"#\w{{6}}\", color=\"#\w{{6}}\"(.*)\];"
    ),
    "edge": re.compile(rf"    ({_ID}) -> ({_ID});"),
    "end": re.compile(r"  \}"),
}


def history(found: list[DrawnRow]) -> AppHistory:
    ordered, _ = layout.arranged(found)
    return AppHistory(
        "shop", "", len(found), 0, (), ("2 leaf nodes",), (), tuple(ordered)
    )


def parsed(
    text: str, grammar: dict[str, re.Pattern[str]]
) -> dict[str, list[tuple[str, ...]]]:
    """Kind of line -> what it says, of all lines; fails on any other line."""
    found: dict[str, list[tuple[str, ...]]] = {kind: [] for kind in grammar}
    assert text.endswith("\n")
    for line in text[:-1].split("\n"):
        kinds = [(kind, rule.fullmatch(line)) for kind, rule in grammar.items()]
        matches = [(kind, match) for kind, match in kinds if match]
        assert len(matches) == 1, f"no such line: {line!r}"
        [(kind, match)] = matches
        found[kind].append(
            tuple(group for group in match.groups() if group is not None)
        )
    return found


def unescaped(text: str) -> list[str]:
    lines = text.strip('"').split("<br/>")
    return [re.sub(r"#(\d+);", lambda m: chr(int(m[1])), line) for line in lines]


def unquoted(text: str) -> list[str]:
    lines = re.split(r"(?<!\\)((?:\\\\)*)\\n", text)
    joined = [a + b for a, b in zip(lines[0::2], [*lines[1::2], ""], strict=True)]
    return [re.sub(r"\\(.)", r"\1", line).replace("&amp;", "&") for line in joined]


@given(rows(named=True))
def test_mermaid_says_the_rows_and_the_edges(found: list[DrawnRow]) -> None:
    told = history(found)
    said = parsed(documents.mermaid([told]), _MERMAID)
    names = {identifier: unescaped(label) for identifier, label, _ in said["node"]}
    assert sorted(names.values()) == sorted(
        [escape(line) for line in graph_rows.label(row)] for row in told.rows
    )
    assert len(said["edge"]) == len(edges(told.rows))
    first = {identifier: lines[0] for identifier, lines in names.items()}
    ways = {(escape(child), escape(parent)) for child, parent in edges(told.rows)}
    assert {(first[child], first[parent]) for parent, child in said["edge"]} == ways
    classes = {name for (name,) in said["class"]}
    assert {kind for _, _, kind in said["node"]} <= classes


@given(rows(named=True))
def test_dot_says_the_rows_and_the_edges(found: list[DrawnRow]) -> None:
    told = history(found)
    said = parsed(documents.dot([told]), _DOT)
    names = {identifier: unquoted(label) for identifier, label, _ in said["node"]}
    assert sorted(names.values()) == sorted(
        [escape(line) for line in graph_rows.label(row)] for row in told.rows
    )
    first = {identifier: lines[0] for identifier, lines in names.items()}
    ways = {(escape(child), escape(parent)) for child, parent in edges(told.rows)}
    assert {(first[child], first[parent]) for parent, child in said["edge"]} == ways


@given(long_rows())
def test_folded_histories_are_documents_too(found: list[DrawnRow]) -> None:
    told = layout.shortened(history(found))
    for text, grammar in (
        (documents.mermaid([told, told]), _MERMAID),
        (documents.dot([told, told]), _DOT),
    ):
        said = parsed(text, grammar)
        assert len(said["node"]) == 2 * len(told.rows)
        assert len({said["node"][at][0] for at in range(len(said["node"]))}) == len(
            said["node"]
        )


def test_a_mermaid_diagram_in_full() -> None:
    found = [
        DrawnRow("0001_squashed_0002_x", (), SIDES[1], is_told=True, replaces=2),
        DrawnRow("0003_tag", ("0001_squashed_0002_x",), SIDES[2], True, ("leaf node",)),
    ]
    assert documents.mermaid([history(found)]).split("\n")[:8] == [
        "flowchart BT",
        '  subgraph a0["shop, 2 leaf nodes"]',
        "    direction BT",
        '    a0n0[["0001_squashed_0002_x<br/>replaces 2<br/>published (origin/main)"]]:::published',
        '    a0n1["0003_tag<br/>local (feature/a-long-name-of-a-branch)<br/>leaf node"]:::conflict',
        "    a0n0 --> a0n1",
        "  end",
        "  classDef published fill:#e8eef7,stroke:#5b7aa6,color:#1f2328",
    ]


def test_what_could_end_a_label_or_mean_markup_is_escaped() -> None:
    name = '0001_"];click a0 "<b>`_x_ &quot; #35; \\" \\n'
    text = documents.mermaid([history([DrawnRow(name)])])
    [(_, label, _)] = parsed(text, _MERMAID)["node"]
    assert unescaped(label) == [name]
    assert not set("<>&`") & set(label)
    text = documents.dot([history([DrawnRow(name)])])
    [(_, label, _)] = parsed(text, _DOT)["node"]
    assert unquoted(label) == [name]


def test_a_list_of_apps_is_a_node_for_each() -> None:
    told = history([DrawnRow("0001_initial")])
    assert (
        '  a0["shop, 2 leaf nodes<br/>1 migration"]:::other'
        in documents.mermaid_list([told])
    )
    assert 'a0 [label="shop, 2 leaf nodes\\n1 migration"' in documents.dot_list([told])
