"""Runs the programs that come with a database server, with the project's settings."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess

from oneleaf.errors import OneleafError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import IO, Any

# Never shown and never on a command line, where other users would see them.
_SECRET = ("PGPASSWORD", "MYSQL_PWD")


def connecting(connection: Any) -> tuple[list[str], dict[str, str]]:
    """Options and environment that lead a client program to the alias's database.

    As ``manage.py dbshell`` builds them (django/db/backends/*/client.py); the
    database's name is the last option. No password is among the options.
    """
    words, env = type(connection.client).settings_to_cmd_args_env(
        connection.settings_dict, []
    )
    return [str(word) for word in words[1:]], {
        k: str(v) for k, v in (env or {}).items()
    }


def find(*names: str) -> str:
    """Path of the first of the programs on PATH. Raises OneleafError for none."""
    for name in names:
        path = shutil.which(name)
        if path:
            return path
    raise OneleafError(
        f"{' or '.join(names)} was not found on PATH; install the server's client programs"
    )


def run(
    words: Sequence[str],
    env: dict[str, str],
    stdin: IO[bytes] | None = None,
    stdout: IO[bytes] | None = None,
) -> bytes:
    """Runs a program to its end; returns what it printed where ``stdout`` is not given.

    env: what is added to this process's own. stdin: nothing where it is not given.
    Raises OneleafError with what it said on standard error where it fails.
    """
    done = subprocess.run(
        words,
        env={**os.environ, **env},
        stdin=stdin or subprocess.DEVNULL,
        stdout=stdout or subprocess.PIPE,
        stderr=subprocess.PIPE,
        check=False,
    )
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip()
        name = os.path.basename(words[0])
        raise OneleafError(f"{name} ended with {done.returncode}: {said}")
    return done.stdout or b""


def line(words: Sequence[str], env: dict[str, str]) -> str:
    """The command as a person would type it into a shell, without passwords."""
    shown = [f"{k}={shlex.quote(v)}" for k, v in env.items() if k not in _SECRET]
    return " ".join([*shown, shlex.join(words)])
