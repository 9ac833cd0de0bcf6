"""Where the text of migrations is: on disk, on the upstream branch, in git's history.

Read-only. Only migrations packages inside the repository count; third parties' are
present and nobody's to move.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any

from django.apps import apps as installed
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader

from oneleaf import applying
from oneleaf.checking.state import INDEX
from oneleaf.clone import driver
from oneleaf.database.clone_files import Key, dotted
from oneleaf.errors import Refused
from oneleaf.git import git, worktree
from oneleaf.migration.reading.tree import code
from oneleaf.migration.reading.values import ATTRIBUTES
from oneleaf.upstream.published import (
    PUBLISHED,
    Published,
    Upstream,
    find_upstreams,
    is_content,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(slots=True)
class Package:
    """A migrations package of the repository.

    label: of its app. module: its dotted name. directory: relative to the top of the
    work tree.
    """

    label: str
    module: str
    directory: str


class Sources:
    """The texts of the repository's migrations.

    top: absolute path of the work tree. packages: app label -> Package.
    objects: of the repository; to be closed by whoever asks ``upstream``.
    upstream: what is published, for what is here.
    """

    def __init__(
        self,
        top: str,
        packages: dict[str, Package],
        upstreams: list[Upstream],
    ) -> None:
        self.top = top
        self.packages = packages
        self.objects = git.Objects()
        self.upstream = Published(upstreams, INDEX, self, self.objects)
        self._versions: dict[str, dict[str, list[str]]] = {}
        self._texts: dict[str, bytes] = {}
        self._marks: dict[str, str | None] = {}

    def path(self, key: Key) -> str:
        """Path of the migration's file, relative to the top. The app is one of ours."""
        return f"{self.packages[key[0]].directory}/{key[1]}.py"

    def is_ours(self, key: Key) -> bool:
        """Whether the migration's app lies in the repository."""
        return key[0] in self.packages

    def stands(self, directory: str) -> bool:
        """Whether an app that Django knows has its migrations there."""
        return any(p.directory == directory for p in self.packages.values())

    def holds(self, path: str, blob: str) -> bool:
        """Whether the file in the work tree has the content of a blob."""
        content = driver.content(os.path.join(self.top, path))
        return content is not None and is_content(content, blob)

    def published(self, keys: Iterable[Key]) -> dict[Key, str]:
        """Those that are published, whatever they say, and the branch that has each.

        Asked by label and name, as the rows are.
        """
        found = {}
        with self.objects:
            for key in filter(self.is_ours, keys):
                standing = self.upstream.standing(self.packages[key[0]], key[1])
                if standing.word == PUBLISHED:
                    found[key] = standing.branch
        return found

    def on_disk(self, key: Key) -> bytes | None:
        """The content of the migration's file, None where there is none."""
        return driver.content(os.path.join(self.top, self.path(key)))

    def blobs(self, key: Key) -> list[str]:
        """Ids of all contents that git has seen at the migration's path, newest first.

        Every ref and reflog is asked, stashes of untracked files included (which takes
        ``--full-history``, git-log(1)).
        """
        label = key[0]
        if label not in self._versions:
            found = _history(self.top, self.packages[label].directory)
            self._versions[label] = found
            self._read_all({blob for blobs in found.values() for blob in blobs})
        return self._versions[label].get(key[1], [])

    def text(self, blob: str) -> bytes:
        """The content of a blob. Raises GitError where there is no such blob."""
        if blob not in self._texts:
            self._texts[blob] = git.run("-C", self.top, "cat-file", "blob", blob)
        return self._texts[blob]

    def _read_all(self, blobs: set[str]) -> None:
        """Reads what is not known yet, all at once."""
        wanted = sorted(blobs - self._texts.keys())
        with git.Objects() as objects:
            contents = list(objects.read(wanted))
        for blob, content in zip(wanted, contents, strict=True):
            if content is not None:
                self._texts[blob] = content

    def fingerprints(self, key: Key) -> list[str]:
        """Fingerprints of ``blobs(key)``, in order, without doubles."""
        found = [self.mark(blob) for blob in self.blobs(key)]
        return list(dict.fromkeys(mark for mark in found if mark))

    def mark(self, blob: str) -> str | None:
        """Fingerprint of a blob's content, None where Python cannot parse it."""
        if blob not in self._marks:
            self._marks[blob] = fingerprint(self.text(blob))
        return self._marks[blob]

    def fingerprint(self, key: Key) -> str | None:
        """Fingerprint of the file on disk, None where there is none, or no Python."""
        source = self.on_disk(key)
        return None if source is None else fingerprint(source)

    def load(self, key: Key, source: bytes) -> Migration:
        """The migration that a text makes, as if it stood in its package.

        Runs the text. Raises Refused where it does not load.
        """
        package = self.packages[key[0]].module
        module: Any = ModuleType(f"{package}.{key[1]}")
        module.__package__ = package
        module.__file__ = os.path.join(self.top, self.path(key))
        try:
            exec(compile(source, module.__file__, "exec"), module.__dict__)  # noqa: S102
            made: Migration = module.Migration(key[1], key[0])
        except Exception as error:
            msg = (
                f"{dotted(key)} was found in git and does not load here:"
                f" {type(error).__name__}: {error}; go to the branch that has it, migrate"
                " back there, and come back: `git switch BRANCH`,"
                f" `python manage.py migrate {key[0]} TARGET`, `git switch -`"
            )
            raise Refused(msg) from error
        return made


