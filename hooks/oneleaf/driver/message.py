"""What the merge driver says of a conflict, and what it asks git for.

Only loaded once there is a conflict. Nothing here decides anything: every question
has an answer for the case that git cannot be asked.
"""

import os
import sys

from oneleaf.errors import OneleafError
from oneleaf.output.escape import escape
from oneleaf.repository import git

TYPE_CHECKING = False
if TYPE_CHECKING:
    from oneleaf.driver.merging import Conflict

_DEFAULT_SIZE = 7
_LONGEST_NAME = 100
_NAMED_APPS = 3


def shows_base() -> bool:
    """Whether ``merge.conflictStyle`` asks for the base between the sides."""
    answer = _ask("config", "--get", "merge.conflictStyle").strip()
    return answer in ("diff3", "zdiff3")


def is_outermost(size: int, path: str) -> bool:
    """Whether git merges the two sides themselves, not two of their merge bases.

    Inner merges get longer markers than the attribute conflict-marker-size says.
    """
    if size == _DEFAULT_SIZE or not path:
        return size == _DEFAULT_SIZE
    fields = _ask("check-attr", "-z", "conflict-marker-size", "--", path).split("\0")
    return len(fields) > 2 and fields[2] == str(size)


def say(conflicts: "list[Conflict]", path: str, base: bytes) -> None:
    """Two lines on standard error: what conflicts, and the next command.

    path: the lockfile's; base: the merge base's content, which may hold markers.
    """
    sys.stderr.write(message(conflicts, path, _side_known(base)))
    sys.stderr.flush()


def message(conflicts: "list[Conflict]", path: str, side: str) -> str:
    """The two lines.

    path: the lockfile's, from the top of the repository; it tells the app of an
        app's own lockfile.
    side: what is known of the sides, "" for nothing.
    """
    first = conflicts[0]
    labels = [conflict.label or _label(path) for conflict in conflicts]
    about = f"app {labels[0]}" if labels[0] else path
    if first.ours is None and first.theirs is None:
        what = "at least one side is no lockfile that can be read"
    else:
        what = f"ours has {_name(first.ours)}, theirs {_name(first.theirs)}"
    if len(conflicts) > 1:
        what += f", and {len(conflicts) - 1} more"
    command = ["oneleaf", "rebase"]
    if all(labels) and len(labels) <= _NAMED_APPS:
        command += labels
    return (
        f"oneleaf: {escape(about)}: {escape(what)}{side}\n"
        f"oneleaf: put one chain behind the other: {' '.join(command)}\n"
    )


def _name(name: "str | None") -> str:
    if name is None:
        return "none"
    return name if len(name) <= _LONGEST_NAME else name[:_LONGEST_NAME] + "..."


def _label(path: str) -> str:
    """The app label that the usual layout gives a lockfile; "" in any other."""
    folders = path.split("/")[:-1]
    if len(folders) > 1 and folders[-1] == "migrations" and folders[-2].isidentifier():
        return folders[-2]
    return ""


def _side_known(base: bytes) -> str:
    """Which side is upstream, where git's state tells (git-rebase(1), "ours")."""
    if any(map(os.path.exists, _rebase_marks())):
        return " (in a rebase, ours is upstream)"
    if os.environ.get("GIT_REFLOG_ACTION", "").partition(" ")[0] == "pull":
        return " (in a pull, theirs is what was fetched)"
    if base.startswith(b"<<<") or b"\n<<<" in base:
        return " (several merge bases: which came first is unknown)"
    return ""


def _rebase_marks() -> "list[str]":
    """Paths that exist while a rebase is going on, of either backend.

    git runs a driver at the top of the work tree, and names its directory where that
    is not ``.git`` there. Else it is asked: in a conflict every process is waited for.
    """
    names = ("rebase-merge", "rebase-apply/rebasing")
    folder = os.environ.get("GIT_DIR", ".git")
    if os.path.isdir(folder):
        return [f"{folder}/{name}" for name in names]
    words = [word for name in names for word in ("--git-path", name)]
    return _ask("rev-parse", *words).splitlines()


def _ask(*args: str) -> str:
    """git's answer; "" where there is none."""
    try:
        return git.decode(git.run(*args, ok=(0, 1)))
    except (OneleafError, OSError):
        return ""
