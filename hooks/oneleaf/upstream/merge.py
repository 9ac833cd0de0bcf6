"""The merge of a state with another commit: made by git, and kept by nobody.

git-merge-tree(1) runs the strategy of git-merge(1), "ort", without work tree and index
(git 2.38 and later). What it writes goes to a repository in a temporary folder, which
borrows the objects of this one (gitrepository-layout(5), "objects/info/alternates"). It
has neither this one's configuration nor its attributes, so no merge driver and no filter
runs in it: where git stops on a lockfile, the driver's judgement is asked for. It has
what git knows of history beside the commits: where a shallow clone ends, grafts, and
replacements (git(1), ``GIT_SHALLOW_FILE``, ``GIT_GRAFT_FILE``; git-replace(1)).
"""

import os
import tempfile
from contextlib import contextmanager

from oneleaf import config as configuration
from oneleaf.checking import fast_path, state
from oneleaf.checking.state import INDEX, State
from oneleaf.errors import OneleafError
from oneleaf.git import git
from oneleaf.git.snapshot import Snapshot
from oneleaf.lockfiles import merge
from oneleaf.project import discovery

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from oneleaf.config import Config
    from oneleaf.upstream.fork import Fork

    Entry = tuple[str, str]
    Stages = dict[str, Entry]


_LINK = "120000"
# What a conflict counts in, of the kinds of files.
JUDGED = ("lockfile", "migration", "shared lockfile")


def kind_of(path: str, config: "Config") -> str:
    """What a check reads a file as, as far as a merge must know it.

    One of ``JUDGED``, the configuration's own name, or "" for any other file.
    """
    name = path.rpartition("/")[2]
    if path == config.lockfile and config.shared:
        return "shared lockfile"
    if name == config.lockfile:
        return "lockfile"
    if path == configuration.FILE:
        return path
    is_python = name.endswith(".py")
    if is_python and (state.may_matter(path, config) or discovery.is_numbered(name)):
        return "migration"
    return ""


class Merge:
    """A merge that nobody keeps. objects: read what git wrote for it too."""

    def __init__(self, answer: "Answer", objects: git.Objects) -> None:
        self._answer = answer
        self.objects = objects

    def whole(self) -> State:
        """The state it leaves, with ``unmerged`` as git would stop on it.

        Of lockfiles in conflict there is no content then; of migrations ours stays, so
        that what depends on one is not lost. Raises OneleafError for a configuration
        that cannot be used.
        """
        found = State(self._answer.tree, self.objects).snapshot
        found.name = "merge"
        if configuration.FILE in self._answer.stages:
            self._settle(found, configuration.FILE, "")
        state = State("merge", self.objects, snapshot=found)
        self._settle_all(found, self._answer.stages, state.config)
        return state

    def stops_outside(self, directories: "Sequence[str]", config: "Config") -> bool:
        """Whether git stops on a file that a check reads elsewhere, or moved a folder."""
        return any(
            path.rpartition("/")[0] not in directories
            and kind_of(path, config) in JUDGED
            for path in self._answer.stages
        ) or any(
            "rename" in kind
            for kinds in self._answer.conflicts.values()
            for kind in kinds
        )

    def of(self, directories: "Sequence[str]", config: "Config") -> "State | None":
        """The same of these directories and the packages around them; None: odd."""
        trees = fast_path.trees(self._answer.tree, directories, self.objects)
        if trees is None:
            return None
        near = [p for p in self._answer.stages if p.rpartition("/")[0] in trees]
        found = Snapshot("merge", trees, self.objects)
        self._settle_all(found, near, config)
        return State("merge", self.objects, snapshot=found, config=config)

    def _settle_all(
        self, found: Snapshot, stopped: "Iterable[str]", config: "Config"
    ) -> None:
        unmerged = set()
        for path in stopped:
            kind = kind_of(path, config)
            if not self._settle(found, path, kind) and kind in JUDGED:
                unmerged.add(path)
        for directory, files in found.directories.items():
            paths = (f"{directory}/{name}" if directory else name for name in files)
            for path in filter(self._is_stuck, paths):
                if kind_of(path, config) in JUDGED:
                    unmerged.add(path)
        found.unmerged = tuple(sorted(unmerged))

    def _settle(self, found: Snapshot, path: str, kind: str) -> bool:
        """Puts ours or theirs at an unmerged path; of a lockfile what the driver makes."""
        stages = self._answer.stages[path]
        entry = stages.get("2") or stages.get("3")
        if kind.endswith("lockfile"):
            entry = self._driven(path)
        directory, _, name = path.rpartition("/")
        files = found.directories.setdefault(directory, {})
        files.pop(name, None)
        found.links -= {path}
        if entry is not None:
            files[name] = entry[1]
            found.links |= {path} if entry[0] == _LINK else set()
        return kind.endswith("lockfile") and entry is not None

    def _driven(self, path: str) -> "Entry | None":
        """Git calls the driver for files that both sides have, for no other conflict."""
        stages = self._answer.stages[path]
        links = any(mode == _LINK for mode, _ in stages.values())
        regular = "2" in stages and "3" in stages and not links
        if not regular or self._answer.conflicts.get(path) != {"CONFLICT (contents)"}:
            return None
        blobs = [stages[n][1] for n in "123" if n in stages]
        texts = [text or b"" for text in self.objects.read(blobs)]
        base = texts.pop(0) if "1" in stages else b""
        done = merge.judge(base, texts[0], texts[1], merge.MarkerStyle())
        if not done.clean:
            return None
        command = ("hash-object", "-w", "--stdin")
        raw = git.run(*command, stdin=done.content, env=self.objects.env)
        return stages["2"][0], git.decode(raw).strip()

    def _is_stuck(self, path: str) -> bool:
        """Whether git left a file behind because it cannot tell where its folder went.

        It then stops without an unmerged path (git-config(1), "directoryRenames").
        """
        conflicts = self._answer.conflicts
        if not conflicts:
            return False
        ends = [at for at, character in enumerate(path) if character == "/"]
        return any(
            "directory rename" in kind
            for place in (path, *(path[:end] for end in ends))
            for kind in conflicts.get(place, ())
        )


