"""The line in .gitattributes: how it is written, and that git reads it as meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from oneleaf.clone import attributes
from oneleaf.config import Config
from repository import Repository

LINE = "max_migration.txt merge=oneleaf"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(b"", b"max_migration.txt merge=oneleaf\n", id="no file"),
        pytest.param(
            b"*.py text\n", b"*.py text\nmax_migration.txt merge=oneleaf\n", id="a line"
        ),
        pytest.param(
            b"*.py text",
            b"*.py text\nmax_migration.txt merge=oneleaf\n",
            id="no final newline",
        ),
        pytest.param(
            b"*.py text\r\n",
            b"*.py text\r\nmax_migration.txt merge=oneleaf\r\n",
            id="CRLF",
        ),
        pytest.param(
            b"a b\r\n*.py text",
            b"a b\r\n*.py text\r\nmax_migration.txt merge=oneleaf\r\n",
            id="CRLF without the last",
        ),
        pytest.param(
            b"\xef\xbb\xbf# \xff\n",
            b"\xef\xbb\xbf# \xff\nmax_migration.txt merge=oneleaf\n",
            id="any bytes",
        ),
    ],
)
def test_the_line_is_appended_and_nothing_else_changes(
    before: bytes, after: bytes
) -> None:
    assert attributes.appended(before, LINE) == after


@pytest.mark.parametrize(
    ("content", "needed"),
    [
        (b"", True),
        (b"max_migration.txt merge=oneleaf\n", False),
        (b"  max_migration.txt   merge=oneleaf\r\n*.py text\n", False),
        (b"max_migration.txt merge=oneleaf\n* merge=union\n", True),
        (b"max_migration.txt merge=oneleaf\n* binary\n", True),
        (b"max_migration.txt merge=oneleaf\n*.txt -merge\n", True),
        (b"# max_migration.txt merge=oneleaf\n", True),
        (b"max_migration.txt merge=Oneleaf\n", True),
    ],
)
def test_the_line_is_needed_where_it_is_not_the_last_word(
    content: bytes, needed: bool
) -> None:
    assert attributes.needs_line(content, LINE) is needed


@pytest.mark.parametrize(
    "name",
    [
        "max_migration.txt",
        "a b.txt",
        "#lock",
        "!lock",
        '"lock',
        "[x]*?.txt",
        "back\\slash",
        "ü",
        "100%",
    ],
)
@pytest.mark.parametrize("shared", [False, True], ids=["per app", "shared"])
def test_git_reads_the_line_as_meant(tmp_path: Path, name: str, shared: bool) -> None:
    repository = Repository.create(tmp_path / "work")
    config = Config({"lockfile": f"deep/{name}" if shared else name})
    repository.write(".gitattributes", attributes.line(config) + "\n")
    lockfile = f"deep/{name}" if shared else f"app/migrations/{name}"
    others = [f"other/deep/{name}x", f"deep/x{name}"] + (
        [f"x/deep/{name}"] if shared else []
    )
    raw = repository.run(
        "git", "check-attr", "-z", "merge", "--", lockfile, *others
    ).out
    answers = attributes.parse_answers(raw.encode("utf-8", "surrogateescape"))
    assert answers[0] == (lockfile, "oneleaf")
    assert {value for _, value in answers[1:]} == {"unspecified"}


def test_a_shared_lockfile_in_the_root_is_anchored_there() -> None:
    assert (
        attributes.line(Config({"lockfile": "./locks.txt"}))
        == "/locks.txt merge=oneleaf"
    )


def test_the_strongest_overriding_line_is_named() -> None:
    files = [
        ("info/attributes", b"*.py diff\n"),
        ("shop/.gitattributes", b"\n# x\n*.txt merge=union\n*.txt binary\nlast text\n"),
        (".gitattributes", b"* merge=ours\n"),
    ]
    assert attributes.overriding(files) == ("shop/.gitattributes", 4, "*.txt binary")


def test_our_own_line_overrides_nothing() -> None:
    assert attributes.overriding([(".gitattributes", LINE.encode())]) is None


def test_the_nearer_file_is_looked_at_first() -> None:
    assert attributes.candidates("a/b/lock.txt") == [
        "a/b/.gitattributes",
        "a/.gitattributes",
        ".gitattributes",
    ]
