"""May my migrations come after upstream's? The strict state decides.

Two questions: is upstream's and then mine valid (new databases, CI, production), and do
the two commute (a database that has mine already)? Only what is proved is called safe:
an operation whose effect cannot be read is named beside every verdict. No database is
asked: what is published and what is local is git's to say, and upstream's migrations that
are not here yet are read from its tree.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps as installed
from django.core.management.commands import makemigrations
from django.db.migrations import Migration, RunPython, RunSQL
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.operations import SeparateDatabaseAndState
from django.db.migrations.operations.base import Operation
from django.db.migrations.questioner import MigrationQuestioner
from django.db.migrations.state import ProjectState

from oneleaf.database.clone_files import Key
from oneleaf.database.sources import Sources
from oneleaf.database.state import loader as loaders
from oneleaf.database.state import references
from oneleaf.database.state.loader import PaperLoader
from oneleaf.database.state.references import problems, renders
from oneleaf.database.state.strict import InvalidState, StrictState, fresh
from oneleaf.errors import OneleafError
from oneleaf.git import git
from oneleaf.upstream.published import NONE_HERE, Apps

BLOCK = "BLOCK"
ORDER = "ORDER"
DIFFER = "DIFFER"
COMMUTE = "COMMUTE"


@dataclass(frozen=True, slots=True)
class MigrationStep:
    """One operation and the migration it is of. name: ``shop.0002_color``."""

    app_label: str
    operation: Operation
    name: str = ""

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

    def __init__(
        self, word: str, reason: str, opaque: "Sequence[MigrationStep]"
    ) -> None:
        self.word = word
        self.reason = reason
        self.opaque = tuple(opaque)


def judge(
    base: ProjectState,
    mine: "Sequence[MigrationStep]",
    upstream: "Sequence[MigrationStep]",
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


def run(base: ProjectState, steps: "Iterable[MigrationStep]") -> StrictState:
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
        clashes = set(references.shared(state)) - known
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


def steps_of(migrations: "Iterable[Any]") -> "Iterator[MigrationStep]":
    """The operations of loaded migrations (``django.db.migrations.Migration``)."""
    for migration in migrations:
        shown = f"{migration.app_label}.{migration.name}"
        for operation in migration.operations:
            yield MigrationStep(migration.app_label, operation, shown)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One verdict, on apps whose local migrations depend on each other.

    apps: their labels. mine: their local migrations; upstream: all that upstream has
    published since, of any app.
    """

    apps: "list[str]"
    mine: "list[Key]"
    upstream: "list[Key]"
    verdict: Verdict


def compare(sources: Sources, since: str = "") -> "list[Comparison]":
    """A verdict for each group of apps that have local migrations.

    since: the commit that the local chains began on, "" for the one git knows. Raises
    OneleafError where no upstream branch is known, Refused where there is no history.
    """
    if not sources.upstream.branches:
        raise OneleafError(NONE_HERE)
    new = _published_since(sources, since)
    loader = loaders.load(more=_not_here(sources, new))
    order = loaders.plan(loader)
    published = sources.published(order)
    mine = [k for k in order if sources.is_ours(k) and k not in published]
    theirs = [k for k in order if k in new and not _only_replaces(loader, k, new)]
    return [
        _judged(loader, group, theirs, order, mine) for group in _groups(loader, mine)
    ]


def fork(commit: str, since: str = "") -> str:
    """Id of the commit that the local work began on.

    After a rebase or merge that is no longer where the branches part: ORIG_HEAD is
    what the branch was before (gitrevisions(7)).
    """
    starts = [git.commit_id(since)] if since else [git.commit_id("HEAD")]
    starts += [] if since else [git.commit_of("ORIG_HEAD")]
    bases = [git.merge_base(start, commit) for start in starts if start]
    return next((base for base in bases if base and base != commit), commit)


def _published_since(sources: Sources, since: str) -> "dict[Key, str]":
    """What upstreams have and the commit has not that local work began on.

    Key -> blob id. since: see ``compare``.
    """
    found: dict[Key, str] = {}
    with sources.objects:
        for branch in sources.upstream.branches:
            before = Apps(fork(branch.tip.commit, since), sources.objects)
            for label, package in sources.packages.items():
                had = before.of(package, sources)
                for name, blob in branch.has(package).items():
                    if name not in had:
                        found.setdefault((label, name), blob)
    return found


def _not_here(sources: Sources, new: "Mapping[Key, str]") -> "dict[Key, Migration]":
    """Those of upstream's that have no file here, loaded from its tree."""
    return {
        key: sources.load(key, sources.text(new[key]))
        for key in sorted(new)
        if sources.on_disk(key) is None
    }


def _only_replaces(loader: PaperLoader, key: Key, new: "Mapping[Key, str]") -> bool:
    """Whether a squash stands for nothing but what was published before."""
    replaced = loader.graph.nodes[key].replaces
    return bool(replaced) and not any(tuple(pair) in new for pair in replaced)


def _groups(loader: PaperLoader, mine: "list[Key]") -> "list[set[str]]":
    """Labels of apps, together where their local migrations depend on each other."""
    groups: list[set[str]] = []
    for key in mine:
        parents = {node.key for node in loader.graph.node_map[key].parents}
        labels = {key[0]} | {label for label, name in parents & {*mine}}
        touched = [group for group in groups if group & labels]
        groups = [group for group in groups if group not in touched]
        groups.append(labels.union(*touched))
    return sorted(groups, key=min)


def _judged(
    loader: PaperLoader,
    labels: "set[str]",
    theirs: "list[Key]",
    order: "list[Key]",
    mine: "list[Key]",
) -> Comparison:
    own = [key for key in mine if key[0] in labels]
    base = [key for key in order if key not in {*mine, *theirs}]
    verdict = judge(
        loaders.state(loader, base),
        list(steps_of(loaders.migrations(loader, own))),
        list(steps_of(loaders.migrations(loader, theirs))),
    )
    return Comparison(sorted(labels), own, theirs, verdict)


def unwritten(sources: Sources) -> "Iterator[str]":
    """What ``makemigrations --check`` would complain of, in the repository's apps.

    One line per operation that no migration makes yet. In process, and without the
    command's own look at the database: that would fail on a history to be adopted.
    """
    loader = loaders.load()
    kind: Any = getattr(makemigrations.Command, "autodetector", MigrationAutodetector)
    found = kind(
        loader.project_state(), ProjectState.from_apps(installed), MigrationQuestioner()
    ).changes(graph=loader.graph)
    for label in sorted(found.keys() & sources.packages.keys()):
        for migration in found[label]:
            for operation in migration.operations:
                yield f"{label}: {operation.describe()}"


def leaf_conflicts(sources: Sources) -> "dict[str, list[str]]":
    """App label -> its leaf nodes, of apps here that have several."""
    found = loaders.load().detect_conflicts()
    return {label: found[label] for label in sorted(found) if label in sources.packages}
