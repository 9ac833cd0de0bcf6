"""What people call the commits that meet: by branch where there is one.

Of an operation in progress git's own files tell which branch is on its way
(git-rebase(1), ``head-name`` and ``onto`` in its folder).
"""

from oneleaf.repository import git

TYPE_CHECKING = False
if TYPE_CHECKING:
    from oneleaf.repository.progress import Progress

_HEADS, _REMOTES = "refs/heads/", "refs/remotes/"
_REBASES = ("rebase-merge", "rebase-apply")
_SHORT = 10  # digits of a commit's id
# Where no commit comes in that has a name.
_NAMELESS = {"stash": "stash", "squash": "squashed branch", "am": "patch"}


def branch() -> str:
    """The branch that is checked out or, in a rebase, on its way; else ``HEAD``."""
    flags = ("--quiet", "--short", "HEAD")
    code, out = git.run_code("symbolic-ref", *flags, ok=(0, 1, 128))
    if code == 0:
        return git.decode(out).strip()
    return _rebasing("head-name").removeprefix(_HEADS) or "HEAD"


def at(commit: str) -> str:
    """A branch that is at a commit, a local one first; else the commit's short id."""
    fields = "--format=%(symref)%00%(refname)"
    places = (f"--points-at={commit}", _HEADS, _REMOTES)
    listed = git.decode(git.run("for-each-ref", fields, *places)).split("\n")
    refs = [ref for target, _, ref in (r.partition("\0") for r in listed) if not target]
    for ref in filter(None, refs):
        return ref.removeprefix(_HEADS).removeprefix(_REMOTES)
    return commit[:_SHORT]


def of_sides(now: "Progress") -> "tuple[str, str]":
    """Names of ours and theirs of what is in progress."""
    if now.kind == "rebase":
        onto = _rebasing("onto")
        return at(onto) if onto else "HEAD", branch()
    return branch(), _NAMELESS.get(now.kind) or (at(now.theirs) if now.theirs else "")


def _rebasing(name: str) -> str:
    """What stands in a file of the rebase that is in progress, "" where it does not."""
    for folder in _REBASES:
        path = git.line("rev-parse", "--git-path", f"{folder}/{name}")
        try:
            with open(path, "rb") as file:
                found = git.decode(file.read()).strip()
        except OSError:
            continue
        return "" if found == "detached HEAD" else found
    return ""
