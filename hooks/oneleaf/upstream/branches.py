"""Remote branches as they were fetched last, and the files each adds to upstream.

Read-only, and without the network: one ``git for-each-ref``, one ``git rev-list`` and
one ``git log`` for all branches together.
"""

import os

from oneleaf.errors import OneleafError
from oneleaf.repository import git

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from oneleaf.upstream.locating import Upstream

    History = frozenset[tuple[str, str]]  # commit, path it adds

_HEADS, _REMOTES = "refs/heads/", "refs/remotes/"
_DAY = 86_400


class Tip:
    """A branch and the commit it is at.

    name: as one types it, ``origin/topic``; the own branch's without a remote, ``HEAD``
    where none is checked out. own: whether it is what is checked out here.
    """

    __slots__ = ("commit", "name", "own")

    def __init__(self, name: str, commit: str, *, own: bool = False) -> None:
        self.name = name
        self.commit = commit
        self.own = own


class Ref:
    """One line of ``git for-each-ref``.

    current: whether it is checked out; tracks: the full name of its upstream, "" where
    it has none; date: of its commit, in seconds since 1970.
    """

    __slots__ = ("commit", "current", "date", "name", "tracks")

    def __init__(
        self, name: str, commit: str, date: int, tracks: str = "", *, current: bool
    ) -> None:
        self.name = name
        self.commit = commit
        self.date = date
        self.tracks = tracks
        self.current = current


def refs() -> "list[Ref]":
    """All local and remote branches; symbolic ones, as origin/HEAD, are left out."""
    fields = ("HEAD", "refname", "objectname", "committerdate:unix", "upstream")
    line = "%00".join(f"%({field})" for field in (*fields, "symref"))
    raw = git.decode(git.run("for-each-ref", f"--format={line}", _HEADS, _REMOTES))
    found = []
    for record in raw.split("\n"):
        if not record:
            continue
        head, name, commit, date, tracks, target = record.split("\0")
        if not target and date:  # a ref to anything but a commit has no such date
            found.append(Ref(name, commit, int(date), tracks, current=head == "*"))
    return found


def choose(
    found: "Sequence[Ref]", head: str, published: "Upstream", oldest: float
) -> "tuple[list[Tip], int]":
    """The own branch, and the remote branches to compare it with; how many were old.

    head: id of the commit that is checked out, "" before the first one. The remote's
    copy of the own branch is not another branch, and neither is upstream. oldest: in
    seconds since 1970; a branch whose last commit is older is left out.
    """
    own = next((ref for ref in found if ref.current), None)
    tips = []
    if head:
        name = own.name.removeprefix(_HEADS) if own else "HEAD"
        tips.append(Tip(name, head, own=True))
    old = 0
    for ref in found:
        name = ref.name.removeprefix(_REMOTES)
        if name == ref.name or _is_own(ref, own, head):
            continue
        if name == published.name or ref.commit == published.commit:
            continue
        if ref.date < oldest:
            old += 1
            continue
        tips.append(Tip(name, ref.commit))
    return tips, old


def _is_own(ref: Ref, own: "Ref | None", head: str) -> bool:
    """Whether a remote branch is what is checked out here, as it was pushed."""
    if ref.commit == head:
        return True
    if own is None:
        return False
    branch = ref.name.removeprefix(_REMOTES).partition("/")[2]
    return ref.name == own.tracks or branch == own.name.removeprefix(_HEADS)


def oldest(now: float, days: int) -> float:
    """The moment ``days`` days before ``now``; 0 days: none is too old."""
    return now - days * _DAY if days else 0.0


def added_files(tips: "Sequence[Tip]", published: "Upstream") -> "dict[str, History]":
    """Commit of a tip -> what its commits add, of those that upstream lacks.

    Some may be gone again, or stand upstream by another way: ask the trees.
    """
    wanted = "".join(f"{tip.commit}\n" for tip in tips) + f"^{published.commit}\n"
    revs = wanted.encode()
    order = git.run("rev-list", "--topo-order", "--reverse", "--parents", "--stdin", stdin=revs)  # fmt: skip
    lines = git.decode(order).splitlines()
    return reachable([line.split(" ") for line in lines], _added_by_commit(revs))


def _added_by_commit(revs: bytes) -> "dict[str, list[str]]":
    """Commit -> paths it adds; of a merge those that none of its parents has."""
    flags = ("--no-renames", "--diff-filter=A", "--name-only", "-z", "-c")
    plain = ("--no-color", "--no-ext-diff", "--no-show-signature", "--no-relative")
    raw = git.run("log", "--stdin", "--format=%x01%H", *flags, *plain, stdin=revs)
    found: dict[str, list[str]] = {}
    paths: list[str] = []
    for token in git.decode(raw).split("\0"):
        if token.startswith("\x01"):
            paths = found.setdefault(token[1:].strip("\n"), [])
        elif token.strip("\n"):
            paths.append(token.removeprefix("\n"))
    return found


def reachable(
    order: "Iterable[Sequence[str]]", added: "dict[str, list[str]]"
) -> "dict[str, History]":
    """Commit -> all that it and the commits it comes from add, and which of them did.

    order: a commit and its parents each, every one behind those of its parents that are
    there at all (git-rev-list(1), ``--topo-order --reverse --parents``).
    """
    total: dict[str, History] = {}
    nothing: History = frozenset()
    for commit, *parents in order:
        # Most commits add nothing of their own and share their parent's set.
        sets = {id(s): s for p in parents if (s := total.get(p, nothing))}
        own = [(commit, path) for path in added.get(commit, ())]
        if own or len(sets) > 1:
            total[commit] = frozenset().union(own, *sets.values())
        else:
            total[commit] = next(iter(sets.values()), nothing)
    return total


def fetched() -> "float | None":
    """When anything was fetched last, in seconds since 1970; None where never.

    git writes ``FETCH_HEAD`` in every fetch (git-fetch(1)); a fresh clone has none.
    """
    path = git.line("rev-parse", "--git-path", "FETCH_HEAD")
    try:
        return os.stat(path).st_mtime
    except OSError:
        return None


def is_partial() -> bool:
    """Whether this clone lacks objects on purpose (git-clone(1), ``--filter``).

    Raises OneleafError where git would fetch what is missing, one by one, unasked:
    ``GIT_NO_LAZY_FETCH`` (git(1)) is heeded since 2.44.
    """
    keys = r"^(extensions\.partialclone|remote\..*\.promisor)$"
    code, _ = git.run_code("config", "--get-regexp", keys, ok=(0, 1))
    if code:
        return False
    if git.version() < (2, 44):
        msg = (
            "this is a partial clone, and git before 2.44 would fetch what others'"
            " branches hold; use a full clone or a later git"
        )
        raise OneleafError(msg)
    return True
