"""A state in conflict with both sides' migrations in it, beside each other.

Where both sides added a migration under one name the index has neither, but both as
stages (git-ls-files(1)). Here theirs gets a name of its own, which no module can have.
"""

from oneleaf.checking.states import State
from oneleaf.history.project import App, Project
from oneleaf.reading.migrations import Migration
from oneleaf.repository.worktree import Overlaid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Stages = Mapping[str, Mapping[int, str]]  # path -> stage -> blob id
    Pair = tuple[str, str]

_BASE, _OURS, _THEIRS = 1, 2, 3


class Twin:
    """One of two migrations that have one name. role: ``"ours"`` or ``"theirs"``.

    path: where both stand. blob: id of this one's content.
    """

    __slots__ = ("blob", "path", "role")

    def __init__(self, role: str, path: str, blob: str) -> None:
        self.role = role
        self.path = path
        self.blob = blob


def read(
    state: State, stages: "Stages", is_theirs: "Callable[[str], bool]"
) -> "tuple[State, dict[str, Twin]]":
    """A state with both sides' migrations, and the path of each twin in it.

    stages: of the paths in conflict. is_theirs: whether only the side that comes in
    has a path; its dependencies mean its own twins.
    """
    snapshot, objects, config = state.snapshot, state.objects, state.config
    contents: dict[str, bytes | None] = {}
    twins: dict[str, Twin] = {}
    for path, blobs in stages.items():
        shown = _shown(path, blobs)
        texts = list(objects.read([blob for blob, _ in shown.values()]))
        contents.update(zip(shown, texts, strict=True))
        if len(shown) > 1:
            twins |= {p: Twin(role, path, blob) for p, (blob, role) in shown.items()}
    both = Overlaid(snapshot, contents)
    project = State(state.name, objects, snapshot=both, config=config).project
    renamed = _renamed(project, twins)
    apps = tuple(
        App(
            app.label,
            app.directory,
            {
                name: _meaning(migration, renamed)
                if is_theirs(app.path(name)) or _is_moved(twins, app.path(name))
                else migration
                for name, migration in app.migrations.items()
            },
            app.lockfile,
            _within(app.directory, snapshot.unmerged),
        )
        for app in project.apps
    )
    return _drawn(state, both, project, apps), twins


def _shown(path: str, blobs: "Mapping[int, str]") -> "dict[str, Pair]":
    """Path -> blob id and role, of what is drawn of a path in conflict.

    What both sides edited is one migration still; ours stands for it.
    """
    ours, theirs = blobs.get(_OURS), blobs.get(_THEIRS)
    shown = {}
    if ours is not None:
        shown[path] = (ours, "ours")
    if theirs is not None and ours is None:
        shown[path] = (theirs, "theirs")
    is_module = path.endswith(".py") and not path.endswith("__init__.py")
    if ours and theirs and _BASE not in blobs and is_module:
        shown[f"{path[:-3]} (theirs).py"] = (theirs, "theirs")
    return shown


def _is_moved(twins: "Mapping[str, Twin]", path: str) -> bool:
    """Whether a migration has a name of its own here."""
    return path in twins and twins[path].role == "theirs"


def _renamed(project: Project, twins: "Mapping[str, Twin]") -> "dict[Pair, Pair]":
    """What their twins are called by others -> what they are called here."""
    found = {}
    for app in project.apps:
        for name in app.migrations:
            if _is_moved(twins, app.path(name)):
                known = twins[app.path(name)].path.rpartition("/")[2][:-3]
                found[app.label, known] = (app.label, name)
    return found


def _meaning(migration: Migration, renamed: "Mapping[Pair, Pair]") -> Migration:
    """The migration with what it names called as it is here."""

    def known(pairs: "tuple[Pair, ...]") -> "tuple[Pair, ...]":
        return tuple(renamed.get(pair, pair) for pair in pairs)

    return Migration(
        migration.name,
        known(migration.dependencies),
        known(migration.run_before),
        known(migration.replaces),
        migration.initial,
        migration.unreadable,
        migration.is_django,
    )


def _within(directory: str, paths: "tuple[str, ...]") -> "tuple[str, ...]":
    return tuple(path for path in paths if path.rpartition("/")[0] == directory)


def _drawn(
    state: State, both: Overlaid, project: Project, apps: "tuple[App, ...]"
) -> State:
    """The state with these files and apps."""
    shared, orphaned = project.shared_lockfile, project.orphaned_lockfiles
    project = Project(apps, project.settings, shared, orphaned, project.unmerged)
    return State(
        state.name,
        state.objects,
        state.changes,
        snapshot=both,
        config=state.config,
        project=project,
    )
