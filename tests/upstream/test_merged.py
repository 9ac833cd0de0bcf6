"""The merge of three states that is never made, path by path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

import histories
from in_memory import Files
from in_memory import snapshot as state
from oneleaf.repository.git import Objects
from oneleaf.repository.snapshot import Snapshot
from oneleaf.upstream import merged, text_merge
from oneleaf.upstream.merged import Contents, Meeting

ONE, LOCK = "shop/migrations/0001_initial.py", "shop/migrations/max_migration.txt"
TEXT = histories.text("shop", "0001_initial")
TOP, BOTTOM = TEXT.replace("# top", "# mine"), TEXT.replace("# bottom", "# theirs")


class Blobs(Contents):
    """Objects whose id is their content, so that equal files have equal ids."""

    def __init__(self) -> None:
        super().__init__(Objects())

    def read(self, names: Iterable[str]) -> Iterator[bytes | None]:
        """The contents; texts that were kept are found too."""
        for name in names:
            yield self._kept.get(name, name.encode())


def of(files: Files, blobs: Blobs) -> Snapshot:
    """The state that holds these files."""
    found = state(files)
    for directory, names in found.directories.items():
        for name in names:
            path = f"{directory}/{name}" if directory else name
            names[name] = str(files[path])
    found.objects = blobs
    return found


def merge(base: Files, ours: Files, theirs: Files) -> tuple[dict[str, str], list[str]]:
    """Path -> text of the merged state, and the paths on which git would stop."""
    blobs = Blobs()
    done = merged.merge(
        Meeting(of(base, blobs), of(ours, blobs), of(theirs, blobs)), blobs
    )
    paths = [
        f"{directory}/{name}" if directory else name
        for directory, names in done.directories.items()
        for name in names
    ]
    texts = [(text or b"").decode() for text in done.read_all(paths)]
    return dict(zip(paths, texts, strict=True)), list(done.unmerged)


MERGES: dict[str, tuple[Files, Files, Files, Files, list[str]]] = {
    "nothing changed": ({ONE: "a"}, {ONE: "a"}, {ONE: "a"}, {ONE: "a"}, []),
    "one changed it": ({ONE: "a"}, {ONE: "b"}, {ONE: "a"}, {ONE: "b"}, []),
    "the other changed it": ({ONE: "a"}, {ONE: "a"}, {ONE: "b"}, {ONE: "b"}, []),
    "both changed it alike": ({ONE: "a"}, {ONE: "b"}, {ONE: "b"}, {ONE: "b"}, []),
    "one took it away": ({ONE: "a"}, {}, {ONE: "a"}, {}, []),
    "both added other files": (
        {},
        {ONE: "a"},
        {LOCK: "0001_a\n"},
        {ONE: "a", LOCK: "0001_a\n"},
        [],
    ),
    "both edited other lines": (
        {ONE: TEXT},
        {ONE: TOP},
        {ONE: BOTTOM},
        {ONE: TOP.replace("# bottom", "# theirs")},
        [],
    ),
    "both edited the same line": (
        {ONE: TEXT},
        {ONE: TOP},
        {ONE: TEXT.replace("# top", "# x")},
        {ONE: TOP},
        [ONE],
    ),
    "both added one name": ({}, {ONE: TOP}, {ONE: BOTTOM}, {ONE: TOP}, [ONE]),
    "one edited what the other took away": (
        {ONE: TEXT},
        {},
        {ONE: TOP},
        {ONE: TOP},
        [ONE],
    ),
    "a lockfile of two minds stands nowhere": (
        {LOCK: "0001_a\n"},
        {LOCK: "0002_b\n"},
        {LOCK: "0002_c\n"},
        {},
        [LOCK],
    ),
    "a lockfile's line ends are no change": (
        {LOCK: "0001_a\n"},
        {LOCK: "0001_a\r\n"},
        {LOCK: "0002_c\n"},
        {LOCK: "0002_c\n"},
        [],
    ),
    "other files are ours": (
        {"README": "a"},
        {"README": "b"},
        {"README": "c"},
        {"README": "b"},
        [],
    ),
}


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "result", "stopped"), MERGES.values(), ids=MERGES.keys()
)
def test_a_path_is_merged_as_git_merges_it(
    base: Files, ours: Files, theirs: Files, result: Files, stopped: list[str]
) -> None:
    assert merge(base, ours, theirs) == (result, stopped)


def test_the_merged_configuration_says_what_a_lockfile_is() -> None:
    setting = "[tool.oneleaf]\nlockfile = 'latest.txt'\n"
    lock = "shop/migrations/latest.txt"
    base: Files = {lock: "0001_a\n", "pyproject.toml": ""}
    ours: Files = {lock: "0002_b\n", "pyproject.toml": ""}
    theirs: Files = {lock: "0002_c\n", "pyproject.toml": setting}
    assert merge(base, ours, theirs)[1] == [lock]


@pytest.mark.parametrize("in_memory", [True, False], ids=["in memory", "in a folder"])
def test_texts_are_merged_by_git(
    in_memory: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not in_memory:
        monkeypatch.delattr("os.memfd_create", raising=False)
    base, ours, theirs = (text.encode() for text in (TEXT, TOP, BOTTOM))
    clean = TOP.replace("# bottom", "# theirs").encode()
    assert text_merge.merge(base, ours, theirs) == (clean, True)
    text, is_clean = text_merge.merge(b"a\n", b"b\n", b"c\n", 9)
    assert text == b"<" * 9 + b" ours\nb\n=========\nc\n" + b">" * 9 + b" theirs\n"
    assert not is_clean


def test_binary_contents_are_ours_and_not_clean() -> None:
    assert text_merge.merge(b"\0a", b"\0b", b"\0c") == (b"\0b", False)


def test_a_kept_text_has_the_id_that_git_gives_it() -> None:
    contents = Blobs()
    blob = contents.keep(b"hello\n", "0" * 40)
    assert blob == "ce013625030ba8dba906f756967f9e9ca394464a"
    assert list(contents.read([blob])) == [b"hello\n"]
    assert len(contents.keep(b"hello\n", "0" * 64)) == 64
