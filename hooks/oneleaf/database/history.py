"""Order errors: a migration is applied, and one that it depends on is not.

Django's ``check_consistent_history`` (django/db/migrations/loader.py) stops at the
first such pair; here are all of them.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any

    from oneleaf.database.keys import Key


def order_errors(loader: Any, applied: Collection[Key]) -> list[tuple[Key, Key]]:
    """(migration, its unapplied dependency) pairs, sorted.

    loader: Django's, with its graph built for the database. applied: all its rows.
    """
    return sorted(
        (key, parent.key)
        for key in applied
        if key in loader.graph.nodes
        for parent in loader.graph.node_map[key].parents
        if parent.key not in applied and not _is_replaced(loader, parent.key, applied)
    )


def _is_replaced(loader: Any, key: Key, applied: Collection[Key]) -> bool:
    """Whether a squash counts as applied: all that it replaces is."""
    squash = loader.replacements.get(key)
    return squash is not None and all(old in applied for old in squash.replaces)
