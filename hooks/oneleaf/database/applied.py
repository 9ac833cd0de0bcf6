"""The rows of ``django_migrations``: what was applied, in which order and when."""

from __future__ import annotations

from oneleaf.database import rewriting_rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from oneleaf.database.keys import Key


def rows(connection: Any) -> dict[Key, str]:
    """Each row's key -> when it was applied (ISO 8601), in the order of the rows.

    Empty where the table does not exist. Raises django.db.Error.
    """
    found = rewriting_rows.rows(connection)
    return {row.key: row.applied.isoformat() for row in found}
