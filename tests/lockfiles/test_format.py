"""What a lockfile may hold, and what is refused, with the line."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from in_memory import format_shared
from oneleaf.lockfiles.format import (
    HEADER,
    Malformed,
    format_app,
    marker_line,
    parse_shared,
    read_app,
    read_shared,
    update_shared,
)

NAMES = st.text("0129_-.:azßñ", min_size=1, max_size=20)
LABELS = st.text("_azAZßñ", min_size=1, max_size=12)
ENTRIES = st.dictionaries(LABELS, NAMES, max_size=6)

OURS = "\n".join(HEADER).encode()


def test_a_lockfile_is_the_name_and_a_newline() -> None:
    assert format_app("0002_add_color") == b"0002_add_color\n"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"0002_add_color\n", id="as written"),
        pytest.param(b"0002_add_color", id="no final newline"),
        pytest.param(b"0002_add_color\n\n\n", id="further final newlines"),
        pytest.param(b"0002_add_color\r\n", id="CRLF"),
        pytest.param(b"0002_add_color\r", id="CR alone at the end"),
        pytest.param(b"\xef\xbb\xbf0002_add_color\n", id="byte order mark"),
        pytest.param(b"0002_add_color \t \n", id="blanks behind"),
        pytest.param(b"\xef\xbb\xbf0002_add_color \r\n \r\n", id="all of them"),
        pytest.param(b"\n  0002_add_color\n", id="blanks in front"),
    ],
)
def test_what_editors_and_systems_add_does_not_matter(data: bytes) -> None:
    assert read_app(data) == "0002_add_color"


@pytest.mark.parametrize(
    "name",
    [
        "0001_initial",
        "0002_straße",
        "0002-with-dash",
        "initial",
        "0003_añadir",
        "0004_a.b",
    ],
)
def test_an_unusual_name_is_a_name(name: str) -> None:
    assert read_app(format_app(name)) == name


@pytest.mark.parametrize(
    ("data", "line", "reason"),
    [
        pytest.param(b"", 1, "the file is empty", id="empty"),
        pytest.param(b" \r\n\n", 1, "the file is empty", id="blanks alone"),
        pytest.param(b"\xef\xbb\xbf", 1, "the file is empty", id="mark alone"),
        pytest.param(b"0002_a\n0002_b\n", 2, "more than one line", id="two lines"),
        pytest.param(b"0002_a\n\n0002_b", 3, "more than one line", id="two, a blank one between"),
        pytest.param(b"0002_\xe9t\xe9\n", 1, "not UTF-8 text", id="latin-1"),
        pytest.param("0002_a\n".encode("utf-16"), 1, "not UTF-8 text", id="UTF-16 with mark"),
        pytest.param("0002_a\n".encode("utf-16-le"), 1, "control character in the line", id="UTF-16"),
        pytest.param(b"0002_a\0\n", 1, "control character in the line", id="NUL"),
        pytest.param(b"0002_\x1b[31ma\n", 1, "control character in the line", id="escape sequence"),
        pytest.param(b"0002_a\r0002_b\n", 1, "control character in the line", id="CR between names"),
        pytest.param("0002_a\x85\n".encode(), 1, "control character in the line", id="C1 control"),
        pytest.param(b"0002_a 0002_b\n", 1, "not a migration name", id="two names"),
        pytest.param(b"0002_a\t0002_b\n", 1, "not a migration name", id="tab between"),
        pytest.param(b"shop: 0002_a\n", 1, "not a migration name", id="entry of the shared form"),
        pytest.param(b"#comment\n", 1, "not a migration name", id="comment"),
        pytest.param(b"shop/0002_a\n", 1, "not a migration name", id="path"),
        pytest.param(b"shop\\0002_a\n", 1, "not a migration name", id="Windows path"),
        pytest.param("0002_\u2028a\n".encode(), 1, "not a migration name", id="line separator"),
        pytest.param(b"\xef\xbb\xbf\xef\xbb\xbf0002_a\n", 1, "not a migration name", id="two marks"),
    ],
)  # fmt: skip
def test_what_is_no_single_name_is_malformed(
    data: bytes, line: int, reason: str
) -> None:
    with pytest.raises(Malformed) as caught:
        read_app(data)
    assert (caught.value.line, caught.value.reason) == (line, reason)


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"<<<<<<< HEAD\n0002_a\n=======\n0002_b\n>>>>>>> feature\n", 1),
        (b"0002_a\n>>>>>>> feature\n", 2),
        (b"0002_a\r\n=======\r\n", 2),
        (b"0002_a\n||||||| base\n", 2),
        (b"\xef\xbb\xbf<<<<<<<\n", 1),
        (b"<<<<<<<<<<<< twelve\n", 1),
        (b"0002_\xe9\n<<<<<<< not UTF-8 either\n", 2),
    ],
    ids=["all", "end", "middle", "base", "behind mark", "long", "latin-1"],
)
def test_conflict_markers_are_told_from_other_damage(data: bytes, line: int) -> None:
    assert marker_line(data) == line
    for read in (read_app, read_shared):
        with pytest.raises(Malformed, match="conflict marker") as caught:
            read(data)
        assert caught.value.line == line
        assert caught.value.reason.startswith("conflict marker")


@pytest.mark.parametrize("data", [b"", b"0002_a\n", b"# ====\n\nshop: 0002_a\n"])
def test_text_without_markers_has_no_marker_line(data: bytes) -> None:
    assert marker_line(data) == 0


@pytest.mark.parametrize(
    "name",
    ["", "0002 a", "0002\n", "../0002", "#0002", "<<<<<<<", "0002\udcff", "\ufeff0002"],
)
def test_a_name_that_could_not_be_read_back_is_not_written(name: str) -> None:
    with pytest.raises(Malformed):
        format_app(name)
    with pytest.raises(Malformed):
        format_shared({"shop": name})


@given(NAMES)
def test_every_name_that_is_written_is_read_back(name: str) -> None:
    assert read_app(format_app(name)) == name


def test_the_message_of_an_error_names_the_line() -> None:
    with pytest.raises(Malformed, match=r"^line 2: more than one line$"):
        read_app(b"0002_a\n0002_b\n")


def test_a_shared_lockfile_is_sorted_with_one_blank_line_between_entries() -> None:
    assert format_shared({"shop": "0002_a", "people": "0001_initial"}) == (
        OURS + b"\n\npeople: 0001_initial\n\nshop: 0002_a\n"
    )


def test_the_comments_on_top_say_what_to_do() -> None:
    assert 2 <= len(HEADER) <= 4
    assert all(line.startswith("# ") for line in HEADER)
    assert "oneleaf rebase" in HEADER[-1]


def test_a_project_without_apps_has_a_lockfile_of_comments() -> None:
    assert format_shared({}) == OURS + b"\n"
    assert read_shared(OURS + b"\n") == {}


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"# c\n\na: 0001\n\nb: 0002\n", id="as written"),
        pytest.param(b"a: 0001\n\nb: 0002\n", id="no comments"),
        pytest.param(b"# c\na: 0001\n\nb: 0002\n", id="comment close above"),
        pytest.param(b"# c\n\n# d\n\n\na: 0001\n\nb: 0002\n", id="blank lines between comments"),
        pytest.param(b"# a\tb\n\na: 0001\n\nb: 0002\n", id="tab in a comment"),
        pytest.param(b"\xef\xbb\xbf# c\r\n\r\na: 0001\r\n\r\nb: 0002\r\n", id="mark and CRLF"),
        pytest.param(b"a: 0001  \n \t\nb: 0002", id="blanks at line ends, no final newline"),
        pytest.param(b"\n\na: 0001\n\nb: 0002\n\n\n", id="blank lines around"),
    ],
)  # fmt: skip
def test_the_entries_are_read_under_any_comments(data: bytes) -> None:
    assert read_shared(data) == {"a": "0001", "b": "0002"}


@pytest.mark.parametrize(
    ("data", "line", "reason"),
    [
        pytest.param(b"", 1, "the file is empty", id="empty"),
        pytest.param(b"\n \n", 1, "the file is empty", id="blank lines alone"),
        pytest.param(b"b: 1\n\na: 1\n", 3, "a is not sorted: it belongs above b", id="unsorted"),
        pytest.param(b"a: 1\n\nb: 1\n\na: 2\n", 5, "a is here twice, first in line 1", id="doubled"),
        pytest.param(b"a: 1\n\na: 1\n", 3, "a is here twice, first in line 1", id="doubled, one name"),
        pytest.param(b"# c\n\na: 1\nb: 1\n", 4, "no blank line between a and b", id="adjacent"),
        pytest.param(b"a: 1\n\n\nb: 1\n", 4, "more than one blank line between a and b", id="two blank lines"),
        pytest.param(b"a: 1\n\n# c\n\nb: 1\n", 3, "comment below the first entry", id="comment between"),
        pytest.param(b"a: 1\n# c\n", 2, "comment below the first entry", id="comment at the end"),
        pytest.param(b"a: 1 # c\n", 1, "not an entry of the form `label: name`", id="comment behind a name"),
        pytest.param(b"a:1\n", 1, "not an entry of the form `label: name`", id="no blank after the colon"),
        pytest.param(b"a:  1\n", 1, "not an entry of the form `label: name`", id="two blanks"),
        pytest.param(b" a: 1\n", 1, "not an entry of the form `label: name`", id="indented"),
        pytest.param(b"a:\n", 1, "not an entry of the form `label: name`", id="no name"),
        pytest.param(b"my-app: 1\n", 1, "not an entry of the form `label: name`", id="no label"),
        pytest.param(b"apps.shop: 1\n", 1, "not an entry of the form `label: name`", id="dotted path"),
        pytest.param(b"0002_a\n", 1, "not an entry of the form `label: name`", id="per-app form"),
        pytest.param(b"a: 1\n\nb: \xff\n", 3, "not UTF-8 text", id="not UTF-8"),
        pytest.param(b"# \0\n\na: 1\n", 1, "control character in the line", id="NUL in a comment"),
        pytest.param(b"a: 1\rb: 1\n", 1, "control character in the line", id="CR alone"),
    ],
)  # fmt: skip
def test_every_other_layout_is_malformed(data: bytes, line: int, reason: str) -> None:
    with pytest.raises(Malformed) as caught:
        read_shared(data)
    assert (caught.value.line, caught.value.reason) == (line, reason)


@pytest.mark.parametrize(
    "data",
    [b"b: 2\n\na: 1\n", b"a: 1\nb: 2\n", b"a: 1\n\n\n\nb: 2\n"],
    ids=["unsorted", "adjacent", "blank lines"],
)
def test_the_merge_reads_entries_in_any_layout(data: bytes) -> None:
    assert parse_shared(data).entries == {"a": "1", "b": "2"}


@given(ENTRIES)
def test_all_entries_that_are_written_are_read_back(entries: dict[str, str]) -> None:
    data = format_shared(entries)
    assert read_shared(data) == entries
    assert list(read_shared(data)) == sorted(entries)


@pytest.mark.parametrize("label", ["", "my-app", "a b", "a:", "#a"])
def test_a_label_that_could_not_be_read_back_is_not_written(label: str) -> None:
    with pytest.raises(Malformed):
        format_shared({label: "0001_initial"})


def test_a_name_that_cannot_be_written_is_refused_with_the_line_it_would_get() -> None:
    with pytest.raises(Malformed) as caught:
        update_shared(b"# one\n\na: 1\n", {"a": "1", "b": "two words"})
    assert caught.value.line == 5
    assert "'two words'" in caught.value.reason


def test_an_update_keeps_the_comments_of_the_user() -> None:
    old = b"\xef\xbb\xbf# ask Ada\r\n\r\n# about this\r\nb: 1\r\n"
    assert update_shared(old, {"b": "2", "a": "1"}) == (
        b"# ask Ada\n\n# about this\n\na: 1\n\nb: 2\n"
    )


@pytest.mark.parametrize("old", [None, b"", b"a: 1\n", b"\n\n"])
def test_an_update_of_a_file_without_comments_adds_ours(old: bytes | None) -> None:
    assert update_shared(old, {"a": "2"}) == OURS + b"\n\na: 2\n"


@pytest.mark.parametrize(
    "old",
    [
        b"# mine\n\n<<<<<<< ours\na: 1\n=======\na: 2\n>>>>>>> theirs\n",
        b"# mine\n\na: 1\na: 2\n",
        b"# mine\n\nnot an entry\n",
        b"# mine\n\na: \xff\n",
    ],
    ids=["conflict", "doubled", "garbage", "not UTF-8"],
)
def test_an_update_repairs_a_malformed_file_and_keeps_its_comments(old: bytes) -> None:
    new = update_shared(old, {"a": "3"})
    assert new == b"# mine\n\na: 3\n"
    assert read_shared(new) == {"a": "3"}


def test_an_update_loses_no_comment_and_moves_all_on_top() -> None:
    old = (
        b"<<<<<<< ours\n# one\n# two\n=======\n# one\n# three\n>>>>>>> theirs\n"
        b"\na: 1\n\n# below\n"
    )
    assert update_shared(old, {"a": "2"}) == (
        b"# one\n# two\n# three\n# below\n\na: 2\n"
    )
    assert update_shared(b"# top\n\na: 1\n\n# below\n", {"a": "1"}) == (
        b"# top\n\n# below\n\na: 1\n"
    )


@pytest.mark.parametrize("comment", [b"# caf\xe9", b"# \x1b[31m red", b"# \0"])
def test_comments_that_cannot_be_read_are_kept_as_escapes(comment: bytes) -> None:
    new = update_shared(comment + b"\n\na: 1\n", {"a": "2"})
    assert read_shared(new) == {"a": "2"}
    assert new.startswith(b"# ")
    assert b"\\x" in new


@given(ENTRIES, ENTRIES)
def test_an_update_forgets_the_entries_that_were_there(
    old: dict[str, str], new: dict[str, str]
) -> None:
    assert update_shared(format_shared(old), new) == format_shared(new)


@given(st.binary(max_size=60), ENTRIES)
def test_an_update_of_any_bytes_is_a_lockfile(
    old: bytes, entries: dict[str, str]
) -> None:
    assert read_shared(update_shared(old, entries)) == entries


@pytest.mark.parametrize("read", [read_app, read_shared])
def test_a_huge_file_is_refused_without_being_read(
    read: Callable[[bytes], object],
) -> None:
    with pytest.raises(Malformed) as refused:
        read(b"\n" * (1 << 20) + b"0001_initial\n")
    assert refused.value.reason == "larger than any lockfile"
