"""The merge driver: git's three temporary files in, one file and 0 or 1 out.

git takes 0 for a clean merge whatever the file holds, 1 to 128 for a conflict, and
later versions refuse the whole merge for anything above (gitattributes(5),
"Defining a custom merge driver"). So there is no way out of here but 0, after the
three texts proved the result, and 1, after conflict markers were written.

Nothing is imported here that a clean merge does not need.
"""

import sys

from oneleaf.driver.merging import Style, conflict_text, judge
from oneleaf.lockfile import marker_line

if sys.platform == "win32":
    import nt as system
else:
    import posix as system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_SIZE = 7
_LONGEST = 1000
_TEMPORARY = ".oneleaf"


def run_process(words: "Sequence[str]") -> int:
    """``drive`` as a process of its own, which signals make give up, not end."""
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
    merged = judge(base, ours, theirs, Style(size))
    if merged.clean:
        if merged.content != ours:
            _write(words[1], merged.content)
        return 0
    from oneleaf.driver import message

    path = words[4] if len(words) > 4 else ""
    outermost = message.is_outermost(size, path)
    if outermost and message.shows_base():
        merged = judge(base, ours, theirs, Style(size, show_base=True))
    if merged.content != ours:
        _write(words[1], merged.content)
    # rerere asks with two equal files, after the conflict was told.
    if outermost and base != ours:
        message.say(merged.conflicts, path, base or b"")
    return 1


def _size(words: "Sequence[str]") -> int:
    """The marker size git asks for, its default where that is no usable number."""
    text = words[3] if len(words) > 3 else ""
    size = int(text) if text.isascii() and text.isdigit() else 0
    return size if size < _LONGEST else _SIZE


def _give_up(words: "Sequence[str]") -> int:
    """The last resort: both files whole between markers, as far as they can be read."""
    try:
        base, ours, theirs = ((_read(word) or b"") for word in words[:3])
        if not marker_line(ours):
            _write(words[1], conflict_text(base, ours, theirs, Style(_size(words))))
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
    """Puts the result in place, whole or not at all. Raises OSError where that fails."""
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
    """Ends the merge, once: what is left to do then is short."""
    _on_signals(None)
    raise KeyboardInterrupt


def _on_signals(handler: "Callable[[int, object], None] | None") -> None:
    """Sets what the signals that ask a process to end do; None: nothing.

    ``_signal`` is what ``signal`` wraps; importing that would cost half a start.
    """
    import _signal  # type: ignore[import-not-found]

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(_signal, name):
            _signal.signal(getattr(_signal, name), handler or _signal.SIG_IGN)
