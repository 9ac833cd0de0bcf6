"""References in a project state to models and fields that it does not have.

Pure. Django notices most of them only when it renders the models, and some never.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db import models
from django.db.migrations.state import ProjectState
from django.db.migrations.utils import resolve_relation

from oneleaf.database.tables import Key, ancestors, is_swapped

_F: Any = models.F


def loose_ends(state: ProjectState) -> "Iterator[str]":
    """One sentence for each reference that leads nowhere."""
    for key in state.models:
        yield from of_model(state, key)


def of_model(state: ProjectState, key: Key) -> "Iterator[str]":
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


def known_fields(state: ProjectState, key: Key) -> "Iterator[str]":
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


def _own(state: ProjectState, key: Key, model: Any) -> "Iterator[str]":
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


def _outgoing(key: Key, model: Any) -> "Iterator[tuple[Key, str | None]]":
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
