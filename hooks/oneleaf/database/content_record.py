"""What each migration said when it was applied, remembered in this clone.

A record in the clone and not in a table, which would itself need a migration in every
database. Best effort: what was applied elsewhere is not in it. Formatting, comments and
dependencies do not count.
"""

from __future__ import annotations

from oneleaf.database import memory
from oneleaf.database.keys import Key, dotted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from oneleaf.database.identity import Identity
    from oneleaf.database.sources import Sources


FILE = "applied.json"


def record(identity: Identity, rows: Mapping[Key, str], sources: Sources) -> int:
    """Remembers the content of what was applied since the last time.

    rows: key -> when applied. Returns how many contents are new. What is remembered
    of a row stays until the row is another one.
    """
    known = memory.read(FILE)
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
        memory.write(FILE, known)
    return new


def recorded(identity: Identity, rows: Mapping[Key, str]) -> dict[Key, str]:
    """The remembered fingerprint of each row that is still the same one."""
    before = memory.read(FILE).get("databases", {}).get(identity.key, {})
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
