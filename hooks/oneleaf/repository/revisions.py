"""Names of commits and what they stand for (gitrevisions(7))."""

from oneleaf.errors import OneleafError
from oneleaf.repository import git


def commit_of(rev: str) -> str:
    """Id of the commit that ``rev`` names, "" where it names none."""
    return _resolved(rev)[1]


def commit_id(rev: str) -> str:
    """Id of the commit that ``rev`` names. Raises OneleafError where it names none."""
    code, commit = _resolved(rev)
    if code == 128:
        empty_tree_if_unborn()
    if code:
        msg = f"{rev!r} names no commit here; `git fetch` it, or check the spelling"
        raise OneleafError(msg)
    return commit


def _resolved(rev: str) -> "tuple[int, str]":
    """git's exit code, and the commit's id where that is 0."""
    flags = ("--verify", "--quiet", "--end-of-options")
    code, out = git.run_code("rev-parse", *flags, rev + "^{commit}", ok=(0, 1, 128))
    return code, git.decode(out).strip() if code == 0 else ""


def empty_tree_if_unborn() -> str:
    """Id of the empty tree where HEAD is a branch without commits.

    Raises OneleafError, with git's reason, where it is anything else.
    """
    git.require_repository()
    code, _ = git.run_code(
        "rev-parse", "--verify", "--quiet", "HEAD^{commit}", ok=(0, 1)
    )
    if code == 0:
        msg = "git cannot compare the index with HEAD; run `git status` to see why"
        raise OneleafError(msg)
    return git.line("hash-object", "-t", "tree", "--stdin")


def merge_base(ours: str, theirs: str) -> "str | None":
    """Id of a merge base of two commits; None where history has none (git-merge-base(1))."""
    code, out = git.run_code("merge-base", ours, theirs, ok=(0, 1, 128))
    return git.decode(out).strip() if code == 0 else None


def parents(commit: str) -> "list[str]":
    """Ids of a commit's parents that are here, in order (git-rev-list(1))."""
    flags = ("--parents", "--max-count=1")
    return git.decode(git.run("rev-list", *flags, commit, "--")).split()[1:]
