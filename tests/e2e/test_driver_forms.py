"""The merge driver's forms of input and output: bytes, line ends, markers, paths.

The numbers are those of the list of scenarios that ``test_driver_scenarios`` holds.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django_linear_migrations.management.commands import rebase_migration

from e2e.clones import (
    CALLED,
    DRIVER,
    LOCK,
    Call,
    Clone,
    Lay,
    Shapes,
    branch,
    marked,
    same_app,
)
from e2e.installed import Installed

pytestmark = pytest.mark.e2e


def sides(clone: Clone, ours: bytes, theirs: bytes, path: str = LOCK) -> None:
    """A history in which the lockfile alone changes, to these bytes."""
    clone.write(path, "0001_initial\n")
    branch(clone, lambda c: c.write(path, ours), lambda c: c.write(path, theirs))


@pytest.fixture
def armed(shapes: Shapes, tmp_path: Path) -> Clone:
    """An empty clone after ``oneleaf install``."""
    return shapes.armed(tmp_path / "clone")


@pytest.mark.parametrize(
    "theirs",
    [
        pytest.param(b"0002_\0\n", id="nul"),
        pytest.param("0002_gr\u00f6\u00dfe\n".encode("latin-1"), id="latin-1"),
        pytest.param(b"", id="empty"),
        pytest.param(b"\n", id="blank"),
        pytest.param(b"0002_weight\n0002_size\n", id="two-lines"),
        pytest.param(b"0002_weight 0002_size\n", id="two-words"),
        pytest.param("0002_w\n".encode("utf-16"), id="utf-16"),
        pytest.param(b"<<<<<<< x\n0002_w\n=======\n0002_c\n>>>>>>> y\n", id="markers"),
    ],
)
@pytest.mark.parametrize("swapped", [False, True], ids=["theirs", "ours"])
def test_what_is_no_lockfile_conflicts(
    armed: Clone, theirs: bytes, swapped: bool
) -> None:
    """Scenario 45."""
    pair = (b"0002_color\n", theirs)
    sides(armed, *(pair[::-1] if swapped else pair))
    armed.git("merge", "feat", ok=(1,))
    assert armed.calls() == CALLED
    assert armed.unmerged() == {LOCK: "UU"}
    assert b"<<<<<<< " in (armed.path / LOCK).read_bytes()


def test_a_conflict_that_ours_committed_is_not_wrapped_in_another(armed: Clone) -> None:
    """Scenario 45."""
    ours = marked("0002_color", "0002_size")
    sides(armed, ours.encode(), b"0002_weight\n")
    armed.git("merge", "feat", ok=(1,))
    assert armed.unmerged() == {LOCK: "UU"}
    assert armed.read(LOCK) == ours


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        pytest.param(b"0002_color\r\n", b"0002_color\n", id="46-crlf"),
        pytest.param(b"0002_color\n", b"0002_color\r\n", id="46-crlf-theirs"),
        pytest.param(b"0002_color \n", b"0002_color\n", id="48-blank"),
        pytest.param(b"0002_color\n", b"0002_color", id="48-no-newline"),
        pytest.param(b"0002_color\n\n", b"0002_color", id="48-more-newlines"),
        pytest.param(b"\xef\xbb\xbf0002_color\n", b"0002_color\n", id="48-bom"),
    ],
)
def test_one_name_in_different_bytes_merges_to_the_plain_form(
    armed: Clone, ours: bytes, theirs: bytes
) -> None:
    """Scenarios 46, 48."""
    sides(armed, ours, theirs)
    armed.git("merge", "--no-edit", "feat")
    assert armed.calls() == CALLED
    assert (armed.path / LOCK).read_bytes() == b"0002_color\n"


def test_a_clone_with_crlf_gets_its_line_ends_in_the_conflict(lay: Lay) -> None:
    """Scenario 47."""
    clone = lay(same_app)
    clone.set("core.autocrlf", "true")
    clone.git("rm", "-q", "--cached", "-r", ".")
    clone.git("reset", "-q", "--hard")
    assert (clone.path / LOCK).read_bytes() == b"0002_color\r\n"
    clone.git("merge", "feat", ok=(1,))
    assert clone.calls() == CALLED
    expected = marked("0002_color", "0002_weight").replace("\n", "\r\n")
    assert (clone.path / LOCK).read_bytes() == expected.encode()


def test_markers_are_as_long_as_the_attribute_says(lay: Lay) -> None:
    """Scenario 49."""
    clone = lay(same_app)
    clone.write(".git/info/attributes", "max_migration.txt conflict-marker-size=12\n")
    said = clone.git("merge", "feat", ok=(1,))
    assert clone.calls() == [Call(12, LOCK)]
    assert clone.read(LOCK) == marked("0002_color", "0002_weight", size=12)
    assert said.count("oneleaf: ") == 2


@pytest.mark.parametrize("style", ["merge", "diff3", "zdiff3"])
def test_the_base_is_shown_and_rebase_migration_still_reads_the_names(
    lay: Lay, style: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scenario 50. In a merge ``rebase_migration`` takes ours for the one to move."""
    clone = lay(same_app)
    clone.set("merge.conflictStyle", style)
    clone.git("merge", "feat", ok=(1,))
    base = None if style == "merge" else "0001_initial"
    assert clone.read(LOCK) == marked("0002_color", "0002_weight", base=base)
    monkeypatch.chdir(clone.path)
    found = rebase_migration.find_migration_names(clone.read(LOCK).splitlines())
    assert found == ("0002_weight", "0002_color")


