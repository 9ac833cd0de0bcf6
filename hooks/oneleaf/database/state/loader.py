"""Django's loader with migrations put in and left out, and states that share nothing.

Nothing here asks a database but for what is applied, and only where a connection is
given. Django changes fields in place when it renames what they refer to
(``ProjectState.rename_field``), so that a loaded migration would not run twice: a
CopyingState has its own.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.db.migrations import Migration
from django.db.migrations.exceptions import (
    BadMigrationError,
    CircularDependencyError,
    NodeNotFoundError,
)
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ModelState, ProjectState

from oneleaf.database.clone_files import Key
from oneleaf.errors import Refused


class PaperLoader(MigrationLoader):  # type: ignore[misc, unused-ignore]
    """Django's loader, with other migrations than those on disk."""

    def __init__(
        self,
        connection: Any,
        more: "Mapping[Key, Migration]",
        without: "Collection[Key]" = (),
    ) -> None:
        self.more = more
        self.without = without
        super().__init__(connection, ignore_no_migrations=True)

    def load_disk(self) -> None:
        """As Django's; then takes out, then puts in."""
        super().load_disk()
        for key in self.without:
            self.disk_migrations.pop(key, None)
        self.disk_migrations.update(self.more)


def load(
    connection: Any = None,
    more: "Mapping[Key, Migration] | None" = None,
    without: "Collection[Key]" = (),
) -> PaperLoader:
    """The history on disk, with ``more`` and without what is named.

    Raises Refused where it makes no graph: that is for ``oneleaf check`` first.
    """
    try:
        return PaperLoader(connection, more or {}, without)
    except (NodeNotFoundError, CircularDependencyError, BadMigrationError) as error:
        msg = f"the migrations here make no history: {error}; run `oneleaf check`"
        raise Refused(msg) from error


def plan(loader: MigrationLoader) -> "list[Key]":
    """Every migration of the graph, in the order that ``migrate`` would take.

    As ``MigrationExecutor.migration_plan`` with all leaf nodes on an empty database.
    """
    found: dict[Key, None] = {}
    for leaf in loader.graph.leaf_nodes():
        found.update(dict.fromkeys(loader.graph.forwards_plan(leaf)))
    return list(found)


def migrations(loader: MigrationLoader, keys: "Iterable[Key]") -> "list[Migration]":
    """The loaded migrations of these keys, in their order; all are in the graph."""
    return [loader.graph.nodes[key] for key in keys]


def state(loader: MigrationLoader, keys: "Iterable[Key]") -> ProjectState:
    """The state after these migrations, run in this order on nothing. Not rendered."""
    return advanced(
        CopyingState({}, set(loader.unmigrated_apps)), migrations(loader, keys)
    )


def advanced(before: ProjectState, following: "Iterable[Migration]") -> ProjectState:
    """``before`` itself, after these migrations."""
    for migration in following:
        migration.mutate_state(before, preserve=False)
    return before


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
