"""Backups of a database, kept in this clone under ``oneleaf/backups``.

Never in the work tree: they hold data. A backup is a file and beside it a description,
which is written last: what has none was interrupted. The last five of each database
are kept.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import json
import os
import time

from oneleaf.database import applied, clone_files
from oneleaf.database import connection as connections
from oneleaf.database.backups import mysql, postgresql, sqlite
from oneleaf.database.clone_files import dotted
from oneleaf.errors import OneleafError, Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from typing import Any

    from oneleaf.database.connection import Identity

KEPT = 5
LIMIT = 2 << 30  # bytes
_DAY = 86400.0


class Backup:
    """One backup.

    name: its file's, in the folder. database: the identity key of what it is of. made:
    when, ISO 8601 in UTC. size: bytes. digest: SHA-256 of the file. migrations: what
    was applied, as ``app.name`` in order.
    """

    __slots__ = ("database", "digest", "made", "migrations", "name", "size")

    def __init__(self, told: dict[str, Any]) -> None:
        self.name = str(told["name"])
        self.database = str(told["database"])
        self.made = str(told["made"])
        self.size = int(told["size"])
        self.digest = str(told["digest"])
        self.migrations = [str(name) for name in told["migrations"]]

    @property
    def path(self) -> str:
        """The absolute path of its file."""
        return os.path.join(folder(), self.name)


def folder() -> str:
    """Where backups are. Raises OneleafError outside a repository."""
    return clone_files.folder("backups")


def kind(connection: Any) -> Any:
    """The module that knows the server: ``dump``, ``restore``, ``check``, ``size``.

    Raises Refused for one that none knows.
    """
    known = {"sqlite": sqlite, "postgresql": postgresql, "mysql": mysql}
    if connection.vendor not in known:
        raise Refused(
            f"there is no backup for {connection.display_name}; use its own tools"
        )
    return known[connection.vendor]


def make(
    connection: Any, *, limit: int = LIMIT, spared: Collection[str] = ()
) -> Backup:
    """Makes a backup, reads it back, and removes the oldest beyond five.

    limit: bytes above which none is made. spared: names that must not be removed.
    Raises Refused above the limit, OneleafError where it cannot be made.
    """
    own = connections.identity(connection)
    server = kind(connection)
    size = server.size(connection)
    if size > limit:
        command = server.line(connection, _title(own) + server.ENDING)
        raise Refused(
            f"{own.place} has {size >> 20} MiB, more than the limit of {limit >> 20} MiB;"
            f" make the backup yourself: {command}"
        )
    migrations = [dotted(key) for key in applied.times(connection)]
    now = datetime.datetime.now(datetime.UTC)
    name = f"{_title(own)}-{now:%Y%m%dT%H%M%S}-{os.urandom(2).hex()}{server.ENDING}"
    path = os.path.join(folder(), name)
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        server.dump(connection, path)
        server.check(path)
    except BaseException:
        _remove(path)
        raise
    told = {
        "name": name,
        "database": own.key,
        "made": now.isoformat(timespec="microseconds"),
        "size": os.path.getsize(path),
        "digest": _digest(path),
        "migrations": migrations,
    }
    clone_files.write(os.path.join("backups", name + ".json"), told)
    _rotate(own, {name, *spared})
    return Backup(told)


def _title(own: Identity) -> str:
    """The beginning of a file's name: the alias and the database's own name."""
    text = f"{own.alias}-{own.own_name}"
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in text)[:80]


def _digest(path: str) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def listed(own: Identity) -> list[Backup]:
    """The backups of a database, newest first."""
    found = [backup for backup in _all() if backup.database == own.key]
    return sorted(found, key=lambda backup: (backup.made, backup.name), reverse=True)


def _all() -> list[Backup]:
    place, found = clone_files.place("backups"), []
    for entry in sorted(os.listdir(place) if os.path.isdir(place) else ()):
        if entry.endswith(".json"):
            with open(os.path.join(place, entry), encoding="utf-8") as file:
                backup = Backup(json.load(file))
            if os.path.isfile(os.path.join(place, backup.name)):
                found.append(backup)
    return found


def _rotate(own: Identity, spared: Collection[str]) -> None:
    for backup in listed(own)[KEPT:]:
        if backup.name not in spared:
            _remove(backup.path)
    _tidy()


def _tidy() -> None:
    """Removes what interrupted runs left behind a day ago or longer."""
    place = folder()
    known = {backup.name for backup in _all()}
    for entry in os.listdir(place):
        path = os.path.join(place, entry)
        old = time.time() - os.path.getmtime(path) > _DAY
        if old and os.path.isfile(path) and entry.removesuffix(".json") not in known:
            os.unlink(path)


def _remove(path: str) -> None:
    for name in (path + ".json", path):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)


def restore(connection: Any, backup: Backup, say: Callable[[str], None]) -> None:
    """Brings the database back to a backup and looks whether it is.

    Guards and consent are the caller's. Raises Refused for a backup of another
    database, OneleafError for one that has changed or where the restore fails.
    """
    own = connections.identity(connection)
    if backup.database != own.key:
        raise Refused(f"{backup.name} is a backup of another database than {own.place}")
    if _digest(backup.path) != backup.digest:
        raise OneleafError(
            f"{backup.path} has changed since it was made; it is not used"
        )
    say(f"restoring {backup.name} ({backup.size >> 20} MiB) into {own.place}")
    kind(connection).restore(connection, backup.path)
    connection.close()
    found = [dotted(key) for key in applied.times(connection)]
    if sorted(found) != sorted(backup.migrations):
        raise OneleafError(
            f"{own.place} does not hold what {backup.path} should have brought back; run"
            " the same command again"
        )
