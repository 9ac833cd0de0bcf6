"""How git is found and started on Windows, where there is no ``posix_spawn``.

Loaded only there: importing ``subprocess`` takes longer than git does for one call.
"""

import os
import subprocess
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import IO


def program() -> str:
    """What to start: the path of the git on PATH, "" where there is none.

    By its name alone Windows would first look for it in the current directory
    (CreateProcess, "lpApplicationName"), and no repository may bring its own git.
    """
    found = ["git"]
    if sys.platform == "win32":
        folders = os.environ.get("PATH", "").split(os.pathsep)
        paths = [os.path.join(folder.strip('"'), "git.exe") for folder in folders]
        found = [path for path in paths if os.path.isabs(path) and os.path.isfile(path)]
    return found[0] if found else ""


def run(
    words: "tuple[str, ...]", stdin: bytes, env: "dict[str, str]"
) -> "tuple[int, bytes, bytes]":
    """Runs a command to its end: exit code, standard output, standard error.

    stdin: what it reads. env: its whole environment. Raises OSError where it cannot be
    started.
    """
    done = subprocess.run(words, input=stdin, capture_output=True, env=env, check=False)
    return done.returncode, done.stdout, done.stderr


def start(
    words: "tuple[str, ...]", env: "dict[str, str]"
) -> "tuple[IO[bytes], IO[bytes], Callable[[], object]]":
    """Starts a command: what to write to, what to read from, how to wait for its end.

    env: its whole environment; what it says on standard error is dropped. Raises
    OSError where it cannot be started.
    """
    process = subprocess.Popen(
        words,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=env,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    return process.stdin, process.stdout, process.wait
