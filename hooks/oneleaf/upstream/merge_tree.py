"""Asks git for a merge that it does not make: git-merge-tree(1) with ``--write-tree``.

git 2.38 and later; it runs the strategy of git-merge(1), "ort", without work tree or
index.
"""

import os

from oneleaf.checking.states import INDEX
from oneleaf.errors import OneleafError
from oneleaf.repository import git

TYPE_CHECKING = False
if TYPE_CHECKING:
    from oneleaf.checking.states import State
    from oneleaf.upstream.forks import Fork

    Entry = tuple[str, str]  # mode, blob id
    Stages = dict[str, Entry]  # stage, as git-ls-files(1) numbers them

_SUBMODULE = "160000"


class Answer:
    """What git says of a merge.

    tree: id of the merged tree. stages: path -> what is unmerged there; no submodules.
    conflicts: path of a file or folder -> kinds of the conflicts that it is part of.
    """

    __slots__ = ("conflicts", "stages", "tree")

    def __init__(self, tree: str) -> None:
        self.tree = tree
        self.stages: dict[str, Stages] = {}
        self.conflicts: dict[str, set[str]] = {}


def ask(state: "State", fork: "Fork", env: "dict[str, str]") -> Answer:
    """The merge of a state with the other commit of a fork.

    env: of a repository that git may write to, see ``borrowing``. Raises OneleafError,
    with the reason, where the git here cannot make the merge.
    """
    ours = fork.ours
    if state.name == INDEX and (state.changes or fork.coming):
        ours = _commit_of_index(fork, env)
    command = ("merge-tree", "--write-tree", "-z", ours, fork.theirs)
    return parse(git.run(*command, ok=(0, 1), env=env))


def require_git() -> None:
    """Raises OneleafError where the git here is older than 2.38."""
    if git.version() < (2, 38):
        text = ".".join(map(str, git.version()))
        msg = (
            f"--against needs git 2.38 or later, and this is git {text}: it asks"
            " `git merge-tree` for the merge; install a later git, or check without it"
        )
        raise OneleafError(msg)


def parse(raw: bytes) -> Answer:
    """Reads the output of ``git merge-tree -z`` (git-merge-tree(1), "OUTPUT")."""
    fields = iter(git.decode(raw).split("\0"))
    answer = Answer(next(fields))
    for record in fields:
        if not record:
            break
        meta, _, path = record.partition("\t")
        mode, blob, stage = meta.split(" ")
        if mode != _SUBMODULE:
            answer.stages.setdefault(path, {})[stage] = (mode, blob)
    for count in fields:
        if not count.isdigit():
            break  # the end, or advice about submodules
        paths = [next(fields) for _ in range(int(count))]
        kind = next(fields)
        next(fields)  # the same in a sentence
        if kind.startswith("CONFLICT"):
            for path in paths:
                answer.conflicts.setdefault(path, set()).add(kind)
    return answer


def _commit_of_index(fork: "Fork", env: "dict[str, str]") -> str:
    """Id of the commit that ``git commit`` would make of the index.

    Made from a copy of it, since git-write-tree(1) takes the lock of what it reads; but
    in this repository, which has the rest of a split index (git-update-index(1)). Its parents say what is merged already (gitrepository-layout(5), ``MERGE_HEAD``).
    """
    with open(git.line("rev-parse", "--git-path", "index"), "rb") as index:
        content = index.read()
    with open(env["GIT_INDEX_FILE"], "wb") as copy:
        copy.write(content)
    here = {
        **git.environment(),
        "GIT_INDEX_FILE": env["GIT_INDEX_FILE"],
        "GIT_OBJECT_DIRECTORY": os.path.join(env["GIT_DIR"], "objects"),
    }
    command = ("-c", "core.splitIndex=false", "write-tree", "--missing-ok")
    tree = git.decode(git.run(*command, env=here)).strip()
    parents = "".join(f"parent {parent}\n" for parent in (fork.ours, *fork.coming))
    who = "oneleaf <oneleaf@localhost> 0 +0000"
    text = f"tree {tree}\n{parents}author {who}\ncommitter {who}\n\nindex\n"
    made = ("hash-object", "-t", "commit", "-w", "--stdin")
    return git.decode(git.run(*made, stdin=text.encode(), env=env)).strip()
