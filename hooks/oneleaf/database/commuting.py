"""May my migrations stand behind upstream's? The strict state decides.

Two questions: is upstream's and then mine valid (new databases, CI, production), and do
the two commute (a database that has mine already)? Only what is proved is called safe:
an operation whose effect cannot be read is named beside every verdict.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db.migrations import RunPython, RunSQL
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.operations import SeparateDatabaseAndState
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from oneleaf.database import tables
from oneleaf.database.invalid import InvalidState
from oneleaf.database.soundness import problems, renders
from oneleaf.database.strict_state import StrictState, fresh

BLOCK = "BLOCK"
ORDER = "ORDER"
DIFFER = "DIFFER"
COMMUTE = "COMMUTE"


class Step:
    """One operation and the migration it is of. name: ``shop.0002_color``."""

    __slots__ = ("app_label", "name", "operation")

    def __init__(self, app_label: str, operation: Operation, name: str = "") -> None:
        self.app_label = app_label
        self.operation = operation
        self.name = name

    def __str__(self) -> str:
        shown = described(self.operation)
        return f"{self.name}: {shown}" if self.name else shown


class Verdict:
    """What is known of mine and upstream's.

    word: BLOCK, ORDER, DIFFER or COMMUTE. reason: for the first two the operation that
    fails and why; for DIFFER the models whose ends differ. opaque: the steps that
    nothing can be told of, upstream's and mine: CANNOT TELL.
    """

    __slots__ = ("opaque", "reason", "word")

    def __init__(self, word: str, reason: str, opaque: "Sequence[Step]") -> None:
        self.word = word
        self.reason = reason
        self.opaque = tuple(opaque)


def judge(
    base: ProjectState, mine: "Sequence[Step]", upstream: "Sequence[Step]"
) -> Verdict:
    """The verdict on moving ``mine`` behind ``upstream``, both begun on ``base``.

    BLOCK: upstream's and then mine is not valid. ORDER: it is, the other way round is
    not. DIFFER: both are, with different ends. COMMUTE: with the same end.
    """
    opaque = [step for step in (*upstream, *mine) if is_opaque(step.operation)]
    try:
        behind = run(base, [*upstream, *mine])
    except InvalidState as error:
        return Verdict(BLOCK, str(error), opaque)
    try:
        before = run(base, [*mine, *upstream])
    except InvalidState as error:
        return Verdict(ORDER, str(error), opaque)
    differing = differences(behind, before)
    if differing:
        return Verdict(DIFFER, f"different ends of {', '.join(differing)}", opaque)
    return Verdict(COMMUTE, "", opaque)


def run(base: ProjectState, steps: "Iterable[Step]") -> StrictState:
    """The state after ``steps``.

    Raises InvalidState, which names the step, where there is none. What was wrong in
    ``base`` already is not held against the steps.
    """
    state = fresh(base)
    known = problems(state)
    for step in steps:
        try:
            step.operation.state_forwards(step.app_label, state)
        except Exception as error:  # whatever a project's operation does
            msg = f"{step}: {_said(error)}"
            raise InvalidState(msg) from error
        clashes = set(tables.shared(state)) - known
        if clashes:
            msg = f"{step}: {min(clashes)}"
            raise InvalidState(msg)
    found = problems(state) - known
    if found:
        msg = "; ".join(sorted(found))
        raise InvalidState(msg)
    reason = renders(ProjectState(fresh(state).models, set(state.real_apps)))
    if (
        reason
        and renders(ProjectState(fresh(base).models, set(base.real_apps))) is None
    ):
        raise InvalidState(reason)
    return state


def _said(error: Exception) -> str:
    return str(error) if isinstance(error, InvalidState) else repr(error)


def differences(one: StrictState, other: StrictState) -> "list[str]":
    """Labels of the models that are not the same in both states, sorted.

    ``shop.item``, in small letters.
    """
    ours, theirs = canonical(one), canonical(other)
    keys = sorted(ours.keys() | theirs.keys())
    labels = [".".join(key) for key in keys if ours.get(key) != theirs.get(key)]
    changed = one.made ^ other.made
    return labels + sorted({".".join(entry[:2]) for entry in changed} - {*labels})


def canonical(state: ProjectState) -> "dict[tuple[str, str], object]":
    """The state as plain values, without the order of fields, indexes and constraints."""
    deep = MigrationAutodetector(ProjectState(), ProjectState()).deep_deconstruct
    return {key: _canonical_model(model, deep) for key, model in state.models.items()}


def _canonical_model(model: Any, deep: Any) -> object:
    options: dict[str, object] = {}
    for option, value in model.options.items():
        if option in ("indexes", "constraints"):
            shown: object = {entry.name: deep(entry) for entry in value}
        elif option.endswith("_together"):
            shown = {tuple(names) for names in value or ()}
        else:
            shown = deep(value)
        if shown:
            options[option] = shown
    fields = {name: deep(field) for name, field in model.fields.items()}
    bases = [base.lower() if isinstance(base, str) else base for base in model.bases]
    managers = [(name, deep(tuple(m.deconstruct()))) for name, m in model.managers]
    return model.name, fields, options, bases, managers


def is_opaque(operation: Operation) -> bool:
    """Whether what the operation does to a database cannot be read from it."""
    if isinstance(operation, RunPython):
        return operation.code is not RunPython.noop
    if isinstance(operation, RunSQL):
        return bool(operation.sql)
    if isinstance(operation, SeparateDatabaseAndState):
        return bool(operation.database_operations) or any(
            is_opaque(inner) for inner in operation.state_operations
        )
    return type(operation).__module__.partition(".")[0] != "django"


def described(operation: Operation) -> str:
    """The operation in one line: ``AddField item.color``, ``RunPython set_slugs``."""
    kind = type(operation).__name__
    model = getattr(operation, "model_name", None) or getattr(operation, "name", "")
    name = getattr(operation, "name", "") if hasattr(operation, "model_name") else ""
    if isinstance(operation, RunPython):
        model = getattr(operation.code, "__name__", "")
    words = ".".join(str(word) for word in (model, name) if word)
    return f"{kind} {words}".strip()


def steps_of(migrations: "Iterable[Any]") -> "Iterator[Step]":
    """The operations of loaded migrations (``django.db.migrations.Migration``)."""
    for migration in migrations:
        shown = f"{migration.app_label}.{migration.name}"
        for operation in migration.operations:
            yield Step(migration.app_label, operation, shown)
