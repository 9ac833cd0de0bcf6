"""The fast door of ``check``: one commit judged by the apps it touches alone.

Most commits that touch migrations only add some to apps that exist. Then nothing in
another app can change its verdict, and only the touched directories need reading:
the tree of HEAD and the changes of the index on top of it, through one
``cat-file``. The premise is that HEAD itself was checked; what HEAD already has is
not judged again across apps. Everything else goes through the slow twin, which
reads the whole index; a test holds that the two agree.
"""

from oneleaf.checking import state as states
from oneleaf.checking.state import INDEX, Case, State, at_top
from oneleaf.config import Config
from oneleaf.git import git
from oneleaf.git import snapshot as snapshots
from oneleaf.git.snapshot import entries
from oneleaf.migration.reading import migrations
from oneleaf.project import discovery, labels
from oneleaf.project.project import Project

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from oneleaf.arguments import Options
    from oneleaf.git.snapshot import Change
    from oneleaf.migration.reading.migrations import Migration
    from oneleaf.project.project import App

_PLAIN_FILES = ("100644", "100755")


def case(state: State, options: "Options") -> "Case | None":
    """The apps that the index touches alone, or None where only all of it can tell.

    Raises OneleafError where git cannot read them.
    """
    asked = bool(state.changes or options.operands)
    if state.is_range and not asked:
        return _nothing(state)
    if state.name != INDEX or options.flag("--all") or not asked:
        return None
    directories = states.directories(state.changes, state.config)
    if directories is None or not _covers(directories, options.operands):
        return None
    if not directories:
        return _nothing(state)
    touched = read(state)
    return None if touched is None else Case(touched, directories)


def _nothing(state: State) -> Case:
    """No app is under check, and nothing is read."""
    none = Project((), {})
    empty = State(state.name, state.objects, config=Config({}), project=none)
    return Case(empty, frozenset())


def _covers(directories: "frozenset[str]", operands: "Sequence[str]") -> bool:
    """Whether the operands name nothing but files in these directories.

    operands: as typed. False where only git could tell what they are relative to.
    """
    return all(operand.rpartition("/")[0] in directories for operand in operands) and (
        not operands or at_top()
    )


def read(state: State) -> "State | None":
    """The apps alone that the index touches; None where only all of it can tell.

    Raises OneleafError where git cannot read them.
    """
    changes, config, objects = state.changes, state.config, state.objects
    touched = [c for c in changes if states.may_matter(c.path, config)]
    if config.shared or not all(is_plain(change, config) for change in touched):
        return None
    directories = sorted({change.path.rpartition("/")[0] for change in touched})
    found = trees("HEAD", directories, objects)
    if found is None:
        return None
    overlay(found, changes)
    snapshot = snapshots.Snapshot(INDEX, found, objects)
    narrowed = State(INDEX, objects, changes, snapshot=snapshot, config=config)
    apps = narrowed.project.apps
    if [app.directory for app in apps] != directories:
        return None
    changed = {change.path: change for change in touched}
    if not all(_stands_alone(app, changed, config, objects) for app in apps):
        return None
    return narrowed


def is_plain(change: "Change", config: "Config") -> bool:
    """Whether a change adds or edits a migration or lockfile of the usual layout."""
    directory, _, name = change.path.rpartition("/")
    return (
        change.status in ("A", "M")
        and directory.endswith("/migrations")
        and "\n" not in directory
        and (name == config.lockfile or discovery.is_module(name))
    )


def trees(
    commit: str, directories: "Sequence[str]", objects: git.Objects
) -> "dict[str, dict[str, str]] | None":
    """The files of these directories of a commit and of the packages around them.

    directory -> file name -> object id. None where one is not there, or holds
    anything odd.
    """
    packages = sorted({directory.rpartition("/")[0] for directory in directories})
    wanted = [*directories, *packages]
    raw = objects.read([f"{commit}:{directory}" for directory in wanted])
    found: dict[str, dict[str, str]] = {}
    for directory, tree in zip(wanted, list(raw), strict=True):
        if tree is None:
            return None
        files = _plain_files(tree, odd_allowed=directory in packages)
        if files is None:
            return None
        found[directory] = files
    return found


def overlay(found: "dict[str, dict[str, str]]", changes: "Sequence[Change]") -> None:
    """Puts what the index changes over the files of its commit.

    found: from ``trees``; it is changed.
    """
    for change in changes:
        directory, _, name = change.path.rpartition("/")
        if directory in found:
            if change.status in ("A", "M"):
                found[directory][name] = change.new
            else:
                found[directory].pop(name, None)


def _plain_files(tree: bytes, *, odd_allowed: bool) -> "dict[str, str] | None":
    """File name -> object id of a tree object; None where it holds anything odd.

    Odd in a migrations package are folders and links: they may hide or be a module.
    """
    files: dict[str, str] = {}
    for mode, name, blob in entries(tree):
        if mode in _PLAIN_FILES:
            files[name] = blob
        elif not odd_allowed and name != "__pycache__":
            return None
    return files


def _stands_alone(
    app: "App", changed: "dict[str, Change]", config: "Config", objects: git.Objects
) -> bool:
    """Whether no other app can change the verdict on this one."""
    if not label_is_told(app):
        return False
    if app.lockfile is None and _lockfiles_in_use(config):
        return False
    added: list[Migration] = []
    known: set[tuple[str, str]] = set()
    for name, migration in app.migrations.items():
        change = changed.get(app.path(name))
        if change is None:
            known.update(migration.dependencies)
        elif change.status == "A":
            added.append(migration)
        elif not same_place(migration, change, objects):
            return False
    if any(m.unreadable or m.run_before or m.replaces for m in added):
        return False
    unknown = {
        dependency
        for migration in added
        for dependency in migration.dependencies
        if dependency not in known and _names_another_app(dependency, app)
    }
    return all(_is_present(dependency, app, objects) for dependency in unknown)


def label_is_told(app: "App") -> bool:
    """Whether the app's own migrations say its label, so that no settings need to."""
    used, first_only = labels.used_labels(app.migrations)
    folder = app.directory.rpartition("/")[0].rpartition("/")[2]
    return app.label in used or (app.label == folder and folder in first_only)


def _lockfiles_in_use(config: "Config") -> bool:
    return config.lockfile_configured or bool(
        git.run("ls-files", "-z", "--", f":(top,glob)**/{config.lockfile}")
    )


def same_place(migration: "Migration", change: "Change", objects: git.Objects) -> bool:
    """Whether an edit left the migration's place in the history as it was.

    migration: as it is now; change: from which content it came.
    """
    old = migrations.read(migration.name, next(objects.read([change.old])) or b"")
    return (
        old.unreadable is None is migration.unreadable
        and old.dependencies == migration.dependencies
        and old.run_before == migration.run_before
        and old.replaces == migration.replaces
    )


def _names_another_app(dependency: "tuple[str, str]", app: "App") -> bool:
    label, name = dependency
    return label != app.label and "." not in label and not name.startswith("__")


def _is_present(
    dependency: "tuple[str, str]", app: "App", objects: git.Objects
) -> bool:
    """Whether an app beside this one, called by its label, has the migration."""
    label, name = dependency
    if not label.isidentifier() or "\n" in name:
        return False
    beside = app.directory.rpartition("/")[0].rpartition("/")[0]
    package = f"{beside}/{label}" if beside else label
    migration, config = objects.read(
        [f"HEAD:{package}/migrations/{name}.py", f"HEAD:{package}/apps.py"]
    )
    return migration is not None and (
        config is None or labels.app_config_label(config, label) in (label, None)
    )
