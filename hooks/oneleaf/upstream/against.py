"""``check --against``: the merge with another branch, judged before anyone makes it.

Fast path: where both sides do nothing but add migrations to apps that exist, or edit
what has no bearing on the history, only apps that both touched can go wrong. Anything
else takes the full path, ``far``; a test holds that the two agree.
"""

import os

from oneleaf import config as configuration
from oneleaf.checking import fast_path, rules, state
from oneleaf.checking.state import INDEX, Case, State
from oneleaf.errors import OneleafError
from oneleaf.git import git
from oneleaf.git.snapshot import Snapshot
from oneleaf.migration.reading import migrations
from oneleaf.project import labels
from oneleaf.upstream import merge_rules
from oneleaf.upstream.fork import Fork, Meeting, find_fork
from oneleaf.upstream.published import require_upstreams

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from oneleaf.checking.findings import Finding
    from oneleaf.config import Config
    from oneleaf.git.git import Objects
    from oneleaf.git.snapshot import Change
    from oneleaf.upstream.merge import Merge


class Outcome:
    """What the merge with one commit came to.

    commit: its id. findings: OL303 and OL304. opaque: operations that cannot be
    compared, in words. unknown: why the merge could not be judged, "" where it was.
    """

    __slots__ = ("commit", "findings", "opaque", "unknown")

    def __init__(self, commit: str, unknown: str = "") -> None:
        self.commit = commit
        self.unknown = unknown
        self.findings: list[Finding] = []
        self.opaque: list[str] = []


def judge(state: State, ref: str) -> Outcome:
    """Judges the merge of a state with the commit that ``ref`` names.

    ref: ``upstream`` is the published branch; where there is none, that is no fault.
    Raises OneleafError where anything else names no commit.
    """
    if ref == "upstream":
        try:
            ref = require_upstreams(state.config.upstream, os.environ)[0].name
        except OneleafError as error:
            return Outcome("", str(error))
    fork = find_fork(state.name, ref)
    if fork is None or not fork.bases:
        commit = fork.theirs if fork else git.commit_id(ref)
        return Outcome(commit, _NO_BASE)
    outcome = Outcome(fork.theirs)
    in_index = state.name == INDEX
    if fork.theirs in fork.bases:
        return outcome
    if fork.ours in fork.bases and not (in_index and state.changes):
        return outcome
    if in_index and any(change.status == "U" for change in state.changes):
        outcome.unknown = "the index has unresolved merges"
        return outcome
    _judge_merge(state, fork, ref, outcome)
    return outcome


_NO_BASE = (
    "no common history is here; in a shallow clone run `git fetch --unshallow` first"
)


def _judge_merge(state: State, fork: Fork, ref: str, outcome: Outcome) -> None:
    if len(fork.bases) == 1 and are_apart(state, fork):
        return
    from oneleaf.upstream import merge as merging

    try:
        with merging.made(state, fork) as merge:
            near = read(state, fork, merge)
            if near is None:
                compare(*far(state, fork, merge), outcome, ref)
            elif near[1].snapshot.directories:
                compare(*near, outcome, ref)
    except OneleafError as error:
        outcome.unknown = str(error)


def far(state: State, fork: Fork, merge: "Merge") -> "tuple[Meeting, State]":
    """Three whole states, and their merge. Raises OneleafError where it cannot be told."""
    bases = [State(commit, state.objects) for commit in fork.bases]
    theirs = State(fork.theirs, state.objects)
    return Meeting(_overlaid(bases), state, theirs), merge.whole()


def _overlaid(bases: "list[State]") -> State:
    """The one merge base, or what any of several holds: neither side added that."""
    found = bases[0].snapshot
    for other in (base.snapshot for base in bases[1:]):
        every = {**found.directories, **other.directories}
        directories = {
            d: {**found.directories.get(d, {}), **other.directories.get(d, {})}
            for d in every
        }
        links = found.links | other.links
        found = Snapshot(found.name, directories, found.objects, links)
    return State(bases[0].name, found.objects, snapshot=found)


def compare(meeting: Meeting, merged: State, outcome: Outcome, ref: str) -> None:
    """Judges the merge; the sides only where it has something to say."""
    project = merged.project
    base, ours, theirs = meeting.base, meeting.ours, meeting.theirs
    sides = merge_rules.MergeSides(ref, base.snapshot, ours.snapshot, theirs.snapshot)
    findings = rules.run(Case(merged))
    findings += merge_rules.stopped(merged.snapshot, findings)
    if findings:
        alone = [
            finding
            for side in (ours, theirs)
            for finding in rules.run(Case(side, new=frozenset()))
        ]
        found = merge_rules.only_merged(findings, alone)
        outcome.findings += merge_rules.conflicts(found, project, sides)
    outcome.findings += merge_rules.overlapping(project, sides)
    outcome.opaque += merge_rules.opaque(project, sides)


