"""Output where not every character can be shown: a console of Windows, a bare locale."""

from __future__ import annotations

import errno
import sys
import types
from pathlib import Path
from typing import Any

import pretended_windows
import pytest

from oneleaf.output import terminal
from oneleaf.output.report import wants_color
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


# A reader that is gone


@pytest.mark.parametrize("where", ["write", "flush"])
def test_a_closed_pipe_is_no_fault_on_windows(tmp_path: Path, where: str) -> None:
    """There it is no BrokenPipeError, but an invalid argument."""
    repository = Repository.create(tmp_path / "work")
    code = f"""
class Gone(type(sys.stdout)):
    full = False
    def write(self, text):
        self.full = True
        if {where == "write"}:
            raise OSError({errno.EINVAL}, "Invalid argument")
        return len(text)
    def flush(self):
        if self.full:
            raise OSError({errno.EINVAL}, "Invalid argument")
sys.stdout = Gone(open(1, "wb", closefd=False))
from oneleaf.__main__ import run
run()
"""
    prelude = ONELEAF[-1].partition("from oneleaf")[0]
    done = pretended_windows.run(
        repository, f"exec({(prelude + chr(10) + code)!r})", "help"
    )
    assert (done.code, done.err) == (2, "")


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


# Colours in a console


class Kernel:
    """As much of Windows as colours need."""

    def __init__(self, *, known: bool, modern: bool) -> None:
        self.known, self.modern = known, modern
        self.mode = 3

    def GetConsoleMode(self, console: Any, mode: Any) -> int:  # noqa: N802
        assert console.value == 42
        mode.value = self.mode
        return int(self.known)

    def SetConsoleMode(self, console: Any, mode: int) -> int:  # noqa: N802
        assert console.value == 42
        self.mode = mode if self.modern else self.mode
        return int(self.modern)


@pytest.mark.parametrize(
    ("known", "modern", "mode"),
    [(True, True, 7), (True, False, 3), (False, True, 3)],
    ids=["console", "old console", "no console"],
)
def test_a_console_is_asked_to_take_colors(
    monkeypatch: pytest.MonkeyPatch, *, known: bool, modern: bool, mode: int
) -> None:
    import ctypes

    kernel = Kernel(known=known, modern=modern)
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(
        ctypes, "windll", types.SimpleNamespace(kernel32=kernel), raising=False
    )
    monkeypatch.setattr(ctypes, "byref", lambda value: value)
    handles = types.SimpleNamespace(get_osfhandle=lambda fd: {1: 42}[fd])
    monkeypatch.setitem(sys.modules, "msvcrt", handles)
    assert terminal.understood() is (known and modern)
    assert kernel.mode == mode
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    assert wants_color("auto") is (known and modern)


def test_a_terminal_elsewhere_takes_colors() -> None:
    assert terminal.understood()
