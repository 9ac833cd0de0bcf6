"""What holds for every merge of lockfiles, whatever is in them.

And what the text alone promises: the same histories through git's own text merge,
as hosting sites and clones without the driver make it.
"""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from in_memory import format_shared
from oneleaf.lockfiles.format import Malformed, format_app, read_app, read_shared
from oneleaf.lockfiles.merge import MarkerStyle, Merged, merge_app, merge_shared

Entries = dict[str, str]
# One app in a history of two sides: its leaf in the base, with us, with them.
Leaves = tuple[str | None, str | None, str | None]
History = dict[str, Leaves]
TextMerge = Callable[[History], tuple[bool, bytes]]
Merge = Callable[[bytes, bytes, bytes, MarkerStyle], Merged]

STYLE = MarkerStyle()
STYLES = st.builds(MarkerStyle, st.integers(1, 15), show_base=st.booleans())

NAMES = st.sampled_from(["0001_initial", "0002_a", "0002_b", "0003_straße"])
LABELS = st.sampled_from(["app", "app_b", "bücher", "c", "shop", "shop2", "z"])
LEAVES = st.tuples(*[st.none() | NAMES] * 3)
HISTORIES = st.dictionaries(LABELS, LEAVES)
# Every app is in all three, at most with another name.
BUMPS = st.dictionaries(LABELS, st.tuples(NAMES, NAMES, NAMES), min_size=1)
# Apps are bumped and added, and none is deleted.
GROWTH = st.dictionaries(
    LABELS,
    st.tuples(NAMES, NAMES, NAMES)
    | st.tuples(st.none(), st.none() | NAMES, st.none() | NAMES),
)

NO_NAME = st.sampled_from(
    [
        b"",
        b" \r\n",
        b"0002_a\0\n",
        b"0002_\xe9\n",
        b"0002_a\n0002_b\n",
        b"two words\n",
        b"<<<<<<< ours\n0002_a\n=======\n0002_b\n>>>>>>> theirs\n",
        b"<<<<<<<<<\n0002_a\n",
        b"=======\n0002_a\n",
    ]
)
NO_ENTRIES = st.sampled_from(
    [
        b"shop: 0002_a\0\n",
        b"shop: 0002_\xe9\n",
        b"shop: 0002_a\n\nshop: 0002_a\n",
        b"0002_a\n",
        b"shop: 0002_a\n\n# below\n",
        b"shop: 0002_a\n=======\nshop: 0002_b\n",
    ]
)


def versions(history: History) -> tuple[Entries, Entries, Entries]:
    """The entries of base, ours and theirs."""
    base, ours, theirs = (
        {label: name for label, leaves in history.items() if (name := leaves[side])}
        for side in range(3)
    )
    return base, ours, theirs


def merge_versions(
    entries: tuple[Entries, Entries, Entries], style: MarkerStyle
) -> Merged:
    """The merge of shared lockfiles, as oneleaf writes them."""
    base, ours, theirs = map(format_shared, entries)
    return merge_shared(base, ours, theirs, style)


def merge_leaves(leaves: Leaves, style: MarkerStyle) -> Merged:
    """The merge of an app's own lockfiles; an empty file where there is no leaf."""
    base, ours, theirs = (format_app(name) if name else b"" for name in leaves)
    return merge_app(base, ours, theirs, style)


def collide(leaves: Leaves) -> bool:
    """Whether both sides changed the app's leaf, and not to the same."""
    base, ours, theirs = leaves
    return ours != base and theirs != base and ours != theirs


def names(merged: Merged) -> list[Leaves]:
    return [(c.base, c.ours, c.theirs) for c in merged.conflicts]


# An app's own lockfile


@given(NAMES, NAMES, STYLES)
def test_one_changed_side_wins_in_a_lockfile(
    base: str, new: str, style: MarkerStyle
) -> None:
    o, x = format_app(base), format_app(new)
    assert merge_app(o, o, x, style).content == x
    assert merge_app(o, x, o, style).content == x
    assert merge_app(o, x, x, style).content == x


