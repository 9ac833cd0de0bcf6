"""The merge of a state with another commit: made by git, and kept by nobody.

git-merge-tree(1) runs the strategy of git-merge(1), "ort", without work tree and index
(git 2.38 and later). What it writes goes to a repository that is gone afterwards
(``borrowing``), in which no merge driver runs: where git stops on a lockfile, the
driver's judgement is asked for.
"""

from contextlib import contextmanager

from oneleaf import config as configuration
from oneleaf.checking import narrow, scope
from oneleaf.checking.states import State
from oneleaf.driver import merging
from oneleaf.history import discovery
from oneleaf.repository import git
from oneleaf.repository.snapshot import Snapshot
from oneleaf.upstream import borrowing, merge_tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from oneleaf.config import Config
    from oneleaf.upstream.forks import Fork
    from oneleaf.upstream.merge_tree import Answer, Entry

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
    if is_python and (scope.may_matter(path, config) or discovery.is_numbered(name)):
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
        trees = narrow.trees(self._answer.tree, directories, self.objects)
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
        done = merging.judge(base, texts[0], texts[1], merging.Style())
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
    with borrowing.repository(fork.theirs) as env:
        answer = merge_tree.ask(state, fork, env)
        with git.Objects(env) as objects:
            yield Merge(answer, objects)
