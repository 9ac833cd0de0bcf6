"""The merge driver's judgement, case by case."""

import importlib.util
from collections.abc import Callable

import pytest

from in_memory import format_shared
from oneleaf.lockfiles.format import HEADER
from oneleaf.lockfiles.merge import (
    MarkerStyle,
    Merged,
    conflict_text,
    merge_app,
    merge_shared,
)

Merge = Callable[[bytes, bytes, bytes, MarkerStyle], Merged]

SIDES = MarkerStyle()
INNER = MarkerStyle(9)
DIFF3 = MarkerStyle(show_base=True)


def conflicts(
    merged: Merged,
) -> list[tuple[str, str | None, str | None, str | None]]:
    """The conflicts of a merge as plain tuples."""
    return [(c.label, c.base, c.ours, c.theirs) for c in merged.conflicts]


# An app's own lockfile


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "content"),
    [
        pytest.param(b"1\n", b"1\n", b"2\n", b"2\n", id="theirs changed"),
        pytest.param(b"1\n", b"2\n", b"1\n", b"2\n", id="ours changed"),
        pytest.param(b"1\n", b"2\n", b"2\n", b"2\n", id="both alike"),
        pytest.param(b"1\n", b"1\n", b"1\n", b"1\n", id="nobody changed"),
        pytest.param(b"", b"2\n", b"2\n", b"2\n", id="both added it alike"),
        pytest.param(b"1\n", b"2\r\n", b"2\n", b"2\n", id="46 CRLF against LF"),
        pytest.param(b"1\r\n", b"1\n", b"2\r\n", b"2\n", id="46 CRLF in the base"),
        pytest.param(b"1\n", b"2 \t\n", b"2\n", b"2\n", id="48 trailing blank"),
        pytest.param(b"1\n", b"2", b"2\n", b"2\n", id="48 no final newline"),
        pytest.param(b"1", b"1\n\n", b"2", b"2\n", id="48 no name changed by ours"),
        pytest.param(b"1\n", b"\xef\xbb\xbf2\n", b"2\n", b"2\n", id="byte order mark"),
        pytest.param(b"2\n", b"3\n", b"2\n", b"3\n", id="20 revert already undone"),
        pytest.param(b"\xff", b"2\n", b"2\n", b"2\n", id="both alike, base unreadable"),
    ],
)
def test_one_changed_name_is_taken(
    base: bytes, ours: bytes, theirs: bytes, content: bytes
) -> None:
    merged = merge_app(base, ours, theirs, SIDES)
    assert merged.clean
    assert merged.content == content


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "names"),
    [
        pytest.param(b"1\n", b"2_a\n", b"2_b\n", ("1", "2_a", "2_b"), id="1 both changed"),
        pytest.param(b"", b"1_a\n", b"1_b\n", (None, "1_a", "1_b"), id="7 both added it"),
        pytest.param(b"2\n", b"3\n", b"1\n", ("2", "3", "1"), id="19 revert of an older one"),
        pytest.param(b"\n", b"1\n", b"2\n", (None, "1", "2"), id="45 base empty"),
        pytest.param(b"1\0\n", b"1\n", b"2\n", (None, "1", "2"), id="45 NUL in the base"),
        pytest.param(b"1\n2\n", b"1\n", b"2\n", (None, "1", "2"), id="45 base of two lines"),
        pytest.param(b"1\n", b"2_a\r\n", b"2_b\n", ("1", "2_a", "2_b"), id="47 CRLF, two names"),
    ],
)  # fmt: skip
def test_two_changed_names_are_a_conflict_of_marker_lines_and_names_alone(
    base: bytes, ours: bytes, theirs: bytes, names: tuple[str | None, str, str]
) -> None:
    merged = merge_app(base, ours, theirs, SIDES)
    assert conflicts(merged) == [("", *names)]
    assert merged.content.decode() == (
        f"<<<<<<< ours\n{names[1]}\n=======\n{names[2]}\n>>>>>>> theirs\n"
    )


UNREADABLE = [
    pytest.param(b"", id="45 empty"),
    pytest.param(b"2\0\n", id="45 NUL"),
    pytest.param(b"2_\xe9t\xe9\n", id="45 latin-1"),
    pytest.param(b"2_a\n2_b\n", id="45 two lines"),
    pytest.param(b"two words", id="prose"),
]