def are_apart(state: "State", fork: "Fork") -> bool:
    """Whether the sides cannot meet in any app, and git need not be asked.

    They touched no app both, and took no file away: nothing was renamed.
    """
    shared = _shared(state, fork)
    gone = any(c.status == "D" for side in fork.changes(state) for c in side)
    return shared == [] and not gone


def _shared(state: "State", fork: "Fork") -> "list[str] | None":
    """Directories of the apps that both sides touched; None: ask for whole states."""
    config, objects = state.config, state.objects
    if len(fork.bases) != 1 or config.shared:
        return None
    first, second = (_Changed(changes, config) for changes in fork.changes(state))
    if not (first.is_plain(objects) and second.is_plain(objects)):
        return None
    if first.added & second.needs or second.added & first.needs:
        return None  # what dangles on one side is there on the other
    return sorted(first.directories & second.directories)


def read(
    state: "State", fork: "Fork", merge: "Merge"
) -> "tuple[Meeting, State] | None":
    """The apps that both sides touched, in the three states and in their merge.

    No directory where there is no such app; None where only the whole states can tell.
    """
    config, objects = state.config, state.objects
    shared = _shared(state, fork)
    if shared is None or merge.stops_outside(shared, config):
        return None
    if not shared:
        snapshot = Snapshot("merge", {}, objects)
        nothing = State("merge", objects, snapshot=snapshot, config=config)
        return Meeting(nothing, nothing, nothing), nothing
    found = _meeting(state, fork, shared)
    if found is None or not _tells_labels(found.ours, shared):
        return None
    merged = merge.of(shared, config)
    return None if merged is None else (found, merged)


class _Changed:
    """What one side changed since the merge base, and what bears on migrations of it."""

    __slots__ = ("_config", "_others", "_touched", "added", "directories", "needs")

    def __init__(self, changes: "Iterable[Change]", config: "Config") -> None:
        self._config = config
        self._touched: list[Change] = []
        self._others: list[Change] = []
        for change in changes:
            touches = state.may_matter(change.path, config)
            if change.path == configuration.FILE:
                touches = False
            (self._touched if touches else self._others).append(change)
        self.directories = {c.path.rpartition("/")[0] for c in self._touched}
        self.added: set[str] = set()
        self.needs: set[str] = set()

    def is_plain(self, contents: "Objects") -> bool:
        """Whether it only added migrations, or edited what has no bearing on history.

        Reads what was added: the names, and those they depend on.
        """
        if not all(
            fast_path.is_plain(change, self._config) for change in self._touched
        ):
            return False
        return self._leaves_the_rest(contents) and self._only_adds(contents)

    def _only_adds(self, contents: "Objects") -> bool:
        files = [c for c in self._touched if c.path.endswith(".py")]
        sources = list(contents.read([change.new for change in files]))
        for change, source in zip(files, sources, strict=True):
            name = change.path.rpartition("/")[2][:-3]
            migration = migrations.read(name, source or b"")
            if change.status == "A":
                if migration.unreadable or migration.run_before or migration.replaces:
                    return False
                self.added.add(name)
                self.needs.update(name for _, name in migration.dependencies)
            elif not fast_path.same_place(migration, change, contents):
                return False
        return True

    def _leaves_the_rest(self, contents: "Objects") -> bool:
        """Whether settings, labels and the configuration say what they said."""
        packages = {directory.rpartition("/")[0] for directory in self.directories}
        read = []
        for change in self._others:
            folder, _, name = change.path.rpartition("/")
            if name in ("apps.py", "__init__.py") and folder in packages:
                return False
            is_source = name.endswith(".py") and labels.may_be_settings(folder, name)
            if is_source or change.path == configuration.FILE:
                read += [change.old, change.new]
        sources = list(contents.read(read))
        return all(
            _says_the_same(old, new)
            for old, new in zip(sources[0::2], sources[1::2], strict=True)
        )


def _says_the_same(old: "bytes | None", new: "bytes | None") -> bool:
    """Whether neither version of a file sets anything that oneleaf reads."""
    words = (b"AUTH_USER_MODEL", b"MIGRATION_MODULES", b"oneleaf")
    return not any(word in (old or b"") + (new or b"") for word in words)


def _meeting(
    state: "State", fork: "Fork", directories: "list[str]"
) -> "Meeting | None":
    """The three states of these directories and of the packages around them."""
    objects = state.objects
    states = []
    for commit in (fork.bases[0], fork.ours, fork.theirs):
        trees = fast_path.trees(commit, directories, objects)
        if trees is None:
            return None
        if commit == fork.ours and state.name == INDEX:
            fast_path.overlay(trees, state.changes)
        snapshot = Snapshot(commit, trees, objects)
        states.append(State(commit, objects, snapshot=snapshot, config=state.config))
    return Meeting(*states)


def _tells_labels(state: State, directories: "list[str]") -> bool:
    """Whether each directory is an app whose own migrations say its label."""
    apps = state.project.apps
    return [app.directory for app in apps] == directories and all(
        fast_path.label_is_told(app) for app in apps
    )
