"""The merge of three states that is never made, path by path, where that will do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

import histories
from in_memory import Files
from in_memory import snapshot as state
from oneleaf.config import Config
from oneleaf.repository.git import Objects
from oneleaf.repository.snapshot import Snapshot
from oneleaf.upstream import merged
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


def merge(
    base: Files, ours: Files, theirs: Files
) -> tuple[dict[str, str], list[str]] | None:
    """Path -> text of the merged state, and the paths on which git would stop.

    None where only git can tell.
    """
    blobs = Blobs()
    meeting = Meeting(of(base, blobs), of(ours, blobs), of(theirs, blobs))
    config = merged.config(meeting)
    done = merged.merge(meeting, blobs, config) if config else None
    if done is None:
        return None
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


EMPTY = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
APPS, VIEWS = "shop/apps.py", "shop/views.py"
LABEL, OTHER = "class A(AppConfig):\n    name = 'a'\n", "class A(AppConfig): 1\n"
TOML = "pyproject.toml"

ONLY_GIT: dict[str, tuple[Files, Files, Files]] = {
    "both edited a migration": ({ONE: TEXT}, {ONE: TOP}, {ONE: BOTTOM}),
    "one added an empty file, the other one with a text": (
        {},
        {ONE: EMPTY},
        {ONE: TEXT},
    ),
    "both edited what may say a label": ({APPS: ""}, {APPS: LABEL}, {APPS: OTHER}),
    "both edited the configuration": (
        {TOML: "a"},
        {TOML: "[tool.oneleaf]"},
        {TOML: "b"},
    ),
}


@pytest.mark.parametrize(
    ("base", "ours", "theirs"), ONLY_GIT.values(), ids=ONLY_GIT.keys()
)
def test_texts_that_bear_on_the_verdict_are_left_to_git(
    base: Files, ours: Files, theirs: Files
) -> None:
    assert merge(base, ours, theirs) is None


def test_texts_that_say_nothing_are_not() -> None:
    base: Files = {APPS: "1", VIEWS: "1", TOML: "1"}
    ours: Files = {APPS: "2", VIEWS: "2", TOML: "2"}
    theirs: Files = {APPS: "3", VIEWS: "3", TOML: "3"}
    assert merge(base, ours, theirs) == (ours, [])


@pytest.mark.parametrize("path", [ONE, LOCK])
def test_a_link_that_the_other_side_edited_is_left_to_git(path: str) -> None:
    blobs = Blobs()
    base, ours, theirs = (of({path: text}, blobs) for text in "123")
    ours.links = frozenset([path])
    meeting = Meeting(base, ours, theirs)
    assert merged.merge(meeting, blobs, Config({})) is None


def test_what_a_link_leads_to_may_be_a_text_that_both_edited() -> None:
    blobs = Blobs()
    sides = [of({ONE: "../views.py", VIEWS: text}, blobs) for text in "123"]
    for side in sides:
        side.links = frozenset([ONE])
    assert merged.merge(Meeting(*sides), blobs, Config({})) is None


def test_links_stay_links() -> None:
    blobs = Blobs()
    theirs = of({ONE: "../x.py"}, blobs)
    theirs.links = frozenset([ONE])
    done = merged.merge(
        Meeting(of({}, blobs), of({}, blobs), theirs), blobs, Config({})
    )
    assert done is not None
    assert done.links == frozenset([ONE])
    assert done.blob(ONE) == "../x.py"


SETTING = "[tool.oneleaf]\nlockfile = 'latest.txt'\n"


@pytest.mark.parametrize("swapped", [False, True])
def test_the_merged_configuration_says_what_a_lockfile_is(swapped: bool) -> None:
    lock = "shop/migrations/latest.txt"
    base: Files = {lock: "0001_a\n", "pyproject.toml": ""}
    ours: Files = {lock: "0002_b\n", "pyproject.toml": ""}
    theirs: Files = {lock: "0002_c\n", "pyproject.toml": SETTING}
    sides = (theirs, ours) if swapped else (ours, theirs)
    assert merge(base, *sides) == ({"pyproject.toml": SETTING}, [lock])


def test_a_kept_text_has_the_id_that_git_gives_it() -> None:
    contents = Blobs()
    blob = contents.keep(b"hello\n", "0" * 40)
    assert blob == "ce013625030ba8dba906f756967f9e9ca394464a"
    assert list(contents.read([blob])) == [b"hello\n"]
    assert len(contents.keep(b"hello\n", "0" * 64)) == 64
