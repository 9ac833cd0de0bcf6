"""The merge driver: git's three temporary files in, one file and 0 or 1 out.

git takes 0 for a clean merge whatever the file holds, 1 to 128 for a conflict, and
later versions refuse the whole merge for anything above (gitattributes(5),
"Defining a custom merge driver"). So there is no way out of here but 0, after the
three texts proved the result, and 1, after conflict markers were written.

Nothing is imported at the top that a clean merge does not need. What is said of a
conflict decides nothing: every question to git has an answer for the case that git
cannot be asked.
"""

import sys

from oneleaf.lockfiles.format import marker_line
from oneleaf.lockfiles.merge import DEFAULT_SIZE, MarkerStyle, conflict_text, judge

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from oneleaf.lockfiles.merge import NameConflict


if sys.platform == "win32":
    import nt as system
else:
    import posix as system


_LARGEST_SIZE = 1000
_LONGEST_NAME = 100
_NAMED_APPS = 3
_TEMPORARY = ".oneleaf"


def run_process(words: "Sequence[str]") -> int:
    import gc

    gc.disable()
    _on_signals(_interrupt)
    return drive(words)


def drive(words: "Sequence[str]") -> int:
    """Merges a lockfile as git asks for it; 0 merged, 1 conflict. Raises nothing.

    words: git's ``%O %A %B %L %P``: the files of the base, of ours (which takes the
    result) and of theirs, the marker size, and the path in the repository. Whatever
    follows is ignored.
    """
    try:
        return _drive(words)
    except BaseException:  # noqa: BLE001 - also SystemExit and KeyboardInterrupt
        return _give_up(words)


def _drive(words: "Sequence[str]") -> int:
    base, ours, theirs = (_read(word) for word in words[:3])
    size = _size(words)
    merged = judge(base, ours, theirs, MarkerStyle(size))
    if merged.clean:
        if merged.content != ours:
            _write(words[1], merged.content)
        return 0

    path = words[4] if len(words) > 4 else ""
    outermost = is_outermost(size, path)
    if outermost and shows_base():
        merged = judge(base, ours, theirs, MarkerStyle(size, show_base=True))
    if merged.content != ours:
        _write(words[1], merged.content)
    # rerere asks with two equal files, after the conflict was reported.
    if outermost and base != ours:
        sys.stderr.write(message(merged.conflicts, path, _side_known(base or b"")))
        sys.stderr.flush()
    return 1


def _size(words: "Sequence[str]") -> int:
    """The marker size git asks for, its default where that is no usable number."""
    text = words[3] if len(words) > 3 else ""
    size = int(text) if text.isascii() and text.isdigit() else 0
    return size if size < _LARGEST_SIZE else DEFAULT_SIZE


def _give_up(words: "Sequence[str]") -> int:
    try:
        base, ours, theirs = ((_read(word) or b"") for word in words[:3])
        if not marker_line(ours):
            _write(
                words[1], conflict_text(base, ours, theirs, MarkerStyle(_size(words)))
            )
    except BaseException:  # noqa: BLE001, S110 - the code below says all that can be said
        pass
    return 1


def _read(path: str) -> "bytes | None":
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None


def _write(path: str, data: bytes) -> None:
    temporary = path + _TEMPORARY
    flags = system.O_WRONLY | system.O_CREAT | system.O_EXCL
    try:
        _fill(temporary, flags, data)
    except FileExistsError:
        _write_over(path, data)
        return
    except OSError:
        _remove(temporary)
        _write_over(path, data)
        return
    except BaseException:
        _remove(temporary)
        raise
    try:
        system.replace(temporary, path)
    except PermissionError:  # on Windows of a file that another program has open
        _remove(temporary)
        _write_over(path, data)
    except BaseException:
        _remove(temporary)
        raise


def _write_over(path: str, data: bytes) -> None:
    """Writes where no further file can be made or moved: on a full disk, say.

    Nothing is cut off first, so that a full disk cannot take back the file's block.
    """
    _fill(path, system.O_WRONLY, data)


def _fill(path: str, flags: int, data: bytes) -> None:
    descriptor = system.open(path, flags | getattr(system, "O_BINARY", 0), 0o600)
    try:
        view = memoryview(data)
        while view:
            view = view[system.write(descriptor, view) :]
        system.ftruncate(descriptor, len(data))
    finally:
        system.close(descriptor)


def _remove(path: str) -> None:
    try:  # noqa: SIM105 - importing contextlib would cost a tenth of the start
        system.unlink(path)
    except OSError:
        pass


def _interrupt(_number: int, _frame: object) -> None:
    _on_signals(None)  # once: what is left to do then is short
    raise KeyboardInterrupt


def _on_signals(handler: "Callable[[int, object], None] | None") -> None:
    """Sets what the signals that ask a process to end do; None: nothing."""
    # What `signal` wraps; importing that would cost half a start.
    import _signal  # type: ignore[import-not-found]

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(_signal, name):
            _signal.signal(getattr(_signal, name), handler or _signal.SIG_IGN)


def shows_base() -> bool:
    answer = _ask("config", "--get", "merge.conflictStyle").strip()
    return answer in ("diff3", "zdiff3")


def is_outermost(size: int, path: str) -> bool:
    """Whether git merges the two sides themselves, not two of their merge bases.

    Inner merges get longer markers than the attribute conflict-marker-size says.
    """
    if size == DEFAULT_SIZE or not path:
        return size == DEFAULT_SIZE
    fields = _ask("check-attr", "-z", "conflict-marker-size", "--", path).split("\0")
    return len(fields) > 2 and fields[2] == str(size)


def message(conflicts: "list[NameConflict]", path: str, side: str) -> str:
    """Two lines for standard error: what conflicts, and the next command.

    path: the lockfile's, from the top of the repository.
    side: what is known of the sides, "" for nothing.
    """
    from oneleaf.output.terminal import escape

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
        f"oneleaf: to put one chain after the other, run: {' '.join(command)}\n"
    )


def _name(name: "str | None") -> str:
    if name is None:
        return "none"
    return name if len(name) <= _LONGEST_NAME else name[:_LONGEST_NAME] + "..."


def _label(path: str) -> str:
    folders = path.split("/")[:-1]
    if len(folders) > 1 and folders[-1] == "migrations" and folders[-2].isidentifier():
        return folders[-2]
    return ""


def _side_known(base: bytes) -> str:
    """Which side is upstream, where git's state says so (git-rebase(1), "ours")."""
    import os

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
    import os

    names = ("rebase-merge", "rebase-apply/rebasing")
    folder = os.environ.get("GIT_DIR", ".git")
    if os.path.isdir(folder):
        return [f"{folder}/{name}" for name in names]
    words = [word for name in names for word in ("--git-path", name)]
    return _ask("rev-parse", *words).splitlines()


def _ask(*args: str) -> str:
    from oneleaf.errors import OneleafError
    from oneleaf.git import git

    try:
        return git.decode(git.run(*args, ok=(0, 1)))
    except (OneleafError, OSError):
        return ""
