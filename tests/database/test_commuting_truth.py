"""The strict state against PostgreSQL: both orders applied, and looked at.

Random pairs of sides, each valid by itself, run in one order and in the other, each in
a transaction that is taken back. What the verdict calls COMMUTE has to give the same
tables, columns, indexes and constraints both ways.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from django.db import connections, transaction
from django.db.migrations.state import ProjectState
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from servers import database

import bare_django
from oneleaf.database.state.strict import InvalidState
from oneleaf.database.state.verdict import COMMUTE, MigrationStep, judge, run
from random_sides import BASE, ENTRIES, Maker, Pair, base_state, fresh

pytestmark = [pytest.mark.django, pytest.mark.slow]

bare_django.set_up()

PARAMETERS: dict[str, Any] = {
    "ENGINE": "django.db.backends.postgresql",
    "PASSWORD": "",
    "OPTIONS": {},
    "TIME_ZONE": None,
    "CONN_MAX_AGE": 0,
    "CONN_HEALTH_CHECKS": False,
    "AUTOCOMMIT": True,
    "ATOMIC_REQUESTS": False,
    "TEST": {},
}

COLUMNS = """
select 'column', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
       a.attnotnull::text, a.attidentity::text, ''
  from pg_class c join pg_attribute a on a.attrelid = c.oid
 where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
   and a.attnum > 0 and not a.attisdropped
union all
select 'table', c.relname, coalesce(obj_description(c.oid), ''), '', '', '', ''
  from pg_class c
 where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
"""
ENTRY = """
select 'constraint', c.relname, k.conname, pg_get_constraintdef(k.oid)
  from pg_constraint k join pg_class c on c.oid = k.conrelid
 where c.relnamespace = 'public'::regnamespace
union all
select 'index', c.relname, i.relname, pg_get_indexdef(x.indexrelid)
  from pg_index x join pg_class c on c.oid = x.indrelid
  join pg_class i on i.oid = x.indexrelid
 where c.relnamespace = 'public'::regnamespace
"""


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A connection to a database of our own that holds BASE."""
    with database("postgresql", tmp_path_factory.mktemp("truth")) as made:
        from django.db.backends.postgresql.base import DatabaseWrapper

        connection = DatabaseWrapper({**PARAMETERS, **made.settings}, "truth")
        connections[connection.alias] = connection
        try:
            apply(connection, ProjectState(), BASE)
            yield connection
        finally:
            connection.close()
            del connections[connection.alias]


def apply(connection: Any, state: ProjectState, pairs: list[Pair]) -> None:
    """Runs the operations as ``Migration.apply`` does."""
    for app, operation in fresh(pairs):
        with connection.schema_editor() as editor:
            before = state.clone()
            operation.state_forwards(app, state)
            operation.database_forwards(app, editor, before, state)


def introspected(connection: Any) -> Counter[tuple[str, ...]]:
    """What the database holds; names that Django makes up are left out.

    Django finds what it named itself by its columns and not by the name, which holds
    the table's and column's names of the moment it was made.
    """
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS)
        found = [tuple(map(str, row)) for row in cursor.fetchall()]
        cursor.execute(ENTRY)
        for kind, table, name, definition in cursor.fetchall():
            text = definition.replace(f" INDEX {name} ON", " INDEX ON")
            found.append((kind, table, name if name in ENTRIES else "", text))
    return Counter(found)


class Undone(Exception):
    """Takes a transaction back."""


def outcome(connection: Any, pairs: list[Pair]) -> Counter[tuple[str, ...]] | str:
    """What the database holds after the operations, or why they fail."""
    found: Counter[tuple[str, ...]] | str = ""
    try:
        with transaction.atomic(connection.alias):
            apply(connection, base_state(), pairs)
            found = introspected(connection)
            raise Undone  # noqa: TRY301 -- what takes the transaction back
    except Undone:
        return found
    except Exception as error:
        # Django's schema editor leaves its block open where a deferred statement fails:
        # the outer one then takes back only what followed the last savepoint.
        connection.close()
        connection.connect()
        return f"{type(error).__name__}: {error}"


def a_side(random: Random) -> list[Pair]:
    """One to three operations that are valid one after the other."""
    side: list[Pair] = []
    for _ in range(random.choice([2, 3, 4, 5])):
        if len(side) == 3:
            break
        state = base_state()
        for app, operation in fresh(side):
            operation.state_forwards(app, state)
        maker = Maker(random, state)
        if not maker.keys:
            break
        longer = [*side, maker.operation()]
        try:
            run(base_state(), steps(longer))
        except InvalidState:
            continue
        side = longer
    return side


def steps(side: list[Pair]) -> list[MigrationStep]:
    return [MigrationStep(app, operation) for app, operation in fresh(side)]


def told(side: list[Pair]) -> list[str]:
    return [
        f"{app}: {operation!r} {operation.deconstruct()}" for app, operation in side
    ]


# Upstream sets unique_together on the field that mine renamed, and clears it again.
@example(1870)
@given(st.integers(min_value=0, max_value=2**32))
@hypothesis_settings(
    max_examples=min(hypothesis_settings().max_examples, 200),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
def test_what_the_strict_state_calls_commuting_commutes_in_postgresql(
    truth: Any, seed: int
) -> None:
    random = Random(seed)
    mine, upstream = a_side(random), a_side(random)
    verdict = judge(base_state(), steps(mine), steps(upstream))
    if verdict.word != COMMUTE:
        return
    behind = outcome(truth, [*upstream, *mine])
    before = outcome(truth, [*mine, *upstream])
    if not isinstance(behind, str) or not isinstance(before, str):
        assert behind == before, (told(mine), told(upstream))
        return
    # Neither order runs: then one of the sides never did, as where it needs the table
    # of an unmanaged model that nobody has made.
    alone = [outcome(truth, side) for side in (mine, upstream)]
    assert any(isinstance(end, str) for end in alone), (told(mine), told(upstream))
