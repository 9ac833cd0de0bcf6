"""Asks git for a merge that it does not make: git-merge-tree(1) with ``--write-tree``.

git 2.38 and later; it runs the strategy of git-merge(1), "ort", without work tree or
index.
"""

from oneleaf.checking.states import INDEX
from oneleaf.errors import OneleafError
from oneleaf.repository import git
from oneleaf.repository import snapshot as snapshots

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
        ours = _commit_of_index(state, fork, env)
    command = ("merge-tree", "--write-tree", "-z", ours, fork.theirs)
    try:
        return parse(git.run(*command, ok=(0, 1), env=env))
    except git.GitError as error:
        raise _reason(error) from None


def _reason(error: git.GitError) -> OneleafError:
    version = git.line("version").removeprefix("git version ")
    numbers = [int(part) for part in version.split(".")[:2] if part.isdigit()]
    if numbers >= [2, 38]:
        return error
    return OneleafError(
        "both sides renamed or edited the same files, or the histories crossed: only"
        f" git 2.38 and later tells what becomes of that, and this is {version}"
    )


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


def _commit_of_index(state: "State", fork: "Fork", env: "dict[str, str]") -> str:
    """Id of the commit that ``git commit`` would make of the index.

    Its parents say what is merged already (gitrepository-layout(5), ``MERGE_HEAD``).
    """
    snapshot = state.snapshot()
    kept = [
        record
        for record in git.decode(snapshots.list_index()).split("\0")[:-1]
        if record.startswith(_SUBMODULE)
        or snapshot.blob(record.partition("\t")[2]) is not None
    ]
    entries = git.encode("".join(f"{record}\0" for record in kept))
    git.run("update-index", "-z", "--index-info", stdin=entries, env=env)
    tree = git.decode(git.run("write-tree", "--missing-ok", env=env)).strip()
    parents = "".join(f"parent {parent}\n" for parent in (fork.ours, *fork.coming))
    who = "oneleaf <oneleaf@localhost> 0 +0000"
    text = f"tree {tree}\n{parents}author {who}\ncommitter {who}\n\nindex\n"
    command = ("hash-object", "-t", "commit", "-w", "--stdin")
    return git.decode(git.run(*command, stdin=text.encode(), env=env)).strip()
