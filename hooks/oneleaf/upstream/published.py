"""Who has a migration: the branches that are upstream, and what they have of an app.

A migration is a label and a name with a content, never a path: an app whose folder
moves keeps its published migrations. Published is what an upstream has, or had when the
state that is asked about parted from it. Read-only, and without the network; nothing of
an upstream is read before it is asked for. The rules about what a state changes of it
are in ``oneleaf.upstream.published_rules``.
"""

import os

from oneleaf.checking.state import State
from oneleaf.config import Config
from oneleaf.errors import OneleafError
from oneleaf.git import git
from oneleaf.git import snapshot as snapshots
from oneleaf.git.git import commit_of
from oneleaf.git.snapshot import Snapshot
from oneleaf.migration.reading import migrations
from oneleaf.project import discovery
from oneleaf.upstream.fork import find_fork

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Protocol

    from oneleaf.migration.reading.migrations import Migration
    from oneleaf.upstream.fork import Fork

    class AppPlace(Protocol):
        """An app: its label, and the directory of its migrations package."""

        label: str
        directory: str

    class Here(Protocol):
        """What is known of the files of the state that asks."""

        def stands(self, directory: str) -> bool:
            """Whether it has migrations there."""

        def holds(self, path: str, blob: str) -> bool:
            """Whether what is at a path has the content of a blob."""


# Where CI systems name the branch that a change is to be merged into: GitHub's
# "Default environment variables" and GitLab's "Predefined CI/CD variables reference".
_TARGET_VARIABLES = ("GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME")
_USUAL = ("origin/HEAD", "origin/main", "origin/master")
PUBLISHED, SHARED, LOCAL = "published", "shared", "local"
NONE_HERE = (
    "no upstream branch is here; `git fetch` it, or name it as `upstream` in"
    " [tool.oneleaf]"
)


class Upstream:
    """A branch and the commit it is at. name: as git-rev-parse(1) takes it."""

    __slots__ = ("commit", "name")

    def __init__(self, name: str, commit: str) -> None:
        self.name = name
        self.commit = commit


def find_upstreams(
    configured: "str | None", environ: "Mapping[str, str]"
) -> "list[Upstream]":
    """The branches whose migrations are published; none where none is known.

    The first that exists of: ``configured`` (the setting ``upstream``), the target
    branch that a CI system names in ``environ``, ``origin/HEAD``, ``origin/main``,
    ``origin/master``. A branch without a remote's name means the remote's first.
    Raises OneleafError where the configured branch does not exist.
    """
    for name in _candidates(configured, environ):
        commit = commit_of(name)
        if commit:
            return [Upstream(_branch_name(name), commit)]
    return []


def _branch_name(name: str) -> str:
    """What ``origin/HEAD`` stands for; any other name as it is."""
    if name != _USUAL[0]:
        return name
    code, out = git.run_code("rev-parse", "--abbrev-ref", name, ok=(0, 128))
    return (git.decode(out).strip() if code == 0 else "") or name


def require_upstreams(
    configured: "str | None", environ: "Mapping[str, str]"
) -> "list[Upstream]":
    """As ``find_upstreams``; raises OneleafError also where there is none."""
    found = find_upstreams(configured, environ)
    if not found:
        raise OneleafError(NONE_HERE)
    return found


def _candidates(
    configured: "str | None", environ: "Mapping[str, str]"
) -> "Iterator[str]":
    if configured:
        yield configured
        yield f"origin/{configured}"
        msg = (
            f"pyproject.toml: [tool.oneleaf] upstream names {configured!r}, which is no"
            " branch here; `git fetch` it, or correct the setting"
        )
        raise OneleafError(msg)
    for variable in _TARGET_VARIABLES:
        branch = environ.get(variable)
        if branch:
            yield f"origin/{branch}"
            yield branch
    yield from _USUAL


def local_branch(name: str) -> str:
    """Id of the commit of the local branch of an upstream's name, "" for none.

    ``main`` for ``origin/main``: what is on it waits to be published.
    """
    _, slash, branch = name.partition("/")
    return commit_of(f"refs/heads/{branch}") if slash and branch else ""


class SnapshotFiles:
    """A snapshot as ``Here``, made when it is asked for first."""

    __slots__ = ("_snapshot",)

    def __init__(self, snapshot: "Callable[[], Snapshot]") -> None:
        self._snapshot = snapshot

    def stands(self, directory: str) -> bool:
        """Whether there are migrations in the directory."""
        return any(
            map(discovery.is_module, self._snapshot().directories.get(directory, ()))
        )

    def holds(self, path: str, blob: str) -> bool:
        """Whether the file has this content."""
        return self._snapshot().blob(path) == blob