@pytest.mark.parametrize("broken", UNREADABLE)
@pytest.mark.parametrize("base", [b"", b"1\n", b"2\n"])
def test_a_side_that_cannot_be_read_is_a_conflict_of_the_raw_texts(
    broken: bytes, base: bytes
) -> None:
    raw = broken if not broken or broken.endswith(b"\n") else broken + b"\n"
    by_us = merge_app(base, broken, b"2\n", SIDES)
    by_them = merge_app(base, b"2\n", broken, SIDES)
    assert not by_us.clean
    assert not by_them.clean
    assert by_us.content == b"<<<<<<< ours\n%b=======\n2\n>>>>>>> theirs\n" % raw
    assert by_them.content == b"<<<<<<< ours\n2\n=======\n%b>>>>>>> theirs\n" % raw
    name = base.decode().strip() or None
    assert conflicts(by_us) == [("", name, None, "2")]
    assert conflicts(by_them) == [("", name, "2", None)]


@pytest.mark.parametrize("broken", UNREADABLE)
def test_the_same_unreadable_text_on_both_sides_is_still_a_conflict(
    broken: bytes,
) -> None:
    assert not merge_app(broken, broken, broken, SIDES).clean
    assert not merge_shared(broken, broken, broken, SIDES).clean


def test_49_markers_have_the_length_that_git_asks_for() -> None:
    merged = merge_app(b"1\n", b"2_a\n", b"2_b\n", MarkerStyle(12, show_base=True))
    assert merged.content.decode().split("\n") == [
        "<<<<<<<<<<<< ours",
        "2_a",
        "|||||||||||| base",
        "1",
        "============",
        "2_b",
        ">>>>>>>>>>>> theirs",
        "",
    ]


@pytest.mark.parametrize("size", [2, 1, 0, -1])
def test_a_conflict_never_goes_without_markers_that_can_be_told_from_names(
    size: int,
) -> None:
    merged = merge_app(b"1\n", b"2_a\n", b"2_b\n", MarkerStyle(size))
    assert merged.content.startswith(b"<<<<<<< ours\n")


def test_50_the_base_stands_between_the_sides_where_the_style_shows_it() -> None:
    merged = merge_app(b"1\r\n", b"2_a\r\n", b"2_b\n", DIFF3)
    assert merged.content == (
        b"<<<<<<< ours\n2_a\n||||||| base\n1\n=======\n2_b\n>>>>>>> theirs\n"
    )


def test_50_an_unknown_base_is_an_empty_block() -> None:
    merged = merge_app(b"", b"1_a\n", b"1_b\n", DIFF3)
    assert merged.content == (
        b"<<<<<<< ours\n1_a\n||||||| base\n=======\n1_b\n>>>>>>> theirs\n"
    )


@pytest.mark.parametrize(
    "style", [SIDES, DIFF3, MarkerStyle(12)], ids=["merge", "diff3", "12"]
)
@pytest.mark.parametrize("base", [b"", b"0001_initial\r\n"], ids=["added", "changed"])
def test_50_the_names_stand_where_rebase_migration_looks_for_them(
    style: MarkerStyle, base: bytes
) -> None:
    """First line, second, last but one and last, as django-linear-migrations reads."""
    merged = merge_app(base, b"0002_a\r\n", b"0002_b", style)
    lines = merged.content.decode().splitlines()
    assert lines[0].startswith("<<<<<<<")
    assert (lines[1], lines[-2]) == ("0002_a", "0002_b")
    assert lines[-1].startswith(">>>>>>>")


