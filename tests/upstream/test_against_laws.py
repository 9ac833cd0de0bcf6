"""``check --against`` judges the tree that git makes, and says what a check says of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

import histories
from histories import History, Tree
from oneleaf import config as configuration
from oneleaf.checking import rules
from oneleaf.checking.findings import Finding
from oneleaf.checking.state import INDEX, Case, State, of_index
from oneleaf.git import git
from oneleaf.git.snapshot import Snapshot
from oneleaf.upstream import against, merge_rules
from oneleaf.upstream import merge as merging
from oneleaf.upstream.fork import find_fork
from repository import Repository, working_in

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    """This process works in it, as a hook does."""
    made = Repository.create(tmp_path_factory.mktemp("against") / "repository")
    made.commit()
    with working_in(made):
        yield made


@dataclass
class Real:
    """What ``git merge`` without a driver left in the index.

    files: path -> mode and blob id. unmerged: paths with several stages. stuck: files
    that it left where they were, not knowing where their folder went. stopped: whether
    it stopped.
    """

    files: dict[str, tuple[str, str]]
    unmerged: set[str]
    stuck: set[str]
    stopped: bool


def really_merged(repository: Repository, ours: str = "ours") -> Real:
    """Merges the branches in the work tree."""
    repository.git("checkout", "-q", "-f", "--detach", ours)
    repository.git("clean", "-qfdx")
    done = repository.run("git", "merge", "--no-edit", "theirs", ok=(0, 1))
    real = Real({}, set(), set(), done.code == 1)
    for record in repository.git("ls-files", "-s", "-z").split("\0")[:-1]:
        meta, _, path = record.partition("\t")
        mode, blob, stage = meta.split(" ")
        if stage == "0":
            real.files[path] = (mode, blob)
        else:
            real.unmerged.add(path)
    places = stuck_places(done.out)
    real.stuck = {
        path for path in real.files if any(f"{path}/".startswith(p) for p in places)
    }
    if done.code:
        repository.git("reset", "-q", "--hard")
    return real


def stuck_places(said: str) -> set[str]:
    """Files and folders, each with a slash, of which git says so in these words."""
    folders = re.findall(r"Unclear where to rename (.+?) to; it was", said)
    in_way = re.findall(
        r"implicit dir rename\): (?:Existing file/dir at|Cannot map more than one path"
        r" to) (.+?)(?: in the way of|; implicit dir).* there: (.+?)\.?$",
        said,
        re.MULTILINE,
    )
    paths = [path for new, old in in_way for path in (new, *old.split(", "))]
    return {f"{place}/" for place in (*folders, *paths)}


def agrees(snapshot: Snapshot, real: Real, objects: git.Objects) -> None:
    """Whether a state is what git left, for what a check reads of it."""
    entry = real.files.get(configuration.FILE)
    text = next(objects.read([entry[1]])) if entry else None
    config = configuration.parse(text)
    event("git cannot tell where a folder went" if real.stuck else "it can")
    assert {*snapshot.unmerged} == {
        path
        for path in real.unmerged | real.stuck
        if merging.kind_of(path, config) in merging.JUDGED
    }
    mine = {
        f"{directory}/{name}" if directory else name: blob
        for directory, files in snapshot.directories.items()
        for name, blob in files.items()
    }
    for path in sorted({*mine, *real.files}):
        kind = merging.kind_of(path, config)
        if not kind or path in real.unmerged:
            continue
        mode, blob = real.files.get(path, ("", ""))
        if mine.get(path) == blob:
            assert (path in snapshot.links) == (mode == "120000"), path
            continue
        assert path in mine, path
        assert blob, path
        texts = list(snapshot.objects.read([mine[path], blob]))
        raise AssertionError((path, texts))


def told(findings: list[Finding], code: str = "OL303") -> list[tuple[str, ...]]:
    """Findings as values."""
    return sorted((f.app, f.path, f.message) for f in findings if f.code == code)


def findings_of(state: State) -> list[Finding]:
    """The ordinary check of all apps."""
    return rules.run(Case(state, new=frozenset()))


def holds(repository: Repository, history: History) -> None:
    """What ``--against`` must say of a history."""
    history.write(repository)
    with git.Objects() as objects:
        state = State(git.commit_id("ours"), objects)
        outcome = against.judge(state, "theirs")
        fork = find_fork(state.name, "theirs")
        assert fork is not None
        real = really_merged(repository)
        event("git stops" if real.stopped else "git merges")
        if fork.theirs in fork.bases or fork.ours in fork.bases:
            return
        assert outcome.unknown == ""
        with merging.made(state, fork) as merge:
            meeting, merged = against.far(state, fork, merge)
            snapshot = merged.snapshot
            agrees(snapshot, real, objects)
        alone = [*findings_of(meeting.ours), *findings_of(meeting.theirs)]
        if snapshot.unmerged:
            named = {f.path.rpartition("/")[0] for f in outcome.findings}
            named |= {f"{f.app}/migrations" for f in outcome.findings}
            assert {path.rpartition("/")[0] for path in snapshot.unmerged} <= named
        if real.stopped:
            return
        head = State(git.commit_id("HEAD"), objects)
        whole = findings_of(head)
        sides = [s.snapshot for s in (meeting.base, meeting.ours, meeting.theirs)]
        names = merge_rules.MergeSides("theirs", *sides)
        found = merge_rules.only_merged(whole, alone)
        expected = [*merge_rules.conflicts(found, head.project, names)]
        assert told(outcome.findings) == told(expected)
        if not alone:
            assert bool(told(outcome.findings)) == bool(whole)


@given(
    history=st.sampled_from((histories.STEPS, ())).flatmap(
        lambda kinds: histories.histories(kinds=kinds)
    )
)
def test_it_says_what_merging_and_checking_says(
    repository: Repository, history: History
) -> None:
    holds(repository, history)


@given(history=st.integers(1, 2).flatmap(histories.histories))
def test_it_says_so_after_criss_cross_merges(
    repository: Repository, history: History
) -> None:
    holds(repository, history)


@given(history=histories.histories(), data=st.data())
def test_the_narrow_door_agrees_with_the_whole_states_and_with_git(
    repository: Repository, history: History, data: st.DataObject
) -> None:
    """The index is judged: HEAD is ours, and one more change is staged."""
    history.write(repository)
    repository.git("checkout", "-q", "-f", "--detach", "ours")
    repository.git("clean", "-qfdx")
    before = history.commits[history.ours].files
    more = data.draw(histories.changed(before, STAGED))
    stage(repository, before, more)
    with git.Objects() as objects:
        state = of_index(objects)
        fork = find_fork(INDEX, "theirs")
        assert fork is not None
        near_found, far_found = against.Outcome(""), against.Outcome("")
        with merging.made(state, fork) as merge:
            near = against.read(state, fork, merge)
            if near is not None and near[1].snapshot.directories:
                against.compare(*near, near_found, "theirs")
            event("tells" if near else "cannot tell")
            far = against.far(state, fork, merge)
            against.compare(*far, far_found, "theirs")
            repository.git("commit", "-q", "--allow-empty", "-m", "x")
            head = repository.git("rev-parse", "HEAD").strip()
            if fork.theirs not in fork.bases:
                agrees(far[1].snapshot, really_merged(repository, head), objects)
    if near is not None:
        for code in ("OL303", "OL304"):
            assert told(near_found.findings, code) == told(far_found.findings, code)


def stage(repository: Repository, before: Tree, after: Tree) -> None:
    """Brings the index, and what it needs of the work tree, from one tree to another."""
    for path in before.keys() - after.keys():
        repository.git("rm", "-q", "--cached", "--", path)
        (repository.path / path).unlink()
    for path, text in after.items():
        if before.get(path) == text:
            continue
        (repository.path / path).unlink(missing_ok=True)
        if text.startswith(histories.LINK):
            (repository.path / path).symlink_to(text.removeprefix(histories.LINK))
        else:
            repository.write(path, text)
    repository.add()


STAGED = ("add", "add", "add without lockfile", "edit top", "lockfile", "delete",
          "rename", "move app")  # fmt: skip
