"""What oneleaf remembers of this clone's databases, under ``oneleaf/`` of the git folder.

All work trees of a clone share it (gitrepository-layout(5), "commondir"): databases are
told apart by what they are, not by the work tree that uses them. What each migration said
when it was applied is recorded here and not in a table, which would itself need a
migration in every database. Best effort: what was applied elsewhere is not in it.
"""

from __future__ import annotations

import json
import os

from oneleaf.applying import disk
from oneleaf.errors import OneleafError
from oneleaf.git import git

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from oneleaf.database.connection import Identity
    from oneleaf.database.sources import Sources

Key = tuple[str, str]  # app label, migration name


def dotted(key: Key) -> str:
    """The key as people read it: ``shop.0002_color``."""
    return ".".join(key)


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
    disk.patiently(os.replace, beside, path)


FILE = "applied.json"


def record(identity: Identity, rows: Mapping[Key, str], sources: Sources) -> int:
    """Remembers the content of what was applied since the last time.

    rows: key -> when applied. Returns how many contents are new. What is remembered
    of a row stays until the row is another one.
    """
    known = read(FILE)
    databases = known.setdefault("databases", {})
    before = databases.get(identity.key, {})
    after, new = {}, 0
    for key, when in rows.items():
        name = dotted(key)
        if name in before and before[name][1] == when:
            after[name] = before[name]
            continue
        mark = sources.fingerprint(key) if sources.is_ours(key) else None
        if mark:
            after[name] = [mark, when]
            new += 1
    if after != before:
        databases[identity.key] = after
        write(FILE, known)
    return new


def recorded(identity: Identity, rows: Mapping[Key, str]) -> dict[Key, str]:
    """The remembered fingerprint of each row that is still the same one."""
    before = read(FILE).get("databases", {}).get(identity.key, {})
    found = {}
    for key, when in rows.items():
        entry = before.get(dotted(key))
        if entry and entry[1] == when:
            found[key] = str(entry[0])
    return found


def before(
    identity: Identity, rows: Mapping[Key, str], sources: Sources
) -> Callable[[Key], list[str]]:
    """Key of a row -> the fingerprints that it may have been applied with.

    The remembered one, else all that git has seen under its name.
    """
    known = recorded(identity, rows)
    return lambda key: [known[key]] if key in known else sources.fingerprints(key)


def edited(identity: Identity, rows: Mapping[Key, str], sources: Sources) -> list[Key]:
    """Keys of migrations whose files now say something else than what was applied.

    Of the rows whose content is remembered; of the others nothing is known.
    """
    return [
        key
        for key, mark in recorded(identity, rows).items()
        if sources.is_ours(key) and sources.fingerprint(key) not in (None, mark)
    ]
