"""The branch whose migrations are published, and what a state changes of them.

Read-only, and without the network: nothing is fetched, no ref is moved. Compared with
the merge base, not with upstream's tip: what upstream added since then is not ours to
have. An index that a merge is made in comes from several commits, HEAD and what is merged
(gitrepository-layout(5), ``MERGE_HEAD``). The rules are in
``oneleaf.upstream.published_rules``.
"""

import os

from oneleaf.checking import state as states
from oneleaf.checking.state import INDEX
from oneleaf.errors import OneleafError
from oneleaf.git import git
from oneleaf.git import snapshot as snapshots
from oneleaf.git.git import commit_of
from oneleaf.git.snapshot import Change
from oneleaf.migration.reading import migrations
from oneleaf.project import discovery

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from oneleaf.checking.state import State
    from oneleaf.migration.reading.migrations import Migration


# Where CI systems name the branch that a change is to be merged into: GitHub's
# "Default environment variables" and GitLab's "Predefined CI/CD variables reference".
_TARGET_VARIABLES = ("GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME")
_USUAL = ("origin/HEAD", "origin/main", "origin/master")


class Upstream:
    """A branch and the commit it is at. name: as git-rev-parse(1) takes it."""

    __slots__ = ("commit", "name")

    def __init__(self, name: str, commit: str) -> None:
        self.name = name
        self.commit = commit


def find_upstream(
    configured: "str | None", environ: "Mapping[str, str]"
) -> "Upstream | None":
    """The upstream branch, None where nothing tells it.

    The first that exists of: ``configured`` (the setting ``upstream``), the target
    branch that a CI system names in ``environ``, ``origin/HEAD``, ``origin/main``,
    ``origin/master``. A branch without a remote's name means the remote's first.
    Raises OneleafError where the configured branch does not exist.
    """
    for name in _upstream_candidates(configured, environ):
        commit = commit_of(name)
        if commit:
            return Upstream(_branch_name(name), commit)
    return None


def _branch_name(name: str) -> str:
    """What ``origin/HEAD`` stands for; any other name as it is."""
    if name != _USUAL[0]:
        return name
    code, out = git.run_code("rev-parse", "--abbrev-ref", name, ok=(0, 128))
    return (git.decode(out).strip() if code == 0 else "") or name


def require_upstream(
    configured: "str | None", environ: "Mapping[str, str]"
) -> Upstream:
    """As ``find``; raises OneleafError also where nothing tells it."""
    found = find_upstream(configured, environ)
    if found is None:
        msg = (
            "no upstream branch is here; `git fetch` it, or name it as `upstream` in"
            " [tool.oneleaf]"
        )
        raise OneleafError(msg)
    return found


