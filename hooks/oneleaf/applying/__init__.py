"""Applies a plan to the work tree and the index: all of it or nothing.

Killed at any point, every content of the user's is still there, and the next verb
that writes finishes the job or undoes it (``recover``). How: see ``journal``.
"""

import errno
import os
import sys

from oneleaf.applying import disk, journal, judging
from oneleaf.applying import files as _files
from oneleaf.applying.disk import FolderLock
from oneleaf.applying.journal import DONE, PREPARING, READY, Job
from oneleaf.errors import OneleafError, Refused
from oneleaf.git import git
from oneleaf.output.terminal import counted
from oneleaf.planning import plan
from oneleaf.planning.plan import Plan
from oneleaf.shell import word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def top_level() -> str:
    """Absolute path of the work tree's top, without a slash at the end.

    Raises OneleafError where there is none, or no git.
    """
    try:
        return git.line("rev-parse", "--show-toplevel")
    except git.GitError:
        git.require_repository()
        raise


def differing(top: str, files: "Mapping[str, bytes]") -> "dict[str, bytes]":
    """Those of the files whose work tree copy differs, or is not there.

    Line ends do not count; what differs is returned in those of the copy.
    """
    copies = {path: _content(top, path) or b"" for path in files}
    return {
        path: plan.as_in(copies[path], data)
        for path, data in files.items()
        if copies[path].replace(b"\r\n", b"\n") != data
    }


def _content(top: str, path: str) -> "bytes | None":
    try:
        with open(os.path.join(top, path), "rb") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None


def write_files(top: str, files: "Mapping[str, bytes]") -> None:
    """Writes the files over whatever is there: all of them or none. Stages nothing.

    A link inside the work tree is followed. Raises Refused, before anything is
    written, for one that leads out of it, and as ``apply`` does.
    """
    if not files:
        return
    real: dict[str, bytes | None] = {
        judging.inside(top, p): d for p, d in files.items()
    }
    for path in real:  # a folder alone is nothing to git: no need to take it back
        os.makedirs(os.path.join(top, os.path.dirname(path)), exist_ok=True)
    apply(
        top, Plan((), real, expected={p: _content(top, p) for p in real}), stage=False
    )


def apply(top: str, plan: Plan, *, stage: bool) -> None:
    """Writes all of the plan's files, or none of them.

    top: from ``top_level``; the current directory is in that work tree. stage: the
    index follows, for the plan's paths only (their unmerged entries are resolved).
    Call ``recover`` first, before the plan is made.

    Raises Refused, with everything as it was, where a file is not what the plan
    expects, may not be written, or the disk is full; OneleafError (its subclass
    ``NotStaged`` for the index) where all files are written but something is
    left to do, which its message says and ``recover`` does.
    """
    if not plan.files:
        return
    place = journal.folder()
    try:
        with FolderLock(place):
            if journal.unfinished(place):
                msg = "an interrupted run is not finished; run the command again"
                raise Refused(msg)
            entries = judging.entries(top, plan)
            job = Job(top, entries, stage=stage, situation=journal.situation())
            _carry_out(place, job)
    except OSError as error:  # of the lock and the journal; all others are spoken for
        raise Refused(_sentence("the journal in the git directory", error)) from None


def _carry_out(place: str, job: Job) -> None:
    journal.begin(place, job)
    try:
        _files.write_incoming(job)
        journal.advance(place, PREPARING, READY)
        _files.put_aside(job)
        _files.put_in_place(job)
        journal.advance(place, READY, DONE)
    except BaseException as error:
        _undo(place, job)
        if isinstance(error, _files.WriteFailed):
            raise Refused(_sentence(error.path, error.error)) from None
        raise
    _tidy_and_stage(place, job, [entry.path for entry in job.entries])


def _undo(place: str, job: Job) -> None:
    try:
        _files.put_back(job)
        journal.end(place)
    except OSError as error:
        msg = (
            f"the files could neither all be written nor all be put back:"
            f" {_reason(error)}; every content is kept in {place}; mend that and run"
            " the same command again, which finishes it"
        )
        raise OneleafError(msg) from None