if importlib.util.find_spec("django_linear_migrations"):

    @pytest.mark.parametrize(
        "style", [SIDES, DIFF3, MarkerStyle(12)], ids=["merge", "diff3", "12"]
    )
    @pytest.mark.parametrize("merging", [False, True], ids=["rebase", "merge"])
    def test_50_rebase_migration_itself_reads_the_conflict(
        style: MarkerStyle, merging: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from django_linear_migrations.management.commands import rebase_migration

        monkeypatch.setattr(rebase_migration, "is_merge_in_progress", lambda: merging)
        merged = merge_app(b"0001_initial\n", b"0002_a\n", b"0002_b\n", style)
        names = rebase_migration.find_migration_names(
            merged.content.decode().splitlines()
        )
        assert names == (("0002_b", "0002_a") if merging else ("0002_a", "0002_b"))


@pytest.mark.parametrize("merge", [merge_app, merge_shared])
@pytest.mark.parametrize(
    "preimage",
    [
        b"<<<<<<<\n0002_a\n=======\n0002_b\n>>>>>>>\n",
        b"<<<<<<< ours\r\n0002_a\r\n=======\r\n0002_b\r\n>>>>>>> theirs\r\n",
        b"<<<<<<<<<<<<\nshop: 0002_a\n",
        b"# c\n\n<<<<<<<\nshop: 0002_a\n=======\nshop: 0002_b\n>>>>>>>\n",
    ],
    ids=["bare", "labels and CRLF", "long", "shared"],
)
def test_51_a_recorded_resolution_is_never_replayed(
    merge: Merge, preimage: bytes
) -> None:
    """git-rerere asks with the recorded conflict as base and ours."""
    merged = merge(preimage, preimage, b"shop: 0003_merge\n", SIDES)
    assert not merged.clean
    assert merged.content == preimage


@pytest.mark.parametrize("merge", [merge_app, merge_shared])
@pytest.mark.parametrize("ours", [b"0002_a\n", b"shop: 0002_a\n"])
def test_committed_markers_on_their_side_are_put_into_a_conflict(
    merge: Merge, ours: bytes
) -> None:
    theirs = b"<<<<<<< x\n0002_a\n=======\n0002_b\n>>>>>>> y"
    merged = merge(b"0001_initial\n", ours, theirs, SIDES)
    assert not merged.clean
    assert merged.content == (
        b"<<<<<<< ours\n" + ours + b"=======\n" + theirs + b"\n>>>>>>> theirs\n"
    )


@pytest.mark.parametrize(
    "ours",
    [
        b"=======\n2_a\n",
        b">>>>>>> x\n2_a\n",
        b"||||||| x\n",
        b"\xef\xbb\xbf<<<<<<<\n",
    ],
)
def test_a_rest_of_markers_that_shows_no_conflict_gets_a_whole_one(ours: bytes) -> None:
    merged = merge_app(ours, ours, b"2_b\n", SIDES)
    assert not merged.clean
    assert merged.content == b"<<<<<<< ours\n%b=======\n2_b\n>>>>>>> theirs\n" % ours


def test_short_markers_that_git_was_asked_for_show_a_conflict() -> None:
    preimage = b"<<<\n2_a\n===\n2_b\n>>>\n"
    assert merge_app(preimage, preimage, b"3\n", MarkerStyle(3)).content == preimage


# A shared lockfile


def shared(**entries: str) -> bytes:
    """A shared lockfile with our comments."""
    return format_shared(entries)


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "content"),
    [
        pytest.param(
            shared(a="1", b="1"), shared(a="2", b="1"), shared(a="1", b="2"),
            shared(a="2", b="2"), id="3 neighbouring apps",
        ),
        pytest.param(
            shared(a="1"), shared(a="1", b="1"), shared(a="1", c="1"),
            shared(a="1", b="1", c="1"), id="6 two new apps in one gap",
        ),
        pytest.param(
            shared(a="1"), shared(a="1", b="1"), shared(a="1", b="1"),
            shared(a="1", b="1"), id="the same new app",
        ),
        pytest.param(
            shared(a="1", b="1"), shared(a="1"), shared(a="2", b="1"),
            shared(a="2"), id="deleted beside a change",
        ),
        pytest.param(
            shared(a="1", b="1"), shared(b="1"), shared(b="1"),
            shared(b="1"), id="both deleted it",
        ),
        pytest.param(
            shared(a="1"), shared(), shared(a="1"), shared(), id="the last app deleted",
        ),
        pytest.param(
            b"", shared(a="1", b="1"), shared(a="1", c="1"),
            shared(a="1", b="1", c="1"), id="both added the lockfile",
        ),
        pytest.param(
            b"a: 1\nb: 1\n", b"a: 2\nb: 1\n", b"a: 1\nb: 2\n",
            b"a: 2\n\nb: 2\n", id="3 adjacent entries",
        ),
        pytest.param(
            b"b: 1\n\na: 1\n", b"b: 1\n\na: 2\n", b"b: 2\n\na: 1\n",
            b"a: 2\n\nb: 2\n", id="unsorted entries",
        ),
        pytest.param(
            shared(a="1").replace(b"\n", b"\r\n"), shared(a="1"),
            b"\xef\xbb\xbf" + shared(a="2").replace(b"\n", b"\r\n"),
            shared(a="2"), id="46 CRLF and a mark",
        ),
        pytest.param(
            shared(a="1"), shared(a="2"), shared(a="2") + b"\n",
            shared(a="2"), id="48 further newline",
        ),
    ],
)  # fmt: skip
def test_different_apps_merge_clean_and_in_order(
    base: bytes, ours: bytes, theirs: bytes, content: bytes
) -> None:
    merged = merge_shared(base, ours, theirs, SIDES)
    assert merged.clean
    assert merged.content == content


