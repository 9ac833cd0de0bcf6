"""Project states that share nothing with the operations that change them.

Django changes fields in place when it renames what they refer to
(``ProjectState.rename_field``), so that a loaded migration would not run twice.
"""

from typing import Any

from django.db.migrations.state import ModelState, ProjectState


class CopyingState(ProjectState):  # type: ignore[misc, unused-ignore]
    """A project state with fields, indexes and constraints of its own."""

    def add_model(self, model_state: ModelState) -> None:
        """As Django's, with a copy of the model."""
        super().add_model(fresh_model(model_state))

    def add_field(
        self,
        app_label: str,
        model_name: str,
        name: str,
        field: Any,
        preserve_default: bool,  # noqa: FBT001 -- Django's signature
    ) -> None:
        """As Django's, with a copy of the field."""
        own = fresh_field(field)
        super().add_field(app_label, model_name, name, own, preserve_default)

    def alter_field(
        self,
        app_label: str,
        model_name: str,
        name: str,
        field: Any,
        preserve_default: bool,  # noqa: FBT001 -- Django's signature
    ) -> None:
        """As Django's, with a copy of the field."""
        own = fresh_field(field)
        super().alter_field(app_label, model_name, name, own, preserve_default)


def fresh_field(field: Any) -> Any:
    """A copy that shares nothing with the operation that holds the field."""
    return field.clone()


def fresh_model(model: ModelState) -> ModelState:
    """A copy of the model's state with fields, indexes and constraints of its own."""
    copied = model.clone()
    copied.fields = {name: fresh_field(f) for name, f in copied.fields.items()}
    for option in ("indexes", "constraints"):
        if option in copied.options:
            copied.options[option] = [e.clone() for e in copied.options[option]]
    return copied