def _history(top: str, directory: str) -> dict[str, list[str]]:
    """Migration name -> blob ids, newest first, of one directory's whole past."""
    flags = ("--all", "--reflog", "--full-history", "-m", "--no-renames")
    shown = ("--diff-filter=AM", "--raw", "--no-abbrev", "-z", "--format=")
    raw = git.run("-C", top, "log", *flags, *shown, "--", f"{directory}/")
    fields = git.decode(raw).split("\0")
    found: dict[str, list[str]] = {}
    for head, path in itertools.pairwise(fields):
        words = head.strip().split(" ")
        if not words[0].startswith(":") or len(words) != 5:
            continue
        folder, _, name = path.rpartition("/")
        blobs = found.setdefault(name.removesuffix(".py"), [])
        if folder == directory and name.endswith(".py") and words[3] not in blobs:
            blobs.append(words[3])
    return found


def find() -> Sources:
    """The sources of this work tree. Django must be set up.

    Raises OneleafError outside a repository, or for a configured upstream that is not
    there.
    """
    top = applying.top_level()
    config = driver.config_of_work_tree(top)
    return Sources(top, _packages(top), find_upstreams(config.upstream, os.environ))


def _packages(top: str) -> dict[str, Package]:
    found = {}
    for app in installed.get_app_configs():
        name, _explicit = MigrationLoader.migrations_module(app.label)
        directory = _directory(name) if name else None
        path = worktree.below(top, directory) if directory else None
        if path and "site-packages" not in path.split("/"):
            found[app.label] = Package(app.label, str(name), path)
    return found


def _directory(module: str) -> str | None:
    """Where a package lies, None where it cannot be imported."""
    try:
        imported = sys.modules.get(module) or import_module(module)
    except ImportError:
        return None
    places = list(getattr(imported, "__path__", ()))
    return os.path.realpath(places[0]) if places else None


def fingerprint(source: bytes) -> str | None:
    """SHA-256 of a migration's code without its place, None where it is not Python.

    One without operations has a digest too, as it has a row in the database.
    """
    said = code(source, ATTRIBUTES)
    return said and hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class HeldBy:
    """A commit that holds a file.

    commit: its id. path: the file's, relative to the top. names: the branches, tags or
    stashes that lead to it; none where only a reflog does.
    """

    commit: str
    path: str
    names: tuple[str, ...]

    def __str__(self) -> str:
        """For a message, such as ``commit 1a2b3c4d5e (branch feature)``."""
        names = ", ".join(self.names[:3]) or "only in the reflog"
        more = f" and {len(self.names) - 3} more" if len(self.names) > 3 else ""
        return f"commit {self.commit[:10]} ({names}{more})"


def find_place(sources: Sources, key: Key) -> HeldBy | None:
    """The newest commit that holds the migration's file, None where there is none.

    Looked for in every ref and reflog; also under another folder's name, where the app
    has moved since.
    """
    for pathspec in (sources.path(key), f":(glob)**/migrations/{key[1]}.py"):
        for commit, path in _versions(sources.top, pathspec):
            names = tuple(_names_of_commit(sources.top, commit))
            return HeldBy(commit, path, names)
    return None


def _versions(top: str, pathspec: str) -> Iterator[tuple[str, str]]:
    """(commit, path) of every version of a file, newest first (git-log(1)).

    ``--full-history``, since else a file of ``git stash -u`` is passed over; ``-m``,
    since what was stashed from the work tree alone is only in a merge.
    """
    flags = ("--all", "--reflog", "--full-history", "-m", "--no-renames")
    shown = ("--diff-filter=AMT", "--name-only", "-z", "--format=%x01%H")
    raw = git.run("-C", top, "log", *flags, *shown, "--", pathspec)
    for record in git.decode(raw).split("\x01"):
        commit, _, paths = record.partition("\0")
        path = paths.strip("\n\0").split("\0")[0]
        if path:
            yield commit, path


def _names_of_commit(top: str, commit: str) -> Iterator[str]:
    """The stash that the commit belongs to, or the refs that contain it."""
    stashes = git.decode(
        git.run("-C", top, "stash", "list", "--format=%gd %H %P")
    ).splitlines()
    for line in stashes:
        name, *commits = line.split(" ")
        # Its parents: HEAD of then, the index, and the untracked files (git-stash(1)).
        if commit in (commits[0], *commits[2:]):
            yield name
            return
    shown = "--format=%(refname)"
    raw = git.run("-C", top, "for-each-ref", "--contains", commit, shown)
    for ref in git.decode(raw).splitlines():
        kind, _, name = ref.removeprefix("refs/").partition("/")
        if kind != "stash":
            word = {"heads": "branch ", "tags": "tag ", "remotes": ""}.get(kind, "")
            yield word + name


def commit_that_added(top: str, path: str, text: str) -> str:
    """Short id of the newest commit on this branch that added a text to a file.

    "" where none did: the file is not committed like this.
    """
    flags = ("-1", "--format=%h", f"-S{text}")
    return git.line("-C", top, "log", *flags, "--", path)
