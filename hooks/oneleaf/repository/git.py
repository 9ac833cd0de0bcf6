"""Runs git. Nothing else on the git side starts processes.

Rules kept here, so that no caller has to think of them:

* Argument lists, never a shell; ``-z`` is asked for wherever git prints paths.
* The caller's ``GIT_*`` environment is kept: ``git commit -a`` and ``git commit PATH``
  hand their own index to the hook in ``GIT_INDEX_FILE`` (githooks(5)).
* ``GIT_OPTIONAL_LOCKS=0``: a check never takes the index lock (git(1)).
* ``GIT_NO_LAZY_FETCH=1``: no network, also in a partial clone (git(1), 2.44 and later).
* Bytes become text as UTF-8 with ``surrogateescape``, so that every path survives.

``subprocess`` is not imported where ``os.posix_spawn`` exists: importing it takes
longer than git itself does for one call.
"""

import os

from oneleaf.errors import OneleafError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import BinaryIO

_NOT_FOUND = "git was not found on PATH; install git, or put it on PATH"

# Requests that may wait in the pipe to `cat-file`: at most this many of at most
# this many bytes each, so that writing one never blocks (a pipe holds 64 KiB).
_WINDOW = 256
_LONGEST_REQUEST = 200


class GitError(OneleafError):
    """git ended with an exit code that the caller did not expect."""

    def __init__(self, args: "tuple[str, ...]", code: int, stderr: str) -> None:
        self.code = code
        self.stderr = stderr
        reason = stderr.strip() or f"exit code {code}"
        super().__init__(f"`git {' '.join(args)}` failed: {reason}")


def decode(data: bytes) -> str:
    """Text of git's output; undecodable bytes survive as lone surrogates."""
    return data.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    """The reverse of ``decode``.

    Of text that is not git's: a surrogate that stands for no byte is spelled out.
    """
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace")


def run(*args: str, stdin: bytes = b"", ok: "tuple[int, ...]" = (0,)) -> bytes:
    """Runs ``git ARGS`` in the current directory and returns what it printed.

    stdin: what git reads, at most some KiB.
    ok: the exit codes that are an answer.
    Raises GitError for any other code, OneleafError where there is no git.
    """
    return run_code(*args, stdin=stdin, ok=ok)[1]


def run_code(
    *args: str, stdin: bytes = b"", ok: "tuple[int, ...]" = (0,)
) -> "tuple[int, bytes]":
    """As ``run``, and says which of the codes in ``ok`` git ended with."""
    code, stdout, stderr = (_spawn if _HAS_SPAWN else _subprocess)(args, stdin)
    if code not in ok:
        raise GitError(args, code, decode(stderr))
    return code, stdout


def require_repository() -> None:
    """Raises OneleafError outside a repository, or where git will not work in it."""
    try:
        run("rev-parse", "--git-dir")
    except GitError as error:
        if "not a git repository" not in error.stderr:
            raise  # such as "dubious ownership", with git's own cure
        msg = "this is not inside a git repository; run oneleaf in one"
        raise OneleafError(msg) from None


def environment() -> "dict[str, str]":
    """The environment git is started with."""
    return {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1"}


_HAS_SPAWN = hasattr(os, "posix_spawnp")


def _start(args: "tuple[str, ...]", stdin: int, stdout: int, stderr: int) -> int:
    """Starts git with these descriptors; returns its process id."""
    actions = [
        (os.POSIX_SPAWN_DUP2, fd, n) for n, fd in enumerate((stdin, stdout, stderr))
    ]
    try:
        return os.posix_spawnp(
            "git", ("git", *args), environment(), file_actions=actions
        )
    except FileNotFoundError:
        raise OneleafError(_NOT_FOUND) from None


def _spawn(args: "tuple[str, ...]", stdin: bytes) -> "tuple[int, bytes, bytes]":
    null = os.open(os.devnull, os.O_RDWR)
    in_read, in_write = os.pipe() if stdin else (null, -1)
    out_read, out_write = os.pipe()
    err_read, err_write = os.pipe()
    try:
        pid = _start(args, in_read, out_write, err_write)
    finally:
        for fd in {null, in_read, out_write, err_write}:
            os.close(fd)
    if stdin:
        _write_all(in_write, stdin)
        os.close(in_write)
    stdout, stderr = _read_both(out_read, err_read)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), stdout, stderr


def _write_all(fd: int, data: bytes) -> None:
    """Writes to a process that may have ended already; its exit code tells why."""
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(fd, view) :]
    except BrokenPipeError:
        pass


