"""The product's strict state, as the tests of the static reader ask for it."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db.migrations.operations.base import Operation

from oneleaf.database.state import references, strict
from oneleaf.database.state import verdict as verdicts

InvalidStateError = strict.InvalidState
Steps = Sequence[tuple[str, Operation]]


class StrictState(strict.StrictState):
    """A strict state that begins with nothing."""

    def __init__(self) -> None:
        super().__init__({}, set())


def as_steps(steps: Steps) -> list[verdicts.MigrationStep]:
    return [verdicts.MigrationStep(app, operation) for app, operation in steps]


def replay(base: Callable[[], StrictState], steps: Steps) -> Any:
    """The state after ``steps``, whatever dangles in it."""
    state = base()
    for app_label, operation in steps:
        operation.state_forwards(app_label, state)
        strict.require(not list(references.shared(state)), "two models share a table")
    return state


def run(base: Callable[[], StrictState], steps: Steps) -> Any:
    """The state after ``steps``; InvalidStateError where there is none."""
    return verdicts.run(base(), as_steps(steps))


def verdict(
    base: Callable[[], StrictState],
    mine: Callable[[], Steps],
    upstream: Callable[[], Steps],
) -> str:
    """As ``commuting.judge``, by the states alone.

    What only a database tells, such as the name a column's index was made under, is not
    in the text that the static reader reads.
    """
    try:
        behind = run(base, [*upstream(), *mine()])
    except InvalidStateError:
        return "BLOCK"
    try:
        before = run(base, [*mine(), *upstream()])
    except InvalidStateError:
        return "ORDER"
    same = verdicts.canonical(behind) == verdicts.canonical(before)
    return "COMMUTE" if same else "DIFFER"