@given(NAMES, NAMES, NAMES)
def test_a_lockfile_conflicts_exactly_where_both_sides_changed_it_differently(
    base: str, ours: str, theirs: str
) -> None:
    merged = merge_app(format_app(base), format_app(ours), format_app(theirs), STYLE)
    assert merged.clean is not collide((base, ours, theirs))
    if merged.clean:
        assert read_app(merged.content) == (theirs if ours == base else ours)
    else:
        assert names(merged) == [(base, ours, theirs)]


@given(st.none() | NAMES, NAMES, NAMES)
def test_the_merge_of_a_lockfile_does_not_depend_on_the_side(
    base: str | None, ours: str, theirs: str
) -> None:
    o = format_app(base) if base else b""
    a, b = format_app(ours), format_app(theirs)
    there, back = merge_app(o, a, b, STYLE), merge_app(o, b, a, STYLE)
    assert there.clean is back.clean
    assert names(there) == [(c, y, x) for c, x, y in names(back)]
    if there.clean:
        assert there.content == back.content


@given(
    NO_NAME, NO_NAME | NAMES.map(format_app), NO_NAME | NAMES.map(format_app), STYLES
)
def test_a_lockfile_with_an_unreadable_side_is_never_clean(
    broken: bytes, base: bytes, other: bytes, style: MarkerStyle
) -> None:
    for ours, theirs in [(broken, other), (other, broken), (broken, broken)]:
        merged = merge_app(base, ours, theirs, style)
        assert not merged.clean
        assert unreadable(merged.content)


@given(NO_NAME, NAMES, NAMES)
def test_a_lockfile_with_an_unreadable_base_is_clean_only_where_the_sides_agree(
    base: bytes, ours: str, theirs: str
) -> None:
    merged = merge_app(base, format_app(ours), format_app(theirs), STYLE)
    assert merged.clean is (ours == theirs)


# A shared lockfile


@given(HISTORIES, STYLES)
def test_one_changed_side_wins_in_a_shared_lockfile(
    history: History, style: MarkerStyle
) -> None:
    base, new, _ = versions(history)
    o, x = format_shared(base), format_shared(new)
    assert merge_shared(o, o, x, style).content == x
    assert merge_shared(o, x, o, style).content == x
    assert merge_shared(o, x, x, style).content == x


@given(HISTORIES)
def test_an_app_conflicts_exactly_where_both_sides_changed_it_differently(
    history: History,
) -> None:
    base, ours, theirs = map(format_shared, versions(history))
    merged = merge_shared(base, ours, theirs, STYLE)
    expected = sorted(label for label in history if collide(history[label]))
    assert [conflict.label for conflict in merged.conflicts] == expected
    assert names(merged) == [history[label] for label in expected]
    if merged.clean:
        assert read_shared(merged.content) == {
            label: name
            for label, (o, a, b) in history.items()
            if (name := b if a == o else a)
        }


@given(HISTORIES)
def test_the_merge_of_a_shared_lockfile_does_not_depend_on_the_side(
    history: History,
) -> None:
    base, ours, theirs = map(format_shared, versions(history))
    there = merge_shared(base, ours, theirs, STYLE)
    back = merge_shared(base, theirs, ours, STYLE)
    assert names(there) == [(c, y, x) for c, x, y in names(back)]
    if there.clean:
        assert there.content == back.content


@given(NO_ENTRIES, HISTORIES, STYLES)
def test_a_shared_lockfile_with_an_unreadable_side_is_never_clean(
    broken: bytes, history: History, style: MarkerStyle
) -> None:
    base, other, _ = map(format_shared, versions(history))
    for o in (base, broken, b""):
        for ours, theirs in [(broken, other), (other, broken), (broken, broken)]:
            merged = merge_shared(o, ours, theirs, style)
            assert not merged.clean
            assert unreadable(merged.content)


@given(NO_ENTRIES, HISTORIES)
def test_a_shared_lockfile_with_an_unreadable_base_is_clean_only_where_the_sides_agree(
    broken: bytes, history: History
) -> None:
    _, ours, theirs = versions(history)
    merged = merge_shared(broken, format_shared(ours), format_shared(theirs), STYLE)
    assert merged.clean is (ours == theirs)


