"""The work tree beside the index: what differs, what is untracked, what is there.

Which folder a path lies in is decided by what the folders are: a file system may take
``Shop`` for ``shop``, one form of an accented letter for another, a short name or a
second mount for the folder itself.
"""

import os

from oneleaf.git import git
from oneleaf.git.snapshot import Snapshot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


class WorkTree:
    """The files of a work tree. top: its absolute path."""

    __slots__ = ("top",)

    def __init__(self, top: str) -> None:
        self.top = top

    def read(self, path: str) -> "bytes | None":
        """Content of the file at ``path``, relative to the top; None where none is.

        Raises OSError for one that may not be read.
        """
        try:
            with open(os.path.join(self.top, path), "rb") as file:
                return file.read()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None


class Overlaid(Snapshot):
    """A snapshot with some files put over it.

    contents: path -> content, None for a path that is not there.
    """

    __slots__ = ("contents",)

    def __init__(self, below: Snapshot, contents: "Mapping[str, bytes | None]") -> None:
        if isinstance(below, Overlaid):
            contents = {**below.contents, **contents}
        directories = dict(below.directories)
        for path, content in contents.items():
            directory, _, name = path.rpartition("/")
            files = dict(directories.get(directory, {}))
            files.pop(name, None)
            if content is not None:
                files[name] = ""
            directories[directory] = files
        unmerged = tuple(path for path in below.unmerged if path not in contents)
        super().__init__(below.name, directories, below.objects, below.links, unmerged)
        self.contents: Mapping[str, bytes | None] = contents

    def read_all(self, paths: "Iterable[str]") -> "Iterator[bytes | None]":
        """As ``Snapshot.read_all``."""
        paths = list(paths)
        below = super().read_all(path for path in paths if path not in self.contents)
        for path in paths:
            yield self.contents[path] if path in self.contents else next(below)


def changes() -> "dict[str, str]":
    """path -> git's letter, of what the work tree changes against the index.

    A is an intent to add (git-add(1), ``--intent-to-add``), U a conflict. Contents
    decide, not times: ``git diff`` looks at what it is not sure of.
    """
    flags = (
        "--name-status",
        "-z",
        "--no-renames",
        "--no-ext-diff",
        "--ignore-submodules",
    )
    fields = git.decode(git.run("diff", *flags)).split("\0")
    found: dict[str, str] = {}
    for letter, path in zip(fields[0::2], fields[1::2], strict=False):
        if found.get(path) != "U":  # what is in conflict is listed twice
            found[path] = letter
    return found


def untracked() -> "list[str]":
    """Paths of files that git neither tracks nor ignores, relative to the top."""
    flags = ("--others", "--exclude-standard", "-z", "--full-name")
    return git.decode(git.run("ls-files", *flags, "--", ":/")).split("\0")[:-1]


def stages(paths: "Iterable[str]") -> "dict[str, dict[int, str]]":
    """path -> stage -> blob id, of those paths that are in conflict (git-ls-files(1))."""
    wanted = set(paths)
    found: dict[str, dict[int, str]] = {}
    if not wanted:
        return found
    raw = git.run("ls-files", "--unmerged", "-z", "--full-name", "--", ":/")
    for record in git.decode(raw).split("\0"):
        meta, _, path = record.partition("\t")
        if path in wanted:
            _, blob, stage = meta.split(" ")
            found.setdefault(path, {})[int(stage)] = blob
    return found


def naming(names: "Iterable[str]") -> "list[str]":
    """Paths of Python files, tracked or not, whose text holds one of the names.

    Numbered files in folders called migrations are left out: there are most of them,
    and who asks knows them.
    """
    patterns = [word for name in sorted(names) for word in ("-e", name)]
    flags = ("-l", "-z", "-F", "-I", "--untracked", "--full-name", "--no-color")
    places = (":/*.py", ":(top,exclude,glob)**/migrations/[0-9]*.py")
    code, out = git.run_code("grep", *flags, *patterns, "--", *places, ok=(0, 1))
    return sorted(git.decode(out).split("\0")[:-1]) if code == 0 else []


def below(folder: str, path: str) -> "str | None":
    """The path from a folder on, ``/``-separated; None where it does not lie in it.

    folder, path: absolute; the path need not exist. "" for the folder itself. Links
    above the folder are followed, links below it stay as they are written.
    """
    try:
        wanted = os.stat(folder)
    except OSError:
        return None
    place = os.path.normpath(path)
    names: list[str] = []
    while not _is(place, wanted):
        place, name = os.path.split(place)
        if not name:
            return None
        names.append(name)
    return "/".join(reversed(names))


def _is(place: str, wanted: os.stat_result) -> bool:
    try:
        return os.path.samestat(os.stat(place), wanted)
    except OSError:
        return False
