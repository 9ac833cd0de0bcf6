"""Drift: the tables are not what the applied migrations say.

Compared are tables, columns and whether a column may be null; not types, lengths and
indexes.
"""

from __future__ import annotations

import re

from django.db import router
from django.db.migrations.operations import RunSQL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from typing import Any

MISSING = "in the migrations, not in the database"
EXTRA = "in the database, in no migration here"
DIFFERS = "not the same"


class Drift:
    """One difference.

    direction: MISSING, EXTRA or DIFFERS. table, column: where; column is "" for the
    whole table. label: the app's. rows: how many rows hold data there, -1 where that
    was not asked. text: what differs, for DIFFERS.
    """

    __slots__ = ("column", "direction", "label", "rows", "table", "text")

    def __init__(
        self, direction: str, label: str, table: str, column: str = "", text: str = ""
    ) -> None:
        self.direction = direction
        self.label = label
        self.table = table
        self.column = column
        self.text = text
        self.rows = -1

    @property
    def place(self) -> str:
        """Such as ``column shop_item.color`` or ``table shop_tag``."""
        if self.column:
            return f"column {self.table}.{self.column}"
        return f"table {self.table}"


def find(
    connection: Any,
    state: Any,
    labels: Collection[str],
    ours: Collection[str],
    by_hand: str = "",
) -> list[Drift]:
    """The differences between a project state and the tables, both ways.

    state: Django's, of the applied migrations. labels: apps to compare, ours: those
    whose surplus tables and columns count. by_hand: SQL that migrations ran besides
    the state; what it names is not surplus. Raises what Django raises for a state that
    cannot be rendered, and django.db.Error.
    """
    models = list(_models(state, labels))
    known = {
        _options(m).db_table for m in state.apps.get_models(include_auto_created=True)
    }
    words = {word.lower() for word in re.findall(r"\w+", by_hand)}
    with connection.cursor() as cursor:
        tables = {
            table.name: table.type
            for table in connection.introspection.get_table_list(cursor)
        }
        found: list[Drift] = []
        for model in models:
            if router.allow_migrate_model(connection.alias, model):
                found += _compare(connection, cursor, model, tables)
        found += _surplus_tables(connection, tables, known, ours)
    return [
        drift
        for drift in found
        if drift.direction != EXTRA
        or (drift.label in ours and (drift.column or drift.table).lower() not in words)
    ]


def _options(model: Any) -> Any:
    """Django's "Model _meta API", public in spite of its name."""
    return model._meta  # noqa: SLF001


def _models(state: Any, labels: Collection[str]) -> Iterator[Any]:
    for model in state.apps.get_models(include_auto_created=True):
        meta = _options(model)
        is_other = meta.proxy or meta.swapped
        if meta.app_label in labels and meta.managed and not is_other:
            yield model


def unclear(state: Any, labels: Collection[str]) -> list[str]:
    """Tables that cannot be looked up by their names, as those of another schema.

    state, labels: as for ``find``. Sorted.
    """
    tables = (_options(model).db_table for model in _models(state, labels))
    return sorted(table for table in tables if _is_odd(table))


def _is_odd(table: str) -> bool:
    return '"' in table or "." in table


def _compare(
    connection: Any, cursor: Any, model: Any, tables: Collection[str]
) -> Iterator[Drift]:
    meta = _options(model)
    table, label = meta.db_table, meta.app_label
    if _is_odd(table):
        return
    name = connection.introspection.identifier_converter(table)
    if name not in tables:
        yield Drift(MISSING, label, table)
        return
    described = connection.introspection.get_table_description(cursor, name)
    columns = {column.name.lower(): column for column in described}
    for field in meta.local_concrete_fields:
        if field.db_parameters(connection)["type"] is None:
            continue
        column = columns.pop(field.column.lower(), None)
        if column is None:
            yield Drift(MISSING, label, table, field.column)
        elif _has_own_null(connection, field) and field.null != bool(column.null_ok):
            may, must = ("may", "must not") if column.null_ok else ("must not", "may")
            text = f"{may} be null in the database, {must} in the migrations"
            yield Drift(DIFFERS, label, table, field.column, text)
    for column in columns.values():
        yield Drift(EXTRA, label, table, column.name)


def _has_own_null(connection: Any, field: Any) -> bool:
    """Whether the field decides by itself if its column may be null.

    For a primary key, a generated column and on Oracle the server does.
    """
    if connection.features.interprets_empty_strings_as_nulls:
        return False
    return not field.primary_key and not getattr(field, "generated", False)


def _surplus_tables(
    connection: Any,
    tables: dict[str, str],
    known: Collection[str],
    labels: Collection[str],
) -> Iterator[Drift]:
    """Tables named as Django names an app's, that no model has."""
    convert = connection.introspection.identifier_converter
    taken = {convert(table).lower() for table in known}
    for name, kind in sorted(tables.items()):
        if kind != "t" or name.lower() in taken:
            continue
        owners = [label for label in labels if name.lower().startswith(f"{label}_")]
        if owners:
            yield Drift(EXTRA, max(owners, key=len), name)


def count_data(connection: Any, drifts: Iterable[Drift]) -> None:
    """Fills in ``rows`` of what is surplus. Reads whole tables."""
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        for drift in drifts:
            if drift.direction == EXTRA:
                what = quote(drift.column) if drift.column else "*"
                cursor.execute(f"SELECT COUNT({what}) FROM {quote(drift.table)}")  # noqa: S608
                drift.rows = int(cursor.fetchone()[0])


def sql_of(operations: Iterable[Any]) -> str:
    """The text of all SQL that operations run by hand, and those inside of them."""
    return "\n".join(_sql(operations))


def _sql(operations: Iterable[Any]) -> Iterator[str]:
    for operation in operations:
        if isinstance(operation, RunSQL):
            yield str(operation.sql)
        yield from _sql(getattr(operation, "database_operations", ()))
