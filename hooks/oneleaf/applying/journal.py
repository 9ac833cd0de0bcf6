"""The journal of a plan that is being applied: what recovery works from.

A job is written to ``oneleaf/apply/KEY`` of the common git directory (one KEY per
work tree) before anything else is, with all old and all new contents. The name of
its file is its state:

* ``preparing``: nothing of the user's has been touched;
* ``ready``: every new content is on disk beside its place; files may be on their way;
* ``done``: every file is in its place; what is left is staging and tidying up.

A state changes by one rename, so that no kill leaves anything between two of them.
"""

import marshal
import os

from oneleaf.applying import disk
from oneleaf.errors import OneleafError
from oneleaf.git import git

PREPARING, READY, DONE = "preparing", "ready", "done"
_STATES = (DONE, READY, PREPARING)
_VERSION = "oneleaf apply 1"
_MARSHAL = 4  # the newest that every supported Python reads
_HEADS = ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "REBASE_HEAD")


class Entry:
    """One path of a job.

    path: relative to the top, ``/``-separated. old, new: contents before and after,
    None for no file. mode: permission bits of the new file, -1 for those of any new
    file. touched: whether anything of the file changes, content or mode.
    """

    __slots__ = ("mode", "new", "old", "path", "touched")

    def __init__(
        self,
        path: str,
        old: "bytes | None",
        new: "bytes | None",
        mode: int = -1,
        *,
        touched: bool = True,
    ) -> None:
        self.path = path
        self.old = old
        self.new = new
        self.mode = mode
        self.touched = touched


class Job:
    """A plan on its way into the work tree at ``top``.

    token: tells this job's temporary files from all others. stage: whether the index
    is to follow. situation: what HEAD and a merge in progress were, see ``situation``.
    """

    __slots__ = ("entries", "situation", "stage", "token", "top")

    def __init__(
        self,
        top: str,
        entries: "tuple[Entry, ...]",
        *,
        stage: bool,
        situation: str,
        token: str = "",
    ) -> None:
        self.top = top
        self.entries = entries
        self.stage = stage
        self.situation = situation
        self.token = token or os.urandom(4).hex()

    def place(self, entry: Entry) -> str:
        """Where the entry's file is."""
        return os.path.join(self.top, entry.path)

    def incoming(self, entry: Entry) -> str:
        """Where its new content waits, in the same directory."""
        return self._beside(entry, "new")

    def aside(self, entry: Entry) -> str:
        """Where its old file is put, in the same directory."""
        return self._beside(entry, "old")

    def _beside(self, entry: Entry, what: str) -> str:
        # Short, since a name that fits the file system may leave no room for more.
        name = f".oneleaf-{self.token}-{self.entries.index(entry)}.{what}"
        return os.path.join(os.path.dirname(self.place(entry)), name)


def folder() -> str:
    """The absolute folder of this work tree's journal; it need not exist.

    In the common git directory, one for each linked work tree
    (gitrepository-layout(5)). Raises GitError outside of a repository.
    """
    dirs = git.decode(git.run("rev-parse", "--git-dir", "--git-common-dir"))
    own, common = (os.path.abspath(line) for line in dirs.rstrip("\n").split("\n"))
    linked = os.path.realpath(own) != os.path.realpath(common)
    key = "worktree-" + os.path.basename(own) if linked else "main"
    return os.path.join(common, "oneleaf", "apply", key)


def situation() -> str:
    """What a job belongs to: HEAD's commit and the heads of a merge in progress.

    A text that is the same as long as both are. Raises OSError.
    """
    code, out = git.run_code("rev-parse", "--verify", "--quiet", "HEAD", ok=(0, 1))
    words = [git.decode(out).strip() if code == 0 else "unborn"]
    own = git.line("rev-parse", "--git-dir")
    for head in _HEADS:
        path = os.path.join(own, head)
        if os.path.isfile(path):
            with open(path, "rb") as file:
                words.append(f"{head} {git.decode(file.read()).strip()}")
    return "; ".join(words)


def begin(place: str, job: Job) -> None:
    """Writes the job as ``preparing``. Raises OSError, and then leaves nothing."""
    entries = [(e.path, e.old, e.new, e.mode, e.touched) for e in job.entries]
    values = (_VERSION, job.token, job.stage, job.situation, entries)
    draft = os.path.join(place, "draft")
    try:
        disk.write(draft, marshal.dumps(values, _MARSHAL))
        disk.patiently(os.replace, draft, os.path.join(place, PREPARING))
    except BaseException:
        disk.remove(draft)
        raise
    disk.sync_directory(place)


def advance(place: str, old: str, new: str) -> None:
    """Moves the journal from one state to another, by one rename. Raises OSError.

    place: from ``folder``; old, new: PREPARING, READY or DONE.
    """
    disk.patiently(os.replace, os.path.join(place, old), os.path.join(place, new))
    disk.sync_directory(place)


def end(place: str) -> None:
    """The job is over: removes the journal. Raises OSError."""
    for name in ("draft", *_STATES):
        disk.remove(os.path.join(place, name))
    disk.sync_directory(place)


def load(place: str, top: str) -> "tuple[str, Job] | None":
    """State and job of an unfinished journal, None where there is none.

    Raises OneleafError for a journal that cannot be read.
    """
    for state in _STATES:
        path = os.path.join(place, state)
        if os.path.lexists(path):
            try:
                with open(path, "rb") as file:
                    return state, _parse(file.read(), top)
            except (OSError, ValueError, TypeError, EOFError) as error:
                msg = (
                    f"the journal of an interrupted run cannot be read ({error}); it"
                    f" holds the contents of the files it changed: look at {path},"
                    " then remove it"
                )
                raise OneleafError(msg) from None
    return None


def _parse(data: bytes, top: str) -> Job:
    version, token, stage, belongs, rows = marshal.loads(data)  # noqa: S302 - our own
    if version != _VERSION:
        msg = "another version wrote it"
        raise ValueError(msg)
    entries = tuple(Entry(*row[:4], touched=row[4]) for row in rows)
    return Job(top, entries, stage=stage, situation=belongs, token=token)


def unfinished(place: str) -> bool:
    """Whether there is a journal at ``place``, or the draft of one."""
    return any(os.path.lexists(os.path.join(place, n)) for n in ("draft", *_STATES))
