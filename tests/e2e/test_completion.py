"""Completion in real shells, set up by the lines of the README."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from generate_scripts import script

from e2e.shells import SHELLS, STARTUP, Terminal, User, require
from oneleaf.commands import completion
from repository import Repository

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
# Runs a command where a shell takes the name of a branch for its own words.
HOSTILE = "x$(touch${IFS}canary)"


def readme_lines() -> dict[str, str]:
    """Shell -> the README's line that sets its completion up."""
    passage = README.partition("### Shell completion")[2].partition("```console\n")[2]
    lines = passage.partition("```")[0].splitlines()
    return {re.findall(r"completion (\w+)", line)[0]: line for line in lines}


@pytest.fixture(scope="module")
def user(tmp_path_factory: pytest.TempPathFactory) -> User:
    """Somebody who followed the README."""
    return User.create(tmp_path_factory.mktemp("user") / "home")


@pytest.fixture(scope="module", params=SHELLS)
def shell(request: pytest.FixtureRequest, user: User) -> str:
    """A shell whose completion is set up."""
    name = str(request.param)
    require(name)
    user.run(name, readme_lines()[name], user.home)
    assert (user.home / STARTUP[name]).is_file()
    return name


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """Two apps, one of them deep in a folder, branches, tags and a backup."""
    repository = Repository.create(tmp_path_factory.mktemp("project") / "project")
    repository.app("shop", "0001_initial")
    repository.app("cart", "0001_initial", root="src/my apps/")
    repository.write("notes.txt", "text")
    repository.write("notes/more.txt", "text")
    repository.commit()
    for branch in ("feature/color", HOSTILE):
        repository.git("branch", branch)
    repository.git("tag", "v1")
    repository.git("update-ref", "refs/remotes/origin/main", "HEAD")
    repository.write(".git/oneleaf/backups/default-shop.sqlite3.json")
    repository.write(".git/oneleaf/backups/default-shop.sqlite3")
    return repository


@pytest.mark.parametrize("name", completion.SHELLS)
def test_the_committed_script_is_what_the_generator_writes(name: str) -> None:
    assert completion.script(name) == script(name), (
        "run `python scripts/completion/generate_scripts.py`"
    )
    assert completion.script(name).isascii()


OFFERED = {
    "oneleaf re": {"rebase"},
    "oneleaf --v": {"--version"},
    "oneleaf db re": {"restore"},
    "oneleaf help db st": {"status"},
    "oneleaf help merge-": {"merge-driver"},
    "oneleaf completion ": {"bash", "zsh", "fish"},
    "oneleaf check --al": {"--all"},
    "oneleaf rebase --onto ": {"ours", "theirs"},
    "oneleaf rebase --onto ours --dr": {"--dry-run"},
    "oneleaf rebase shop --no": {"--no-stage"},
    "oneleaf check --output-format ": {"text", "json", "github", "gitlab", "sarif"},
    "oneleaf check --color a": {"auto", "always"},
    "oneleaf check --rev f": {"feature/color"},
    "oneleaf check --rev=f": {"feature/color"},
    "oneleaf check --from-ref main --to-ref o": {"origin/main"},
    "oneleaf check --rev H": {"HEAD"},
    "oneleaf db verify --since v": {"v1"},
    "oneleaf check --against main --against u": {"upstream"},
    "oneleaf check no": {"notes.txt", "notes/"},
    "oneleaf check notes.txt no": {"notes.txt", "notes/"},
    "oneleaf demo no": {"notes/"},
    "oneleaf rebase ": {"shop", "cart"},
    "oneleaf merge shop c": {"cart"},
    "oneleaf lock --init s": {"shop"},
    "oneleaf lock -- s": {"shop"},
    "oneleaf db rollback s": {"shop"},
    "oneleaf db restore ": {"default-shop.sqlite3"},
    "oneleaf db lock --wa": {"--wait"},
    "oneleaf db lock -- onel": {"oneleaf"},
}


@pytest.mark.parametrize("line", OFFERED)
def test_a_line_is_completed(
    shell: str, user: User, project: Repository, line: str
) -> None:
    found = user.offered(shell, line, project)
    assert {name.rpartition("=")[2] for name in found} == OFFERED[line]


def test_every_verb_that_is_typed_by_hand_is_offered(
    shell: str, user: User, project: Repository
) -> None:
    from oneleaf import cli
    from oneleaf.commands import db

    called = cli.GROUPS["called by git and by hooks"].keys()
    verbs = {*(cli.VERBS.keys() - called), "help"}
    assert user.offered(shell, "oneleaf ", project).keys() == verbs
    assert user.offered(shell, "oneleaf help ", project).keys() == cli.VERBS.keys()
    assert user.offered(shell, "oneleaf db ", project).keys() == db.VERBS.keys()


def test_an_option_comes_with_its_help_where_the_shell_shows_one(
    shell: str, user: User, project: Repository
) -> None:
    text = "" if shell == "bash" else "look at all apps"
    assert user.offered(shell, "oneleaf check --al", project) == {"--all": text}


def test_behind_two_dashes_the_words_are_those_of_the_command(
    shell: str, user: User, project: Repository
) -> None:
    words = user.offered(shell, "oneleaf db lock -- oneleaf check --a", project)
    # bash leaves the rest of a command line to nobody.
    expected = set() if shell == "bash" else {"--all", "--against"}
    assert words.keys() == expected
    files = {"notes.txt", "notes/"}
    line = "oneleaf db lock -- cat --color no"
    assert user.offered(shell, line, project).keys() == files


@pytest.mark.parametrize("line", ["oneleaf lock ", "oneleaf db restore "])
def test_outside_a_repository_nothing_is_offered_and_nothing_said(
    shell: str, user: User, tmp_path: Path, line: str
) -> None:
    assert user.offered(shell, line, Repository(tmp_path, user.env)) == {}


def test_apps_are_those_of_the_whole_repository_wherever_one_stands(
    shell: str, user: User, project: Repository
) -> None:
    inside = Repository(project.path / "shop" / "migrations", project.env)
    assert user.offered(shell, "oneleaf lock ", inside).keys() == {"shop", "cart"}


@pytest.mark.parametrize("name", ["bash", "zsh"])
def test_a_name_that_is_shell_code_is_inserted_as_a_name(
    name: str, user: User, project: Repository
) -> None:
    require(name)
    user.run(name, readme_lines()[name], user.home)
    with Terminal(user, name, project.path) as terminal:
        assert terminal.offered("oneleaf check --all --rev x")
        told = terminal.entered("oneleaf check --all --rev x\t")
    assert "2 apps, 2 migrations: one leaf each" in told
    assert not (project.path / "canary").exists()


ZSH = {
    "sourced": "autoload -Uz compinit && compinit\nsource <(oneleaf completion zsh)\n",
    "evaluated without compinit": 'eval "$(oneleaf completion zsh)"\n',
    "a file of fpath": (
        "mkdir -p ~/functions && oneleaf completion zsh > ~/functions/_oneleaf\n"
        "fpath=(~/functions $fpath)\nautoload -Uz compinit && compinit -u\n"
    ),
}


@pytest.mark.parametrize("startup", ZSH.values(), ids=ZSH.keys())
def test_zsh_takes_the_script_in_every_usual_way(
    tmp_path: Path, project: Repository, startup: str
) -> None:
    require("zsh")
    user = User.create(tmp_path / "home")
    (user.home / ".zshrc").write_text(startup, encoding="utf-8")
    for line, expected in (("oneleaf reb", "rebase"), ("oneleaf lock s", "shop")):
        assert user.offered("zsh", line, project).keys() == {expected}
