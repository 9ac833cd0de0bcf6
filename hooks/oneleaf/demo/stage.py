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
from oneleaf.output.colors import BOLD, GREY, painted

_COLORED = {
    "FORCE_COLOR": "1",
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "color.ui",
    "GIT_CONFIG_VALUE_0": "always",
}
_ERASED = "\033[K"  # the rest of the line (ECMA-48, EL)
_BREATH, _KEYSTROKE = 1.0, 0.02  # seconds


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
            "GIT_EDITOR": ":",  # git's own word for none; `true` is a program
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
        """Writes a file of the project: UTF-8, with LF, its folders too.

        path: ``/``-separated, from the project's folder.
        """
        target = self.directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, encoding="utf-8", newline="\n")

    def quietly(self, command: str, cwd: str = ".") -> None:
        """Runs a command of the setting; what it prints is shown only if it fails.

        Raises OneleafError where it fails.
        """
        done = self._run(command, cwd)
        if done.returncode:
            sys.stdout.buffer.write(done.stdout)
            msg = f"the demo could not be set up: `{command}` ended with {done.returncode}"
            raise OneleafError(msg)

    def say(self, text: str) -> None:
        """A line of the story."""
        line = painted(f"# {text}", GREY, colored=self._colored)
        sys.stdout.write(f"\n{line}\n")

    def play(self, command: str, *, fails: bool = False) -> None:
        """Shows a command, runs it, shows what it prints.

        fails: the story needs it to fail. Raises OneleafError where it does otherwise.
        """
        self._type(command)
        done = self._run(command, ".")
        sys.stdout.write(_settled(done.stdout.decode("utf-8", "replace")))
        sys.stdout.flush()
        if bool(done.returncode) != fails:
            msg = f"the demo went another way than its story: `{command}` ended with {done.returncode}"
            raise OneleafError(msg)

    def _type(self, command: str) -> None:
        """Shows a command; on a terminal letter by letter, as somebody types it."""
        before, after = painted("$ \0", BOLD, colored=self._colored).split("\0")
        sys.stdout.write(before)
        if self._paced:
            sys.stdout.flush()
            time.sleep(_BREATH)
            for letter in command:
                sys.stdout.write(letter)
                sys.stdout.flush()
                time.sleep(_KEYSTROKE)
        else:
            sys.stdout.write(command)
        sys.stdout.write(f"{after}\n")
        sys.stdout.flush()

    def _run(self, command: str, cwd: str) -> subprocess.CompletedProcess[bytes]:
        words = shlex.split(command)
        if words[0] == "python":
            words[0] = sys.executable
        # Windows itself would look on the PATH that this process has.
        words[0] = shutil.which(words[0], path=self._env["PATH"]) or words[0]
        return subprocess.run(
            words,
            cwd=self.directory / cwd,
            env=self._env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )


def _settled(printed: str) -> str:
    """What stays on a terminal: git writes over its own progress, as in a rebase."""
    lines = printed.replace(os.linesep, "\n").split("\n")
    return "\n".join(line.rpartition("\r")[2].removeprefix(_ERASED) for line in lines)