@contextmanager
def made(state: "State", fork: "Fork") -> "Iterator[Merge]":
    """The merge of a state with the other commit of a fork, for the ``with`` block.

    Raises OneleafError, with the reason, where the git here cannot make it.
    """
    with repository(fork.theirs) as env:
        answer = ask(state, fork, env)
        with git.Objects(env) as objects:
            yield Merge(answer, objects)


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

    env: of a repository that git may write to, see ``repository``. Raises OneleafError,
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


_KEPT = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_EXEC_PATH",
    "GIT_NO_LAZY_FETCH",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OPTIONAL_LOCKS",
)
# What the user may have told git about merging (git-config(1), "merge.*", "diff.*").
_SETTINGS = (
    r"^(diff\.rename(s|limit)|merge\.(rename(s|limit)|directoryrenames|conflictstyle))$"
)


@contextmanager
def repository(like: str) -> "Iterator[dict[str, str]]":
    """The environment in which git works in the temporary repository.

    like: any id of this repository, which tells the hash it uses.
    """
    places = [os.path.abspath(place) for place in _places()]
    with tempfile.TemporaryDirectory(prefix="oneleaf-") as folder:
        os.makedirs(os.path.join(folder, "objects", "info"))
        os.mkdir(os.path.join(folder, "refs"))
        _write(folder, "HEAD", "ref: refs/heads/none\n")
        _write(folder, "config", _CONFIG if len(like) == 40 else _CONFIG + _SHA256)
        _write(folder, "packed-refs", _replacements())
        _write(folder, os.path.join("objects", "info", "alternates"), places[0] + "\n")
        yield _environment(folder, places)


_CONFIG = "[core]\n\trepositoryformatversion = 1\n\tbare = true\n"
_SHA256 = "[extensions]\n\tobjectformat = sha256\n"


def _places() -> "list[str]":
    """The folder of the objects, the file of the shallow commits, that of the grafts."""
    words = ("--git-path", "objects", "--git-path", "shallow", "--git-path")
    return git.line("rev-parse", *words, "info/grafts").split("\n")


def _replacements() -> str:
    """The refs that replace objects, as git stores refs in one file."""
    flag = "--format=%(objectname) %(refname)"
    return git.decode(git.run("for-each-ref", flag, "refs/replace/"))


def _environment(folder: str, places: "list[str]") -> "dict[str, str]":
    own = {
        "GIT_DIR": folder,
        "GIT_INDEX_FILE": os.path.join(folder, "index"),
        "GIT_SHALLOW_FILE": places[1],
        "GIT_GRAFT_FILE": places[2],
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_ATTR_NOSYSTEM": "1",
        "XDG_CONFIG_HOME": folder,  # where git looks for the user's own attributes
    }
    kept = {
        name: value
        for name, value in git.environment().items()
        if not name.startswith("GIT_") or name in _KEPT
    }
    return {**kept, **own, **_settings()}


def _settings() -> "dict[str, str]":
    """What the user set about merging, as git takes it from its environment."""
    command = ("config", "-z", "--get-regexp", _SETTINGS)
    _, out = git.run_code(*command, ok=(0, 1))
    entries = git.decode(out).split("\0")[:-1]
    found = {"GIT_CONFIG_COUNT": str(len(entries))}
    for number, entry in enumerate(entries):
        key, newline, value = entry.partition("\n")
        found[f"GIT_CONFIG_KEY_{number}"] = key
        found[f"GIT_CONFIG_VALUE_{number}"] = value if newline else "true"
    return found


def _write(folder: str, name: str, text: str) -> None:
    with open(os.path.join(folder, name), "wb") as file:
        file.write(git.encode(text))
