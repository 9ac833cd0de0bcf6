"""The first minutes of somebody new: what the README says to type, typed as it stands."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from e2e import quick_starts
from e2e.building import ROOT, URL, instead_of_the_internet
from repository import Repository, hermetic_environment, migration

pytestmark = pytest.mark.e2e

LOCK = "shop/migrations/max_migration.txt"
# What an empty machine has beside Python and git, as far as the commands need it.
BASICS = ("sh", "mktemp")
# How pip reaches its index from here.
OF_PIP = ("PIP_", "SSL_", "REQUESTS_", "HTTP_", "HTTPS_", "NO_PROXY", "ALL_PROXY")


def work_tree(place: Path) -> Path:
    """A repository with what this work tree would commit: tracked and new files."""
    env = hermetic_environment(place.parent / "home")
    env = {**env, "GIT_DIR": str(place), "GIT_WORK_TREE": str(ROOT)}
    for words in ("init -q -b main", "add -A", "commit -q -m oneleaf"):
        subprocess.run(["git", *words.split()], cwd=ROOT, env=env, check=True)
    return place


def bare_machine(folder: Path, source: Path) -> dict[str, str]:
    """The environment of a machine with nothing but Python and git, and no past.

    Only what pip has downloaded before is there, to spare the index, and it compiles
    nothing in advance, to spare the time.
    """
    links = folder / "bin"
    links.mkdir()
    (links / "python3").symlink_to(os.path.realpath(sys.executable))
    for name in ("git", *BASICS):
        (links / name).symlink_to(str(shutil.which(name)))
    for name in ("home", "tmp"):
        (folder / name).mkdir()
    pip = [sys.executable, "-m", "pip", "cache", "dir"]
    cache = subprocess.run(pip, capture_output=True, text=True, check=True).stdout
    return {
        **{k: v for k, v in os.environ.items() if k.upper().startswith(OF_PIP)},
        **instead_of_the_internet(source),
        "PIP_CACHE_DIR": cache.strip(),
        "PIP_NO_COMPILE": "1",
        "PATH": str(links),
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "tmp"),
        "LC_ALL": "C.UTF-8",
    }


@pytest.mark.slow
def test_the_two_commands_run_on_a_machine_with_only_python_and_git(
    tmp_path: Path,
) -> None:
    """The second command is narrowed to a few tests here; ``.ci/run`` runs it whole."""
    text = quick_starts.section("Try it")
    (clone,) = re.findall(r"`(git\sclone[^`]*)`", text)
    play, test = quick_starts.snippet("Try it").commands.splitlines()
    assert URL in clone
    env = bare_machine(tmp_path, work_tree(tmp_path / "site" / "oneleaf.git"))
    empty = tmp_path / "empty"
    empty.mkdir()
    start = " ".join(clone.split())
    some = "tests/test_config.py tests/checking/test_pushes.py"

    def typed(line: str, cwd: Path, **more: str) -> str:
        done = subprocess.run(
            ["sh", "-c", line],
            cwd=cwd,
            env={**env, **more},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    story = typed(f"{start} && {play}", empty)
    assert "$ oneleaf rebase shop" in story
    assert "one leaf each" in story
    (cloned,) = empty.iterdir()
    report = typed(test, cloned, PYTEST_ADDOPTS=some)
    assert re.search(r"^\d+ passed in ", report, re.MULTILINE), report


@pytest.fixture
def project(command: Path, tmp_path: Path) -> Repository:
    """A clone that got the three commands; then ``main`` and ``color`` a migration each.

    The first of the three built ``command``, from a wheel in place of the index.
    """
    author = Repository.create(tmp_path / "author")
    author.app("shop", "0001_initial")
    author.commit("shop")
    author.git("clone", "-q", "--bare", ".", "../origin.git")
    author.git("clone", "-q", "../origin.git", "../clone")
    path = os.pathsep.join((str(command), author.env["PATH"]))
    project = Repository(tmp_path / "clone", {**author.env, "PATH": path})
    for line in quick_starts.three_commands()[1:]:
        quick_starts.shell(project, line)
    for branch, name in (("color", "0002_color"), ("main", "0002_weight")):
        project.git("switch", "-q", *(["-c"] if branch == "color" else []), branch)
        add_migration(project, name)
    project.git("push", "-q", "origin", "main")
    project.git("switch", "-q", "color")
    return project


def add_migration(project: Repository, name: str) -> None:
    """Writes a migration and commits it, doing what the hook says on the way."""
    path = f"shop/migrations/{name}.py"
    project.write(path, migration(("shop", "0001_initial")))
    project.add()
    refused = project.git("commit", "-m", name, ok=(1,))
    (command,) = re.findall(r"hint: run `(oneleaf lock shop)`", refused)
    project.run("sh", "-c", command, ok=(1,))
    project.add()
    project.git("commit", "-q", "-m", name)


@pytest.mark.parametrize(
    ("meet", "go_on"),
    [
        (("merge", "main"), ("commit", "--no-edit")),
        (("rebase", "main"), ("rebase", "--continue")),
        (("cherry-pick", "main"), ("cherry-pick", "--continue")),
    ],
    ids=["merge", "rebase", "cherry-pick"],
)
def test_after_three_commands_two_branches_stop_and_one_command_mends_it(
    project: Repository, meet: tuple[str, ...], go_on: tuple[str, ...]
) -> None:
    stopped = project.git(*meet, ok=(1,))
    assert f"CONFLICT (content): Merge conflict in {LOCK}" in stopped
    assert (
        "oneleaf: to put one chain after the other, run: oneleaf rebase shop\n"
        in stopped
    )
    markers = [line[:7] for line in project.read(LOCK).splitlines()]
    assert markers[0::2] == ["<<<<<<<", "=======", ">>>>>>>"]
    assert sorted(markers[1::2]) == ["0002_co", "0002_we"]
    project.run("oneleaf", "rebase", ok=(0,))
    project.git(*go_on)
    assert_color_stands_behind_weight(project)


def test_without_a_remote_the_refusal_names_the_command_that_says_who_stays(
    project: Repository,
) -> None:
    project.git("remote", "remove", "origin")
    project.git("merge", "main", ok=(1,))
    refused = project.run("oneleaf", "rebase", ok=(1,)).out
    assert "`oneleaf rebase --onto ours shop` or `--onto theirs`" in refused
    project.run("oneleaf", "rebase", "--onto", "theirs", "shop", ok=(0,))
    project.git("commit", "--no-edit")
    assert_color_stands_behind_weight(project)


def assert_color_stands_behind_weight(project: Repository) -> None:
    """One leaf, everything committed, and the published migration stayed."""
    assert project.run("oneleaf", "check", "--all").code == 0
    assert project.read(LOCK) == "0003_color\n"
    assert "('shop', '0002_weight')" in project.read("shop/migrations/0003_color.py")
    assert project.git("status", "--porcelain") == ""
