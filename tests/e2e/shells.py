"""Interactive shells as a user has them: what they offer for a line that is typed.

bash and zsh run in a terminal of their own and list what they would complete, by the
keys that do so; fish says it when it is asked (``complete -C``).
"""

from __future__ import annotations

import importlib
import os
import re
import select
import shutil
import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from servers import absent

from programs import first_on_path, oneleaf_in
from repository import Repository, hermetic_environment

# What Windows lacks.
fcntl: Any = importlib.import_module("fcntl")
pty: Any = importlib.import_module("pty")
termios: Any = importlib.import_module("termios")

SHELLS = ("bash", "zsh", "fish")

PROMPT = "@@ "
LIST = b"\x1b?"  # Meta-?: list what is possible, insert nothing
CLEAR = b"\x01\x0b"  # to the line's beginning, and all of it away

# What a test needs besides the user's own start-up file.
_SETTINGS = {
    "bash": (
        f"PS1='{PROMPT}'",
        "bind 'set enable-bracketed-paste off'",
        "bind 'set completion-display-width 0'",
        "bind 'set completion-query-items 0'",
        "bind 'set page-completions off'",
    ),
    "zsh": (
        f"PROMPT='{PROMPT}'; unset zle_bracketed_paste",
        "zstyle ':completion:*' list-prompt ''; LISTMAX=0",
        "bindkey -e; bindkey '^[?' list-choices",
    ),
}
_OPEN = {
    "bash": ("bash", "--noprofile", "--rcfile"),  # and the start-up file
    "zsh": ("zsh", "-d", "-i"),
}
STARTUP = {"bash": ".bashrc", "zsh": ".zshrc", "fish": ".config/fish/config.fish"}

# Takes the terminal as the one that controls the process, as a login does.
_CONTROL = (
    "import fcntl, os, sys, termios;"
    " fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execvp(sys.argv[1], sys.argv[1:])"
)


def require(shell: str) -> None:
    """Skips the test without the shell; fails it where everything is required."""
    if shutil.which(shell) is None:
        absent(f"{shell} is not installed")


@dataclass
class User:
    """Somebody with a home folder and ``oneleaf`` on PATH."""

    home: Path
    env: dict[str, str]

    @classmethod
    def create(cls, home: Path) -> User:
        """A user who never started a shell."""
        env = hermetic_environment(home)
        env |= {"XDG_CONFIG_HOME": str(home / ".config"), "TERM": "dumb"}
        command = oneleaf_in(home / "bin")
        return cls(home, first_on_path(command.parent, env))

    def run(self, shell: str, line: str, cwd: Path) -> str:
        """Has a shell run a line; what it printed on either stream."""
        done = subprocess.run(
            [shell, "-c", line],
            cwd=cwd,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        text = done.stdout.decode()
        assert done.returncode == 0, text
        return text

    def offered(self, shell: str, line: str, repository: Repository) -> dict[str, str]:
        """What the shell offers for a line, each with its description or ""."""
        if shell == "fish":
            asked = f'complete -C "{line}"'
            told = self.run("fish", asked, repository.path)
            rows = (row.partition("\t") for row in told.splitlines())
            return {name: text for name, _, text in rows}
        with Terminal(self, shell, repository.path) as terminal:
            return terminal.offered(line)


class Terminal:
    """An interactive shell in a terminal so large that nothing is wrapped or paged."""

    def __init__(self, user: User, shell: str, cwd: Path) -> None:
        self.fd, inner = pty.openpty()
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 500, 400, 0, 0))
        rcfile = [str(user.home / STARTUP[shell]), "-i"] if shell == "bash" else []
        self.process = subprocess.Popen(
            [sys.executable, "-c", _CONTROL, *_OPEN[shell], *rcfile],
            cwd=cwd,
            env=user.env,
            stdin=inner,
            stdout=inner,
            stderr=inner,
            start_new_session=True,
        )
        os.close(inner)
        self._unread = b""
        for setting in _SETTINGS[shell]:
            self._write(f" {setting}\r".encode())
        self._after_echo()

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.fd)

    def offered(self, line: str) -> dict[str, str]:
        """What is listed for a line that is being typed."""
        self._write(line.encode() + LIST + CLEAR)
        _typed, *rows = self._after_echo().split("\r\n")
        found = {}
        for row in rows:
            if row.startswith(PROMPT):
                break
            # In columns; zsh puts a description behind two dashes.
            names, _, text = row.partition(" -- ")
            for name in re.split(r"  +", names.strip()):
                found[name] = text.strip()
        found.pop("", None)
        return found

    def entered(self, keys: str) -> str:
        """What is on the screen after these keys and Enter."""
        self._write(keys.encode() + b"\r")
        return self._after_echo()

    def _after_echo(self) -> str:
        """Has the shell print a mark; all that was on the screen before it.

        Then it waits for keys: those that come earlier are read in another mode.
        """
        self._write(b" echo MA''RK\r")
        before = self._until(b"MARK\r\n")
        self._until(PROMPT.encode())
        return before.decode()

    def _write(self, keys: bytes) -> None:
        os.write(self.fd, keys)

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._unread:
            ready, _, _ = select.select([self.fd], [], [], 30)
            assert ready, f"the shell says nothing more than {self._unread!r}"
            self._unread += os.read(self.fd, 65536)
        before, _, self._unread = self._unread.partition(mark)
        return before
