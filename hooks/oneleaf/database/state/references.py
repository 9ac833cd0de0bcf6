"""Tables and columns that a project state asks for, and references that lead nowhere.

Pure but for ``renders``: no database is asked. The names are Django's ("Table names",
"Field name hiding", and ``ManyToManyField.db_table`` in the model reference). Django
notices most loose ends only when it renders the models, and some never.
"""

import copy
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.apps.registry import Apps
from django.conf import settings
from django.core.exceptions import FieldError
from django.db import models
from django.db.migrations.state import ProjectState
from django.db.migrations.utils import resolve_relation
from django.db.models import CharField, TextField

ModelKey = tuple[str, str]  # app label, model name in small letters
Models = Mapping[ModelKey, Any]


def is_joined(field: Any) -> bool:
    """Whether the field stands in a table of its own and not in a column."""
    return bool(field.many_to_many)


def through(field: Any, app_label: str) -> "ModelKey | None":
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


def ancestors(models: Models, key: ModelKey) -> "Iterator[ModelKey]":
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


def referring(models: Models, key: ModelKey) -> "Iterator[tuple[ModelKey, str]]":
    """(model, field name) of what refers to a model."""
    for (app_label, name), model in models.items():
        for field_name, field in model.fields.items():
            remote = field.remote_field
            if not remote or not remote.model:
                continue
            if resolve_relation(remote.model, app_label, name) == key:
                yield (app_label, name), field_name


def searched_by(
    models: Models, key: ModelKey, ends: "tuple[Any, Any]"
) -> "Iterator[str]":
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


def clashes(models: Models, key: ModelKey) -> "Iterator[str]":
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


def _inherited_twice(models: Models, key: ModelKey) -> "Iterator[str]":
    """Fields that the model has by itself and by a parent: Django's FieldError."""
    model = models[key]
    if model.options.get("proxy"):
        return
    for parent in ancestors(models, key):
        for name in model.fields.keys() & models[parent].fields.keys():
            yield f"{model.name}.{name} is also a field of its parent {parent[1]}"


_F: Any = models.F


def loose_ends(state: ProjectState) -> "Iterator[str]":
    """One sentence for each reference that leads nowhere."""
    for key in state.models:
        yield from of_model(state, key)


def of_model(state: ProjectState, key: ModelKey) -> "Iterator[str]":
    """The same of one model, which the state has."""
    model = state.models[key]
    yield from _own(state, key, model)
    shown = f"{key[0]}.{model.name}"
    for target, field_name in _outgoing(key, model):
        if target in state.models:
            if is_swapped(state.models[target]):
                yield f"{shown} refers to {'.'.join(target)}, which is swapped out"
            known = set(known_fields(state, target))
            if field_name is not None and field_name not in known:
                yield f"{shown} refers to {target[1]}.{field_name}, which is not there"
        elif target[0] not in state.real_apps:
            yield f"{shown} refers to {'.'.join(target)}, which is not there"


def known_fields(state: ProjectState, key: ModelKey) -> "Iterator[str]":
    """Names by which the model's own and inherited fields can be meant."""
    yield "pk"
    for owner in (key, *ancestors(state.models, key)):
        model = state.models[owner]
        for name, field in model.fields.items():
            yield name
            if field.remote_field is not None:
                yield f"{name}_id"
        if not any(field.primary_key for field in model.fields.values()):
            yield "id"
        if model.options.get("order_with_respect_to"):
            yield "_order"


def _own(state: ProjectState, key: ModelKey, model: Any) -> "Iterator[str]":
    """Fields that the model's own options and generated columns name."""
    named = list(_named_fields(model))
    if not named or _inherits_from_classes(model):
        return
    known = set(known_fields(state, key))
    for place, name in named:
        if name not in known:
            yield f"{place} of {key[0]}.{model.name} names {name}, which is not there"


def _inherits_from_classes(model: Any) -> bool:
    """Whether a base is a class of the project: its fields are not in the state."""
    return any(
        not isinstance(base, str) and base is not models.Model
        for base in model.bases
        if getattr(getattr(base, "_meta", None), "fields", ())
    )


def _named_fields(model: Any) -> "Iterator[tuple[str, str]]":
    """(where, field name) of what the model names of itself."""
    options = model.options
    for option in ("unique_together", "index_together"):
        for names in options.get(option) or ():
            yield from ((option, name) for name in names)
    if options.get("order_with_respect_to"):
        yield "order_with_respect_to", options["order_with_respect_to"]
    for option in ("indexes", "constraints"):
        for entry in options.get(option, ()):
            yield from ((entry.name, name) for name in _entry_fields(entry))
    for name, field in model.fields.items():
        if getattr(field, "generated", False):
            yield from ((name, other) for other in _mentioned([field.expression]))
        yield from ((name, other) for other in getattr(field, "field_names", ()))


def _entry_fields(entry: Any) -> "Iterator[str]":
    """Fields that an index or a constraint stands on."""
    for name in (*getattr(entry, "fields", ()), *(getattr(entry, "include", ()) or ())):
        yield name.removeprefix("-")
    parts = [getattr(entry, "condition", None), *getattr(entry, "expressions", ())]
    parts += [getattr(entry, "check", None)] if not hasattr(entry, "condition") else []
    yield from _mentioned(parts)


def _mentioned(parts: "Iterable[Any]") -> "Iterator[str]":
    """Field names in expressions and conditions: the head of ``owner__name``."""
    for part in parts:
        if isinstance(part, str):
            yield part.removeprefix("-").split("__")[0]
        elif isinstance(part, _F):
            yield part.name.split("__")[0]
        elif isinstance(part, models.Q):
            for child in part.children:
                if isinstance(child, tuple):
                    yield child[0].split("__")[0]
                    yield from _expressions(child[1])
                else:
                    yield from _mentioned([child])
        elif isinstance(part, (list, tuple)):  # an exclusion's (expression, operator)
            yield from _mentioned(part[:1])
        else:
            yield from _expressions(part)


def _expressions(value: Any) -> "Iterator[str]":
    """The same of an expression; a plain value names nothing."""
    if isinstance(value, _F):
        yield value.name.split("__")[0]
    elif hasattr(value, "get_source_expressions"):
        sources = [source for source in value.get_source_expressions() if source]
        yield from _mentioned(s for s in sources if not isinstance(s, str))


def _outgoing(key: ModelKey, model: Any) -> "Iterator[tuple[ModelKey, str | None]]":
    """Models, and fields of them, that the model's bases and relations name."""
    app_label, name = key
    for base in model.bases:
        if isinstance(base, str):
            yield resolve_relation(base, app_label, name), None
    for field in model.fields.values():
        remote = field.remote_field
        if remote is None or not remote.model:
            continue
        target = resolve_relation(remote.model, app_label, name)
        yield target, None
        for field_name in getattr(field, "to_fields", None) or ():
            if field_name and field_name != "self":
                yield target, field_name
        joining = getattr(remote, "through", None)
        if joining:
            between = resolve_relation(joining, app_label, name)
            yield between, None
            for field_name in getattr(remote, "through_fields", None) or ():
                yield between, field_name


def problems(state: ProjectState) -> "set[str]":
    """What the state has that no database could, in sentences.

    References that lead nowhere, and tables that two models ask for.
    """
    return {*loose_ends(state), *shared(state)}


def renders(state: ProjectState) -> "str | None":
    """Why Django cannot make model classes of the state, None where it can."""
    try:
        apps = state.apps
    except (ValueError, TypeError, LookupError, FieldError) as error:
        return f"{type(error).__name__}: {error}"
    assert isinstance(apps, Apps)
    return None
