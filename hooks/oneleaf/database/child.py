"""Runs a command as a child that ends with its parent and gets its signals."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys

from oneleaf.errors import OneleafError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

_FORWARDED = (
    "SIGBREAK",
    "SIGHUP",
    "SIGINT",
    "SIGQUIT",
    "SIGTERM",
    "SIGUSR1",
    "SIGUSR2",
)
_FROM_THE_KEYBOARD = ("SIGBREAK", "SIGHUP", "SIGINT", "SIGQUIT")

# Asks Linux, the one system that does this, to end the command when oneleaf is killed
# (prctl(2), PR_SET_PDEATHSIG), then becomes it. A migrate that outlived the lock's holder
# would run beside the next.
_TIED = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGKILL)
if os.getppid() != int(sys.argv[1]):
    os._exit(1)
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
os.execv(sys.argv[2], sys.argv[3:])
"""


def run(words: Sequence[str]) -> int:
    """Runs a command with this process's streams; returns its exit code.

    One that a signal ended counts as 128 and the signal's number, as in a shell.
    Raises OneleafError for a command that cannot be found.
    """
    program = shutil.which(words[0])
    if program is None:
        raise OneleafError(f"the command {words[0]!r} was not found")
    relay = _Relay()
    relay.listen()
    try:
        relay.child = subprocess.Popen(_command(program, words))
        for number in relay.early:
            relay.child.send_signal(number)
        code = relay.child.wait()
    finally:
        relay.leave()
    return _exit_code(code)


def _command(program: str, words: Sequence[str]) -> list[str]:
    command = [program, *words[1:]]
    if sys.platform == "linux":
        parent = str(os.getpid())
        tied = [sys.executable, "-I", "-S", "-c", _TIED, parent, program]
        command = [*tied, *words]
    return command


def _exit_code(code: int) -> int:
    """What ``os._exit`` takes for the code that a child ended with."""
    if sys.platform == "win32":  # 32 bits, which it takes signed
        code -= (code >> 31) << 32
    elif code < 0:
        code = 128 - code
    return code


class _Relay:
    """Passes on the signals that this process gets while it waits."""

    def __init__(self) -> None:
        self.child: subprocess.Popen[bytes] | None = None
        self.early: list[int] = []
        self._before: dict[int, object] = {}

    def listen(self) -> None:
        for name in _FORWARDED:
            number = getattr(signal, name, None)
            if number is not None:
                self._before[number] = signal.signal(number, self._pass_on)

    def leave(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _pass_on(self, number: int, _frame: FrameType | None) -> None:
        if signal.Signals(number).name in _FROM_THE_KEYBOARD and _has_terminal():
            return  # the terminal sent it to the child too
        if self.child is None:
            self.early.append(number)
        else:
            self.child.send_signal(number)


def _has_terminal() -> bool:
    """Whether this process is in the foreground of a terminal, and its child with it.

    On Windows what comes from the keyboard goes to every process of the console.
    """
    found = sys.platform == "win32"
    if sys.platform != "win32":
        try:
            terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
        except OSError:
            return False
        try:
            found = os.tcgetpgrp(terminal) == os.getpgrp()
        except OSError:
            found = False
        finally:
            os.close(terminal)
    return found
