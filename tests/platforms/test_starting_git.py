"""How git is started and talked to, on Windows and on systems with small pipes."""

from __future__ import annotations

import errno
import importlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from oneleaf.errors import OneleafError, is_broken_pipe
from oneleaf.git import git
from oneleaf.git import processes as starter
from programs import script
from repository import SOURCE_ROOT, Repository

SMALL = 4096  # bytes that a pipe holds on Windows


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(starter, "_HAS_SPAWN", False)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """With 300 files of some KiB each, and the current directory."""
    repository = Repository.create(tmp_path / "work")
    for number in range(300):
        repository.write(f"{number}.txt", f"{number}\n" * 1000)
    repository.commit()
    monkeypatch.chdir(repository.path)
    for name, value in repository.env.items():
        monkeypatch.setenv(name, value)
    return repository


# Which git


@pytest.mark.parametrize("entry", ["", ".", "bin", '"bin"'])
@pytest.mark.usefixtures("windows")
def test_a_git_of_the_work_tree_is_never_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entry: str
) -> None:
    work = tmp_path / "work"
    for place in (work / "git.exe", work / "bin" / "git.exe"):
        script(place, "#!/bin/sh\ntouch TRAPPED\n")
    places = (os.path.join(folder, "git") for folder in os.get_exec_path())
    found = next(filter(os.path.exists, places))
    real = str(tmp_path / "programs")
    os.mkdir(real)
    os.symlink(found, os.path.join(real, "git.exe"))
    monkeypatch.chdir(work)
    monkeypatch.setenv("PATH", os.pathsep.join((entry, real)))
    assert git.line("--version").startswith("git version ")
    assert git.run("hash-object", "--stdin", stdin=b"x") != b""
    assert starter.git_found() == os.path.join(real, "git.exe")
    assert not (work / "TRAPPED").exists()


@pytest.mark.usefixtures("windows")
def test_without_git_on_path_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OneleafError, match="git was not found on PATH"):
        git.run("--version")
    with pytest.raises(OneleafError, match="git was not found on PATH"):
        git.Objects().start()


def test_elsewhere_the_system_looks_on_path() -> None:
    assert starter.git_found() == "git"


# What goes through the pipes


@pytest.mark.parametrize(
    ("args", "stdin"),
    [
        (("rev-parse", "--git-dir"), b""),
        (("rev-parse", "--verify", "--quiet", "nosuch"), b""),
        (("nosuch",), b""),
        (("hash-object", "--stdin"), b"text\r\n\0" * 100_000),
        (("rev-parse", "nosuch"), b"never read" * 100_000),
        (("cat-file", "--batch"), b"HEAD:1.txt\nHEAD:nosuch\n" * 1_000),
        (("ls-files", "-z", "--stage"), b""),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_both_ways_of_starting_git_answer_the_same(
    repository: Repository,
    monkeypatch: pytest.MonkeyPatch,
    args: tuple[str, ...],
    stdin: bytes,
) -> None:
    answer = starter.run(args, stdin, git.environment())
    monkeypatch.setattr(starter, "_HAS_SPAWN", False)
    assert starter.run(args, stdin, git.environment()) == answer


@pytest.mark.parametrize("way", ["spawned", "as on Windows"])
def test_pipes_that_hold_little_never_stop_the_talk(
    repository: Repository, way: str
) -> None:
    code = f"""
import fcntl, functools, os, subprocess, sys
sys.path.insert(0, {str(SOURCE_ROOT)!r})
from oneleaf.git import git, processes
real = os.pipe
def pipe():
    ends = real()
    fcntl.fcntl(ends[1], fcntl.F_SETPIPE_SZ, {SMALL})
    return ends
os.pipe = pipe
subprocess.Popen = functools.partial(subprocess.Popen, pipesize={SMALL})
processes._HAS_SPAWN = {way == "spawned"}
ids = [r.split()[1] for r in git.decode(git.run("ls-files", "-s", "-z")).split("\\0") if r]
asked = (ids + ["HEAD:" + "x" * 5000]) * 3
objects = git.Objects()
found = [len(content or b"") for content in objects.read(asked)]
objects.close()
text = "".join(f"{{i}}\\n" for i in ids * 3).encode()
print(len(found), sum(found), len(git.run("cat-file", "--batch", stdin=text)) > sum(found))
"""
    # A talk that stops would wait for ever.
    done = subprocess.run(
        [sys.executable, "-I", "-c", code],
        cwd=repository.path,
        env=repository.env,
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    total = 3 * sum(len(f"{number}\n") * 1000 for number in range(300))
    assert done.stdout == f"903 {total} True\n"


def test_the_pipes_of_this_test_are_small() -> None:
    fcntl: Any = importlib.import_module("fcntl")
    ends = os.pipe()
    try:
        assert fcntl.fcntl(ends[1], fcntl.F_SETPIPE_SZ, SMALL) == SMALL
    finally:
        for end in ends:
            os.close(end)


@pytest.mark.parametrize(
    ("platform", "error", "broken"),
    [
        ("linux", BrokenPipeError(errno.EPIPE, "x"), True),
        ("linux", OSError(errno.EINVAL, "x"), False),
        ("darwin", OSError(errno.EINVAL, "x"), False),
        ("win32", BrokenPipeError(errno.EPIPE, "x"), True),
        ("win32", OSError(errno.EINVAL, "x"), True),
        ("win32", OSError(errno.EINVAL, "x", "a file"), False),
        ("win32", OSError(errno.ENOSPC, "x"), False),
        ("win32", ValueError("x"), False),
    ],
)
def test_a_pipe_that_nobody_reads_is_told_from_other_errors(
    monkeypatch: pytest.MonkeyPatch, platform: str, error: Exception, broken: bool
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert is_broken_pipe(error) is broken