def _upstream_candidates(
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


def local_branch(upstream: Upstream) -> str:
    """Id of the commit of the local branch of the same name, "" where there is none.

    ``main`` for ``origin/main``: what is on it waits to be published.
    """
    _, slash, branch = upstream.name.partition("/")
    return commit_of(f"refs/heads/{branch}") if slash and branch else ""


class Fork:
    """Two states and the commits both come from.

    ours: id of the commit that is judged, or of HEAD's for the index.
    theirs: id of the other commit.
    bases: the merge bases as git-merge-base(1) lists them; empty where there is none.
    coming: ids of the commits whose merge is in progress in the index.
    """

    __slots__ = ("_changes", "bases", "coming", "ours", "theirs")

    def __init__(
        self,
        ours: str,
        theirs: str,
        bases: "tuple[str, ...]",
        coming: "tuple[str, ...]" = (),
    ) -> None:
        self.ours = ours
        self.theirs = theirs
        self.bases = bases
        self.coming = coming
        self._changes: tuple[list[Change], list[Change]] | None = None

    def changes(self, state: "State") -> "tuple[list[Change], list[Change]]":
        """What ours and what theirs changed since the merge base, which is one.

        state: ours; its index is looked at where that is what it is.
        """
        if self._changes is None:
            staged = state.changes if state.name == INDEX else []
            ours = _since(self.bases[0], self.ours, staged)
            theirs = snapshots.changes_between(self.bases[0], self.theirs)
            self._changes = ours, theirs
        return self._changes


def _since(base: str, commit: str, changes: "Sequence[Change]") -> "list[Change]":
    """What the index changes against the merge base: first HEAD does, then it."""
    found = {}
    if base != commit:
        found = {c.path: c for c in snapshots.changes_between(base, commit)}
    for change in changes:
        before = found.pop(change.path, None)
        old = before.old if before else change.old
        status = change.status
        if before and before.status == "A":
            status = "" if status == "D" else "A"
        elif before and before.status == "D":
            status = "M"
        if status and old != change.new:
            found[change.path] = Change(status, change.path, old, change.new)
    return list(found.values())


def find_fork(state: str, rev: str) -> "Fork | None":
    """The fork of a state and another commit; None before the first commit.

    state: ``"index"``, or the id of a commit. rev: as git-rev-parse(1) takes it.
    Raises OneleafError where ``rev`` names no commit.
    """
    ours = "HEAD" if state == INDEX else state
    command = ("rev-parse", "--absolute-git-dir", f"{ours}...{rev}", "--")
    code, out = git.run_code(*command, ok=(0, 128))
    if code:
        git.commit_id(rev)
        return None
    folder, *ids = git.decode(out).split("\n")[:-2]
    theirs, mine, *rest = ids  # git-rev-parse(1) prints the right end first
    coming = _merged_into(folder) if state == INDEX else ()
    if coming:
        return Fork(mine, theirs, _bases(theirs, mine, *coming), coming)
    return Fork(mine, theirs, tuple(commit[1:] for commit in rest))


def _merged_into(folder: str) -> "tuple[str, ...]":
    """Ids of the commits whose merge is in progress."""
    try:
        with open(os.path.join(folder, "MERGE_HEAD"), encoding="ascii") as file:
            return tuple(file.read().split())
    except OSError:
        return ()


def _bases(*commits: str) -> "tuple[str, ...]":
    """Merge bases of the first commit and a merge of the others (git-merge-base(1))."""
    _, out = git.run_code("merge-base", "--all", *commits, ok=(0, 1))
    return tuple(git.decode(out).split())


class Edit:
    """A published migration that the state changes, or does not have any more.

    path: its file. blob: id of the file's content in the state, or where the state has
    none, of what it was. old: the published content; new: the state's, None for none.
    renamed: the file beside it that the state has with that content instead, "" for
    none.
    """

    __slots__ = ("blob", "new", "old", "path", "renamed")

    def __init__(self, path: str, blob: str, old: bytes, new: "bytes | None") -> None:
        self.path = path
        self.blob = blob
        self.old = old
        self.new = new
        self.renamed = ""


class Published:
    """Upstream, and what the state changes of it.

    name: the branch, "" where it was not looked for. unknown: why nothing can be said,
    "" where it can.
    """

    __slots__ = ("_commit", "_objects", "edits", "name", "unknown")

    def __init__(
        self, objects: git.Objects, name: str = "", commit: str = "", unknown: str = ""
    ) -> None:
        self._objects = objects
        self._commit = commit
        self.name = name
        self.unknown = unknown
        self.edits: list[Edit] = []

    def migrations(self, directory: str) -> "list[Migration]":
        """The migrations that upstream has in a directory."""
        files = snapshots.blobs(self._commit, [directory])
        blobs = {
            path.rpartition("/")[2][:-3]: blob
            for path, blob in files.items()
            if path.rpartition("/")[0] == directory
            and discovery.is_module(path.rpartition("/")[2])
        }
        contents = self._objects.read(blobs.values())
        return [
            migrations.read(name, source or b"")
            for name, source in zip(blobs, list(contents), strict=True)
        ]


def look(state: "State") -> Published:
    """What a state changes of upstream's migrations.

    Raises nothing where upstream, or the history that would tell, is not here.
    """
    config, objects = state.config, state.objects
    try:
        found = require_upstream(config.upstream, os.environ)
    except OneleafError as error:
        return Published(objects, unknown=str(error))
    fork = find_fork(state.name, found.commit)
    if fork is None or not fork.bases:
        unknown = (
            f"{found.name} and this have no common history here; in a shallow clone"
        )
        return Published(
            objects, unknown=f"{unknown} run `git fetch --unshallow` first"
        )
    published = Published(objects, found.name, found.commit)
    changes = _changes(state.name, fork)
    candidates = [c for c in changes if c.status in "MDT"]
    candidates = [c for c in candidates if states.is_migration(c.path, config)]
    if candidates:
        _add_edits(published, candidates, found.commit, objects)
        _mark_renamed(published.edits, changes)
    return published


def _mark_renamed(edits: "Sequence[Edit]", changes: "Sequence[Change]") -> None:
    """Says of a removed file which new one of its folder has its content."""
    added = {
        (change.path.rpartition("/")[0], change.new): change.path
        for change in changes
        if change.status == "A"
    }
    for edit in edits:
        if edit.new is None:
            key = edit.path.rpartition("/")[0], edit.blob
            edit.renamed = added.get(key, "")


def _changes(state: str, fork: Fork) -> "list[Change]":
    """What differs from every merge base; one may hold what another does not yet."""
    found: dict[str, Change] | None = None
    for base in fork.bases:
        if state == INDEX:
            changes = snapshots.changes_of_index(base)
        else:
            changes = snapshots.changes_between(base, state)
        paths = {change.path: change for change in changes}
        found = {p: c for p, c in paths.items() if found is None or p in found}
    return list((found or {}).values())


def _add_edits(
    published: Published,
    changes: "Sequence[Change]",
    commit: str,
    objects: git.Objects,
) -> None:
    """Those that upstream still has, with another content than the state's."""
    tip = snapshots.blobs(commit, [change.path for change in changes])
    edited = [c for c in changes if tip.get(c.path, c.new) != c.new]
    old = list(objects.read([change.old for change in edited]))
    new = list(objects.read([c.new for c in edited if c.status != "D"]))
    contents: Iterator[bytes | None] = iter(new)
    for change, before in zip(edited, old, strict=True):
        after = None if change.status == "D" else next(contents)
        blob = change.old if change.status == "D" else change.new
        name = change.path.rpartition("/")[2][:-3]
        if migrations.read(name, before or b"").is_django:
            published.edits.append(Edit(change.path, blob, before or b"", after))
