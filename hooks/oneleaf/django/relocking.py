"""Writes the lockfiles of apps whose migrations have just changed.

What ``makemigrations`` wrote a moment ago is in no index yet: the files are read as they
are on disk, by the reader that the check has, and no git is needed for it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from oneleaf import applying
from oneleaf.checking.state import State
from oneleaf.config import FILE
from oneleaf.django import places
from oneleaf.errors import OneleafError, Refused
from oneleaf.git import git
from oneleaf.git.snapshot import Snapshot
from oneleaf.git.worktree import Overlaid
from oneleaf.planning.lockfiles import plan_relock
from oneleaf.shell import Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from oneleaf.config import Config
    from oneleaf.planning.plan import Plan


@dataclass(frozen=True)
class Written:
    """A lockfile that was written. path: absolute."""

    path: str


@dataclass(frozen=True)
class Failed:
    """Why a lockfile was not written, and the command that mends it: one sentence."""

    reason: str


def relock(
    found: Mapping[str, str], touched: Collection[str]
) -> Iterator[Written | Failed]:
    """Brings the lockfiles of the apps ``touched`` in line with the files on disk.

    found: app label -> folder of its migrations, of all apps of the project. Each
    repository by itself, with its own configuration. Silent where a repository uses no
    lockfiles and where one is right already.
    """
    tops = places.tops(found.values())
    for top in sorted({tops[found[label]] for label in touched}):
        directories = {
            label: os.path.relpath(folder, top).replace(os.sep, "/")
            for label, folder in found.items()
            if tops[folder] == top
        }
        labels = sorted(set(touched) & set(directories))
        try:
            yield from _relock(top, directories, labels)
        except (OneleafError, OSError) as error:
            yield failed(labels, error)
        except Exception as error:  # noqa: BLE001 - the migrations are written already
            yield failed(labels, f"{type(error).__name__}: {error}")


def _relock(
    top: str, directories: Mapping[str, str], labels: list[str]
) -> Iterator[Written | Failed]:
    state = read_on_disk(top, directories)
    plan = plan_relock(state, {directories[label] for label in labels})
    for app in plan.apps:
        if app.refused:
            yield failed([app.app], app.refused)
    yield from _write(top, plan)


def _write(top: str, plan: Plan) -> Iterator[Written | Failed]:
    files = {path: data for path, data in plan.files.items() if data is not None}
    for path, data in applying.differing(top, files).items():
        labels = [app.app for app in plan.apps if app.lockfile == path]
        try:
            applying.write(top, path, data)
        except Refused as error:
            yield failed(labels, error)
        else:
            yield Written(os.path.join(top, path))


def failed(labels: Collection[str], reason: object) -> Failed:
    """Django's own files stand; what is missing is a lockfile."""
    whose = f"app{'s' if len(labels) > 1 else ''} {', '.join(labels)}"
    return Failed(
        f"the lockfile of {whose} was not written: {reason}; mend that, stage the"
        f" migrations and run `{Step('oneleaf lock', *labels)}`"
    )


def read_on_disk(top: str, directories: Mapping[str, str]) -> State:
    """The apps whose migrations are in these directories, and the shared lockfile.

    directories: app label -> directory of its migrations, relative to ``top``; the
    labels are those that Django knows. Raises OneleafError for a configuration that
    cannot be used.
    """
    contents = {FILE: _content(os.path.join(top, FILE))}
    config = _state(contents).config
    for label, directory in directories.items():
        if directory.rpartition("/")[0] not in config.apps:
            config.apps.setdefault(directory, label)
        contents.update(_files(top, directory, config))
    if config.shared:
        contents[config.lockfile] = _content(os.path.join(top, config.lockfile))
    return _state(contents, config)


def _state(contents: Mapping[str, bytes | None], config: Config | None = None) -> State:
    objects = git.Objects()
    files = Overlaid(Snapshot("work tree", {"": {}}, objects), contents)
    return State("work tree", objects, snapshot=files, config=config)


def _files(top: str, directory: str, config: Config) -> Iterator[tuple[str, bytes]]:
    package = directory.rpartition("/")[0]
    wanted = [f"{package}/__init__.py".lstrip("/")]
    for name in sorted(os.listdir(os.path.join(top, directory))):
        path = f"{directory}/{name}"
        if name.endswith(".py") or name == config.lockfile:
            wanted.append(path)
        elif "." not in name:  # a package hides a module of its name
            wanted.append(f"{path}/__init__.py")
    for path in wanted:
        content = _content(os.path.join(top, path))
        if content is not None:
            yield path, content


def _content(place: str) -> bytes | None:
    try:
        with open(place, "rb") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
