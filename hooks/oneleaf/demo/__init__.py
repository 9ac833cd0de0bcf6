"""The demo: two people add a migration to one app, and nobody loses an hour.

Its project, the stage on which commands are typed and run, and the story.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

from oneleaf.errors import OneleafError
from oneleaf.output.terminal import BOLD, GREY, painted

_HOOK = "#!/bin/sh\nexec oneleaf check\n"


def set_up(stage: Stage) -> None:
    """A project with a published main branch, armed with the hook and the driver."""
    for path, content in project().items():
        stage.write(path, content)
    stage.quietly("git init -q -b main")
    stage.quietly("git config user.name Ada")
    stage.quietly("git config user.email ada@example.org")
    stage.quietly("python manage.py makemigrations -v0 shop")
    stage.quietly("git add -A")
    stage.write(".git/hooks/pre-commit", _HOOK)
    (stage.directory / ".git/hooks/pre-commit").chmod(0o755)
    stage.write("shop/migrations/max_migration.txt", "0001_initial\n")
    stage.quietly("oneleaf install")
    stage.quietly("git add -A")
    stage.quietly("git commit -q -m 'The shop'")
    stage.quietly("git init -q --bare -b main .git/published.git")
    stage.quietly("git remote add origin .git/published.git")
    stage.quietly("git push -q -u origin main")
    stage.quietly("git remote set-head origin main")


def _branch(stage: Stage, *, color: bool, weight: bool, message: str) -> None:
    stage.write("shop/models.py", models(color=color, weight=weight))
    stage.quietly("python manage.py makemigrations -v0 shop")
    stage.quietly("git add -A")
    name = "0002_item_color" if color else "0002_crate_weight"
    stage.write("shop/migrations/max_migration.txt", name + "\n")
    stage.quietly("git add -A")
    stage.quietly(f"git commit -q -m '{message}'")


def play(stage: Stage) -> None:
    """The whole story. Raises OneleafError where a step goes another way."""
    stage.quietly("git switch -q -c color")
    _branch(stage, color=True, weight=False, message="Items have a color")
    stage.quietly("git switch -q main")
    _branch(stage, color=False, weight=True, message="Crates have a weight")
    stage.quietly("git push -q origin main")
    stage.quietly("git switch -q color")

    stage.say(
        "You are on branch color. Meanwhile a colleague's migration was published:"
    )
    stage.play("git log --oneline --graph --all")

    stage.say("1. The hook: no commit can hold two migrations with one number.")
    stage.play("git checkout -q main -- shop/migrations/0002_crate_weight.py")
    stage.play("git commit -q -m 'Both at once'", fails=True)
    stage.quietly("git reset -q --hard")

    stage.say(
        "2. The merge driver: two branches, one app - the merge stops here, not at deployment."
    )
    stage.play("git rebase main", fails=True)

    stage.say(
        "3. You see who is where, and one command puts yours behind the published."
    )
    stage.play("oneleaf graph shop")
    stage.play("oneleaf rebase shop")
    stage.play("git status --short")
    stage.play("git rebase --continue")

    stage.say("4. Django agrees, and so does the hook.")
    stage.play("python manage.py makemigrations --check")
    stage.play("python manage.py migrate")
    stage.play("oneleaf check --all")


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


SETTINGS = """\
SECRET_KEY = "only for the demo"
DEBUG = True
INSTALLED_APPS = ["shop"]
DATABASES = {
    "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"},
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
"""

MANAGE = """\
import os
import sys

from django.core.management import execute_from_command_line

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
execute_from_command_line(sys.argv)
"""

MODELS = """\
from django.db import models


class Item(models.Model):
    name = models.CharField(max_length=100)
{item}

    def __str__(self):
        return self.name


class Crate(models.Model):
    code = models.CharField(max_length=20)
{crate}
    items = models.ManyToManyField(Item)
"""

COLOR = '    color = models.CharField(max_length=20, default="green")\n'
WEIGHT = "    weight = models.PositiveIntegerField(default=0)\n"


def models(*, color: bool = False, weight: bool = False) -> str:
    """``shop/models.py``, with the field of one branch, of the other, or of both."""
    return MODELS.format(item=COLOR if color else "", crate=WEIGHT if weight else "")


def project() -> dict[str, str]:
    """Path -> content of the project before its first migration."""
    return {
        "settings.py": SETTINGS,
        "manage.py": MANAGE,
        "shop/__init__.py": "",
        "shop/models.py": models(),
        "shop/migrations/__init__.py": "",
        ".gitignore": "db.sqlite3\n__pycache__/\n",
    }