def _tidy_and_stage(place: str, job: Job, paths: "list[str]") -> None:
    try:
        _files.tidy(job)
        if job.stage:
            stage(job.top, paths)
        journal.end(place)
    except OSError as error:
        msg = (
            f"every file is written, but tidying up failed: {_reason(error)}; mend that"
            " and run the same command again"
        )
        raise OneleafError(msg) from None


def recover(top: str) -> "str | None":
    """Finishes or undoes what an interrupted ``apply`` left in this work tree.

    Every verb that writes calls it before it looks at anything. Returns a sentence for
    the user, None where nothing was left. Edits made after the interruption stay: the
    content planned for such a file is kept in the journal's folder, and said. Where
    HEAD or the merge in progress is another by now, nothing more is written, and what
    was put aside is kept there. Raises OneleafError where it could not be done.
    """
    place = journal.folder()
    if not journal.unfinished(place):
        return None
    try:
        with FolderLock(place):
            return _recover(place, top)
    except OSError as error:
        msg = (
            f"an interrupted run could not be finished: {_reason(error)}; every content"
            f" is kept in {place}; mend that and run the same command again"
        )
        raise OneleafError(msg) from None


def _recover(place: str, top: str) -> "str | None":
    found = journal.load(place, top)
    if found is None:
        journal.end(place)
        return None
    state, job = found
    kept = os.path.join(place, "kept", job.token)
    if state == PREPARING:
        _files.tidy(job)
        journal.end(place)
        return "an interrupted run had changed nothing yet; its traces are removed"
    if job.situation != journal.situation():
        return _give_up(place, job, kept if state == READY else "")
    edited = _files.finish(job) if state == READY else []
    _files.keep_planned(edited, kept)
    if state == READY:
        journal.advance(place, READY, DONE)
    paths = [e.path for e in job.entries if judging.content(job.place(e)) == e.new]
    _tidy_and_stage(place, job, paths)
    return _finished(len(paths), edited, kept)


def _finished(count: int, edited: "list[journal.Entry]", kept: str) -> str:
    said = f"an interrupted run is finished: {counted(count, 'file')}"
    if not edited:
        return said
    paths = ", ".join(entry.path for entry in edited)
    return (
        f"{said}; edited since and left as they are: {paths}; what was planned for them"
        f" is in {kept}"
    )


def _give_up(place: str, job: Job, kept: str) -> str:
    """HEAD or the merge is another by now: nothing is written, and nothing is lost."""
    where = ""
    if kept and _files.keep_aside(job, kept):
        where = f"; what it had put aside is in {kept}"
    _files.tidy(job)
    journal.end(place)
    return (
        f"an interrupted run belongs to another commit or merge and is given up{where}"
    )


def _sentence(what: str, error: OSError) -> str:
    return f"{what} could not be written: {_reason(error)}; nothing was changed; {_cure(error)}"


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__


def _cure(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "free some space and run it again"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        close = "close what has it open, or " if sys.platform == "win32" else ""
        return f"{close}give yourself the right to write there and run it again"
    return "mend that and run it again"


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


def write(top: str, path: str, data: bytes) -> None:
    """Writes ``data`` to the file at ``path``, relative to ``top``; keeps its mode.

    A link inside ``top`` is followed. Raises Refused, with the file as it was, for one
    that leads out of it, and where nothing can be written.
    """
    real = judging.inside(top, path)
    place = os.path.join(os.path.realpath(top), real)
    plan = Plan((), {real: data}, expected={real: judging.content(place)})
    (entry,) = judging.entries(os.path.realpath(top), plan)
    name = f".oneleaf-{os.urandom(4).hex()}.new"
    beside = os.path.join(os.path.dirname(place), name)
    try:
        try:
            disk.write(beside, data, entry.mode)
            disk.patiently(os.replace, beside, place)
        except BaseException:
            disk.remove(beside)
            raise
    except OSError as error:
        raise Refused(f"{path} cannot be written: {error.strerror}") from None
    disk.sync_directory(os.path.dirname(place))
