"""Starts git, and talks with it through pipes.

By ``posix_spawn`` where the system has that: importing ``subprocess`` takes longer than
git itself does for one call, so it is imported only where there is no other way.
"""

import os
import sys

from oneleaf.errors import OneleafError, is_broken_pipe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import IO


_NOT_FOUND = "git was not found on PATH; install git, or put it on PATH"
_HAS_SPAWN = hasattr(os, "posix_spawnp")


def run(
    args: "tuple[str, ...]", stdin: bytes, env: "dict[str, str]"
) -> "tuple[int, bytes, bytes]":
    """Runs ``git ARGS`` to its end: exit code, standard output, standard error.

    stdin: what git reads. env: its whole environment. Raises OneleafError where git
    cannot be started.
    """
    if _HAS_SPAWN:
        return _spawn(args, stdin, env)

    try:
        return run_by_subprocess((_program(), *args), stdin, env)
    except OSError as error:
        raise _not_started(error) from None


def start(
    args: "tuple[str, ...]", env: "dict[str, str]"
) -> "tuple[IO[bytes], IO[bytes], Callable[[], object]]":
    """Starts ``git ARGS``: what to write to, what to read from, how to wait for its end.

    env: its whole environment; what it says on standard error is dropped. Raises
    OneleafError where git cannot be started.
    """
    if not _HAS_SPAWN:
        try:
            return start_by_subprocess((_program(), *args), env)
        except OSError as error:
            raise _not_started(error) from None
    in_read, in_write = os.pipe()
    out_read, out_write = os.pipe()
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        pid = _start(args, (in_read, out_write, null), env)
    finally:
        for fd in (in_read, out_write, null):
            os.close(fd)
    return (
        open(in_write, "wb", buffering=0),
        open(out_read, "rb", buffering=1 << 16),
        lambda: os.waitpid(pid, 0)[1],
    )


def _program() -> str:

    found = git_found()
    if not found:
        raise OneleafError(_NOT_FOUND)
    return found


def _not_started(error: OSError) -> OneleafError:
    """Why git did not start. On Windows a command line may also be too long."""
    if isinstance(error, FileNotFoundError) and sys.platform != "win32":
        return OneleafError(_NOT_FOUND)
    return OneleafError(f"git could not be started: {error}; try `git --version`")


def _start(
    args: "tuple[str, ...]", streams: "tuple[int, int, int]", env: "dict[str, str]"
) -> int:
    """Starts git with these three descriptors; returns its process id."""
    pid = -1
    if sys.platform != "win32":
        actions = [(os.POSIX_SPAWN_DUP2, fd, n) for n, fd in enumerate(streams)]
        try:
            words = ("git", *args)
            pid = os.posix_spawnp("git", words, env, file_actions=actions)
        except OSError as error:
            raise _not_started(error) from None
    return pid


def _spawn(
    args: "tuple[str, ...]", stdin: bytes, env: "dict[str, str]"
) -> "tuple[int, bytes, bytes]":
    null = os.open(os.devnull, os.O_RDWR)
    in_read, in_write = os.pipe() if stdin else (null, -1)
    out_read, out_write = os.pipe()
    err_read, err_write = os.pipe()
    try:
        pid = _start(args, (in_read, out_write, err_write), env)
    finally:
        for fd in {null, in_read, out_write, err_write}:
            os.close(fd)
    stdout, stderr = _exchange(in_write, stdin, out_read, err_read)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), stdout, stderr


def _exchange(to: int, data: bytes, out: int, err: int) -> "tuple[bytes, bytes]":
    """Writes to a pipe and reads two others to their ends, whichever is ready.

    to: -1 where there is nothing to write. All three are closed.
    """
    parts: dict[int, list[bytes]] = {out: [], err: []}
    if sys.platform != "win32":
        import select

        poll = select.poll()
        left = memoryview(data)
        if left:
            os.set_blocking(to, False)
            poll.register(to, select.POLLOUT)
        for fd in parts:
            poll.register(fd, select.POLLIN)
        open_ends = 3 if left else 2
        while open_ends:
            for fd, _event in poll.poll():
                if fd == to:
                    left = written(to, left)
                    more = len(left)
                else:
                    parts[fd].append(os.read(fd, 1 << 20))
                    more = len(parts[fd][-1])
                if not more:
                    poll.unregister(fd)
                    os.close(fd)
                    open_ends -= 1
    return b"".join(parts[out]), b"".join(parts[err])


def written(fd: int, data: memoryview) -> memoryview:
    """Writes some of the data to a descriptor; what is left of it.

    Nothing where the process has ended already: its exit code tells why. Raises OSError
    for anything else that is wrong.
    """
    try:
        return data[os.write(fd, data) :]
    except OSError as error:
        if not is_broken_pipe(error):
            raise
    return data[:0]


def git_found() -> str:
    """What to start: the path of the git on PATH, "" where there is none.

    By its name alone Windows would first look for it in the current directory
    (CreateProcess, "lpApplicationName"), and no repository may bring its own git.
    """
    found = ["git"]
    if sys.platform == "win32":
        folders = os.environ.get("PATH", "").split(os.pathsep)
        paths = [os.path.join(folder.strip('"'), "git.exe") for folder in folders]
        found = [path for path in paths if os.path.isabs(path) and os.path.isfile(path)]
    return found[0] if found else ""


def run_by_subprocess(
    words: "tuple[str, ...]", stdin: bytes, env: "dict[str, str]"
) -> "tuple[int, bytes, bytes]":
    """Runs a command to its end: exit code, standard output, standard error.

    stdin: what it reads. env: its whole environment. Raises OSError where it cannot be
    started.
    """
    import subprocess

    done = subprocess.run(words, input=stdin, capture_output=True, env=env, check=False)
    return done.returncode, done.stdout, done.stderr


def start_by_subprocess(
    words: "tuple[str, ...]", env: "dict[str, str]"
) -> "tuple[IO[bytes], IO[bytes], Callable[[], object]]":
    """Starts a command: what to write to, what to read from, how to wait for its end.

    env: its whole environment; what it says on standard error is dropped. Raises
    OSError where it cannot be started.
    """
    import subprocess

    process = subprocess.Popen(
        words,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=env,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    return process.stdin, process.stdout, process.wait
