"""Remembers which states of the whole repository were found clean.

A line per state in ``oneleaf/clean`` of the common git directory: a digest of
everything the verdict depends on, and what the summary says. The file may be deleted,
cut off or garbled at any time: what does not match is not found, and the state is
checked again.
"""

import os

from oneleaf import __version__
from oneleaf.repository import git

_KEPT = 20
_NAME = "clean"


def key(*inputs: bytes) -> str:
    """Hexadecimal digest of everything that a verdict depends on.

    inputs: of any content; oneleaf's version is always one of them.
    """
    try:
        from _sha1 import sha1  # what hashlib wraps, without its start-up
    except ImportError:
        from hashlib import sha1

    digest = sha1(__version__.encode(), usedforsecurity=False)
    for data in inputs:
        digest.update(b"%d\0" % len(data))
        digest.update(data)
    return str(digest.hexdigest())


def directory() -> str:
    """The folder of everything oneleaf remembers: ``oneleaf`` in the common git directory."""
    common = git.line("rev-parse", "--git-common-dir")
    return os.path.join(common, "oneleaf")


def recall(folder: str, digest: str) -> "tuple[int, int] | None":
    """(apps, migrations) of a state found clean; None where it is not remembered."""
    for line in _lines(folder):
        words = line.split()
        if len(words) == 3 and words[0] == digest and (words[1] + words[2]).isdigit():
            return int(words[1]), int(words[2])
    return None


def remember(folder: str, digest: str, apps: int, migrations: int) -> None:
    """Notes a clean state, newest first. Never fails: it only saves time."""
    lines = [f"{digest} {apps} {migrations}"]
    lines += [line for line in _lines(folder) if not line.startswith(digest)]
    path = os.path.join(folder, _NAME)
    temporary = f"{path}.{os.getpid()}"
    try:
        os.makedirs(folder, exist_ok=True)
        with open(temporary, "w", encoding="ascii", errors="replace") as file:
            file.write("\n".join(lines[:_KEPT]) + "\n")
        os.replace(temporary, path)
    except OSError:  # on Windows also where another check reads it at this moment
        import contextlib

        with contextlib.suppress(OSError):
            os.unlink(temporary)


def _lines(folder: str) -> "list[str]":
    try:
        with open(os.path.join(folder, _NAME), "rb") as file:
            return file.read(1 << 16).decode("ascii", "replace").splitlines()
    except OSError:
        return []
