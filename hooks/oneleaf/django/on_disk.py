"""The project's apps as their files are now, staged or not, tracked or not.

What ``makemigrations`` wrote a moment ago is in no index yet. The files are read as
text, by the reader that the check has, and no git is needed for it.
"""

from __future__ import annotations

import os

from oneleaf.checking.states import State
from oneleaf.config import FILE
from oneleaf.repository import git
from oneleaf.repository.snapshot import Snapshot
from oneleaf.repository.worktree import Overlaid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from oneleaf.config import Config


def read(top: str, directories: Mapping[str, str]) -> State:
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
    """Path and content of what tells an app's history."""
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