def test_5_only_the_app_that_both_changed_is_in_conflict() -> None:
    merged = merge_shared(
        shared(a="1", b="1", c="1"),
        shared(a="2", b="2_a", c="1"),
        shared(a="1", b="2_b", c="2", d="1"),
        SIDES,
    )
    assert conflicts(merged) == [("b", "1", "2_a", "2_b")]
    assert merged.content.decode().split("\n\n")[1:] == [
        "a: 2",
        "<<<<<<< ours\nb: 2_a\n=======\nb: 2_b\n>>>>>>> theirs",
        "c: 2",
        "d: 1\n",
    ]


def test_each_app_in_conflict_has_its_own_block() -> None:
    merged = merge_shared(
        b"a: 1\n\nb: 1\n", b"a: 2\n\nb: 2\n", b"a: 3\n\nb: 3\n", DIFF3
    )
    assert conflicts(merged) == [("a", "1", "2", "3"), ("b", "1", "2", "3")]
    assert merged.content == (
        b"<<<<<<< ours\na: 2\n||||||| base\na: 1\n=======\na: 3\n>>>>>>> theirs\n"
        b"\n"
        b"<<<<<<< ours\nb: 2\n||||||| base\nb: 1\n=======\nb: 3\n>>>>>>> theirs\n"
    )


@pytest.mark.parametrize(
    ("ours", "theirs", "names", "block"),
    [
        ("2", None, ("1", "2", None), "b: 2\n=======\n"),
        (None, "2", ("1", None, "2"), "=======\nb: 2\n"),
    ],
    ids=["theirs deleted", "ours deleted"],
)
def test_a_change_against_a_deletion_is_a_conflict(
    ours: str | None,
    theirs: str | None,
    names: tuple[str | None, ...],
    block: str,
) -> None:
    merged = merge_shared(
        shared(a="1", b="1"),
        shared(a="1", **({"b": ours} if ours else {})),
        shared(a="1", **({"b": theirs} if theirs else {})),
        SIDES,
    )
    assert conflicts(merged) == [("b", *names)]
    assert merged.content.decode().endswith(
        f"\n\na: 1\n\n<<<<<<< ours\n{block}>>>>>>> theirs\n"
    )


@pytest.mark.parametrize("base", [b"", shared(b="1")])
def test_7_and_8_a_new_app_that_both_added_differently_is_a_conflict(
    base: bytes,
) -> None:
    """8: wherever the sides put it."""
    merged = merge_shared(base, b"a: 1_x\n\nb: 1\n", b"b: 1\n\na: 1_y\n", SIDES)
    assert conflicts(merged) == [("a", None, "1_x", "1_y")]


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(b"", id="45 empty"),
        pytest.param(b"a: 2\0\n", id="45 NUL"),
        pytest.param(b"# caf\xe9\n\na: 2\n", id="45 latin-1"),
        pytest.param(b"a: 2\n\na: 2\n", id="doubled"),
        pytest.param(b"a: 2\n\nb\n", id="no entry"),
        pytest.param(b"a: 2\n\n# comment below\n", id="comment below"),
        pytest.param(b"0002_a\n", id="the per-app form"),
    ],
)
def test_a_shared_side_that_cannot_be_read_is_a_conflict_of_the_whole_file(
    broken: bytes,
) -> None:
    good = b"a: 2\n"
    for base in (good, broken, b""):
        by_us = merge_shared(base, broken, good, SIDES)
        by_them = merge_shared(base, good, broken, SIDES)
        assert by_us.content == conflict_text(base, broken, good, SIDES)
        assert by_them.content == conflict_text(base, good, broken, SIDES)
        assert not by_us.clean
        assert not by_them.clean


