"""Random histories as rows, for the laws of the drawings."""

from __future__ import annotations

from hypothesis import strategies as st

from oneleaf.output.graph.rows import DrawnRow, Side

SIDES = (
    Side(),
    Side("published", "origin/main"),
    Side("local", "feature/a-long-name-of-a-branch"),
    Side("published", "origin/main", "ours"),
    Side("local", "feature", "theirs"),
    Side("", "0123456789", "theirs"),
)
FAULTS = ("leaf node", "duplicate number", "circular dependency")


@st.composite
def rows(
    draw: st.DrawFn, *, most: int = 14, circles: bool = False, named: bool = False
) -> list[DrawnRow]:
    """Rows in any order, of which each depends on some of those before it.

    circles: or of those behind it. named: with names such as people and attackers
    write, not only short ones.
    """
    count = draw(st.integers(1, most))
    names = [f"{number:04}_m" for number in range(count)]
    if named:
        text = st.text(st.characters(codec=None, exclude_characters=" "), max_size=60)
        names = [f"{name}{draw(text)}" for name in names]
    found = []
    for at, name in enumerate(names):
        choices = names if circles else names[:at]
        parents: list[str] = []
        is_root = draw(st.integers(0, 9)) == 9
        if choices and not is_root:
            recent = choices if circles else choices[-4:]
            parents = draw(
                st.lists(st.sampled_from(recent), unique=True, min_size=1, max_size=3)
            )
        found.append(
            DrawnRow(
                name,
                tuple(parents),
                draw(st.sampled_from(SIDES)),
                is_told=draw(st.booleans()),
                faults=tuple(draw(st.lists(st.sampled_from(FAULTS), max_size=2))),
                replaces=draw(st.sampled_from((0, 0, 0, 0, 1, 4))),
                needs=("people.0001_initial", "cart") if draw(st.booleans()) else (),
            )
        )
    return found


@st.composite
def long_rows(draw: st.DrawFn) -> list[DrawnRow]:
    """Histories of published lines, branches that met again, and a few marks."""
    found = [DrawnRow("0000_m", side=SIDES[1])]
    leaves = ["0000_m"]

    def add(*parents: str, **others: object) -> str:
        name = f"{len(found):04}_m"
        found.append(DrawnRow(name, parents, **{"side": SIDES[1], **others}))  # type: ignore[arg-type]
        return name

    for kind in draw(
        st.lists(
            st.sampled_from(["line", "line", "diamond", "mark", "fork"]), max_size=9
        )
    ):
        if kind == "line":
            for _ in range(draw(st.integers(1, 25))):
                leaves[0] = add(leaves[0])
        elif kind == "diamond":
            sides = []
            for _ in range(draw(st.integers(2, 3))):
                tip = add(leaves[0])
                for _ in range(draw(st.integers(0, 6))):
                    tip = add(tip)
                sides.append(tip)
            leaves[0] = add(*sides)
        elif kind == "mark":
            mark = draw(st.sampled_from(["faults", "replaces", "local"]))
            leaves[0] = add(
                leaves[0],
                faults=("unreadable migration",) if mark == "faults" else (),
                replaces=5 if mark == "replaces" else 0,
                side=SIDES[2] if mark == "local" else SIDES[1],
                is_told=mark == "local",
            )
        else:
            leaves.append(add(leaves[0], side=SIDES[2], is_told=True))
    return found