def _read_both(out: int, err: int) -> "tuple[bytes, bytes]":
    """Reads two pipes to their ends, whichever has something to read."""
    import select

    parts: dict[int, list[bytes]] = {out: [], err: []}
    poll = select.poll()
    for fd in parts:
        poll.register(fd, select.POLLIN)
    open_ends = 2
    while open_ends:
        for fd, _event in poll.poll():
            data = os.read(fd, 1 << 20)
            if data:
                parts[fd].append(data)
            else:
                poll.unregister(fd)
                os.close(fd)
                open_ends -= 1
    return b"".join(parts[out]), b"".join(parts[err])


def _subprocess(args: "tuple[str, ...]", stdin: bytes) -> "tuple[int, bytes, bytes]":
    """The same where there is no ``posix_spawn``: Windows."""
    import subprocess

    try:
        done = subprocess.run(
            ("git", *args),
            input=stdin,
            capture_output=True,
            env=environment(),
            check=False,
        )
    except FileNotFoundError:
        raise OneleafError(_NOT_FOUND) from None
    return done.returncode, done.stdout, done.stderr


class Objects:
    """The repository's objects, read through one ``git cat-file --batch``.

    A name is an object id, or anything else git-rev-parse(1) takes that holds no
    newline (``HEAD:shop/migrations``). The process starts at the first question
    or at ``start``, and ends with ``close``.
    """

    def __init__(self) -> None:
        self._in: BinaryIO | None = None
        self._out: BinaryIO | None = None
        self._wait: Callable[[], object] = int

    def start(self) -> None:
        """Starts git without waiting for it, so that it gets ready meanwhile."""
        if self._in is not None:
            return
        args = ("cat-file", "--batch")
        if not _HAS_SPAWN:
            self._start_subprocess(args)
            return
        in_read, in_write = os.pipe()
        out_read, out_write = os.pipe()
        null = os.open(os.devnull, os.O_WRONLY)
        try:
            pid = _start(args, in_read, out_write, null)
        finally:
            for fd in (in_read, out_write, null):
                os.close(fd)
        self._in = open(in_write, "wb", buffering=0)  # noqa: SIM115
        self._out = open(out_read, "rb", buffering=1 << 16)  # noqa: SIM115
        self._wait = lambda: os.waitpid(pid, 0)[1]

    def _start_subprocess(self, args: "tuple[str, ...]") -> None:
        import subprocess

        process = subprocess.Popen(
            ("git", *args),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(),
        )
        self._in = process.stdin  # type: ignore[assignment]
        self._out = process.stdout  # type: ignore[assignment]
        self._wait = process.wait

    def read(self, names: "Iterable[str]") -> "Iterator[bytes | None]":
        """The contents of the named objects, in order; None for what is not there.

        A tree is read as git stores it. Raises OneleafError when git dies.
        """
        self.start()
        assert self._in is not None
        pending = 0
        batch: list[bytes] = []
        for name in names:
            request = encode(name)
            if len(request) > _LONGEST_REQUEST:
                # Alone in the pipe, a request of any length that is a path fits.
                yield from self._answers(pending)
                self._send([*batch, request])
                yield from self._answers(len(batch) + 1)
                pending, batch = 0, []
                continue
            batch.append(request)
            if len(batch) == _WINDOW // 2:
                self._send(batch)
                yield from self._answers(pending)
                pending, batch = len(batch), []
        if batch:
            self._send(batch)
        yield from self._answers(pending + len(batch))

    def _send(self, batch: "list[bytes]") -> None:
        assert self._in is not None
        batch.append(b"")
        _write_all(self._in.fileno(), b"\n".join(batch))
        batch.pop()

    def _answers(self, count: int) -> "Iterator[bytes | None]":
        assert self._out is not None
        readline, read = self._out.readline, self._out.read
        for _ in range(count):
            head = readline()
            kind_size = head.rsplit(b" ", 2)
            if head.endswith((b" missing\n", b" ambiguous\n")):
                yield None
                continue
            if len(kind_size) != 3:
                msg = "`git cat-file --batch` ended early; run `git fsck`"
                raise OneleafError(msg)
            size = int(kind_size[2])
            data = read(size + 1)
            if len(data) != size + 1:
                msg = "`git cat-file --batch` ended in the middle of an object; run `git fsck`"
                raise OneleafError(msg)
            yield data[:-1]

    def close(self) -> None:
        """Ends git."""
        if self._in is not None and self._out is not None:
            self._in.close()
            self._out.close()
            self._wait()
            self._in = self._out = None
