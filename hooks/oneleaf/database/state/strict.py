"""Django's project state, made to check before it changes.

Django's ``ProjectState`` takes the same field twice, an index on a field that is gone
or two models with one table without a word; a database does not. This one raises
``InvalidState`` instead, naming what is wrong. Whatever was wrong before the first
operation is not counted: a project may have its reasons. Nor is what only dangles once
another thing is gone: whoever takes the end state looks for that.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.migrations.state import ModelState, ProjectState

from oneleaf.database.state import references
from oneleaf.database.state.loader import CopyingState, fresh_model
from oneleaf.database.state.references import ModelKey


class InvalidState(Exception):
    """The operations cannot be run one after the other; says why."""


def require(condition: object, reason: str) -> None:
    """Raises InvalidState(reason) unless the condition holds."""
    if not condition:
        raise InvalidState(reason)


class StrictState(CopyingState):
    """A project state that checks before it changes.

    Its methods are Django's, with the same arguments; they raise InvalidState where a
    database could not follow.

    made: (app label, model, what, how) of every change whose effect on a database
        hangs on the moment: while the model is unmanaged Django makes none, and what it
        finds by a computed name it finds by the names of now.
    """

    def __init__(
        self, models: "dict[ModelKey, ModelState]", real_apps: set[str]
    ) -> None:
        super().__init__(models, real_apps)
        self.made: set[tuple[str, ...]] = set()

    def model(self, app_label: str, name: str) -> Any:
        """The model's state. Raises InvalidState where there is none."""
        key = app_label, name.lower()
        require(key in self.models, f"there is no model {app_label}.{name}")
        return self.models[key]

    def changing(self, app_label: str, name: str, what: str) -> Any:
        """As ``model``, and notes a change that an unmanaged model keeps from us.

        With what refers to the model then: Django changes that along with a key.
        """
        model = self.model(app_label, name)
        if not references.has_table(model) and not model.options.get("proxy"):
            key = app_label, name.lower()
            fields = [
                ".".join((*k, n)) for k, n in references.referring(self.models, key)
            ]
            self.made.add((*key, what, " ".join(sorted(fields))))
        return model

    @contextmanager
    def _naming(self, app_label: str, model_name: str) -> "Iterator[None]":
        """What the change names must be there, also where a later one takes it back."""
        key = app_label, model_name.lower()
        before = set(references.of_model(self, key)) if key in self.models else set()
        yield
        found = set(references.of_model(self, key)) - before
        require(not found, min(found, default=""))

    def _free(self, name: str) -> None:
        taken = references.named_entries(self.models.values())
        require(name not in taken, f"an index or constraint {name} exists")

    def add_model(self, model_state: ModelState) -> None:
        """As Django's; the model must be new, and the names of its indexes free."""
        key = model_state.app_label, model_state.name_lower
        shown = f"{model_state.app_label}.{model_state.name}"
        require(key not in self.models, f"the model {shown} exists")
        taken = list(references.named_entries(self.models.values()))
        for name in references.named_entries([model_state]):
            require(name not in taken, f"{name} exists")
            taken.append(name)
        with self._naming(*key):
            super().add_model(model_state)
        self.changing(*key, "create")
        self._check_columns(key)

    def remove_model(self, app_label: str, model_name: str) -> None:
        """As Django's; the model must be there."""
        self.changing(app_label, model_name, "delete")
        super().remove_model(app_label, model_name)

    def rename_model(self, app_label: str, old_name: str, new_name: str) -> None:
        """As Django's; the old name must be there, the new one free."""
        self.changing(app_label, old_name, f"rename {new_name}")
        key = app_label, new_name.lower()
        same = old_name.lower() == new_name.lower()
        require(
            same or key not in self.models, f"the model {app_label}.{new_name} exists"
        )
        super().rename_model(app_label, old_name, new_name)
        # Django removes the old key last, which may be the new one too.
        require(key in self.models, f"Django loses a model by {old_name} -> {new_name}")

    def alter_model_options(
        self, app_label: str, model_name: str, options: Any, option_keys: Any = None
    ) -> None:
        """As Django's; the model must be there."""
        self.changing(app_label, model_name, f"options {sorted(options)}")
        with self._naming(app_label, model_name):
            super().alter_model_options(app_label, model_name, options, option_keys)

    def remove_model_options(
        self, app_label: str, model_name: str, option_name: str, value_to_remove: Any
    ) -> None:
        """As Django's; the model must have exactly one such value."""
        model = self.changing(app_label, model_name, f"option {option_name}")
        wanted = tuple(value_to_remove)
        values = [tuple(value) for value in model.options.get(option_name) or ()]
        require(values.count(wanted) == 1, f"{model_name} has no such {option_name}")
        # Django finds such an index by its columns, and refuses where there are two.
        twins = [tuple(entry.fields) for entry in model.options.get("indexes", ())]
        require(wanted not in twins, f"{model_name} has two indexes on {wanted}")
        super().remove_model_options(
            app_label, model_name, option_name, value_to_remove
        )

    def alter_model_managers(
        self, app_label: str, model_name: str, managers: Any
    ) -> None:
        """As Django's; the model must be there."""
        self.model(app_label, model_name)
        super().alter_model_managers(app_label, model_name, managers)

    def add_index(self, app_label: str, model_name: str, index: Any) -> None:
        """As Django's; the name must be free."""
        self.changing(app_label, model_name, f"add {index.name}")
        self._free(index.name)
        with self._naming(app_label, model_name):
            super().add_index(app_label, model_name, index)

    def add_constraint(self, app_label: str, model_name: str, constraint: Any) -> None:
        """As Django's; the name must be free."""
        self.changing(app_label, model_name, f"add {constraint.name}")
        self._free(constraint.name)
        with self._naming(app_label, model_name):
            super().add_constraint(app_label, model_name, constraint)

    def _named(self, app_label: str, model_name: str, option: str, name: str) -> None:
        model = self.changing(app_label, model_name, f"change {name}")
        names = [entry.name for entry in model.options.get(option, ())]
        require(name in names, f"{app_label}.{model_name} has no {name}")

    def remove_index(self, app_label: str, model_name: str, index_name: str) -> None:
        """As Django's; the index must be there."""
        self._named(app_label, model_name, "indexes", index_name)
        super().remove_index(app_label, model_name, index_name)

    def remove_constraint(
        self, app_label: str, model_name: str, constraint_name: str
    ) -> None:
        """As Django's; the constraint must be there."""
        self._named(app_label, model_name, "constraints", constraint_name)
        super().remove_constraint(app_label, model_name, constraint_name)

    def alter_constraint(
        self, app_label: str, model_name: str, constraint_name: str, constraint: Any
    ) -> None:
        """As Django's; the constraint must be there."""
        self._named(app_label, model_name, "constraints", constraint_name)
        with self._naming(app_label, model_name):
            super().alter_constraint(app_label, model_name, constraint_name, constraint)

    def rename_index(
        self, app_label: str, model_name: str, old_index_name: str, new_index_name: str
    ) -> None:
        """As Django's; the old name must be there, the new one free."""
        self._named(app_label, model_name, "indexes", old_index_name)
        self._free(new_index_name)
        super().rename_index(app_label, model_name, old_index_name, new_index_name)

    def add_field(
        self,
        app_label: str,
        model_name: str,
        name: str,
        field: Any,
        preserve_default: bool,  # noqa: FBT001 -- Django's signature
    ) -> None:
        """As Django's; the field must be new, and its column free."""
        model = self.changing(app_label, model_name, f"field {name}")
        is_there = references.has_field(model, name)
        require(not is_there, f"the field {model_name}.{name} exists")
        with self._naming(app_label, model_name):
            super().add_field(app_label, model_name, name, field, preserve_default)
        self._check_columns((app_label, model_name.lower()))

    def remove_field(self, app_label: str, model_name: str, name: str) -> None:
        """As Django's; the field must be there."""
        self._field(app_label, model_name, name)
        super().remove_field(app_label, model_name, name)

    def alter_field(
        self,
        app_label: str,
        model_name: str,
        name: str,
        field: Any,
        preserve_default: bool,  # noqa: FBT001 -- Django's signature
    ) -> None:
        """As Django's; the field must be there, and of a kind that can become the new."""
        old = self._field(app_label, model_name, name)
        # As BaseDatabaseSchemaEditor.alter_field, which raises ValueError for these.
        require(
            references.is_joined(old) == references.is_joined(field)
            and references.through(old, app_label)
            == references.through(field, app_label),
            f"the database cannot turn {model_name}.{name} from one kind into the other",
        )
        key = app_label, model_name.lower()
        searched = references.searched_by(self.models, key, (old, field))
        self.made.add((*key, f"alter {name}", ".".join(sorted(searched))))
        with self._naming(app_label, model_name):
            super().alter_field(app_label, model_name, name, field, preserve_default)
        self._check_columns(key)

    def rename_field(
        self, app_label: str, model_name: str, old_name: str, new_name: str
    ) -> None:
        """As Django's; the old name must be there, the new one and its column free."""
        model = self.changing(app_label, model_name, f"field {old_name}")
        require(old_name in model.fields, f"there is no field {model_name}.{old_name}")
        same = old_name.lower() == new_name.lower()
        require(
            same or not references.has_field(model, new_name),
            f"the field {new_name} exists",
        )
        super().rename_field(app_label, model_name, old_name, new_name)
        self._check_columns((app_label, model_name.lower()))

    def _field(self, app_label: str, model_name: str, name: str) -> Any:
        model = self.changing(app_label, model_name, f"field {name}")
        require(name in model.fields, f"there is no field {model_name}.{name}")
        return model.fields[name]

    def _check_columns(self, key: ModelKey) -> None:
        """One column, one field; and none of the name of an ancestor's."""
        reason = next(references.clashes(self.models, key), None)
        require(reason is None, str(reason))


def fresh(base: ProjectState) -> StrictState:
    """A strict copy of a state, without its rendered models."""
    own = {key: fresh_model(model) for key, model in base.models.items()}
    return StrictState(own, set(base.real_apps))