NAMES = (
    "a b",
    "it's",
    'say "x"',
    "$(touch caught)",
    "`touch caught`",
    "; touch caught;",
    "a\nb",
    "a\tb",
    "a\\b",
    "-x",
    "--help",
    "gr\u00f6\u00dfe",
    "%A%%P",
    "*",
    "\033[31m",
    "!bang",
)


def all_conflict(clone: Clone, paths: list[str]) -> str:
    """One merge in which each of these lockfiles has a conflict; what was said."""

    def side(name: str) -> Callable[[Clone], None]:
        def write_all(c: Clone) -> None:
            for path in paths:
                c.write(path, name)

        return write_all

    side("0001_initial\n")(clone)
    branch(clone, side("0002_color\n"), side("0002_weight\n"))
    said = clone.git("merge", "feat", ok=(1,))
    assert {call.path for call in clone.calls()} == set(paths)
    for path in paths:
        assert clone.read(path) == marked("0002_color", "0002_weight"), path
    assert not (clone.path / "caught").exists()
    return said


def test_a_path_arrives_whole_and_runs_nothing(armed: Clone) -> None:
    """Scenario 52."""
    said = all_conflict(
        armed, [f"{name}/migrations/max_migration.txt" for name in NAMES]
    )
    spoken = [line for line in said.split("\n") if line.startswith("oneleaf: ")]
    assert len(spoken) == 2 * len(NAMES)
    assert not any("\033" in line for line in spoken)


def test_a_lockfile_on_top_with_an_odd_name_is_merged(armed: Clone) -> None:
    """Scenario 52."""
    armed.write(".gitattributes", "* merge=oneleaf\n")
    all_conflict(armed, [f"{name}-max_migration.txt" for name in NAMES])


@pytest.mark.parametrize(
    "name", ["a b", "it's", 'say "100%"', "$(touch caught)%A", "ü;&"]
)
def test_a_tool_in_a_folder_with_an_odd_name_runs(
    lay: Lay, tmp_path: Path, name: str
) -> None:
    """Scenario 53."""
    clone = lay(same_app)
    tool = Installed(tmp_path / name)
    done = tool.run(clone, "install")
    assert done.code == 0, done.err
    assert "lockfiles/launcher.py" in clone.git("config", DRIVER)
    said = clone.git("merge", "feat", ok=(1,))
    assert "oneleaf: app shop: ours has 0002_color, theirs 0002_weight" in said
    assert clone.read(LOCK) == marked("0002_color", "0002_weight")
    assert not (clone.path / "caught").exists()
