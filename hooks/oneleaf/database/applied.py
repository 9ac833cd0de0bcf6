"""The rows of ``django_migrations``: what was applied, in which order and when."""

from __future__ import annotations

from django.db.migrations.recorder import MigrationRecorder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Key = tuple[str, str]  # app label, migration name


def rows(connection: Any) -> dict[Key, str]:
    """Each row's key -> when it was applied (ISO 8601), in the order of the rows.

    Empty where the table does not exist. Raises django.db.Error.
    """
    recorder = MigrationRecorder(connection)
    if not recorder.has_table():
        return {}
    found = recorder.migration_qs.order_by("id").values_list("app", "name", "applied")
    return {(app, name): when.isoformat() for app, name, when in found}