@given(HISTORIES, HISTORIES)
def test_the_apps_of_an_inner_conflict_need_agreement_and_no_other_app_does(
    inner: History, outer: History
) -> None:
    """A criss-cross: the merge of two merge bases is the base of the merge."""
    middle = merge_versions(versions(inner), MarkerStyle(9))
    unknown = {conflict.label for conflict in middle.conflicts}
    known = {
        label: b if a == o else a
        for label, (o, a, b) in inner.items()
        if label not in unknown
    }
    _, ours, theirs = versions(outer)
    merged = merge_shared(
        middle.content, format_shared(ours), format_shared(theirs), STYLE
    )
    expected = {
        label
        for label in {*ours, *theirs}
        if (
            ours.get(label) != theirs.get(label)
            if label in unknown
            else collide((known.get(label), ours.get(label), theirs.get(label)))
        )
    }
    assert {conflict.label for conflict in merged.conflicts} == expected


# Both forms

MARK = b"\xef\xbb\xbf"
DRESSES: list[Callable[[bytes], bytes]] = [
    lambda data: data,
    lambda data: data.replace(b"\n", b"\r\n"),
    lambda data: MARK + data,
    lambda data: data.removesuffix(b"\n"),
    lambda data: data.replace(b"\n", b" \t\n") + b"\n\n",
    lambda data: MARK + data.replace(b"\n", b" \r\n"),
]
DRESSED = st.tuples(*[st.sampled_from(DRESSES)] * 3)


@pytest.mark.parametrize("merge", [merge_app, merge_shared])
@given(texts=st.tuples(*[NAMES.map(format_app)] * 3), dressed=DRESSED, style=STYLES)
def test_line_ends_marks_and_blanks_change_no_merge_of_names(
    merge: Merge,
    texts: tuple[bytes, bytes, bytes],
    dressed: tuple[Callable[[bytes], bytes], ...],
    style: MarkerStyle,
) -> None:
    key = b"shop: " if merge is merge_shared else b""
    base, ours, theirs = (key + text for text in texts)
    there = merge(base, ours, theirs, style)
    base, ours, theirs = (
        dress(text) for dress, text in zip(dressed, (base, ours, theirs), strict=True)
    )
    back = merge(base, ours, theirs, style)
    assert (back.content, names(back)) == (there.content, names(there))


@given(HISTORIES, DRESSED, STYLES)
def test_line_ends_marks_and_blanks_change_no_merge_of_entries(
    history: History, dressed: tuple[Callable[[bytes], bytes], ...], style: MarkerStyle
) -> None:
    base, ours, theirs = (
        dress(format_shared(entries))
        for dress, entries in zip(dressed, versions(history), strict=True)
    )
    merged = merge_versions(versions(history), style)
    assert merge_shared(base, ours, theirs, style).content == merged.content


def unreadable(content: bytes) -> bool:
    """Whether no reader takes the text for a lockfile."""
    for read in (read_app, read_shared):
        try:
            read(content)
        except Malformed:
            continue
        return False
    return True


@given(HISTORIES, st.integers(3, 15), st.booleans())
def test_what_a_conflict_leaves_is_never_taken_for_a_lockfile(
    history: History, size: int, show_base: bool
) -> None:
    style = MarkerStyle(size, show_base=show_base)
    both = [merge_versions(versions(history), style)]
    both += [merge_leaves(leaves, style) for leaves in history.values()]
    for merged in both:
        if not merged.clean:
            with pytest.raises(Malformed, match="conflict marker"):
                read_app(merged.content)
            with pytest.raises(Malformed, match="conflict marker"):
                read_shared(merged.content)


@pytest.mark.parametrize("merge", [merge_app, merge_shared])
@given(texts=st.tuples(*[st.binary(max_size=40)] * 3), style=STYLES)
def test_any_bytes_are_merged_into_a_lockfile_or_a_conflict(
    merge: Merge, texts: tuple[bytes, bytes, bytes], style: MarkerStyle
) -> None:
    merged = merge(*texts, style)
    assert merged.clean is not unreadable(merged.content)


@pytest.mark.parametrize("merge", [merge_app, merge_shared])
@given(history=HISTORIES, ours=NAMES, theirs=NAMES)
def test_a_recorded_conflict_is_never_resolved_by_replaying(
    merge: Merge, history: History, ours: str, theirs: str
) -> None:
    """git-rerere merges the recorded conflict, itself, and the resolution."""
    assume(ours != theirs)
    for recorded, resolution in [
        (
            merge_app(b"", format_app(ours), format_app(theirs), STYLE),
            format_app(theirs),
        ),
        (
            merge_versions(versions(history), STYLE),
            format_shared(versions(history)[1]),
        ),
    ]:
        if not recorded.clean:
            text = recorded.content
            replayed = merge(text, text, resolution, STYLE)
            assert not replayed.clean
            assert replayed.content == text


