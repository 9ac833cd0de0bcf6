"""The command that ``oneleaf db lock`` runs, on systems other than Linux."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path

import pretended_windows
import pytest

from oneleaf.database import child
from repository import ONELEAF, Repository

WORDS = ["python", "manage.py", "migrate"]


@pytest.mark.parametrize("platform", ["darwin", "win32", "freebsd14"])
def test_only_linux_ends_a_command_with_its_parent(
    monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    tied = child._command("/bin/python", WORDS)
    assert tied[-4:] == ["/bin/python", *WORDS]
    assert len(tied) > 4
    monkeypatch.setattr(sys, "platform", platform)
    assert child._command("/bin/python", WORDS) == ["/bin/python", *WORDS[1:]]


@pytest.mark.parametrize(
    ("platform", "ended", "code"),
    [
        ("linux", 0, 0),
        ("linux", 3, 3),
        ("linux", -signal.SIGTERM, 143),
        ("darwin", -signal.SIGTERM, 143),
        ("win32", 0, 0),
        ("win32", 3, 3),
        ("win32", 0xC000013A, 0xC000013A - (1 << 32)),  # by Ctrl-C
        ("win32", 0xC0000005, 0xC0000005 - (1 << 32)),  # by a crash
        ("win32", 0xFFFFFFFF, -1),
        ("win32", 0x7FFFFFFF, 0x7FFFFFFF),
    ],
)
def test_the_exit_code_is_one_that_a_process_can_end_with(
    monkeypatch: pytest.MonkeyPatch, platform: str, ended: int, code: int
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    found = child._exit_code(ended)
    assert found == code
    assert -(1 << 31) <= found < 1 << 31  # what os._exit takes
    if platform == "win32":
        assert found % (1 << 32) == ended


@pytest.mark.parametrize("name", ["SIGINT", "SIGBREAK"])
def test_the_console_of_windows_sends_its_keys_to_the_child_itself(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    number = signal.SIGINT
    monkeypatch.setattr(
        signal, "Signals", lambda _: type("Signal", (), {"name": name})()
    )
    relay = child._Relay()
    relay._pass_on(number, None)
    assert relay.early == []


def test_another_signal_is_passed_on_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    relay = child._Relay()
    relay._pass_on(signal.SIGTERM, None)
    assert relay.early == [signal.SIGTERM]


def test_signals_that_a_system_lacks_are_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"):
        monkeypatch.delattr(signal, name, raising=False)
    relay = child._Relay()
    relay.listen()
    try:
        assert sorted(relay._before) == [signal.SIGINT, signal.SIGTERM]
    finally:
        relay.leave()


def test_a_command_runs_and_its_code_comes_back(tmp_path: Path) -> None:
    """The whole of it, on a system that takes itself for Windows."""
    repository = Repository.create(tmp_path / "work")
    start = ONELEAF[-1].partition("from oneleaf")[0]
    program = tmp_path / "command.exe"
    program.symlink_to(shutil.which("sh") or "sh")
    code = (
        f"{start} from oneleaf.database import child; sys.exit(child.run(sys.argv[1:]))"
    )
    words = (str(program), "-c", "echo said; exit 7")
    done = pretended_windows.run(
        repository, code, *words, PATH=os.environ["PATH"], PATHEXT=".EXE"
    )
    assert (done.code, done.out, done.err) == (7, "said\n", "")
