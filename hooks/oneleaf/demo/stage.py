"""Runs the demo's commands in its project, and shows them as they are typed."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

from oneleaf.errors import OneleafError

_COLORED = {
    "FORCE_COLOR": "1",
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "color.ui",
    "GIT_CONFIG_VALUE_0": "always",
}
_BREATH, _KEYSTROKE = 1.0, 0.02  # seconds
_BOLD, _GREY, _PLAIN = "\033[1m", "\033[2m", "\033[0m"


class Stage:
    """One project directory with its environment.

    colored: whether to colour; paced: whether to type slowly and to wait a moment before
    each command, so that a person can follow.
    """

    def __init__(self, directory: Path, *, colored: bool, paced: bool) -> None:
        self.directory = directory
        self._colored = colored
        self._paced = paced
        bin_directory = str(Path(sys.executable).parent)
        self._env = {
            **{k: v for k, v in os.environ.items() if not k.startswith("GIT_")},
            "PATH": bin_directory + os.pathsep + os.environ.get("PATH", os.defpath),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_EDITOR": "true",
            "GIT_PAGER": "cat",
        }
        self._env.pop("CI", None)
        if colored:  # what the commands print goes through a pipe
            self._env |= _COLORED
        for tool in ("git", "oneleaf"):
            if shutil.which(tool, path=self._env["PATH"]) is None:
                msg = f"the demo needs the command {tool!r} on PATH; install it first"
                raise OneleafError(msg)

    def write(self, path: str, content: str) -> None:
        """Writes a file of the project."""
        target = self.directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, encoding="utf-8", newline="\n")

    def quietly(self, command: str, cwd: str = ".") -> None:
        """Runs a command of the setting; what it prints is shown only if it fails."""
        done = self._run(command, cwd)
        if done.returncode:
            sys.stdout.buffer.write(done.stdout)
            msg = f"the demo could not be set up: `{command}` ended with {done.returncode}"
            raise OneleafError(msg)

    def say(self, text: str) -> None:
        """A line of the story."""
        sys.stdout.write("\n")
        self._print(f"# {text}", _GREY)

    def play(self, command: str, *, fails: bool = False) -> None:
        """Shows a command, runs it, shows what it prints.

        fails: the story needs it to fail. Raises OneleafError where it does otherwise.
        """
        self._type(command)
        done = self._run(command, ".")
        sys.stdout.write(done.stdout.decode("utf-8", "replace"))
        sys.stdout.flush()
        if bool(done.returncode) != fails:
            msg = f"the demo went another way than its story: `{command}` ended with {done.returncode}"
            raise OneleafError(msg)

    def _type(self, command: str) -> None:
        """Shows a command; on a terminal letter by letter, as somebody types it."""
        bold, plain = (_BOLD, _PLAIN) if self._colored else ("", "")
        sys.stdout.write(f"{bold}$ ")
        if self._paced:
            sys.stdout.flush()
            time.sleep(_BREATH)
            for letter in command:
                sys.stdout.write(letter)
                sys.stdout.flush()
                time.sleep(_KEYSTROKE)
        else:
            sys.stdout.write(command)
        sys.stdout.write(f"{plain}\n")
        sys.stdout.flush()

    def _run(self, command: str, cwd: str) -> subprocess.CompletedProcess[bytes]:
        words = shlex.split(command)
        if words[0] == "python":
            words[0] = sys.executable
        return subprocess.run(
            words,
            cwd=self.directory / cwd,
            env=self._env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )

    def _print(self, text: str, style: str) -> None:
        sys.stdout.write(f"{style}{text}{_PLAIN}\n" if self._colored else text + "\n")