class Apps:
    """The apps of a commit, each read when it is asked for; itself a ``Here``."""

    __slots__ = ("_files", "_near", "_objects", "_whole", "commit")

    def __init__(self, commit: str, objects: git.Objects) -> None:
        self.commit = commit
        self._objects = objects
        self._files: dict[str, dict[str, str]] = {}
        self._near: dict[str, str] = {}
        self._whole: State | None = None

    def files(self, directory: str) -> "dict[str, str]":
        """Migration name -> blob id, of a directory; {} where there is none."""
        if directory not in self._files:
            listed = snapshots.listed(self.commit, directory, self._objects)
            self._files[directory] = {
                name[:-3]: blob
                for name, blob in listed.items()
                if discovery.is_module(name)
            }
        return self._files[directory]

    def stands(self, directory: str) -> bool:
        """Whether there are migrations in the directory."""
        return bool(self.files(directory))

    def blob(self, path: str) -> "str | None":
        """Id of a migration's content, None where there is none."""
        directory, _, name = path.rpartition("/")
        return self.files(directory).get(name.removesuffix(".py"))

    def holds(self, path: str, blob: str) -> bool:
        """Whether the migration there has this content."""
        return self.blob(path) == blob

    def label(self, directory: str) -> str:
        """The label of the app there, as its own package says it; "" for no app."""
        if directory not in self._near:
            from oneleaf.checking import fast_path  # few states need it

            found = fast_path.trees(self.commit, [directory], self._objects)
            near = Snapshot("", found, self._objects) if found else None
            state = self._open(near) if near else self._all
            self._near[directory] = _labels(state).get(directory, "")
        return self._near[directory]

    def labels(self) -> "dict[str, str]":
        """Directory -> label of every app; the whole commit is read for it."""
        return _labels(self._all)

    @property
    def _all(self) -> State:
        if self._whole is None:
            self._whole = self._open(None)
        return self._whole

    def _open(self, snapshot: "Snapshot | None") -> State:
        try:
            config = State(self.commit, self._objects).config
        except OneleafError:  # it is upstream's to mend
            config = Config({})
        return State(self.commit, self._objects, snapshot=snapshot, config=config)

    def places(self, app: "AppPlace", here: "Here") -> "list[str]":
        """The directories of an app of another state, in this commit.

        Its own, where the two have a file in common, or the label; else those of its
        label that the other state does not have: there it was before it moved, or is.
        """
        own = app.directory
        files = self.files(own)
        if any(here.holds(f"{own}/{name}.py", blob) for name, blob in files.items()):
            return [own]
        if files and self.label(own) == app.label:
            return [own]
        gone = [d for d in self._packages() if d == own or not here.stands(d)]
        labels = self.labels() if gone else {}
        return [d for d in gone if labels.get(d) == app.label]

    def _packages(self) -> "list[str]":
        """Directories that may be migrations packages, as ``discovery`` has them."""
        return [
            directory
            for directory, files in self._all.snapshot.directories.items()
            if directory.endswith("migrations")
            or directory in self._all.config.apps
            or any(map(discovery.is_numbered, files))
        ]

    def of(self, app: "AppPlace", here: "Here") -> "dict[str, str]":
        """Migration name -> blob id, of an app of another state."""
        found: dict[str, str] = {}
        for directory in self.places(app, here):
            found = {**self.files(directory), **found}
        return found


def _labels(state: State) -> "dict[str, str]":
    return {app.directory: app.label for app in state.project.apps}


class Standing:
    """Who has a migration.

    word: ``PUBLISHED``, ``SHARED`` or ``LOCAL``. branch: the one that says so, "" of a
    local one.
    """

    __slots__ = ("branch", "word")

    def __init__(self, word: str, branch: str = "") -> None:
        self.word = word
        self.branch = branch


