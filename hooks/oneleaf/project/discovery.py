"""Paths to apps: which directories of a state hold migrations, and of which app.

The rules are Django's (``MigrationLoader.load_disk`` and the ``AppConfig`` reference),
as far as text can tell: a migrations package is a directory with ``__init__.py``
that holds at least one class ``Migration`` of Django's. Whatever else is called
``migrations`` is left alone.
"""

from oneleaf.migration.reading import migrations
from oneleaf.project import labels
from oneleaf.project.project import App, Project

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from oneleaf.config import Config
    from oneleaf.git.snapshot import Snapshot
    from oneleaf.migration.reading.migrations import Migration

_COMPILED = (1, "a compiled module cannot be read; commit its source instead")
_OUTSIDE = (1, "a link that leads to no file of the repository cannot be read")


def read(snapshot: "Snapshot", config: "Config") -> Project:
    """Every app of the state, with its migrations read and its lockfile's content.

    What no reading can tell is in the migrations' ``unreadable``. Raises OneleafError
    where git cannot read the state.
    """
    unmerged = _by_directory(snapshot.unmerged)
    apps = {
        directory: modules
        for directory, modules in _read_modules(snapshot, config).items()
        if _is_app(snapshot, directory, modules)
        or (directory in unmerged and not modules)
    }
    names = labels.Labels(snapshot, config, apps)
    lockfiles = _lockfiles(snapshot, config, apps)
    return Project(
        tuple(
            App(
                names.label(directory, modules),
                directory,
                modules,
                lockfiles.get(directory),
                unmerged.get(directory, ()),
            )
            for directory, modules in apps.items()
        ),
        names.settings,
        (config.lockfile, snapshot.read(config.lockfile)) if config.shared else None,
        _orphans(snapshot, config),
        frozenset(snapshot.unmerged),
    )


def is_numbered(name: str) -> bool:
    """Whether a file is named as ``makemigrations`` names them: ``0002_x.py``."""
    return name[:4].isdigit() and name.endswith(".py")


def is_module(name: str) -> bool:
    """Whether a file of a migrations package may be a migration, by its name.

    ``MigrationLoader.load_disk`` passes over modules that begin with ``_`` or ``~``.
    """
    return name.endswith(".py") and name[:1] not in "_~"


def _packages(snapshot: "Snapshot", config: "Config") -> "list[str]":
    """Directories that may be migrations packages, in order.

    Those called ``migrations``, those with numbered modules (``MIGRATION_MODULES``
    may name any package), and those the configuration names.
    """
    packages = [
        directory
        for directory, files in snapshot.directories.items()
        if "__init__.py" in files
        and (
            directory.endswith("migrations")
            or directory in config.apps
            or any(name[:4].isdigit() and name.endswith(".py") for name in files)
        )
    ]
    if snapshot.unmerged:
        packages = [*{*packages, *_unmerged_packages(snapshot)}]
    return sorted(d for d in packages if not excluded(d, config))


def _unmerged_packages(snapshot: "Snapshot") -> "Iterator[str]":
    """The same for what has a merge conflict, which no directory lists."""
    for directory, paths in _by_directory(snapshot.unmerged).items():
        names = [path.rpartition("/")[2] for path in paths]
        is_package = "__init__.py" in (*snapshot.directories.get(directory, ()), *names)
        if is_package and (
            directory.endswith("migrations") or any(map(is_numbered, names))
        ):
            yield directory


def excluded(directory: str, config: "Config") -> bool:
    """Whether the configuration excludes a directory: it, or a folder above it.

    By the globs of ``exclude``, as Python's ``fnmatch`` takes them.
    """
    if not config.exclude:
        return False
    from fnmatch import fnmatchcase  # slow to import: not before it is needed

    parts = directory.split("/")
    heads = ["/".join(parts[: n + 1]) for n in range(len(parts))]
    globs = [glob.rstrip("/") for glob in config.exclude]
    return any(fnmatchcase(head, glob) for head in heads for glob in globs)


def _by_directory(paths: "Iterable[str]") -> "dict[str, tuple[str, ...]]":
    grouped: dict[str, tuple[str, ...]] = {}
    for path in paths:
        directory = path.rpartition("/")[0]
        grouped[directory] = (*grouped.get(directory, ()), path)
    return grouped


def _modules(snapshot: "Snapshot", directory: str) -> "Iterator[tuple[str, str]]":
    """The (migration name, path) pairs that Django would import from a package.

    As ``pkgutil.iter_modules`` lists them: direct children, no packages, names that
    begin with neither ``_`` nor ``~``; a package hides a module of its name.
    """
    files = snapshot.directories.get(directory, {})
    prefix = directory + "/" if directory else ""
    for file in sorted(files):
        name, dot, ending = file.rpartition(".")
        if (
            ending not in ("py", "pyc")
            or not dot
            or "." in name
            or name[:1] in ("_", "~", "")
        ):
            continue
        if ending == "pyc" and name + ".py" in files:
            continue
        if "__init__.py" in snapshot.directories.get(prefix + name, ()):
            continue
        yield name, prefix + file


def _read_modules(
    snapshot: "Snapshot", config: "Config"
) -> "dict[str, dict[str, Migration]]":
    """Directory -> migration name -> what the file says, of what may be a package."""
    packages = _packages(snapshot, config)
    modules = [
        (directory, name, path)
        for directory in packages
        for name, path in _modules(snapshot, directory)
    ]
    contents = snapshot.read_all([path for _, _, path in modules])
    found: dict[str, dict[str, Migration]] = {directory: {} for directory in packages}
    for (directory, name, path), source in zip(modules, contents, strict=True):
        found[directory][name] = _read(name, path, source)
    return found


def _read(name: str, path: str, source: "bytes | None") -> "Migration":
    if path.endswith(".pyc"):
        return migrations.Migration(name, unreadable=_COMPILED)
    if source is None:
        return migrations.Migration(name, unreadable=_OUTSIDE)
    return migrations.read(name, source)


def _is_app(
    snapshot: "Snapshot", directory: str, modules: "dict[str, Migration]"
) -> bool:
    """Whether a package is an app's migrations package.

    It holds a migration of Django's; or nothing at all, under the usual name in a
    package: an app that is migrated but has no migrations yet.
    """
    if modules:
        return any(migration.is_django for migration in modules.values())
    parent, _, name = directory.rpartition("/")
    return name == "migrations" and "__init__.py" in snapshot.directories.get(
        parent, ()
    )


def _lockfiles(
    snapshot: "Snapshot", config: "Config", directories: "Iterable[str]"
) -> "dict[str, bytes]":
    """Content of each app's own lockfile, where it has one."""
    if config.shared:
        return {}
    paths = {directory: f"{directory}/{config.lockfile}" for directory in directories}
    present = {d: p for d, p in paths.items() if snapshot.blob(p) is not None}
    contents = snapshot.read_all(present.values())
    return {d: data or b"" for d, data in zip(present, contents, strict=True)}


def _orphans(snapshot: "Snapshot", config: "Config") -> "tuple[str, ...]":
    """Lockfiles with no module beside them but ``__init__.py``.

    Where other modules stand beside it the file may be another tool's.
    """
    if config.shared:
        return ()
    return tuple(
        f"{directory}/{config.lockfile}" if directory else config.lockfile
        for directory, files in snapshot.directories.items()
        if config.lockfile in files
        and not excluded(directory, config)
        and not any(name.endswith(".py") and name != "__init__.py" for name in files)
    )