# The text alone


@pytest.fixture(scope="module")
def text_merge(
    tmp_path_factory: pytest.TempPathFactory,
) -> TextMerge:
    """Merges with ``git merge-file``: whether it was clean, and the text."""
    directory = tmp_path_factory.mktemp("text")
    environment = {
        **os.environ,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CEILING_DIRECTORIES": str(directory.parent),
    }

    def merge(history: History) -> tuple[bool, bytes]:
        files = [Path(directory, name) for name in ("ours", "base", "theirs")]
        base, ours, theirs = map(format_shared, versions(history))
        for file, data in zip(files, (ours, base, theirs), strict=True):
            file.write_bytes(data)
        done = subprocess.run(
            ["git", "merge-file", "-p", *map(str, files)],
            cwd=directory,
            env=environment,
            capture_output=True,
            check=False,
        )
        assert done.returncode < 128, done.stderr
        return done.returncode == 0, done.stdout

    return merge


@given(history=BUMPS)
def test_new_migrations_in_different_apps_never_conflict_as_text(
    text_merge: TextMerge, history: History
) -> None:
    """The blank line between entries is what keeps them apart."""
    clean, text = text_merge(history)
    assert clean is not any(map(collide, history.values()))
    if clean:
        base, ours, theirs = map(format_shared, versions(history))
        assert text == merge_shared(base, ours, theirs, STYLE).content


def entries_in(text: bytes) -> Entries | None:
    """The entries of a well-formed lockfile, None for every other text."""
    try:
        return read_shared(text)
    except Malformed:
        return None


@given(history=GROWTH)
def test_a_text_merge_of_new_migrations_and_apps_is_right_or_malformed(
    text_merge: TextMerge, history: History
) -> None:
    """Where git finds nothing to conflict, there was nothing, or the check sees it.

    What the check sees is an app twice, or two new apps in the wrong order.
    """
    clean, text = text_merge(history)
    entries = entries_in(text)
    if clean and entries is not None:
        assert not any(map(collide, history.values()))
        assert entries == read_shared(merge_versions(versions(history), STYLE).content)


@given(history=HISTORIES)
def test_of_two_new_migrations_of_an_app_the_text_never_loses_one_unseen(
    text_merge: TextMerge, history: History
) -> None:
    """Also beside apps that are deleted; a deletion itself can go unseen."""
    clean, text = text_merge(history)
    if clean and entries_in(text) is not None:
        lost = [leaves for leaves in history.values() if collide(leaves)]
        assert all(None in leaves[1:] for leaves in lost)


ONE = "0001_initial"


@pytest.mark.parametrize(
    ("history", "lost", "reason"),
    [
        pytest.param(
            {"app": (ONE, "0002_a", ONE), "c": (None, ONE, "0002_b"),
             "d": (None, ONE, None), "z": (ONE, ONE, ONE)},
            "c", "c is here twice", id="a new app of both, beside a bumped one",
        ),
        pytest.param(
            {"a": (ONE, None, ONE), "b": (ONE, "0002_a", None), "c": (None, ONE, ONE)},
            "b", None, id="a change against a deletion, beside an equal new app",
        ),
    ],
)  # fmt: skip
def test_what_gets_past_the_text_does_not_get_past_the_driver(
    text_merge: TextMerge, history: History, lost: str, reason: str | None
) -> None:
    """The two ways past the text merge that are known.

    Each blank line is like every other, so git may take two places for one, or one
    for two. In the first case the reader refuses what comes of it. The second looks
    like a lockfile, and only the check against the leaf nodes sees it.
    """
    clean, text = text_merge(history)
    assert clean
    if reason:
        with pytest.raises(Malformed, match=reason):
            read_shared(text)
    else:
        assert read_shared(text)
    merged = merge_versions(versions(history), STYLE)
    assert [conflict.label for conflict in merged.conflicts] == [lost]
