"""What git is in the middle of, and which two commits meet there.

Told from the files that git keeps for it (git's documentation,
"Documentation/technical/" and git-status(1)); they only name the sides. Which of
them is published is another question, see ``oneleaf.planning.sides``.
"""

import os

from oneleaf.repository import git
from oneleaf.repository.revisions import commit_of

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
