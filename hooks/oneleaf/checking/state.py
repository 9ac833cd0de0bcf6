"""Which state is judged, and what of it: the index, a commit, the end of a range; the apps.

A State reads each of its snapshot, configuration, project and graph once, when asked.
"""

import os
import sys

from oneleaf import config as configuration
from oneleaf.errors import OneleafError
from oneleaf.git import git
from oneleaf.git import snapshot as snapshots
from oneleaf.project import discovery

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from oneleaf.arguments import Options
    from oneleaf.config import Config
    from oneleaf.git.snapshot import Change, Snapshot
    from oneleaf.project.graph import Graph
    from oneleaf.project.project import App, Project


INDEX = "index"


class State:
    """A state of the repository, each part of it read once, when it is asked for.

    name: ``"index"``, the id of a commit, or what else it is, such as ``"merge"``.
    changes: what the index changes against HEAD, or the range; [] for a commit alone.
    is_range: the changes are all there is to look at, even where there are none.
    snapshot, config, project, graph: those that are known already.
    """

    __slots__ = (
        "_config",
        "_graph",
        "_project",
        "_snapshot",
        "changes",
        "is_range",
        "name",
        "objects",
    )

    def __init__(
        self,
        name: str,
        objects: git.Objects,
        changes: "Sequence[Change]" = (),
        *,
        is_range: bool = False,
        snapshot: "Snapshot | None" = None,
        config: "Config | None" = None,
        project: "Project | None" = None,
        graph: "Graph | None" = None,
    ) -> None:
        self.name = name
        self.objects = objects
        self.changes = list(changes)
        self.is_range = is_range
        self._snapshot = snapshot
        self._config = config
        self._project = project
        self._graph = graph

    @property
    def label(self) -> str:
        """``index`` or ``commit:SHA``, as reports name it."""
        return self.name if self.name == INDEX else f"commit:{self.name}"

    @property
    def snapshot(self) -> "Snapshot":
        """All its files. Raises OneleafError where git cannot read them."""
        if self._snapshot is None:
            if self.name == INDEX:
                self._snapshot = snapshots.of_index(self.changes, self.objects)
            else:
                self._snapshot = snapshots.of_commit(self.name, self.objects)
        return self._snapshot

    @property
    def config(self) -> "Config":
        """Its own configuration; HEAD's where it is in conflict in the index.

        Raises OneleafError for one that oneleaf cannot use.
        """
        if self._config is None:
            self._config = configuration.parse(self._configuration())
        return self._config

    def _configuration(self) -> "bytes | None":
        """The content of the file; the index need not be listed for it."""
        path, known = configuration.FILE, self._snapshot
        if known is not None and path not in known.unmerged:
            return known.read(path)
        at = f"{self.name}:{path}"
        if self.name == INDEX:
            new = [c.new for c in self.changes if c.path == path and c.status != "U"]
            at = new[0] if new else f"HEAD:{path}"
        source = next(self.objects.read([at]))
        if source and b"=" not in source and known is None:
            return self.snapshot.read(path)  # it sets nothing: it may be a link
        return source

    @property
    def project(self) -> "Project":
        """Its apps. Raises OneleafError where git cannot read them."""
        if self._project is None:
            self._project = discovery.read(self.snapshot, self.config)
        return self._project

    @property
    def graph(self) -> "Graph":
        """The graph of its apps."""
        if self._graph is None:
            from oneleaf.project.graph import build_graph

            self._graph = build_graph(self.project.apps, self.project.settings)
        return self._graph

    def line_of(self, path: str, text: str) -> int:
        """Line on which ``text`` first stands in a file, else 1."""
        source = self.snapshot.read(path) or b""
        at = source.find(git.encode(text))
        return source.count(b"\n", 0, at) + 1 if at >= 0 else 1


