"""The fast door of ``check --against``: only apps that both sides touched.

Where both sides do nothing but add migrations to apps that exist, or edit what has no
bearing on the history, a merge can only go wrong in an app that both touched: nothing
goes away that another app depends on, and no edge appears but from what is new to what
its own side has. Everything else goes through the slow twin, ``against.far``; a test
holds that the two agree.
"""

from oneleaf import config as configuration
from oneleaf.checking import narrow, scope
from oneleaf.checking.states import INDEX, State
from oneleaf.history import labels
from oneleaf.reading import migrations
from oneleaf.repository.snapshot import Snapshot
from oneleaf.upstream.meeting import Meeting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from oneleaf.config import Config
    from oneleaf.repository.git import Objects
    from oneleaf.repository.snapshot import Change
    from oneleaf.upstream.forks import Fork
    from oneleaf.upstream.merging import Merge


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
    first, second = (_Side(changes, config) for changes in fork.changes(state))
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


class _Side:
    """What one side changed since the merge base, and what bears on migrations of it."""

    __slots__ = ("_config", "_others", "_touched", "added", "directories", "needs")

    def __init__(self, changes: "Iterable[Change]", config: "Config") -> None:
        self._config = config
        self._touched: list[Change] = []
        self._others: list[Change] = []
        for change in changes:
            touches = scope.may_matter(change.path, config)
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
        if not all(narrow.is_plain(change, self._config) for change in self._touched):
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
            elif not narrow.same_place(migration, change, contents):
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
        trees = narrow.trees(commit, directories, objects)
        if trees is None:
            return None
        if commit == fork.ours and state.name == INDEX:
            narrow.overlay(trees, state.changes)
        snapshot = Snapshot(commit, trees, objects)
        states.append(State(commit, objects, snapshot=snapshot, config=state.config))
    return Meeting(*states)


def _tells_labels(state: State, directories: "list[str]") -> bool:
    """Whether each directory is an app whose own migrations say its label."""
    apps = state.project.apps
    return [app.directory for app in apps] == directories and all(
        narrow.label_is_told(app) for app in apps
    )
