"""Completion in real shells: bash and zsh in a terminal, fish by ``complete -C``."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers import absent

from programs import first_on_path, oneleaf_in
from repository import Repository, hermetic_environment

pytestmark = pytest.mark.e2e

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
PROMPT = "@@ "
LIST = "\x1b?"  # Meta-?: list what is possible, insert nothing
CLEAR = "\x01\x0b"  # to the line's beginning, and all of it away
# How a shell is opened, and what a test needs besides the user's start-up file.
OPENED = {
    "bash": (
        ("bash", "--rcfile", ".bashrc", "-i"),
        f" PS1='{PROMPT}'; bind 'set enable-bracketed-paste off';"
        " bind 'set completion-display-width 0'; bind 'set completion-query-items 0'\r",
    ),
    "zsh": (
        ("zsh", "-d", "-i"),
        f" PROMPT='{PROMPT}'; unset zle_bracketed_paste; LISTMAX=0; bindkey -e;"
        " zstyle ':completion:*' list-prompt ''; bindkey '^[?' list-choices\r",
    ),
}
# How its completion is set up: by the README's line, and for zsh in the other usual way.
SET_UP = {
    shell: re.findall(rf"^echo .*completion {shell}.*$", README, re.MULTILINE)[0]
    for shell in ("bash", "zsh", "fish")
} | {
    "zsh by fpath": "oneleaf completion zsh > _oneleaf; echo 'fpath=(~ $fpath);"
    " autoload -Uz compinit && compinit -u' > .zshrc"
}
HOSTILE = "x$(touch${IFS}canary)"  # a name that a shell may take for its own words


class Shell:
    """A shell that is open in a user's home folder, with their start-up files read."""

    def __init__(self, name: str, home: Path, env: dict[str, str]) -> None:
        self.name, self.cwd, self.env = name, home, env
        if name == "fish":
            return
        opening, settings = OPENED[name]
        self.fd, inner = pty.openpty()
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 500, 400, 0, 0))
        self.process = subprocess.Popen(
            opening, cwd=home, env=env, stdin=inner, stdout=inner, stderr=inner
        )
        os.close(inner)
        self.unread = b""
        self.typed(settings)

    def close(self) -> None:
        if self.name != "fish":
            self.process.kill()
            self.process.wait()
            os.close(self.fd)

    def enter(self, folder: Path) -> None:
        self.cwd = folder
        if self.name != "fish":
            self.typed(f" cd {folder}\r")

    def offered(self, line: str) -> dict[str, str]:
        """What is listed for a line that is being typed, with descriptions."""
        if self.name == "fish":
            words, env = (
                ["fish", "-c", 'complete -C "$LINE"'],
                self.env | {"LINE": line},
            )
            told = subprocess.check_output(words, env=env, cwd=self.cwd, text=True)
            return dict(row.partition("\t")[::2] for row in told.splitlines())
        found: dict[str, str] = {}
        for row in self.typed(line + LIST + CLEAR).split("\r\n")[1:-1]:
            names, _, text = row.partition(" -- ")
            if not row.startswith(PROMPT):
                found |= dict.fromkeys(re.split(r"  +", names.strip()), text.strip())
        return found

    def typed(self, keys: str) -> str:
        """What is on the screen after these keys and a command that prints a mark."""
        os.write(self.fd, f"{keys} echo MA''RK\r".encode())
        told = self._until(b"MARK\r\n")
        self._until(PROMPT.encode())  # keys that come earlier are read in another mode
        return told

    def _until(self, mark: bytes) -> str:
        while mark not in self.unread:
            assert select.select([self.fd], [], [], 30)[0], self.unread
            self.unread += os.read(self.fd, 65536)
        before, _, self.unread = self.unread.partition(mark)
        return before.decode()


@pytest.fixture(scope="module", params=SET_UP)
def shell(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shell]:
    """A shell whose completion is set up, in a project."""
    name = request.param.split()[0]
    if shutil.which(name) is None:
        absent(f"{name} is not installed")
    home = tmp_path_factory.mktemp(name)
    env = hermetic_environment(home)
    env |= {"XDG_CONFIG_HOME": f"{home}/.config", "TERM": "dumb"}
    env = first_on_path(oneleaf_in(home / "bin").parent, env)
    (home / ".config/fish").mkdir(parents=True)
    subprocess.run([name, "-c", SET_UP[request.param]], env=env, cwd=home, check=True)
    project = Repository.create(home / "project")
    project.app("shop", "0001_initial")
    project.write("my notes/more.txt", "text")
    project.commit()
    for branch in ("feature/color", HOSTILE):
        project.git("branch", branch)
    shell = Shell(name, home, env)
    shell.enter(project.path)
    yield shell
    shell.close()


OFFERED = {
    "oneleaf reb": "rebase",
    "true && oneleaf lock --init s": "shop",
    "oneleaf check --output-format=js": "json",
    "oneleaf check --rev=f": "feature/color",
    "oneleaf check my": "my notes/",
    "oneleaf check my\\ notes/m": "more.txt",
    "oneleaf demo my": "my notes/",
    "oneleaf db lock -- onel": "oneleaf",
    "oneleaf db lock -- cat --color my": "my notes/",
}


def test_what_is_typed_is_completed(shell: Shell) -> None:
    for line, word in OFFERED.items():
        (found,) = shell.offered(line)
        assert found.replace("\\", "").endswith(word), line
    text = "" if shell.name == "bash" else "look at all apps"
    assert shell.offered("oneleaf check --al") == {"--all": text}
    if shell.name != "bash":  # which leaves the words of another command to nobody
        offered = shell.offered("oneleaf db lock -- oneleaf check --a")
        assert offered.keys() == {"--all", "--against"}


def test_a_name_that_is_shell_code_is_inserted_as_a_name(shell: Shell) -> None:
    if shell.name == "fish":
        assert shell.offered("oneleaf check --rev x") == {HOSTILE: ""}
        return
    told = shell.typed("oneleaf check --all --rev x\t\r")
    assert "1 app, 1 migration: one leaf each" in told
    assert not (shell.cwd / "canary").exists()


def test_outside_a_repository_nothing_is_offered_and_nothing_said(shell: Shell) -> None:
    shell.enter(shell.cwd.parent)
    assert shell.offered("oneleaf lock ") == {}