@pytest.mark.parametrize(
    "base",
    [b"a: \xff\n", b"a: 1\n\na: 1\n", b"no entry\n", b"\0", b"=======\na: 1\n"],
    ids=["not UTF-8", "doubled", "prose", "NUL", "rest of markers"],
)
def test_a_base_that_cannot_be_read_decides_nothing(base: bytes) -> None:
    merged = merge_shared(base, shared(a="1", b="1"), shared(a="2", b="1"), SIDES)
    assert conflicts(merged) == [("a", None, "1", "2")]
    assert merged.content.endswith(b"\n\nb: 1\n")


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "expected"),
    [
        pytest.param("# o", "# o", "# b", "# b", id="theirs changed"),
        pytest.param("# o", "# a", "# o", "# a", id="ours changed"),
        pytest.param("# o", "# a", "# b", "# a", id="both changed"),
        pytest.param("# o", "# o", "", "", id="theirs deleted them"),
        pytest.param("", "", "# b", "# b", id="theirs added them"),
        pytest.param("# o", "# o\n\n# p", "# o", "# o\n\n# p", id="longer"),
    ],
)
def test_the_comments_on_top_are_ours_unless_only_theirs_changed(
    base: str, ours: str, theirs: str, expected: str
) -> None:
    def text(comments: str, name: str) -> bytes:
        return f"{comments}\n\na: {name}\n".lstrip().encode()

    merged = merge_shared(text(base, "1"), text(ours, "2"), text(theirs, "1"), SIDES)
    assert merged.clean
    assert merged.content == text(expected, "2")


def test_a_result_without_comments_and_entries_is_no_empty_file() -> None:
    merged = merge_shared(b"a: 1\n\nb: 1\n", b"b: 1\n", b"a: 1\n", SIDES)
    assert merged.clean
    assert merged.content == "\n".join([*HEADER, ""]).encode()


# Criss-cross: git merges the merge bases first, and the result is the base


def test_33_a_criss_cross_that_diverges_again_is_a_conflict() -> None:
    inner = merge_app(b"1\n", b"2_a\n", b"2_b\n", INNER)
    assert inner.content.startswith(b"<<<<<<<<< ours\n")
    outer = merge_app(inner.content, b"4_x\n", b"4_y\n", DIFF3)
    assert conflicts(outer) == [("", None, "4_x", "4_y")]
    assert outer.content == (
        b"<<<<<<< ours\n4_x\n||||||| base\n=======\n4_y\n>>>>>>> theirs\n"
    )


def test_34_a_criss_cross_of_different_apps_is_clean() -> None:
    base = shared(a="1", b="1")
    inner = merge_shared(base, shared(a="2", b="1"), shared(a="1", b="2"), INNER)
    assert inner.clean
    outer = merge_shared(
        inner.content, shared(a="3", b="2"), shared(a="2", b="3"), SIDES
    )
    assert outer.clean
    assert outer.content == shared(a="3", b="3")


def test_34_apps_outside_of_the_inner_conflict_keep_their_base() -> None:
    base = shared(a="1", b="1", c="1")
    inner = merge_shared(
        base, shared(a="2", b="2_x", c="1"), shared(a="1", b="2_y", c="2"), INNER
    )
    assert [label for label, *_ in conflicts(inner)] == ["b"]
    outer = merge_shared(
        inner.content, shared(a="3", b="3", c="2"), shared(a="2", b="3", c="3"), SIDES
    )
    assert outer.clean
    assert outer.content == shared(a="3", b="3", c="3")


