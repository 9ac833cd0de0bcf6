"""Stages what a plan wrote."""

import os

from oneleaf.errors import OneleafError
from oneleaf.repository import git
from oneleaf.shell import word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


class NotStaged(OneleafError):
    """Every file of the plan is written; the index does not follow yet."""


def stage(top: str, paths: "Sequence[str]") -> None:
    """Makes the index hold these paths as they are in the work tree, and no others.

    As `git add` does, ignored files too: unmerged entries are resolved, files that are
    gone are taken out, filters and line ends are applied (git-update-index(1)). Raises
    NotStaged, with the command that is left to run.
    """
    root = top.rstrip("/") + "/"
    listing = b"".join(git.encode(root + path) + b"\0" for path in paths)
    try:
        git.run("update-index", "--add", "--remove", "-z", "--stdin", stdin=listing)
    except git.GitError as error:
        busy = os.path.lexists(git.line("rev-parse", "--git-path", "index.lock"))
        why = "another git is at work" if busy else _first_line(error.stderr)
        msg = (
            f"the files are written, but not staged ({why}); when that is over run the"
            f" same command again, or `git add -A -f -- {' '.join(map(word, paths))}`"
        )
        raise NotStaged(msg) from None


def _first_line(text: str) -> str:
    return text.strip().split("\n", 1)[0]
