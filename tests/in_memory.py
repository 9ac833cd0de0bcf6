"""States of a repository without git: files in a dict, read as a commit is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from oneleaf.checking import rules
from oneleaf.checking.findings import Finding
from oneleaf.checking.state import Case, State
from oneleaf.git.git import Objects
from oneleaf.git.snapshot import Change, Snapshot
from oneleaf.lockfiles.format import update_shared
from oneleaf.project.project import Project
from repository import migration

Files = dict[str, str | bytes]


class Contents(Objects):
    """The objects of a state: an object's id is its file's path."""

    def __init__(self, files: Mapping[str, str | bytes]) -> None:
        super().__init__()
        self._files = files

    def read(self, names: Iterable[str]) -> Iterator[bytes | None]:
        """The contents of the files."""
        for name in names:
            content = self._files.get(name)
            yield content.encode() if isinstance(content, str) else content


def snapshot(files: Mapping[str, str | bytes], *unmerged: str) -> Snapshot:
    """The state that holds these files; ``unmerged`` paths have several stages."""
    directories: dict[str, dict[str, str]] = {"": {}}
    for path in sorted(files):
        directory, _, name = path.rpartition("/")
        directories.setdefault(directory, {})[name] = path
    return Snapshot("index", directories, Contents(files), unmerged=unmerged)


def project(files: Mapping[str, str | bytes], *unmerged: str) -> Project:
    """What discovery finds, with the state's own configuration."""
    return opened(files, *unmerged).project


def opened(
    files: Mapping[str, str | bytes], *unmerged: str, changes: Iterable[Change] = ()
) -> State:
    """The state, with what the change under check changes."""
    found = snapshot(files, *unmerged)
    return State("index", found.objects, tuple(changes), snapshot=found)


def findings(
    files: Mapping[str, str | bytes],
    *unmerged: str,
    new: Iterable[str] = (),
    removed: Iterable[str] = (),
    scope: Iterable[str] | None = None,
) -> list[Finding]:
    """What a check finds.

    new, removed: paths that the change under check adds, and takes away.
    scope: directories of the apps under check; None for all.
    """
    changes = [Change("A", path, "", "") for path in new]
    changes += [Change("D", path, "", "") for path in removed]
    state = opened(files, *unmerged, changes=changes)
    return rules.run(Case(state, None if scope is None else frozenset(scope)))


def shown(finding: Finding) -> str:
    """A finding as the text report shows it."""
    place = f"{finding.path}:{finding.line}"
    return f"{place}: {finding.code} {finding.message}\n    hint: {finding.hint}"


def app(
    package: str, *migrations: tuple[str, ...], label: str = "", **more: str
) -> Files:
    """The files of an app in the directory ``package``.

    migrations: name, then dependencies (``name`` of the same app, or ``label.name``).
    more: further files of the migrations package, name without ``.py`` -> source.
    """
    own = label or package.rpartition("/")[2]
    files: Files = {
        f"{package}/__init__.py": "",
        f"{package}/migrations/__init__.py": "",
    }
    for name, *dependencies in migrations:
        files[f"{package}/migrations/{name}.py"] = source(own, *dependencies)
    for name, text in more.items():
        files[f"{package}/migrations/{name}.py"] = text
    return files


def source(label: str, *dependencies: str, **attributes: object) -> str:
    """A migration's source; a dependency is ``name`` of ``label``, or ``label.name``."""
    pairs = []
    for word in dependencies:
        other, dot, name = word.partition(".")
        pairs.append((other, name) if dot else (label, word))
    return migration(*pairs, **attributes)


def format_shared(entries: Mapping[str, str]) -> bytes:
    """A shared lockfile of these entries (app label -> name), with our comments on top."""
    return update_shared(None, entries)
