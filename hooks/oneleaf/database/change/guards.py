"""Is this a development database? Rules for every verb that writes to one.

No single sign is enough, so all must hold, and no option switches them off together:

1. ``DEBUG`` is True. 2. The variable ``CI`` is not set. 3. The host is this machine, or
one that was named at a terminal in this clone. 4. The database's own name was given for
this clone: typed at a terminal (and remembered), or with ``--database-name``.
A tunnel makes a production server look local; that is what the fourth is for.
"""

from __future__ import annotations

import os
import sys

from django.conf import settings

from oneleaf.database import clone_files
from oneleaf.database.clone_files import Key, dotted
from oneleaf.errors import Refused
from oneleaf.git import git
from oneleaf.output.terminal import escape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from oneleaf.database.connection import Identity
    from oneleaf.database.sources import Sources


FILE = "consents.json"
_HERE = ("", "localhost", "127.0.0.1", "::1")


def require_development(own: Identity, given: str = "") -> None:
    """Returns where all rules hold. Raises Refused, naming the one that does not.

    own: the connected database. given: the value of ``--database-name``, "" where it
    was not given. Asks at a terminal where nothing else gave the consent.
    """
    if not settings.DEBUG:
        raise Refused(
            f"{_named(own)} is used with DEBUG = False: that is no development database"
        )
    if os.environ.get("CI"):
        raise Refused("the variable CI is set: nothing is written to a database in CI")
    if not own.name:
        raise Refused(f"database {own.alias!r} is in memory: there is nothing to keep")
    if given and given not in (own.own_name, own.name):
        raise Refused(
            f"--database-name says {given!r}, but the connected database is"
            f" {own.own_name!r} ({own.place})"
        )
    if own.key in _consents():
        return
    if given and is_local(own.host):
        return
    _ask(own)


def is_local(host: str) -> bool:
    """Whether a host is this machine: loopback, or a socket's folder."""
    return host in _HERE or host.startswith(("/", "@"))


def _named(own: Identity) -> str:
    return f"database {own.own_name!r} ({own.alias}: {own.place})"


def _consents() -> list[str]:
    return list(clone_files.read(FILE).get("databases", []))


def _ask(own: Identity) -> None:
    """Asks for the name at a terminal and remembers the answer. Raises Refused."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        way = (
            f"type its name when asked at a terminal, or add --database-name {own.own_name}"
            if is_local(own.host)
            else "type its name when asked (at a terminal only)"
        )
        raise Refused(
            f"{_named(own)} is not a development database of this clone. To allow it, {way}"
        )
    sys.stderr.write(
        f"alias {escape(own.alias)}, {own.vendor}, {escape(own.place)}\n"
        "This clone has not written to it yet. If it is yours to break, type its name: "
    )
    sys.stderr.flush()
    if sys.stdin.readline().strip() != own.own_name:
        raise Refused(f"that is not its name; {_named(own)} was left alone")
    known = _consents()
    clone_files.write(FILE, {"databases": [*known, own.key]})


def require_unpublished(sources: Sources, keys: Iterable[Key]) -> None:
    """Raises Refused where one of the migrations is published.

    keys: those to be renamed or unapplied, under their old and their new names. Where
    there are remotes and none tells upstream, that cannot be known: Refused too.
    """
    if not sources.upstream.branches:
        if git.run("-C", sources.top, "remote").strip():
            raise Refused(
                "no upstream branch is here, so what is published cannot be told;"
                " `git fetch` it, or name it as `upstream` in [tool.oneleaf]"
            )
        return
    for key, branch in sources.published(keys).items():
        raise Refused(
            f"{dotted(key)} is on {branch}: production may have applied it; add a new"
            " migration instead"
        )
