"""The merge driver in every other operation of git's that merges files.

The numbers are those of the list of scenarios that ``test_driver_scenarios`` holds.
"""

from __future__ import annotations

import pytest

from e2e.clones import (
    CALLED,
    DRIVER,
    HAS_REPLAY,
    LINE,
    LOCK,
    READS_ATTRIBUTES_OF_TREES,
    Clone,
    Lay,
    marked,
    same_app,
)

pytestmark = pytest.mark.e2e

CONFLICT = marked("0002_color", "0002_weight")


def conflicts(clone: Clone, text: str = CONFLICT) -> None:
    """The lockfile has a conflict that the driver made."""
    assert clone.calls() == CALLED
    assert clone.unmerged() == {LOCK: "UU"}
    assert clone.read(LOCK) == text


def test_a_stash_that_conflicts_is_kept(lay: Lay) -> None:
    """Scenario 21."""
    clone = lay(same_app)
    tip = clone.head("%H")
    clone.git("reset", "-q", "--hard", "main~1")
    clone.bump("0002_weight")
    clone.git("stash", "push", "-q", "-u")
    clone.git("reset", "-q", "--hard", tip)
    clone.git("stash", "pop", ok=(1,))
    conflicts(clone)
    assert clone.git("stash", "list") != ""
    assert (clone.path / "shop/migrations/0002_weight.py").exists()


@pytest.mark.parametrize(
    ("words", "code"), [(("am", "-q", "-3"), 128), (("apply", "-3"), 1)]
)
def test_a_patch_that_is_merged_conflicts(
    lay: Lay, words: tuple[str, ...], code: int
) -> None:
    """Scenario 23."""
    clone = lay(same_app)
    clone.git("format-patch", "-1", "feat", "-o", "..", "--no-numbered", "-q")
    clone.git(*words, "../0001-feat.patch", ok=(code, 1))
    conflicts(clone)


def test_a_patch_that_is_not_merged_is_refused_without_the_driver(lay: Lay) -> None:
    """Scenario 24."""
    clone = lay(same_app)
    clone.git("format-patch", "-1", "feat", "-o", "..", "--no-numbered", "-q")
    clone.git("am", "-q", "../0001-feat.patch", ok=(128,))
    assert clone.calls() == []
    assert clone.read(LOCK) == "0002_color\n"
    assert clone.has("rebase-apply")


def test_the_conflict_can_be_made_again_with_the_same_bytes(lay: Lay) -> None:
    """Scenario 26."""
    clone = lay(same_app)
    clone.git("merge", "feat", ok=(1,))
    conflicts(clone)
    clone.write(LOCK, "0002_weight\n")
    clone.git("checkout", "-q", "-m", "--", LOCK)
    conflicts(clone)


def recorded(clone: Clone) -> None:
    """``same_app``, whose conflict was resolved once; rerere remembers how."""
    same_app(clone)
    clone.set("rerere.enabled", "true")
    clone.git("merge", "feat", ok=(1,))
    clone.write(LOCK, "0003_merge\n")
    clone.commit("resolved")
    clone.git("reset", "-q", "--hard", "HEAD~1")
    assert list(clone.path.glob(".git/rr-cache/*/postimage"))
    clone.calls()


@pytest.mark.parametrize("autoupdate", ["true", "false"])
def test_a_recorded_resolution_is_not_replayed(lay: Lay, autoupdate: str) -> None:
    """Scenario 51."""
    clone = lay(recorded)
    clone.set("rerere.autoupdate", autoupdate)
    said = clone.git("merge", "feat", ok=(1,))
    assert clone.calls() == CALLED * 2
    assert clone.unmerged() == {LOCK: "UU"}
    assert clone.read(LOCK) == CONFLICT
    assert said.count("oneleaf: app shop: ") == 1


def test_a_linked_work_tree_shares_the_registration(lay: Lay) -> None:
    """Scenario 54."""
    clone = lay(same_app)
    clone.git("config", "--remove-section", "merge.oneleaf")
    clone.git("worktree", "add", "-q", "../linked", "feat")
    linked = Clone(clone.path.parent / "linked", clone.env)
    assert linked.oneleaf("install").code == 0
    assert "merge-driver" in clone.git("config", "--local", DRIVER)
    linked.git("merge", "main", ok=(1,))
    conflicts(linked, marked("0002_weight", "0002_color"))


