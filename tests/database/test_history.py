"""All order errors, held against the first one that Django finds."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest
from django.db.migrations import Migration
from django.db.migrations.exceptions import InconsistentMigrationHistory
from django.db.migrations.graph import MigrationGraph
from django.db.migrations.loader import MigrationLoader
from hypothesis import given
from hypothesis import strategies as st

from oneleaf.database.applied import order_errors

pytestmark = pytest.mark.django

Key = tuple[str, str]
NAMES = [("shop", f"000{n}_x") for n in range(1, 7)]


def loader_of(parents: dict[Key, set[Key]], squashed: set[Key]) -> Any:
    """A loader with this graph; ``squashed`` are squashes of the first two."""
    loader: Any = MigrationLoader(None, load=False)
    loader.graph = MigrationGraph()
    loader.replacements = {}
    for key in parents:
        migration: Any = Migration(key[1], key[0])
        loader.graph.add_node(key, migration)
        if key in squashed:
            migration.replaces = NAMES[:2]
            loader.replacements[key] = migration
    for key, above in parents.items():
        for parent in above:
            loader.graph.add_dependency(None, key, parent)
    return loader


@st.composite
def histories(draw: st.DrawFn) -> tuple[dict[Key, set[Key]], set[Key], set[Key]]:
    parents = {
        key: draw(st.sets(st.sampled_from(NAMES[:n]))) if n else set()
        for n, key in enumerate(NAMES)
    }
    keys = st.sampled_from([*NAMES, ("gone", "0001_x")])
    return parents, draw(st.sets(st.sampled_from(NAMES[3:]))), draw(st.sets(keys))


@given(histories())
def test_there_is_an_order_error_where_django_finds_one(
    history: tuple[dict[Key, set[Key]], set[Key], set[Key]],
) -> None:
    parents, squashed, applied = history
    loader = loader_of(parents, squashed)
    found = order_errors(loader, applied)
    recorder = mock.Mock()
    recorder.return_value.applied_migrations.return_value = dict.fromkeys(applied)
    with mock.patch("django.db.migrations.loader.MigrationRecorder", recorder):
        said = ""
        try:
            loader.check_consistent_history(mock.Mock(alias="default"))
        except InconsistentMigrationHistory as error:
            said = str(error)
    told = [
        f"{'.'.join(key)} is applied before its dependency {'.'.join(parent)} "
        for key, parent in found
    ]
    assert bool(said) == bool(told)
    assert not said or any(text in said for text in told)


def test_every_pair_is_named_and_not_the_first_alone() -> None:
    first, second, third, fourth = NAMES[:4]
    parents: dict[Key, set[Key]] = {
        first: set(), second: {first}, third: {first}, fourth: {second, third}
    }  # fmt: skip
    loader = loader_of(parents, set())
    assert order_errors(loader, {second, fourth}) == [
        (second, first),
        (fourth, third),
    ]
