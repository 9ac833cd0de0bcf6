"""Whether two lists of operations commute, by Django's own project state.

The truth that the static reader is held against. Django's ``ProjectState`` takes
the same field twice or an index on a field that is gone without a word; this one
refuses. Everything here is built afresh for each run: Django changes fields in
place when it renames what they refer to.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState
from django.db.migrations.utils import resolve_relation

Steps = Sequence[tuple[str, Operation]]


class InvalidStateError(Exception):
    """The operations cannot be run one after the other."""


def require(condition: object, reason: str) -> None:
    if not condition:
        raise InvalidStateError(reason)


class StrictState(ProjectState):
    """A project state that checks before it changes."""

    def _model(self, app_label: str, name: str) -> Any:
        require((app_label, name) in self.models, f"no model {app_label}.{name}")
        return self.models[app_label, name]

    def _names(self) -> list[str]:
        return [
            entry.name
            for model in self.models.values()
            for option in ("indexes", "constraints")
            for entry in model.options.get(option, ())
        ]

    def add_model(self, model_state: ModelState) -> None:
        key = model_state.app_label, model_state.name_lower
        require(key not in self.models, f"model {key} exists")
        super().add_model(model_state)
        names = self._names()
        require(len(names) == len(set(names)), "index or constraint name exists")

    def remove_model(self, app_label: str, model_name: str) -> None:
        self._model(app_label, model_name)
        super().remove_model(app_label, model_name)

    def rename_model(self, app_label: str, old_name: str, new_name: str) -> None:
        self._model(app_label, old_name.lower())
        key = app_label, new_name.lower()
        same = old_name.lower() == new_name.lower()
        require(same or key not in self.models, f"model {key} exists")
        if same:
            # ProjectState removes the old key last, which here is the new one too:
            # the model would be lost. On the database nothing but the name's case changes.
            self.models[key].name = new_name
            return
        super().rename_model(app_label, old_name, new_name)

    def alter_model_options(
        self, app_label: str, model_name: str, options: Any, option_keys: Any = None
    ) -> None:
        self._model(app_label, model_name)
        super().alter_model_options(app_label, model_name, options, option_keys)

    def remove_model_options(
        self, app_label: str, model_name: str, option_name: str, value_to_remove: Any
    ) -> None:
        model = self._model(app_label, model_name)
        values = [tuple(value) for value in model.options.get(option_name) or ()]
        require(tuple(value_to_remove) in values, f"no such {option_name}")
        super().remove_model_options(
            app_label, model_name, option_name, value_to_remove
        )

    def alter_model_managers(
        self, app_label: str, model_name: str, managers: Any
    ) -> None:
        self._model(app_label, model_name)
        super().alter_model_managers(app_label, model_name, managers)

    def add_index(self, app_label: str, model_name: str, index: Any) -> None:
        self._model(app_label, model_name)
        require(index.name not in self._names(), f"{index.name} exists")
        super().add_index(app_label, model_name, index)

    def add_constraint(self, app_label: str, model_name: str, constraint: Any) -> None:
        self._model(app_label, model_name)
        require(constraint.name not in self._names(), f"{constraint.name} exists")
        super().add_constraint(app_label, model_name, constraint)

    def _named(self, app_label: str, model_name: str, option: str, name: str) -> None:
        entries = self._model(app_label, model_name).options.get(option, ())
        require(name in [entry.name for entry in entries], f"no {name} to change")

    def remove_index(self, app_label: str, model_name: str, index_name: str) -> None:
        self._named(app_label, model_name, "indexes", index_name)
        super().remove_index(app_label, model_name, index_name)

    def remove_constraint(
        self, app_label: str, model_name: str, constraint_name: str
    ) -> None:
        self._named(app_label, model_name, "constraints", constraint_name)
        super().remove_constraint(app_label, model_name, constraint_name)

    def alter_constraint(
        self, app_label: str, model_name: str, constraint_name: str, constraint: Any
    ) -> None:
        self._named(app_label, model_name, "constraints", constraint_name)
        super().alter_constraint(app_label, model_name, constraint_name, constraint)

    def rename_index(
        self, app_label: str, model_name: str, old_index_name: str, new_index_name: str
    ) -> None:
        self._named(app_label, model_name, "indexes", old_index_name)
        require(new_index_name not in self._names(), f"{new_index_name} exists")
        super().rename_index(app_label, model_name, old_index_name, new_index_name)

    def add_field(
        self,
        app_label: str,
        model_name: str,
        name: str,
        field: Any,
        preserve_default: bool,
    ) -> None:
        require(name not in self._model(app_label, model_name).fields, f"{name} exists")
        super().add_field(app_label, model_name, name, field, preserve_default)

    def remove_field(self, app_label: str, model_name: str, name: str) -> None:
        require(name in self._model(app_label, model_name).fields, f"no field {name}")
        super().remove_field(app_label, model_name, name)

    def alter_field(
        self,
        app_label: str,
        model_name: str,
        name: str,
        field: Any,
        preserve_default: bool,
    ) -> None:
        require(name in self._model(app_label, model_name).fields, f"no field {name}")
        super().alter_field(app_label, model_name, name, field, preserve_default)

    def rename_field(
        self, app_label: str, model_name: str, old_name: str, new_name: str
    ) -> None:
        fields = self._model(app_label, model_name).fields
        require(old_name in fields, f"no field {old_name}")
        require(new_name not in fields, f"field {new_name} exists")
        super().rename_field(app_label, model_name, old_name, new_name)


def replay(base: Callable[[], StrictState], steps: Steps) -> StrictState:
    """The state after ``steps``, whatever dangles in it."""
    state = base()
    for app_label, operation in steps:
        operation.state_forwards(app_label, state)
        tables = list(tables_of(state))
        require(len(tables) == len(set(tables)), "two models share a table")
    return state


def run(base: Callable[[], StrictState], steps: Steps) -> StrictState:
    """The state after ``steps``; InvalidStateError where there is none."""
    state = replay(base, steps)
    loose = list(dangling(state))
    require(not loose, "; ".join(loose))
    return state


def tables_of(state: StrictState) -> Iterator[str]:
    """Tables that the state creates, those of many-to-many fields included."""
    for (app_label, name), model in state.models.items():
        options = model.options
        if options.get("proxy") or options.get("managed") is False:
            continue
        table = options.get("db_table") or f"{app_label}_{name}"
        yield table
        for field_name, field in model.fields.items():
            if field.many_to_many and field.remote_field.through is None:
                yield field.db_table or f"{table}_{field_name}"


def dangling(state: StrictState) -> Iterator[str]:
    """References to models and fields that the state does not have."""
    for (app_label, name), model in state.models.items():
        for own in own_references(model):
            if own not in model.fields:
                yield f"{app_label}.{name} has no field {own}"
        for target, field_name in outgoing(app_label, name, model):
            if target not in state.models:
                yield f"{app_label}.{name} refers to {target}"
            elif field_name and field_name not in state.models[target].fields:
                yield f"{app_label}.{name} refers to {target}'s {field_name}"


def own_references(model: Any) -> Iterator[str]:
    """Fields of the model that its own options name."""
    for together_option in ("unique_together", "index_together"):
        for names in model.options.get(together_option) or ():
            yield from names
    for option in ("indexes", "constraints"):
        for entry in model.options.get(option, ()):
            for field_name in getattr(entry, "fields", ()):
                yield field_name.removeprefix("-")
    if ordered := model.options.get("order_with_respect_to"):
        yield ordered


def outgoing(
    app_label: str, name: str, model: Any
) -> Iterator[tuple[tuple[str, str], str | None]]:
    """Models, and fields of them, that the model's bases and relations name."""
    for base in model.bases:
        if isinstance(base, str):
            yield resolve_relation(base, app_label, name), None
    for field in model.fields.values():
        remote = field.remote_field
        if remote is None:
            continue
        target = resolve_relation(remote.model, app_label, name)
        yield target, None
        for field_name in getattr(field, "to_fields", ()):
            yield target, field_name
        if through := getattr(remote, "through", None):
            between = resolve_relation(through, app_label, name)
            yield between, None
            for field_name in getattr(remote, "through_fields", None) or ():
                yield between, field_name


