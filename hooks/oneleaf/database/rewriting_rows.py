"""The rows of ``django_migrations``, read with their ids, and replaced together."""

from typing import Any

from django.db import transaction
from django.db.migrations.recorder import MigrationRecorder

from oneleaf.database.keys import Key


class Row:
    """A row of ``django_migrations``. applied: the time it tells."""

    __slots__ = ("applied", "id", "key")

    def __init__(self, number: int, key: Key, applied: Any) -> None:
        self.id = number
        self.key = key
        self.applied = applied


def rows(connection: Any) -> "list[Row]":
    """Every row, in the order they were written; none where there is no table."""
    recorder = MigrationRecorder(connection)
    if not recorder.has_table():
        return []
    found = recorder.migration_qs.order_by("pk")
    return [Row(row.pk, (row.app, row.name), row.applied) for row in found]


def replace_rows(
    connection: Any, old: "list[Row]", new: "list[tuple[Key, Any]]"
) -> None:
    """Takes all old rows out and then puts all new ones in, in one transaction.

    new: (key, time it was applied). Never one by one: a chain that moved one number on
    uses its own old names again. Raises django.db.Error, with nothing changed.
    """
    recorder = MigrationRecorder(connection)
    kind = recorder.Migration
    with transaction.atomic(connection.alias):
        recorder.migration_qs.filter(pk__in=[row.id for row in old]).delete()
        for (label, name), applied in new:
            kind(app=label, name=name, applied=applied).save(
                using=connection.alias, force_insert=True
            )
