"""Runs git; ``processes`` starts it, and nothing else on the git side starts anything.

Rules kept here, so that no caller has to think of them:

* Argument lists, never a shell; ``-z`` is asked for wherever git prints paths.
* The caller's ``GIT_*`` environment is kept: ``git commit -a`` and ``git commit PATH``
  hand their own index to the hook in ``GIT_INDEX_FILE`` (githooks(5)).
* ``GIT_OPTIONAL_LOCKS=0``: a check never takes the index lock (git(1)).
* ``GIT_NO_LAZY_FETCH=1``: no network, also in a partial clone (git(1), 2.44 and later).
* Bytes become text as UTF-8 with ``surrogateescape``, so that every path survives.
"""

import os

from oneleaf.errors import OneleafError
from oneleaf.git import processes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import IO


# Requests wait in the pipe to `cat-file` in two batches of at most this many bytes, so
# that writing one never blocks: a pipe holds 64 KiB, but only 4 KiB on Windows, and
# wherever the system is short of memory for pipes (pipe(7), "Pipe capacity").
_BATCH = 2000
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


def run(
    *args: str,
    stdin: bytes = b"",
    ok: "tuple[int, ...]" = (0,),
    env: "dict[str, str] | None" = None,
) -> bytes:
    """Runs ``git ARGS`` in the current directory and returns what it printed.

    stdin: what git reads.
    ok: the exit codes that are an answer.
    env: the whole environment, where it is not to be ``environment()``.
    Raises GitError for any other code, OneleafError where there is no git.
    """
    return run_code(*args, stdin=stdin, ok=ok, env=env)[1]


def run_code(
    *args: str,
    stdin: bytes = b"",
    ok: "tuple[int, ...]" = (0,),
    env: "dict[str, str] | None" = None,
) -> "tuple[int, bytes]":
    """As ``run``, and says which of the codes in ``ok`` git ended with.

    Raises GitError for any other code, OneleafError where there is no git.
    """
    code, stdout, stderr = processes.run(args, stdin, env or environment())
    if code not in ok:
        raise GitError(args, code, decode(stderr))
    return code, stdout


def line(*args: str) -> str:
    """The one line that ``git ARGS`` prints, without its end. Raises as ``run`` does."""
    return decode(run(*args)).rstrip("\n")


def version() -> "tuple[int, ...]":
    """The numbers of git's version, as (2, 39, 5)."""
    words = line("version").split(" ")
    numbers = words[2].split(".") if len(words) > 2 else []
    return tuple(int(part) for part in numbers if part.isdigit())


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
    """The environment git is started with: this process's own, and the rules above."""
    return {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1"}


class Objects:
    """The repository's objects, read through one ``git cat-file --batch``.

    A name is an object id, or anything else git-rev-parse(1) takes that holds no
    newline (``HEAD:shop/migrations``). The process starts at the first question
    or at ``start``, and ends with ``close``, as a ``with`` block does.
    """

    def __init__(self, env: "dict[str, str] | None" = None) -> None:
        """env: git's whole environment, where it is not to be ``environment()``."""
        self.env = env
        self._in: IO[bytes] | None = None
        self._out: IO[bytes] | None = None
        self._wait: Callable[[], object] = int

    def start(self) -> None:
        """Starts git without waiting for it, so that it gets ready meanwhile.

        Raises OneleafError where there is no git.
        """
        if self._in is None:
            ends = processes.start(("cat-file", "--batch"), self.env or environment())
            self._in, self._out, self._wait = ends

    def read(self, names: "Iterable[str]") -> "Iterator[bytes | None]":
        """The contents of the named objects, in order; None for what is not there.

        A tree is read as git stores it. Raises OneleafError when git dies.
        """
        self.start()
        assert self._in is not None
        pending = size = 0
        batch: list[bytes] = []
        for name in names:
            request = encode(name)
            if len(request) > _LONGEST_REQUEST:
                # Once git has answered all others it reads on: any length fits.
                self._send(batch)
                yield from self._answers(pending + len(batch))
                self._send([request])
                yield from self._answers(1)
                pending, size, batch = 0, 0, []
                continue
            batch.append(request)
            size += len(request) + 1
            if size > _BATCH - _LONGEST_REQUEST:
                self._send(batch)
                yield from self._answers(pending)
                pending, size, batch = len(batch), 0, []
        if batch:
            self._send(batch)
        yield from self._answers(pending + len(batch))

    def _send(self, batch: "list[bytes]") -> None:
        assert self._in is not None
        batch.append(b"")
        left = memoryview(b"\n".join(batch))
        while left:
            left = processes.written(self._in.fileno(), left)
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

    def __enter__(self) -> "Objects":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends git, where it was started. What was not read yet is lost."""
        if self._in is not None and self._out is not None:
            self._in.close()
            self._out.close()
            self._wait()
            self._in = self._out = None


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
    code, out = run_code("rev-parse", *flags, rev + "^{commit}", ok=(0, 1, 128))
    return code, decode(out).strip() if code == 0 else ""


def empty_tree_if_unborn() -> str:
    """Id of the empty tree where HEAD is a branch without commits.

    Raises OneleafError, with git's reason, where it is anything else.
    """
    require_repository()
    code, _ = run_code("rev-parse", "--verify", "--quiet", "HEAD^{commit}", ok=(0, 1))
    if code == 0:
        msg = "git cannot compare the index with HEAD; run `git status` to see why"
        raise OneleafError(msg)
    return line("hash-object", "-t", "tree", "--stdin")


def merge_base(ours: str, theirs: str) -> "str | None":
    """Id of a merge base of two commits; None where history has none (git-merge-base(1))."""
    code, out = run_code("merge-base", ours, theirs, ok=(0, 1, 128))
    return decode(out).strip() if code == 0 else None


def parents(commit: str) -> "list[str]":
    """Ids of a commit's parents that are here, in order (git-rev-list(1))."""
    flags = ("--parents", "--max-count=1")
    return decode(run("rev-list", *flags, commit, "--")).split()[1:]
