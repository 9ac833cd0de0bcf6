"""What oneleaf remembers of this clone's databases, under ``oneleaf/`` of the git folder.

All work trees of a clone share it (gitrepository-layout(5), "commondir"): databases
are told apart by what they are, not by the work tree that uses them.
"""

from __future__ import annotations

import json
import os

from oneleaf.applying import durable
from oneleaf.errors import OneleafError
from oneleaf.repository import git

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def place(*names: str) -> str:
    """The absolute path of ``oneleaf/NAMES``, which need not exist.

    Raises OneleafError outside a repository.
    """
    git.require_repository()
    common = git.line("rev-parse", "--git-common-dir")
    return os.path.join(os.path.abspath(common), "oneleaf", *names)


def folder(*names: str) -> str:
    """The folder ``oneleaf/NAMES``; made where it is not, for the owner's eyes alone.

    Absolute. Raises OneleafError outside a repository, OSError where it cannot be made.
    """
    path = place(*names)
    os.makedirs(path, mode=0o700, exist_ok=True)
    return path


def read(name: str) -> dict[str, Any]:
    """The JSON object in a file of the folder; empty where there is none.

    Raises OneleafError for a file that is not one: a wrong guess would be worse.
    """
    path = place(name)
    try:
        with open(path, encoding="utf-8") as file:
            value = json.load(file)
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise OneleafError(f"{path} is damaged ({error}); remove it") from None
    if not isinstance(value, dict) or value.get("version") != 1:
        raise OneleafError(f"{path} was not written by this oneleaf; remove it")
    return value


def write(name: str, value: dict[str, Any]) -> None:
    """Replaces the file at once: a reader sees the old content or the new.

    name: in the folder; value: what JSON can hold. Raises OSError.
    """
    path = os.path.join(folder(), name)
    text = json.dumps({**value, "version": 1}, indent=1, sort_keys=True)
    write_file(path, text.encode() + b"\n")


def write_file(path: str, data: bytes) -> None:
    """Replaces a file, at once, by one that only its owner may read. Raises OSError."""
    beside = f"{path}.{os.getpid()}"
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    durable.patiently(os.replace, beside, path)
