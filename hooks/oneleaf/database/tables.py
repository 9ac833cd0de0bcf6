"""Tables and columns that a project state asks for, by the state alone.

Pure: nothing is rendered and no database is asked. The names are Django's
("Table names", "Field name hiding", and ``ManyToManyField.db_table`` in the model
reference).
"""

import copy
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.conf import settings
from django.db.migrations.state import ProjectState
from django.db.migrations.utils import resolve_relation
from django.db.models import CharField, TextField

Key = tuple[str, str]  # app label, model name in small letters
Models = Mapping[Key, Any]


def is_joined(field: Any) -> bool:
    """Whether the field stands in a table of its own and not in a column."""
    return bool(field.many_to_many)


def through(field: Any, app_label: str) -> "Key | None":
    """The model that a many-to-many field names as its table, None for none."""
    model = getattr(field.remote_field, "through", None)
    return None if model is None else resolve_relation(model, app_label, "")


def has_table(model: Any) -> bool:
    """Whether Django would make a table for the model (``Options.can_migrate``)."""
    options = model.options
    if options.get("proxy") or options.get("managed") is False:
        return False
    return not is_swapped(model)


def is_swapped(model: Any) -> bool:
    """Whether a setting puts another model in this one's place (``Options.swapped``)."""
    chosen = getattr(settings, model.options.get("swappable") or "", None)
    label = f"{model.app_label}.{model.name}".lower()
    return bool(chosen) and str(chosen).lower() != label


def table(model: Any) -> str:
    """Name of the model's own table."""
    given = model.options.get("db_table")
    return str(given or f"{model.app_label}_{model.name_lower}")


def has_field(model: Any, name: str) -> bool:
    """Whether the model has a field of that name, in capitals or not."""
    return name.lower() in (field.lower() for field in model.fields)


def named_entries(states: "Iterable[Any]") -> "Iterator[str]":
    """Names of the models' indexes and constraints: PostgreSQL's are schema-wide."""
    for model in states:
        for option in ("indexes", "constraints"):
            yield from (entry.name for entry in model.options.get(option, ()))


def tables_of(model: Any) -> "Iterator[str]":
    """Tables of the model: its own, and those of its many-to-many fields."""
    if not has_table(model):
        return
    own = table(model)
    yield own
    for name, field in model.fields.items():
        if is_joined(field) and field.remote_field.through is None:
            yield field.db_table or f"{own}_{name}"


def shared(state: ProjectState) -> "Iterator[str]":
    """One sentence for each table that two models ask for, or an index is named as."""
    owners: dict[str, str] = {}
    for model in state.models.values():
        shown = f"{model.app_label}.{model.name}"
        for name in tables_of(model):
            if name in owners:
                yield f"{owners[name]} and {shown} share the table {name}"
            owners[name] = shown
    for model in state.models.values():
        for option in ("indexes", "constraints"):
            for entry in model.options.get(option, ()):
                if entry.name in owners:
                    yield f"{entry.name} is a table and an index"


def columns(model: Any) -> "Iterator[tuple[str, str]]":
    """(field name, column in small letters) of the model's own fields."""
    for name, field in model.fields.items():
        bound = copy.copy(field)
        bound.set_attributes_from_name(name)
        if bound.column and not is_joined(field):
            yield name, bound.column.lower()
    if model.options.get("order_with_respect_to"):
        yield "_order", "_order"


def ancestors(models: Models, key: Key) -> "Iterator[Key]":
    """Models of the state that the model inherits from, the nearest first."""
    waiting, seen = [key], {key}
    while waiting:
        app_label, name = waiting.pop(0)
        for base in models[app_label, name].bases:
            if isinstance(base, str):
                parent = resolve_relation(base, app_label, name)
                if parent in models and parent not in seen:
                    seen.add(parent)
                    waiting.append(parent)
                    yield parent


def referring(models: Models, key: Key) -> "Iterator[tuple[Key, str]]":
    """(model, field name) of what refers to a model."""
    for (app_label, name), model in models.items():
        for field_name, field in model.fields.items():
            remote = field.remote_field
            if not remote or not remote.model:
                continue
            if resolve_relation(remote.model, app_label, name) == key:
                yield (app_label, name), field_name


def searched_by(models: Models, key: Key, ends: "tuple[Any, Any]") -> "Iterator[str]":
    """Names by which Django looks for what a column has, when it changes the column.

    ends: the field before and after. The index for LIKE is dropped by a name made of
    the table's of now (``_create_index_name`` in PostgreSQL's ``_alter_field``), so that
    it matters whether the table had another name when it was made; with a key, also
    those of the tables that refer to it. And a key changes the columns of unmanaged
    models, whether they have a table or not.
    """
    yield table(models[key])
    if any(field.primary_key or field.unique for field in ends):
        texts = any(isinstance(field, (CharField, TextField)) for field in ends)
        for other, name in referring(models, key):
            if texts or not has_table(models[other]):
                yield f"{table(models[other])}.{name}"


def clashes(models: Models, key: Key) -> "Iterator[str]":
    """What the model's fields and columns have twice, ancestors' names included."""
    model = models[key]
    taken: dict[str, str] = {}
    for name, column in columns(model):
        if column in taken:
            yield f"{model.name}.{taken[column]} and {name} share the column {column}"
        taken[column] = name
    yield from _inherited_twice(models, key)
    for other in models:
        if other != key and key in ancestors(models, other):
            yield from _inherited_twice(models, other)


def _inherited_twice(models: Models, key: Key) -> "Iterator[str]":
    """Fields that the model has by itself and by a parent: Django's FieldError."""
    model = models[key]
    if model.options.get("proxy"):
        return
    for parent in ancestors(models, key):
        for name in model.fields.keys() & models[parent].fields.keys():
            yield f"{model.name}.{name} is also a field of its parent {parent[1]}"
