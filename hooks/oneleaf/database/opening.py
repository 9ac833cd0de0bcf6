"""The way to a database: by its alias, with errors that name it."""

from __future__ import annotations

import contextlib

from django.db import DEFAULT_DB_ALIAS, connections
from django.db import Error as DatabaseError

from oneleaf.errors import OneleafError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_NO_ENGINE = "django.db.backends.dummy"


def aliases() -> list[str]:
    """Every alias in DATABASES that has an engine, the default first."""
    names = [
        alias
        for alias in connections
        if connections[alias].settings_dict["ENGINE"] != _NO_ENGINE
    ]
    return sorted(names, key=lambda alias: (alias != DEFAULT_DB_ALIAS, alias))


def connection(alias: str = "") -> Any:
    """Django's connection of an alias, not opened yet.

    Raises OneleafError where the settings have no such database.
    """
    alias = alias or DEFAULT_DB_ALIAS
    known = aliases()
    if alias not in known:
        have = ", ".join(known) or "none"
        raise OneleafError(f"DATABASES has no database {alias!r}; it has: {have}")
    return connections[alias]


@contextlib.contextmanager
def named(alias: str) -> Iterator[None]:
    """Turns what the database or its driver raises into an OneleafError."""
    try:
        yield
    except DatabaseError as error:
        reason = " ".join(str(error).split())
        raise OneleafError(f"database {alias!r}: {reason}") from None
