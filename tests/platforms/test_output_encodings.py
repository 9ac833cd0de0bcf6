"""Output where not every character can be shown: a console of Windows, a bare locale."""

from __future__ import annotations

from pathlib import Path

import pytest

from repository import ONELEAF, Done, Repository

ENCODINGS = ("cp1252", "cp437", "ascii", "cp932:strict")
NAMES = ("0001_début", "0002_цвет", "0002_色")
COMMANDS = (
    *(f"check --all --output-format {kind}" for kind in ("text", "json", "github")),
    *(f"check --all --output-format {kind}" for kind in ("gitlab", "sarif")),
    "check --all --color always",
    "check цвет/migrations",
    "check --rev цвет",
    "rebase --dry-run",
    "rebase цвет",
    "merge --dry-run",
    "lock --check",
    "lock café",
    "status",
    "install --dry-run",
    "init --dry-run",
    "radar",
    "graph",
    "graph --all --format dot",
    "advise",
    "help",
    "цвет",
    *(f"{verb} --help" for verb in ("check", "rebase", "lock", "init", "db", "graph")),
)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """Two leaf nodes and an upstream, every name with letters beyond ASCII."""
    repository = Repository.create(tmp_path_factory.mktemp("encodings") / "work")
    repository.app("café", NAMES[0], lockfile=True)
    repository.commit()
    repository.git("update-ref", "refs/remotes/origin/été", "HEAD")
    repository.git(
        "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/été"
    )
    for name in NAMES[1:]:
        repository.migration("café", name, NAMES[0])
    repository.commit("naïve")
    return repository


def run(repository: Repository, encoding: str, *words: str) -> Done:
    """As ``Repository.oneleaf``, not isolated: the environment names the encoding."""
    command = (ONELEAF[0], *ONELEAF[2:], *words)
    return repository.run(*command, PYTHONIOENCODING=encoding, PYTHONPATH="")


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("command", COMMANDS)
def test_no_name_keeps_a_command_from_its_answer(
    repository: Repository, command: str, encoding: str
) -> None:
    plain = run(repository, "utf-8", *command.split())
    done = run(repository, encoding, *command.split())
    assert "fault in oneleaf" not in plain.err + done.err
    assert done.code == plain.code
    assert done.out.count("\n") == plain.out.count("\n")
    assert done.err.count("\n") == plain.err.count("\n")


def test_what_cannot_be_shown_is_spelled_out(repository: Repository) -> None:
    done = run(repository, "cp1252", "check", "--all")
    assert "0002_\\u0446\\u0432\\u0435\\u0442, 0002_\\u8272" in done.out
    shown = done.out.encode("utf-8", "surrogateescape").decode("cp1252")
    assert "app café has 2" in shown


def test_elsewhere_an_invalid_argument_is_a_fault(tmp_path: Path) -> None:
    code = (
        "from oneleaf import cli\n"
        "def main(words):\n    raise OSError(22, 'Invalid argument')\n"
        "cli.main = main\n"
    )
    start, _, end = ONELEAF[-1].partition("from oneleaf")
    repository = Repository.create(tmp_path / "work")
    done = repository.run(*ONELEAF[:-1], f"{start}\n{code}from oneleaf{end}")
    assert done.code == 2
    assert "fault in oneleaf" in done.err