def test_35_both_resolved_equally_and_one_went_on_is_a_conflict() -> None:
    """A false alarm, on purpose: without a base nothing tells which one is later."""
    inner = merge_app(b"1\n", b"2_a\n", b"2_b\n", INNER)
    assert not merge_app(inner.content, b"4_x\n", b"3_merge\n", SIDES).clean
    assert merge_app(inner.content, b"3_merge\n", b"3_merge\n", SIDES).clean


@pytest.mark.parametrize("kept", ["2_a", "2_b"])
def test_36_a_side_that_kept_one_of_the_inner_names_is_a_conflict(kept: str) -> None:
    inner = merge_app(b"1\n", b"2_a\n", b"2_b\n", INNER)
    outer = merge_app(inner.content, f"{kept}\n".encode(), b"3\n", SIDES)
    assert conflicts(outer) == [("", None, kept, "3")]

    apps = merge_shared(shared(s="1"), shared(s="2_a"), shared(s="2_b"), INNER)
    both = merge_shared(apps.content, shared(s=kept), shared(s="3"), SIDES)
    assert conflicts(both) == [("s", None, kept, "3")]


@pytest.mark.parametrize(
    "base",
    [
        pytest.param(b"<<<<<<<<< 1\na: 1\n=========\na: 2\n>>>>>>>>> 2\n", id="block alone"),
        pytest.param(
            b"\xef\xbb\xbf<<<<<<<<< 1\r\na: 1\r\n=========\r\na: 2\r\n>>>>>>>>> 2\r\n",
            id="mark and CRLF",
        ),
        pytest.param(
            b"<<<<<<<<< 1\n<<<<<<<<<<< 1\na: 1\n===========\na: 2\n>>>>>>>>>>> 2\n"
            b"=========\na: 3\n>>>>>>>>> 2\n",
            id="block in a block",
        ),
        pytest.param(
            b"<<<<<<<<< 1\n# c\n\na: 1\n||||||||| 0\n=========\n>>>>>>>>> 2\n",
            id="comments and base in the block",
        ),
        pytest.param(
            b"<<<<<<<<< 1\na: 1\n=========\na: 2\n>>>>>>>>> 2\n\na: 1\n",
            id="inside and outside",
        ),
    ],
)  # fmt: skip
def test_apps_in_the_bases_marker_blocks_have_an_unknown_base(base: bytes) -> None:
    """An app that the blocks do not name is known not to be in the base."""
    merged = merge_shared(base, b"a: 1\n", b"a: 2\n\nb: 1\n", SIDES)
    assert conflicts(merged) == [("a", None, "1", "2")]
    assert merged.content.endswith(b"\n\nb: 1\n")

    deleted = merge_shared(base, b"a: 1\n", b"b: 1\n", SIDES)
    assert conflicts(deleted) == [("a", None, "1", None)]


@pytest.mark.parametrize(
    "base",
    [
        pytest.param(b"c: 1\n\n<<<<<<<<< 1\na: 1\n", id="never closed"),
        pytest.param(b"c: 1\n\na: 1\n>>>>>>>>> 2\n", id="never opened"),
        pytest.param(b">>>>>>>>> 2\n<<<<<<<<< 1\nc: 1\n", id="closed before opened"),
        pytest.param(b"<<<<<<<<< 1\nprose\n>>>>>>>>> 2\n\nc: 1\n", id="prose inside"),
        pytest.param(b"<<<<<<<<< 1\na: \xff\n>>>>>>>>> 2\n\nc: 1\n", id="not UTF-8"),
    ],
)
def test_blocks_that_cannot_be_read_leave_every_app_without_a_base(
    base: bytes,
) -> None:
    merged = merge_shared(base, b"c: 1\n", b"c: 2\n", SIDES)
    assert conflicts(merged) == [("c", None, "1", "2")]


# The last resort


def test_the_last_resort_is_both_files_whole_in_one_block() -> None:
    assert conflict_text(b"o", b"a\0", b"", SIDES) == (
        b"<<<<<<< ours\na\0\n=======\n>>>>>>> theirs\n"
    )
    assert conflict_text(b"o", b"a\n", b"b", DIFF3) == (
        b"<<<<<<< ours\na\n||||||| base\no\n=======\nb\n>>>>>>> theirs\n"
    )
