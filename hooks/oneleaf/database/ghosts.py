"""Ghosts: applied in the database, no file here.

Not those that a squash on disk replaces, nor rows of apps that are not installed or
lie outside of the repository: another version of a package explains them.
"""

from __future__ import annotations

from oneleaf.reading import migrations
from oneleaf.repository import git

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from oneleaf.database.keys import Key
    from oneleaf.database.sources import Sources


def find(
    rows: Iterable[Key], on_disk: Mapping[Key, Any], sources: Sources
) -> list[Key]:
    """The ghosts among a database's rows, in the order of the rows.

    on_disk: the migrations that have files here, by key, as Django loaded them.
    """
    replaced = {tuple(old) for m in on_disk.values() for old in m.replaces}
    return [
        key
        for key in rows
        if key not in on_disk and key not in replaced and sources.is_ours(key)
    ]


def squashed_away(
    ghosts: Iterable[Key], on_disk: Iterable[Key], sources: Sources
) -> set[Key]:
    """Those ghosts that a file here once replaced, before its ``replaces`` was removed.

    Such rows stay for good and do no harm (Django, "Squashing migrations":
    ``migrate --prune``).
    """
    labels = {label for label, _ in ghosts}
    replaced: set[Key] = set()
    with git.Objects() as objects:
        for key in on_disk:
            if key[0] in labels and sources.is_ours(key):
                blobs = sources.blobs(key)
                texts = objects.read(blobs if len(blobs) > 1 else ())
                for text in texts:
                    replaced.update(migrations.read(key[1], text or b"").replaces)
    return {key for key in ghosts if key in replaced}
