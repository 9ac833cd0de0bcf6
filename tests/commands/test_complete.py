"""What ``oneleaf complete`` offers for the words of a line: from the verbs' own tables."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from oneleaf import cli, complete
from oneleaf.__main__ import main
from oneleaf.commands import db
from repository import ONELEAF, Repository, working_in

Printed = pytest.CaptureFixture[str]

CALLED = {*cli.GROUPS[complete.UNTYPED]}
REFS = {"HEAD", "main", "feature/color", "origin/main", "v1"}
REPORTS = {"text", "json", "github", "gitlab", "sarif"}
CHECK = {option.name for option in cli.load("check").VERB.options} | {"--color"}
LOCK = {"--settings", "--database", "--wait", "--color", "--help"}

# The words, the last of which is being typed -> what there is to choose from.
OFFERED: dict[str, set[str]] = {
    "": {*cli.VERBS, "help"} - CALLED,
    "-": {"--help", "--version"},
    "help ": {*cli.VERBS},
    "help db ": {*db.VERBS},
    "help check ": set(),
    "db ": {*db.VERBS},
    "db -": {"--help"},
    "db lock --w": LOCK,
    "db lock --wait 5 -": LOCK - {"--wait"},
    "db lock ": set(),
    "db lock -- ": {":command"},
    "db lock -- cat --color ": {":arguments"},
    "db verify --since ": REFS,
    "db restore ": {"default.sqlite3"},
    "db rollback ": {"shop", "basket"},
    "db rollback shop ": set(),
    "check -": CHECK | {"--help"},
    "check --all --rev main -": (CHECK | {"--help"}) - {"--all", "--rev"},
    "check --against=main --against ": REFS | {"upstream"},
    "check --against main -": CHECK | {"--help"},
    "check --rev=fe": {f"--rev={name}" for name in REFS},
    "check --output-format ": REPORTS,
    "check --output-format=js": {f"--output-format={name}" for name in REPORTS},
    "check --prepare-commit-msg=": {":files"},
    "check --no-such=": set(),
    "check a.py ": {":files"},
    "check -- -": {":files"},
    "radar --days ": set(),
    "radar ": set(),
    "rebase --onto ours ": {"shop", "basket"},
    "merge shop ": {"basket"},
    "demo ": {":folders"},
    "completion ": {"bash", "zsh", "fish"},
    "completion zsh ": set(),
    "no-such-verb ": set(),
}


# Placeholders of the help for which only the user knows a value.
FREE = {"ALIAS", "MIB", "MODULE", "N", "NAME", "SECONDS", "O A B L P"}


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Repository]:
    """Two apps, one with a label of its own, branches, a tag and a backup."""
    repository = Repository.create(tmp_path / "project")
    repository.app("shop", "0001_initial")
    repository.app("cart", "0001_initial", root="src/")
    repository.write("pyproject.toml", '[tool.oneleaf.apps]\n"src/cart" = "basket"\n')
    repository.commit()
    repository.git("branch", "feature/color")
    repository.git("tag", "v1")
    repository.git("update-ref", "refs/remotes/origin/main", "HEAD")
    repository.write(".git/oneleaf/backups/default.sqlite3.json")
    repository.write(".git/oneleaf/backups/interrupted.sqlite3")
    with working_in(repository):
        os.chdir("shop")  # what is offered does not depend on it
        yield repository


def offered(told: Printed, line: str) -> dict[str, str]:
    """The candidates, each with what it is; nothing is said beside them."""
    assert main(["complete", "--", *line.split(" ")]) == 0
    out, err = told.readouterr()
    assert err == ""
    return dict(row.partition("\t")[::2] for row in out.splitlines())


def test_the_words_of_a_line(project: Repository, capsys: Printed) -> None:
    assert {line: {*offered(capsys, line)} for line in OFFERED} == OFFERED
    assert offered(capsys, "check -")["--all"] == "look at all apps"


def test_every_placeholder_of_the_help_is_completed_or_free() -> None:
    own = [cli.load(verb).VERB for verb in cli.VERBS if verb != "db"]
    verbs = [*own, *map(db.verb, db.VERBS)]
    shown = {o.value for v in verbs for o in v.options if o.value and not o.choices}
    shown |= {verb.operands.strip("-[.] ") for verb in verbs if verb.operands}
    assert shown - complete.PLACES.keys() == FREE | {"COMMAND", "bash|zsh|fish"}


BROKEN = {
    "[tool.oneleaf]\nno-such = 1\n": set(),
    '[tool.oneleaf.apps]\nshop = "a\\u001b[31mb"\n': {"cart"},  # not for a terminal
}


@pytest.mark.parametrize("settings", BROKEN)
def test_what_cannot_be_used_is_not_offered_and_nothing_is_said(
    project: Repository, capsys: Printed, settings: str
) -> None:
    project.write("pyproject.toml", settings)
    project.add()
    assert {*offered(capsys, "rebase ")} == BROKEN[settings]
    assert "--all" in offered(capsys, "check -")


def test_outside_a_repository(project: Repository, capsys: Printed) -> None:
    os.chdir(project.path.parent)
    for line in ("lock ", "check --rev ", "check --against=", "db restore "):
        assert offered(capsys, line) == {}
    assert main(["complete"]) == 0


def test_the_words_of_the_database_side_start_no_django(project: Repository) -> None:
    words = ("complete", "--", "db", "restore", "")
    done = project.run(ONELEAF[0], "-X", "importtime", *ONELEAF[1:], *words)
    assert done.out == "default.sqlite3\n"
    loaded = {line.rpartition("|")[2].strip() for line in done.err.splitlines()}
    assert "oneleaf.complete" in loaded
    assert "django" not in loaded
