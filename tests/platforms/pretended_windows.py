"""The branches that Windows takes, taken on another system.

``PRELUDE`` is run first in a process of its own. From then on ``sys.platform`` says
win32, there is no ``posix_spawn``, no ``fcntl`` and no ``posix``, ``nt`` has what
``posix`` had, ``msvcrt`` locks, pipes hold 4 KiB, renames onto what is there fail, and
git is ``git.exe``. Paths, permissions and the shell stay those of the system: what
these tell apart is tested function by function.
"""

from __future__ import annotations

import os
from pathlib import Path

from repository import ONELEAF, Done, Repository

PRELUDE = (
    f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r});"
    " import nowhere_posix; sys.path.pop(0)"
)


def git_exe(folder: Path) -> str:
    """A folder for PATH, in which git is ``git.exe`` and there is nothing else."""
    folder.mkdir(parents=True, exist_ok=True)
    found = [Path(place, "git") for place in os.get_exec_path()]
    real = next(path for path in found if path.exists())
    (folder / "git.exe").symlink_to(real)
    return str(folder)


def run(repository: Repository, code: str, *words: str, **env: str) -> Done:
    """Runs Python code, with words for ``sys.argv``, on the pretended system."""
    folder = repository.path.parent / "programs"
    path = str(folder) if folder.exists() else git_exe(folder)
    command = (ONELEAF[0], "-I", "-c", f"{PRELUDE}; {code}", *words)
    path = env.pop("PATH", path)
    return repository.run(*command, PATH=path, ok=(), cwd=".", **env)


def oneleaf(repository: Repository, *words: str, **env: str) -> Done:
    """As ``Repository.oneleaf``."""
    return run(repository, ONELEAF[-1], *words, **env)
