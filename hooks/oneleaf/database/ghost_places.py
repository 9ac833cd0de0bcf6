"""Where git still holds the file of a ghost: which commit, and what leads to it."""

from __future__ import annotations

from oneleaf.repository import git

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from oneleaf.database.keys import Key
    from oneleaf.database.sources import Sources


class Place:
    """A commit that holds a file.

    commit: its id. path: the file's, relative to the top. names: the branches, tags or
    stashes that lead to it; none where only a reflog does.
    """

    __slots__ = ("commit", "names", "path")

    def __init__(self, commit: str, path: str, names: tuple[str, ...]) -> None:
        self.commit = commit
        self.path = path
        self.names = names

    def __str__(self) -> str:
        """For a message, such as ``commit 1a2b3c4d5e (branch feature)``."""
        names = ", ".join(self.names[:3]) or "only in the reflog"
        more = f" and {len(self.names) - 3} more" if len(self.names) > 3 else ""
        return f"commit {self.commit[:10]} ({names}{more})"


def find(sources: Sources, key: Key) -> Place | None:
    """The newest commit that holds the migration's file, None where there is none.

    Looked for in every ref and reflog; also under another folder's name, where the app
    has moved since.
    """
    for pathspec in (sources.path(key), f":(glob)**/migrations/{key[1]}.py"):
        for commit, path in _versions(sources.top, pathspec):
            names = tuple(_names(sources.top, commit))
            return Place(commit, path, names)
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


def _names(top: str, commit: str) -> Iterator[str]:
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
