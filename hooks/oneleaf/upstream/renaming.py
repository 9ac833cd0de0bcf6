"""Whether what one side of a merge moved can bear on what the other side did.

As git's own strategy sees it (git-merge(1), "ort"; gitdiffcore(7), "diffcore-rename"):
an edit follows its file, and what is added to a folder that moved is to move along.
Where neither can be, a merge is made path by path; everything else is git's to tell.
"""

from oneleaf.checking.states import INDEX
from oneleaf.repository import git
from oneleaf.repository.snapshot import EMPTY_BLOBS
from oneleaf.upstream import relevance

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from oneleaf.checking.states import State
    from oneleaf.config import Config
    from oneleaf.repository.snapshot import Change
    from oneleaf.upstream.forks import Fork

_MOST_PATHS = 1000  # that many, and any number of folders, fit into a command line


def may_matter(state: "State", fork: "Fork", config: "Config") -> bool:
    """Whether git's merge may differ, for a move, from one made path by path.

    fork: with one merge base. config: what says which files are read.
    """
    ours, theirs = fork.changes(state)
    return (
        _has_lost_folders(state, fork.ours, _shared_folders(ours, theirs))
        or _lacks_folders(state, fork.theirs, _shared_folders(theirs, ours))
        or _moves_files(fork.bases[0], state.name, (ours, theirs), config)
        or _moves_files(fork.bases[0], fork.theirs, (theirs, ours), config)
    )


def _shared_folders(side: "Iterable[Change]", other: "Iterable[Change]") -> "set[str]":
    """Folders, at any depth, that lost files on one side and got some on the other."""
    lost = {folder for c in side if c.status == "D" for folder in _folders(c.path)}
    if not lost:
        return lost
    return lost & {f for c in other if c.status == "A" for f in _folders(c.path)}


def _folders(path: str) -> "Iterator[str]":
    """The folders above a path, but not the top."""
    end = path.rfind("/")
    while end > 0:
        yield path[:end]
        end = path.rfind("/", 0, end)


def _lacks_folders(state: "State", commit: str, folders: "Iterable[str]") -> bool:
    """Whether one of the folders is not in a commit."""
    names = [f"{commit}:{folder}" for folder in folders]
    if any("\n" in name for name in names):
        return True
    return None in list(state.objects.read(names))


def _has_lost_folders(state: "State", commit: str, folders: "set[str]") -> bool:
    """The same of the state, which is the index on top of a commit, or the commit."""
    unsure: set[str] = set()
    if state.name == INDEX and folders:
        staged = [c.path for c in state.changes if c.status == "D"]
        unsure = folders & {folder for path in staged for folder in _folders(path)}
        if unsure:
            found = state.snapshot().directories
            unsure -= {f for d in found for f in (d, *_folders(d))}
    return bool(unsure) or _lacks_folders(state, commit, folders)


def _moves_files(
    base: str,
    state: str,
    sides: "tuple[Iterable[Change], Iterable[Change]]",
    config: "Config",
) -> bool:
    """Whether one side renamed a file that the other changed, renamed or took away.

    Of a file that a check reads, or to where it reads one. Empty files are never
    renamed in merges, and what nothing resembles is renamed by no rule.
    """
    touched = {change.path for change in sides[1] if change.status != "A"}
    gone = [
        change.path
        for change in sides[0]
        if change.status == "D"
        and change.path in touched
        and change.old not in EMPTY_BLOBS
    ]
    if not gone:
        return False
    new = [change.path for change in sides[0] if change.status == "A"]
    if not any(relevance.kind(path, config) for path in gone):
        new = [path for path in new if relevance.kind(path, config)]
    if not new:
        return False
    if len(gone) + len(new) > _MOST_PATHS:
        return True
    return any(
        relevance.kind(path, config)
        for pair in _alike(base, state, [*gone, *new])
        for path in pair
    )


def _alike(base: str, state: str, paths: "list[str]") -> "Iterator[tuple[str, str]]":
    """Old and new path of what is renamed among these, if 50 % alike, as git asks."""
    likeness = ("-M", f"-l{_MOST_PATHS}", "--no-rename-empty")
    flags = (*likeness, "--diff-filter=R", "--name-status", "-z")
    kind = ("diff-index", "--cached") if state == INDEX else ("diff-tree", "-r")
    ends = (base,) if state == INDEX else (base, state)
    command = ("--literal-pathspecs", *kind, *flags, *ends, "--", *paths)
    fields = git.decode(git.run(*command)).split("\0")
    return zip(fields[1::3], fields[2::3], strict=False)