def canon(state: StrictState) -> dict[tuple[str, str], object]:
    """The state without the order of fields, indexes and constraints."""
    return {key: canonical_model(model) for key, model in state.models.items()}


def canonical_model(model: Any) -> object:
    options: dict[str, object] = {}
    for option, value in model.options.items():
        if option in ("indexes", "constraints"):
            value = sorted((repr(entry.deconstruct()) for entry in value), key=str)
        elif option.endswith("_together"):
            value = sorted(tuple(together) for together in value or ())
        if value:
            options[option] = value
    fields = {
        field_name: repr(field.deconstruct()[1:])
        for field_name, field in model.fields.items()
    }
    bases = [base.lower() if isinstance(base, str) else base for base in model.bases]
    managers = [(label, type(manager)) for label, manager in model.managers]
    return model.name, fields, options, bases, managers


def verdict(
    base: Callable[[], StrictState],
    mine: Callable[[], Steps],
    upstream: Callable[[], Steps],
) -> str:
    """BLOCK, ORDER, DIFFER or COMMUTE, for mine moved behind upstream's.

    BLOCK: upstream's and then mine is not valid. ORDER: it is, the other way round is
    not. DIFFER: both are, with different ends. COMMUTE: with the same end.
    """
    try:
        behind = run(base, [*upstream(), *mine()])
    except InvalidStateError:
        return "BLOCK"
    try:
        before = run(base, [*mine(), *upstream()])
    except InvalidStateError:
        return "ORDER"
    return "COMMUTE" if canon(behind) == canon(before) else "DIFFER"