def with_submodule(clone: Clone) -> None:
    """``same_app`` as the submodule ``lib`` of a superproject that is armed itself."""
    library = clone.path.parent / "library"
    inner = Clone.create(library)
    inner.write(".gitattributes", LINE)
    same_app(inner)
    clone.git("submodule", "--quiet", "add", str(library), "lib")
    clone.git("-C", "lib", "branch", "-q", "feat", "origin/feat")
    clone.commit("super")


def test_a_submodule_of_an_armed_repository_is_merged_as_text(lay: Lay) -> None:
    """Scenario 55."""
    clone = lay(with_submodule)
    clone.git("-C", "lib", "merge", "feat", ok=(1,))
    assert clone.calls() == []
    assert clone.read("lib/" + LOCK) == (
        "<<<<<<< HEAD\n0002_color\n=======\n0002_weight\n>>>>>>> feat\n"
    )


def test_a_submodule_and_its_linked_work_tree_share_a_registration(lay: Lay) -> None:
    """Scenario 54."""
    clone = lay(with_submodule)
    inner = Clone(clone.path / "lib", clone.env)
    assert inner.oneleaf("install").code == 0
    inner.git("worktree", "add", "-q", "../../linked", "feat")
    linked = Clone(clone.path.parent / "linked", clone.env)
    linked.git("merge", "main", ok=(1,))
    conflicts(linked, marked("0002_weight", "0002_color"))


def bare_clone(clone: Clone) -> Clone:
    """A bare copy beside the clone, with the driver in its configuration."""
    clone.git("clone", "-q", "--bare", ".", "../bare.git")
    bare = Clone(clone.path.parent / "bare.git", clone.env)
    bare.set(DRIVER, clone.git("config", DRIVER).rstrip("\n"))
    return bare


def only_gits_own_words(out: str) -> None:
    """merge-tree's answer begins with a tree and holds no word of the driver's."""
    first = out.split("\n", 1)[0]
    assert len(first) == 40
    assert set(first) <= set("0123456789abcdef")
    assert "oneleaf" not in out


def test_merge_tree_in_a_bare_repository_calls_the_driver(lay: Lay) -> None:
    """Scenario 56."""
    bare = bare_clone(lay(same_app))
    bare.write("info/attributes", LINE)
    done = bare.run("git", "merge-tree", "--write-tree", "main", "feat", ok=(1,))
    assert bare.calls() == CALLED
    only_gits_own_words(done.out)


def test_attributes_of_a_tree_are_read_in_a_bare_repository(lay: Lay) -> None:
    """Scenario 56. ``attr.tree`` came with git 2.43; without it the merge is text."""
    bare = bare_clone(lay(same_app))
    bare.set("attr.tree", "main")
    done = bare.run("git", "merge-tree", "--write-tree", "main", "feat", ok=(1,))
    assert bare.calls() == (CALLED if READS_ATTRIBUTES_OF_TREES else [])
    only_gits_own_words(done.out)


def test_merge_tree_prints_nothing_but_its_own(lay: Lay) -> None:
    """Scenario 57."""
    clone = lay(same_app)
    done = clone.run("git", "merge-tree", "--write-tree", "main", "feat", ok=(1,))
    assert clone.calls() == CALLED
    only_gits_own_words(done.out)
    tree = done.out.split("\n", 1)[0]
    assert clone.git("cat-file", "blob", f"{tree}:{LOCK}") == CONFLICT
    assert clone.status() == ""


def test_a_replay_calls_the_driver_where_git_has_it(lay: Lay) -> None:
    """Beyond the list. ``git replay`` came with git 2.44."""
    clone = lay(same_app)
    before = clone.git("rev-parse", "feat")
    done = clone.run("git", "replay", "--onto", "main", "main..feat")
    assert done.code != 0
    assert clone.calls() == (CALLED if HAS_REPLAY else [])
    assert "oneleaf" not in done.out
    assert clone.git("rev-parse", "feat") == before
