"""Histories on paper: Django's loader with migrations put in and left out.

Nothing here asks a database but for what is applied, and only where a connection is
given.
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
from django.db.migrations.state import ProjectState

from oneleaf.database.copying import CopyingState
from oneleaf.database.keys import Key
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
