"""``check --against`` says what really merging and then checking says."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

import histories
from histories import History
from oneleaf.checking import judging, upstream_checks
from oneleaf.checking.findings import Finding
from oneleaf.checking.states import INDEX, State, of_index
from oneleaf.repository import git, snapshot
from oneleaf.upstream import against, forks, merged, narrow_merge
from repository import Repository


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    """This process works in it, as a hook does."""
    made = Repository.create(tmp_path_factory.mktemp("against") / "repository")
    made.commit()
    before, environ = Path.cwd(), dict(os.environ)
    os.chdir(made.path)
    os.environ.update(made.env)
    yield made
    os.chdir(before)
    os.environ.clear()
    os.environ.update(environ)


def told(findings: list[Finding], code: str = "OL303") -> list[tuple[str, ...]]:
    """Findings as values."""
    return sorted((f.app, f.path, f.message) for f in findings if f.code == code)


def really_merged(repository: Repository) -> list[str]:
    """Merges the branches in the work tree, without a driver; the unmerged paths."""
    repository.git("checkout", "-q", "-f", "--detach", "ours")
    repository.git("clean", "-qfdx")
    repository.git("merge", "-q", "--no-edit", "theirs", ok=(0, 1))
    raw = repository.git("ls-files", "-u", "-z")
    paths = {record.split("\t")[1] for record in raw.split("\0") if record}
    repository.git("reset", "-q", "--hard") if paths else None
    return sorted(paths)


def findings_of(commit: str, objects: git.Objects) -> judging.Judged:
    """The ordinary check of all apps of a commit."""
    state = State(snapshot.commit_id(commit), objects)
    return judging.judge(state.snapshot(), state.config)


def is_judged(path: str) -> bool:
    """Whether a path is that of a migration or a lockfile."""
    return path.endswith(histories.LOCKFILE) or "/migrations/0" in path


def holds(repository: Repository, history: History) -> None:
    """What ``--against`` must say of a history."""
    history.write(repository)
    objects = git.Objects()
    try:
        state = State(snapshot.commit_id("ours"), objects)
        outcome = against.judge(state, "theirs")
        stopped = really_merged(repository)
        sides = [findings_of(side, objects) for side in ("ours", "theirs")]
        alone = [finding for side in sides for finding in side.findings]
        if stopped:
            event("git stops")
            paths = [path for path in stopped if is_judged(path)]
            named = {f.path.rpartition("/")[0] for f in outcome.findings}
            named |= {f"{f.app}/migrations" for f in outcome.findings}
            assert {path.rpartition("/")[0] for path in paths} <= named
            return
        whole = findings_of("HEAD", objects)
        event("findings" if whole.findings else "clean")
        states = [
            State(snapshot.commit_id(c), objects).snapshot() for c in ("ours", "theirs")
        ]
        fork = forks.find(state.name, "theirs")
        assert fork is not None
        meeting = against.far(state, fork, merged.Contents(objects))
        names = upstream_checks.Sides("theirs", meeting.base, *states)
        found = upstream_checks.only_merged(whole.findings, alone)
        expected = [*upstream_checks.conflicts(found, whole.project, names)]
        assert told(outcome.findings) == told(expected)
        if not alone:
            assert bool(told(outcome.findings)) == bool(whole.findings)
    finally:
        objects.close()


def is_moved_once(history: History) -> bool:
    """Whether at most one side moves the folder of an app.

    Where both do, git pairs files of one content across apps, which is its own to
    decide: it then stops or not for reasons that no leaf node has.
    """
    ends = (history.commits[history.ours].files, history.commits[history.theirs].files)
    return not all(any(path.startswith("new_") for path in files) for files in ends)


@given(history=histories.histories().filter(is_moved_once))
def test_it_says_what_merging_and_checking_says(
    repository: Repository, history: History
) -> None:
    holds(repository, history)


@given(history=histories.histories(criss_cross=True))
def test_it_says_so_after_criss_cross_merges(
    repository: Repository, history: History
) -> None:
    holds(repository, history)


@given(history=histories.histories(), data=st.data())
def test_the_narrow_door_agrees_with_the_whole_states(
    repository: Repository, history: History, data: st.DataObject
) -> None:
    """The index is judged: HEAD is ours, and one more change is staged."""
    history.write(repository)
    repository.git("checkout", "-q", "-f", "--detach", "ours")
    before = history.commits[history.ours].files
    more = data.draw(histories.changed(before, STAGED))
    for path, text in more.items():
        repository.write(path, text)
    repository.add()
    objects = git.Objects()
    try:
        state = of_index(objects)
        fork = forks.find(INDEX, "theirs")
        assert fork is not None
        contents = merged.Contents(objects)
        near = narrow_merge.read(state, fork, contents)
        event("tells" if near else "cannot tell")
        near_found = against.Outcome("")
        if near is not None and near.base.directories:
            against.compare(near, contents, state.config, near_found, "theirs")
        far_found = against.Outcome("")
        far = against.far(state, fork, contents)
        against.compare(far, contents, None, far_found, "theirs")
    finally:
        objects.close()
    if near is not None:
        for code in ("OL303", "OL304"):
            assert told(near_found.findings, code) == told(far_found.findings, code)


STAGED = ("add", "add", "add without lockfile", "edit top", "lockfile")