def choose(options: "Options", objects: git.Objects) -> "list[State]":
    """The states that the options, pre-commit's variables, or a push name.

    One, but none for a branch that the push deletes, and one for each branch with
    ``--pre-push``. Raises OneleafError for options that exclude each other and for
    what names no commit.
    """
    if options.flag("--pre-push"):
        found = [_of_range(objects, old, new) for old, new in _pushed_now(options)]
    else:
        found = [_choose_one(options, objects)]
    return [state for state in found if state is not None]


def _choose_one(options: "Options", objects: git.Objects) -> "State | None":
    old, new = _range(options)
    if options.flag("--rev") and new:
        msg = "oneleaf check takes either --rev or --from-ref and --to-ref"
        raise OneleafError(msg)
    if new:
        return _of_range(objects, old, new)
    if options.flag("--rev"):
        return State(git.commit_id(options.text("--rev")), objects)
    return of_index(objects)


def of_index(objects: git.Objects) -> State:
    """What `git commit` would commit."""
    objects.start()
    return State(INDEX, objects, snapshots.changes_of_index())


def _of_range(objects: git.Objects, old: str, new: str) -> "State | None":
    """The tree of ``new``, and what changed since its merge base with ``old``.

    Without one, on the first push of a branch or in a shallow clone, there is no
    range to narrow to.
    """
    if not new.strip("0"):
        return None

    commit = git.commit_id(new)
    base = git.merge_base(old, commit) if old.strip("0") else None
    if base is None:
        return State(commit, objects)
    changes = snapshots.changes_between(base, commit)
    return State(commit, objects, changes, is_range=True)


def _pushed_now(options: "Options") -> "list[tuple[str, str]]":
    if any(map(options.flag, ("--rev", "--from-ref", "--to-ref"))):
        msg = "oneleaf check takes either --pre-push or --rev, --from-ref and --to-ref"
        raise OneleafError(msg)
    if sys.stdin is None or sys.stdin.isatty():
        msg = (
            "git names what it pushes on the standard input of its pre-push hook;"
            " by hand: `oneleaf check --rev BRANCH`"
        )
        raise OneleafError(msg)
    return pushed(git.decode(sys.stdin.buffer.read()))


def pushed(text: str) -> "list[tuple[str, str]]":
    """The old and the new commit of each branch that a push changes.

    text: what git tells its pre-push hook, in lines of ``<local ref> <local id> <remote
    ref> <remote id>``, an id all zeros where there is none (githooks(5)). Tags are left
    out: they often name commits of long ago.
    """
    found = []
    for line in text.split("\n"):
        words = line.split(" ")
        if len(words) == 4 and not words[2].startswith("refs/tags/"):
            found.append((words[3], words[1]))
    return found


def _range(options: "Options") -> "tuple[str, str]":
    """The two ends of a range: the options, else what pre-commit says of a push."""
    old, new = options.text("--from-ref"), options.text("--to-ref")
    if bool(old) != bool(new):
        msg = "oneleaf check needs both --from-ref and --to-ref"
        raise OneleafError(msg)
    if new or options.flag("--rev"):
        return old, new
    if new := os.environ.get("PRE_COMMIT_TO_REF", ""):
        return os.environ.get("PRE_COMMIT_FROM_REF", ""), new
    # Of the first push to a remote pre-commit names the branch alone.
    return "", os.environ.get("PRE_COMMIT_LOCAL_BRANCH", "")


def at_top() -> bool:
    """Whether the current directory is surely the top of a work tree.

    Where it only may be, git is asked, at the price of a process.
    """
    return os.path.lexists(".git") and "GIT_WORK_TREE" not in os.environ


def from_top(operands: "Sequence[str]") -> "list[str]":
    """Paths as typed, relative to the top of the repository.

    Raises OneleafError for an absolute path that leads out of it.
    """
    prefix = "" if at_top() else git.decode(git.run("rev-parse", "--show-prefix"))
    return [_from_top(prefix.rstrip("\n"), operand) for operand in operands]


