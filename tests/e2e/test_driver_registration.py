"""Where git learns of the driver: attributes, configuration, and what is in their way.

The numbers are those of the list of scenarios that ``test_driver_scenarios`` holds.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from e2e.clones import (
    CALLED,
    DRIVER,
    LINE,
    LOCK,
    Clone,
    Lay,
    branch,
    marked,
    same_app,
    unregister,
)
from e2e.hook_project import HookRunner
from e2e.installed import Installed
from repository import Repository

pytestmark = pytest.mark.e2e

AS_TEXT = "<<<<<<< HEAD\n0002_color\n=======\n0002_weight\n>>>>>>> feat\n"


def rows(clone: Clone) -> str:
    """What ``oneleaf status`` says of an unprotected clone."""
    done = clone.oneleaf("status")
    assert done.code == 1
    assert "this clone is NOT protected" in done.out
    clone.calls()  # it asks the driver itself
    return done.out


def state_of(said: str, name: str) -> str:
    """The state of one row of ``oneleaf status``."""
    found = [line.split()[0] for line in said.split("\n") if f"  {name} " in line]
    assert len(found) == 1, said
    return found[0]


def attribute_on_their_side(clone: Clone) -> None:
    """Only ``feat`` has the line that sends lockfiles to the driver."""
    clone.git("rm", "-q", "--cached", "--ignore-unmatch", ".gitattributes")
    (clone.path / ".gitattributes").unlink()
    clone.app("shop", "0001_initial", lockfile=True)

    def theirs(c: Clone) -> None:
        c.bump("0002_weight")
        c.write(".gitattributes", LINE)

    branch(clone, lambda c: c.bump("0002_color"), theirs)


def test_an_attribute_on_their_side_alone_leaves_a_text_conflict(lay: Lay) -> None:
    """Scenario 40."""
    clone = lay(attribute_on_their_side)
    assert state_of(rows(clone), "attribute") == "missing"
    clone.git("merge", "feat", ok=(1,))
    assert clone.calls() == []
    assert clone.read(LOCK) == AS_TEXT


UNIONS = [".gitattributes", "shop/.gitattributes", ".git/info/attributes"]


@pytest.mark.parametrize("file", UNIONS)
def test_a_union_that_beats_our_line_is_told_by_status_and_check(
    lay: Lay, file: str
) -> None:
    """Scenario 41."""
    clone = lay(same_app)
    before = clone.read(file) if (clone.path / file).exists() else ""
    clone.write(file, before + "* merge=union\n")
    said = rows(clone)
    assert state_of(said, "attribute") == "missing"
    assert f"{file}: * merge=union" in said
    clone.git("merge", "--no-edit", "feat")
    assert clone.calls() == []
    assert clone.read(LOCK) == "0002_color\n0002_weight\n"
    done = clone.oneleaf("check", "--all")
    assert done.code == 1
    assert "OL203" in done.out


def test_a_clone_without_the_configuration_merges_as_text(lay: Lay) -> None:
    """Scenario 42."""
    clone = lay(same_app)
    unregister(clone)
    said = rows(clone)
    assert state_of(said, "merge driver") == "missing"
    assert "hint: oneleaf install\n" in said
    clone.git("merge", "feat", ok=(1,))
    assert clone.unmerged() == {LOCK: "UU"}
    assert clone.read(LOCK) == AS_TEXT


REGISTERS = """\
repos:
  - repo: {source}
    rev: v0.1.0
    hooks:
      - id: register-oneleaf-merge-driver
"""


def fingerprint(clone: Repository) -> tuple[int, int]:
    """What changes whenever git writes the configuration."""
    stat = (clone.path / ".git/config").stat()
    return stat.st_ino, stat.st_mtime_ns


def test_a_fresh_clone_is_armed_by_its_first_checkout(
    pre_commit: HookRunner, tmp_path: Path
) -> None:
    """Scenario 59."""
    origin = Clone.create(tmp_path / "origin")
    origin.write(".pre-commit-config.yaml", REGISTERS.format(source=pre_commit.source))
    origin.write(".gitattributes", LINE)
    same_app(origin)
    origin.git("clone", "-q", ".", "../clone")
    clone = Clone(tmp_path / "clone", {**origin.env, **pre_commit.env})
    pre_commit.run(clone, "install", "-t", "post-checkout")
    assert clone.git("config", DRIVER, ok=(1,)) == ""
    clone.git("checkout", "-q", "-b", "work")
    assert pre_commit.env["PRE_COMMIT_HOME"] in clone.git("config", DRIVER)
    before = fingerprint(clone)
    clone.git("checkout", "-q", "main")
    assert fingerprint(clone) == before
    clone.calls()
    said = clone.git("merge", "origin/feat", ok=(1,))
    assert clone.calls() == CALLED
    assert "oneleaf: app shop: ours has 0002_color, theirs 0002_weight\n" in said


@pytest.mark.parametrize("gone", [False, True], ids=["kept", "cleaned"])
def test_the_hook_of_a_new_revision_registers_its_own_place(
    lay: Lay, tmp_path: Path, gone: bool
) -> None:
    """Scenario 60."""
    clone = lay(same_app)
    old, new = Installed(tmp_path / "old"), Installed(tmp_path / "new")
    old.register(clone)
    if gone:
        old.remove()
    done = new.run(clone, "install", "--hook")
    assert (done.code, done.out, done.err) == (0, "", "")
    command = clone.git("config", DRIVER)
    assert str(new.folder) in command
    assert str(old.folder) not in command
    before = fingerprint(clone)
    new.run(clone, "install", "--hook")
    assert fingerprint(clone) == before


def test_a_foreign_driver_is_left_alone_until_forced(lay: Lay) -> None:
    """Scenario 61."""
    clone = lay(same_app)
    clone.set(DRIVER, "my-own-merge %A %B")
    done = clone.oneleaf("install")
    assert done.code == 1
    assert "my-own-merge %A %B" in done.err
    assert "oneleaf install --force" in done.err
    assert clone.oneleaf("install", "--hook").code == 0
    assert clone.git("config", DRIVER) == "my-own-merge %A %B\n"
    assert state_of(rows(clone), "merge driver") == "missing"
    assert clone.oneleaf("install", "--force").code == 0
    clone.git("merge", "feat", ok=(1,))
    assert clone.calls() == CALLED


def test_uninstalling_takes_out_our_section_alone(lay: Lay) -> None:
    """Scenario 62."""
    clone = lay(same_app)
    clone.set("merge.other.driver", "other %A")
    clone.set("merge.conflictStyle", "merge")
    done = clone.oneleaf("uninstall")
    assert done.code == 0
    assert clone.git("config", "--get-regexp", r"^merge\.") == (
        "merge.other.driver other %A\nmerge.conflictstyle merge\n"
    )
    clone.git("merge", "feat", ok=(1,))
    assert clone.calls() == []
    assert clone.read(LOCK) == AS_TEXT


def test_half_a_section_is_told_and_repaired(lay: Lay) -> None:
    """Scenario 63."""
    clone = lay(same_app)
    clone.git("config", "--unset", DRIVER)
    assert "lacks command line" in clone.git("merge", "feat", ok=(128,))
    said = rows(clone)
    assert state_of(said, "merge driver") == "missing"
    assert "half a section" in said
    assert clone.oneleaf("install").code == 0
    clone.git("merge", "feat", ok=(1,))
    assert clone.read(LOCK) == marked("0002_color", "0002_weight")
