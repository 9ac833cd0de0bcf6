"""The merge as this machine's own git makes it: the slow, exact twin of ``merged``.

For where files were renamed or edited on both sides, or histories crossed. Git works
in a repository that is gone afterwards (``borrowing``), and no merge driver runs there:
where git merged a lockfile as text and stopped, the driver's judgement is asked for.
"""

from oneleaf import config as configuration
from oneleaf.driver import merging
from oneleaf.repository import git
from oneleaf.repository.snapshot import Snapshot
from oneleaf.upstream import borrowing, merge_tree, relevance

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from oneleaf.checking.states import State
    from oneleaf.config import Config
    from oneleaf.upstream.forks import Fork
    from oneleaf.upstream.merge_tree import Answer, Entry, Stages
    from oneleaf.upstream.merged import Contents, Meeting

_LINK, _SUBMODULE = "120000", "160000"
_IDS_PER_CALL = 1000  # so that git can be told all of them at once (``git.run``)


def merge(
    state: "State", fork: "Fork", meeting: "Meeting", contents: "Contents"
) -> "Snapshot":
    """The state that merging leaves, as of ``merged.merge``.

    meeting: the two sides. contents: takes what git writes on the way.
    Raises OneleafError, with the reason, where the git here cannot make the merge, or
    where the merged configuration is none.
    """
    with borrowing.repository(fork.theirs) as env:
        answer = merge_tree.ask(state, fork, env)
        found = _Found(answer, contents, env)
        config = found.read_config()
        sides = (meeting.ours, meeting.theirs)
        found.keep(
            blob
            for path, blob in found.files()
            if (relevance.kind(path, config) or found.links)
            and not any(side.blob(path) == blob for side in sides)
        )
        for path in answer.stages:
            found.settle(path, relevance.kind(path, config))
        for path in [path for path, _ in found.files() if found.is_stuck(path)]:
            found.leave(path, relevance.kind(path, config))
        return found.snapshot()


class _Found:
    """A merged tree on its way to a state. links: paths; any file may be behind one."""

    __slots__ = ("_answer", "_contents", "_directories", "_env", "_unmerged", "links")

    def __init__(
        self, answer: "Answer", contents: "Contents", env: "dict[str, str]"
    ) -> None:
        self._answer = answer
        self._contents = contents
        self._env = env
        self._directories: dict[str, dict[str, str]] = {"": {}}
        self.links: set[str] = set()
        self._unmerged: set[str] = set()
        command = ("ls-tree", "-r", "-z", "--full-tree", answer.tree)
        for record in git.decode(git.run(*command, env=env)).split("\0")[:-1]:
            meta, _, path = record.partition("\t")
            mode, _, blob = meta.split(" ")
            if mode != _SUBMODULE:
                self._put(path, (mode, blob))

    def files(self) -> "Iterator[tuple[str, str]]":
        """Path and blob id of each file."""
        for directory, files in self._directories.items():
            for name, blob in files.items():
                yield f"{directory}/{name}" if directory else name, blob

    def snapshot(self) -> Snapshot:
        """The state."""
        unmerged = tuple(sorted(self._unmerged))
        links = frozenset(self.links)
        return Snapshot("merge", self._directories, self._contents, links, unmerged)

    def read_config(self) -> "Config":
        """The merged configuration; of two in conflict ours.

        Raises OneleafError where it cannot be used.
        """
        name = configuration.FILE
        if name in self._answer.stages:
            self.settle(name, name)
        blob = self._directories[""].get(name)
        self.keep([blob] if blob else [])
        return configuration.parse(self.snapshot().read(name))

    def keep(self, blobs: "Iterable[str]") -> None:
        """Reads what git may have written on the way, before it is gone."""
        wanted = sorted({*blobs})
        for at in range(0, len(wanted), _IDS_PER_CALL):
            ids = "".join(f"{blob}\n" for blob in wanted[at : at + _IDS_PER_CALL])
            command = ("cat-file", "--batch")
            raw = git.run(*command, stdin=ids.encode(), env=self._env)
            end = 0
            while end < len(raw):
                start = raw.index(b"\n", end) + 1
                words = raw[end:start].split()
                end = start
                if words[1] == b"blob":  # else it is missing, in a partial clone
                    end += int(words[2]) + 1
                    self._contents.keep(raw[start : end - 1], words[0].decode())

    def settle(self, path: str, kind: str) -> None:
        """Decides what stands at an unmerged path: nothing, ours, or theirs.

        Of a lockfile what the driver makes of it; nothing where that is a conflict too.
        """
        stages = self._answer.stages[path]
        entry = stages.get("2") or stages.get("3")
        if kind.endswith("lockfile"):
            entry = self._driven(path, kind)
            if entry:
                self._put(path, entry)
                return
        self._put(path, entry)
        self.leave(path, kind)

    def leave(self, path: str, kind: str) -> None:
        """Says that git would stop on a path, if that is one to say it of."""
        if kind in relevance.JUDGED:
            self._unmerged.add(path)

    def is_stuck(self, path: str) -> bool:
        """Whether git left a file behind because it cannot tell where its folder went.

        It then stops without an unmerged path (git-config(1), "directoryRenames").
        """
        conflicts = self._answer.conflicts
        ends = [at for at, character in enumerate(path) if character == "/"]
        return any(
            "directory rename" in kind
            for place in (path, *(path[:end] for end in ends))
            for kind in conflicts.get(place, ())
        )

    def _driven(self, path: str, kind: str) -> "Entry | None":
        """What the merge driver makes of a lockfile; None for a conflict.

        Git calls it for files that both sides have, and for no other conflict.
        """
        stages = self._answer.stages[path]
        regular = "2" in stages and "3" in stages and not _has_links(stages)
        if not regular or self._answer.conflicts.get(path) != {"CONFLICT (contents)"}:
            return None
        blobs = [stages[n][1] if n in stages else "" for n in "123"]
        self.keep(filter(None, blobs))
        contents = iter(self._contents.read(filter(None, blobs)))
        texts = [(next(contents) or b"") if blob else b"" for blob in blobs]
        merge = merging.merge_app if kind == "lockfile" else merging.merge_shared
        done = merge(texts[0], texts[1], texts[2], merging.Style())
        if not done.clean:
            return None
        return stages["2"][0], self._contents.keep(done.content, blobs[1])

    def _put(self, path: str, entry: "Entry | None") -> None:
        directory, _, name = path.rpartition("/")
        files = self._directories.setdefault(directory, {})
        files.pop(name, None)
        self.links.discard(path)
        if entry is not None:
            files[name] = entry[1]
            if entry[0] == _LINK:
                self.links.add(path)


def _has_links(stages: "Stages") -> bool:
    return any(mode == _LINK for mode, _ in stages.values())
