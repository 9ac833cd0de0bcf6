"""What git is in the middle of, which two commits meet there, and what people call them.

Read from the files that git keeps for it (git's documentation, "Documentation/technical/",
git-status(1) and git-rebase(1)); they only name the sides. Which of them is published is
another question, see ``oneleaf.planning.sides``.
"""

import os

from oneleaf.git import git
from oneleaf.git.git import commit_of

# Kind -> the command that goes on with it.
CONTINUE = {
    "merge": "git merge --continue",
    "squash": "git commit",
    "rebase": "git rebase --continue",
    "am": "git am --continue",
    "cherry-pick": "git cherry-pick --continue",
    "revert": "git revert --continue",
    "stash": "git stash drop",
}


class Progress:
    """An operation that stopped half-way.

    kind: a key of ``CONTINUE``; "" where nothing is in progress.
    ours: id of HEAD's commit, "" before the first one. In a rebase that is
        upstream's side, with what was picked already (git-rebase(1)).
    theirs: id of the commit that comes in, "" where it cannot be told.
    """

    __slots__ = ("kind", "ours", "theirs")

    def __init__(self, kind: str, ours: str = "", theirs: str = "") -> None:
        self.kind = kind
        self.ours = ours
        self.theirs = theirs


def read(*, unmerged: bool) -> Progress:
    """What is in progress in this work tree.

    unmerged: the index holds conflicts; ``git stash pop`` leaves nothing else behind.
    Raises GitError outside of a repository.
    """
    folder = git.line("rev-parse", "--absolute-git-dir")
    kind, theirs = _kind(folder, unmerged=unmerged)
    return Progress(kind, commit_of("HEAD"), commit_of(theirs) if theirs else "")


def _kind(folder: str, *, unmerged: bool) -> "tuple[str, str]":
    """The kind, and the name of the commit that comes in."""

    def has(name: str) -> bool:
        return os.path.exists(os.path.join(folder, name))

    if has("rebase-merge"):
        return "rebase", _picked(folder)
    if has("rebase-apply"):
        return ("am", "") if has("rebase-apply/applying") else ("rebase", "REBASE_HEAD")
    if has("MERGE_HEAD"):
        return "merge", "MERGE_HEAD"
    if has("CHERRY_PICK_HEAD"):
        return "cherry-pick", "CHERRY_PICK_HEAD"
    if has("REVERT_HEAD"):
        return "revert", "REVERT_HEAD^"
    if not unmerged:  # an old SQUASH_MSG may lie about
        return "", ""
    return ("squash", "") if has("SQUASH_MSG") else ("stash", "refs/stash")


def _picked(folder: str) -> str:
    """The commit a rebase stopped at, as it is named in its own files."""
    try:
        with open(os.path.join(folder, "rebase-merge/stopped-sha")) as file:
            return file.read().strip()
    except OSError:
        return "REBASE_HEAD"


def parents_of_last_merge() -> "tuple[str, str]":
    """First and second parent of the latest merge on HEAD's first-parent line.

    Two empty strings where there is none.
    """
    flags = ("--merges", "--first-parent", "--max-count=1", "--parents")
    code, out = git.run_code("rev-list", *flags, "HEAD", ok=(0, 128))
    words = git.decode(out).split() if code == 0 else []
    return (words[1], words[2]) if len(words) > 2 else ("", "")


def picks_commits(message: str) -> bool:
    """Whether a rebase, cherry-pick or revert makes this commit.

    message: the file that git hands to prepare-commit-msg; it lies in the git
    directory (githooks(5)). In an ordinary commit the pre-commit hook has judged the
    index a moment ago: nobody pays twice.
    """
    folder = os.path.dirname(message) or "."
    marks = (
        "rebase-merge",
        "rebase-apply",
        "sequencer",
        "CHERRY_PICK_HEAD",
        "REVERT_HEAD",
    )
    if any(os.path.exists(f"{folder}/{mark}") for mark in marks):
        return True
    # A clean `git revert` of one commit leaves no mark but its prepared message,
    # which git also writes for a merge: that one has its own hook.
    prepared = os.path.exists(f"{folder}/MERGE_MSG")
    return prepared and not os.path.exists(f"{folder}/MERGE_HEAD")


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
