"""What goes for good when migrations are taken back: columns and tables, with counts."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import DatabaseError
from django.db.migrations import Migration
from django.db.migrations.operations import AddField, CreateModel
from django.db.migrations.state import ProjectState

from oneleaf.output.counting import counted


def of(
    connection: Any, targets: "Sequence[tuple[ProjectState, Migration]]"
) -> "Iterator[str]":
    """One sentence for each column and table that undoing these migrations drops.

    targets: each migration with the state before it.
    """
    for before, migration in targets:
        state = before.clone()
        migration.mutate_state(state, preserve=False)
        for operation in migration.operations:
            if isinstance(operation, CreateModel):
                yield from _table(
                    connection, state, migration.app_label, operation.name
                )
            elif isinstance(operation, AddField):
                yield from _column(connection, state, migration.app_label, operation)


def _table(
    connection: Any, state: ProjectState, label: str, name: str
) -> "Iterator[str]":
    if (label, name.lower()) not in state.models:
        return
    meta: Any = state.apps.get_model(label, name)._meta  # noqa: SLF001 -- Django's own name
    if meta.can_migrate(connection):
        table = connection.ops.quote_name(meta.db_table)
        yield f"table {meta.db_table} ({_rows(connection, table)})"


def _column(
    connection: Any, state: ProjectState, label: str, operation: AddField
) -> "Iterator[str]":
    key = label, operation.model_name.lower()
    if key not in state.models or operation.name not in state.models[key].fields:
        return
    model: Any = state.apps.get_model(*key)
    field = model._meta.get_field(operation.name)  # noqa: SLF001 -- Django's own name
    meta = model._meta  # noqa: SLF001 -- Django's own name
    if not meta.can_migrate(connection) or field.column is None:
        return
    quote = connection.ops.quote_name
    condition = f" WHERE {quote(field.column)} IS NOT NULL"
    count = _rows(connection, quote(meta.db_table) + condition)
    yield f"column {meta.db_table}.{field.column} ({count} with a value)"


def _rows(connection: Any, what: str) -> str:
    """How many rows there are: ``1 row``."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT COUNT(*) FROM {what}")  # noqa: S608 -- quoted above
            number = int(cursor.fetchone()[0])
    except DatabaseError:
        return "rows cannot be counted"
    return counted(number, "row")