def _from_top(start: str, operand: str) -> str:
    if os.path.isabs(operand):
        from oneleaf.git import worktree

        top = git.decode(git.run("rev-parse", "--show-toplevel")).rstrip("\n")
        path = worktree.below(top, operand)
        if path is None:
            msg = f"{operand} is not in this repository, whose top is {top}"
            raise OneleafError(msg)
        return path
    path = os.path.normpath(start + operand).replace(os.sep, "/")
    return "" if path == "." else path


class Case:
    """What is judged: a state, and which of its apps.

    scope: directories of the apps under check; None for all.
    new, removed: paths that the change under check adds, and takes away.
    line_of: (path, text) -> the line on which the text first stands there, else 1.
    """

    __slots__ = ("line_of", "new", "removed", "scope", "state")

    def __init__(
        self,
        state: "State",
        scope: "frozenset[str] | None" = None,
        new: "frozenset[str] | None" = None,
    ) -> None:
        """new: where the state's changes do not say it."""
        added = frozenset(c.path for c in state.changes if c.status == "A")
        self.state = state
        self.scope = scope
        self.new = added if new is None else new
        self.removed = frozenset(c.path for c in state.changes if c.status == "D")
        self.line_of = state.line_of

    @property
    def config(self) -> "Config":
        """The state's configuration."""
        return self.state.config

    @property
    def project(self) -> "Project":
        """The state's apps, also those that are not under check."""
        return self.state.project

    @property
    def graph(self) -> "Graph":
        """The state's graph."""
        return self.state.graph

    def apps(self) -> "Iterator[App]":
        """The apps under check."""
        for app in self.project.apps:
            if self.includes(app):
                yield app

    def includes(self, app: "App") -> bool:
        """Whether an app is under check."""
        return self.scope is None or app.directory in self.scope

    def is_new(self, app: "App", name: str) -> bool:
        """Whether the change under check adds a migration."""
        return app.path(name) in self.new


def may_matter(path: str, config: "Config") -> bool:
    """Whether a changed path can change a verdict on migrations or lockfiles.

    path: ``/``-separated, from the top of the repository.
    """
    directory, _, name = path.rpartition("/")
    return (
        directory.endswith("migrations")
        or name == config.lockfile.rpartition("/")[2]
        or discovery.is_numbered(name)
        or directory in config.apps
        or path == configuration.FILE
    )


def is_migration(path: str, config: "Config") -> bool:
    """Whether a path may be that of a migration which the configuration looks at.

    path: ``/``-separated, from the top of the repository.
    """
    directory, _, name = path.rpartition("/")
    return (
        discovery.is_module(name)
        and may_matter(path, config)
        and not discovery.excluded(directory, config)
    )


def may_edit_migrations(changes: "Sequence[Change]", config: "Config") -> bool:
    """Whether something is taken away or edited that may be a migration."""
    return any(
        change.status in "MDT" and is_migration(change.path, config)
        for change in changes
    )


def directories(
    changes: "Sequence[Change]", config: "Config"
) -> "frozenset[str] | None":
    """The directories whose apps the changes may touch; None for every app.

    A change of the configuration or of the shared lockfile touches every app.
    """
    paths = [c.path for c in changes if may_matter(c.path, config)]
    if configuration.FILE in paths or (config.shared and config.lockfile in paths):
        return None
    return frozenset(path.rpartition("/")[0] for path in paths)


def named(project: "Project", paths: "Sequence[str]") -> "frozenset[str]":
    """Directories of the apps that the paths name.

    A path names an app by lying in its migrations package, or by being a folder
    above it. Paths are relative to the top of the repository; "" is the top.
    """
    found = set()
    for app in project.apps:
        heads = _heads(app.directory)
        for path in paths:
            if path in heads or path.startswith(app.directory + "/"):
                found.add(app.directory)
                break
    return frozenset(found)


def _heads(directory: str) -> "set[str]":
    """The directory, every folder above it, and the top."""
    parts = directory.split("/")
    return {"/".join(parts[:length]) for length in range(len(parts) + 1)}