class UpstreamBranch:
    """An upstream as a state sees it. name: of the branch; tip: what it has."""

    __slots__ = (
        "_bases",
        "_fork",
        "_had",
        "_has",
        "_here",
        "_objects",
        "_state",
        "name",
        "tip",
    )

    def __init__(
        self, upstream: Upstream, state: str, here: "Here", objects: git.Objects
    ) -> None:
        self.name = upstream.name
        self.tip = Apps(upstream.commit, objects)
        self._state = state
        self._here = here
        self._objects = objects
        self._fork: tuple[Fork | None] | None = None
        self._bases: list[Apps] | None = None
        self._has: dict[tuple[str, str], dict[str, str]] = {}
        self._had: dict[tuple[str, str], set[str]] = {}

    @property
    def fork(self) -> "Fork | None":
        """Where the state parted from it; None where no common history is here."""
        if self._fork is None:
            found = find_fork(self._state, self.tip.commit)
            self._fork = (found if found is not None and found.bases else None,)
        return self._fork[0]

    @property
    def bases(self) -> "list[Apps]":
        """What it had where the state parted from it, for each merge base."""
        if self._bases is None:
            self._bases = [
                self.tip if commit == self.tip.commit else Apps(commit, self._objects)
                for commit in (self.fork.bases if self.fork else ())
            ]
        return self._bases

    def has(self, app: "AppPlace") -> "dict[str, str]":
        """Migration name -> blob id, of what it has of an app."""
        key = app.label, app.directory
        if key not in self._has:
            self._has[key] = self.tip.of(app, self._here)
        return self._has[key]

    def had(self, app: "AppPlace") -> "set[str]":
        """Names of what it had of an app when the state parted from it.

        Where that is not known, of what it has: it may have had that.
        """
        key = app.label, app.directory
        if key not in self._had:
            found = set() if self.bases else {*self.has(app)}
            self._had[key] = found.union(*(b.of(app, self._here) for b in self.bases))
        return self._had[key]

    def removed(self, app: "AppPlace", name: str, other: "UpstreamBranch") -> bool:
        """Whether it has no more what it had when another upstream parted from it."""
        if name in self.has(app):
            return False
        base = git.merge_base(self.tip.commit, other.tip.commit)
        return base is not None and name in Apps(base, self._objects).of(
            app, self._here
        )


class Published:
    """What is published, for one state.

    state: ``"index"``, or the id of its commit. here: its files. branches: the
    upstreams, firmest first. unknown: why there is none, where that is a fault.
    """

    __slots__ = ("_objects", "branches", "unknown")

    def __init__(
        self,
        upstreams: "Sequence[Upstream]",
        state: str,
        here: "Here",
        objects: git.Objects,
    ) -> None:
        self.branches = [
            UpstreamBranch(each, state, here, objects) for each in upstreams
        ]
        self.unknown = ""
        self._objects = objects

    def standing(
        self, app: "AppPlace", name: str, content: "str | bytes | None" = None
    ) -> Standing:
        """Who has a migration.

        content: id of its blob, or its bytes; None for whatever an upstream has under
        this name. Under another content it is an edit of what is published where the
        common history has the name, and another migration elsewhere.
        """
        found = Standing(LOCAL)
        for branch in self.branches:
            blob = branch.has(app).get(name)
            if blob is not None and (content is None or is_content(content, blob)):
                return Standing(PUBLISHED, branch.name)
            if found.word == LOCAL and name in branch.had(app):
                found = Standing(PUBLISHED, branch.name)
        return found

    def has(self, app: "AppPlace", name: str, content: "str | bytes") -> bool:
        """Whether an upstream has a migration with just this content."""
        blobs = [branch.has(app).get(name) for branch in self.branches]
        return any(blob and is_content(content, blob) for blob in blobs)

    def migrations(self, app: "AppPlace") -> "list[Migration]":
        """What upstreams have of an app, read."""
        blobs = {
            name: blob
            for branch in reversed(self.branches)
            for name, blob in branch.has(app).items()
        }
        contents = list(self._objects.read(blobs.values()))
        return [
            migrations.read(name, source or b"")
            for name, source in zip(blobs, contents, strict=True)
        ]


def of_state(state: State, snapshot: "Snapshot | None" = None) -> Published:
    """What is published, for a state, with its configuration.

    snapshot: the files whose migrations are asked about, where they are not its own.
    Raises OneleafError where a configured upstream is not here.
    """
    found = find_upstreams(state.config.upstream, os.environ)
    here = SnapshotFiles(lambda: snapshot or state.snapshot)
    return Published(found, state.name, here, state.objects)


def look(state: State, snapshot: "Snapshot | None" = None) -> Published:
    """As ``of_state``; a configured upstream that is not here is said in ``unknown``."""
    try:
        return of_state(state, snapshot)
    except OneleafError as error:
        nothing = Published(
            (), state.name, SnapshotFiles(lambda: state.snapshot), state.objects
        )
        nothing.unknown = str(error)
        return nothing


def is_content(content: "str | bytes", blob: str) -> bool:
    """Whether a blob has a content; line ends in a work tree may be other ones."""
    if isinstance(content, str):
        return content == blob
    import hashlib

    digest = hashlib.sha1 if len(blob) == 40 else hashlib.sha256
    texts = (content, content.replace(b"\r\n", b"\n"))
    return any(digest(b"blob %d\0%b" % (len(t), t)).hexdigest() == blob for t in texts)
