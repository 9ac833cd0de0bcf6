"""States of the repository: what is in the index, or in a commit.

A Snapshot maps directories to their files' object ids. It knows nothing of the work
tree. What changed against another state is a list of Change beside it; ``blobs`` is a
commit as a flat list.
"""

from oneleaf.git import git

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    Tree = Mapping[str, str]


# `git add --intent-to-add` leaves an index entry with the empty blob (git-add(1)).
EMPTY_BLOBS = (
    "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
    "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
)
_LINK = "120000"
_SUBMODULE = "160000"


class Change:
    """One path that differs between two states.

    status: git's letter: A added, D deleted, M modified, T type changed, U unmerged.
    old, new: object ids; all zeros where there is none.
    """

    __slots__ = ("new", "old", "path", "status")

    def __init__(self, status: str, path: str, old: str, new: str) -> None:
        self.status = status
        self.path = path
        self.old = old
        self.new = new


class Snapshot:
    """One state of the repository.

    name: ``"index"`` or ``"commit:SHA"``.
    directories: directory ("" is the top) -> file name -> object id. Submodules are
        left out.
    links: paths that are symbolic links; their object holds the target.
    unmerged: paths that have a merge conflict, sorted; they are in no directory.
    objects: where the contents are read from.
    """

    __slots__ = ("directories", "links", "name", "objects", "unmerged")

    def __init__(
        self,
        name: str,
        directories: "dict[str, dict[str, str]]",
        objects: git.Objects,
        links: "frozenset[str]" = frozenset(),
        unmerged: "tuple[str, ...]" = (),
    ) -> None:
        self.name = name
        self.directories = directories
        self.objects = objects
        self.links = links
        self.unmerged = unmerged

    def blob(self, path: str) -> "str | None":
        """Object id of the file at ``path``, None where there is none.

        path: ``/``-separated, from the top of the repository, here and below.
        """
        directory, _, name = path.rpartition("/")
        return self.directories.get(directory, {}).get(name)

    def read(self, path: str) -> "bytes | None":
        """Content of the file at ``path``, through links; None where there is none."""
        return next(self.read_all([path]))

    def read_all(self, paths: "Iterable[str]") -> "Iterator[bytes | None]":
        """Contents of the files at ``paths``, in order; links are followed.

        None for a path that is no file here, or a link that leads to none.
        """
        ids = [self._followed(path) for path in paths]
        contents = self.objects.read(blob for blob in ids if blob)
        for blob in ids:
            yield next(contents) if blob else None

    def _followed(self, path: str) -> "str | None":
        """Object id behind ``path``, through links inside the repository."""
        for _ in range(8):  # git and Linux follow more, people never do
            blob = self.blob(path)
            if blob is None or path not in self.links:
                return blob
            target = next(self.objects.read([blob])) or b""
            path = _join(path.rpartition("/")[0], git.decode(target))
        return None


def _join(directory: str, target: str) -> str:
    """The path a link in ``directory`` leads to; "" where it leaves the repository."""
    if target.startswith("/"):
        return ""
    parts = directory.split("/") if directory else []
    for part in target.split("/"):
        if part == "..":
            if not parts:
                return ""
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def changes_of_index(commit: str = "HEAD") -> "list[Change]":
    """What the index changes against a commit; HEAD may be before the first commit.

    Intent-to-add entries are no part of the next commit and so no change.
    Raises OneleafError outside a repository.
    """
    flags = ["--cached", "--raw", "-z", "--no-renames", "--no-abbrev"]
    flags.append("--ita-invisible-in-index")
    try:
        raw = git.run("diff-index", *flags, commit, "--")
    except git.GitError:
        if commit != "HEAD":
            raise
        from oneleaf.git.git import empty_tree_if_unborn

        raw = git.run("diff-index", *flags, empty_tree_if_unborn(), "--")
    return parse_changes(raw)


def changes_between(old: str, new: str) -> "list[Change]":
    """What the tree of commit ``new`` changes against that of ``old``.

    Both are anything that git-rev-parse(1) takes. Raises GitError where one is not
    here.
    """
    flags = ("-r", "--raw", "-z", "--no-renames", "--no-abbrev")
    return parse_changes(git.run("diff-tree", *flags, old, new, "--"))


def parse_changes(raw: bytes) -> "list[Change]":
    """Reads git's raw format with ``-z`` (git-diff-index(1), "Raw output format").

    An unmerged path stands there twice, as U and with its stage: U is kept.
    """
    fields = git.decode(raw).split("\0")
    changes: dict[str, Change] = {}
    for head, path in zip(fields[0::2], fields[1::2], strict=False):
        _, _, old, new, status = head.split(" ")
        if path not in changes or changes[path].status != "U":
            changes[path] = Change(status[0], path, old, new)
    return list(changes.values())


def of_index(changes: "list[Change]", objects: git.Objects) -> Snapshot:
    """The state in the index (git-ls-files(1)). changes: from ``changes_of_index``.

    Raises GitError outside of a repository.
    """
    listing = git.run("ls-files", "--stage", "-z", "--full-name", "--", ":/")
    directories: dict[str, dict[str, str]] = {}
    links: list[str] = []
    unmerged: dict[str, None] = {}
    empty: list[str] = []
    directory, files = "", directories.setdefault("", {})
    for record in git.decode(listing).split("\0"):
        meta, _, path = record.partition("\t")
        folder, _, name = path.rpartition("/")
        if meta[-1:] != "0":
            if path:
                unmerged[path] = None
            continue
        mode, blob = meta[:6], meta[7:-2]
        if mode == _SUBMODULE:
            continue
        if mode == _LINK:
            links.append(path)
        if blob in EMPTY_BLOBS and name != "__init__.py":
            empty.append(path)
        if folder != directory:
            directory, files = folder, directories.setdefault(folder, {})
        files[name] = blob
    for path in _intended(empty, changes):
        folder, _, name = path.rpartition("/")
        del directories[folder][name]
    return Snapshot(
        "index", directories, objects, frozenset(links), tuple(sorted(unmerged))
    )


def _intended(empty: "list[str]", changes: "list[Change]") -> "list[str]":
    """Those of the paths with an empty blob that are only intended to be added.

    They stand neither in HEAD nor among what the index changes against it.
    """
    changed = {change.path for change in changes}
    suspects = [path for path in empty if path not in changed and path.endswith(".py")]
    if not suspects:
        return []
    code, raw = git.run_code(
        "ls-tree",
        "-z",
        "--full-tree",
        "--name-only",
        "HEAD",
        "--",
        *suspects,
        ok=(0, 128),
    )
    committed = set(git.decode(raw).split("\0")) if code == 0 else set()
    return [path for path in suspects if path not in committed]


def of_commit(commit: str, objects: git.Objects) -> Snapshot:
    """The state in the commit with this id. Raises GitError where it is not here."""
    raw = git.run("ls-tree", "-r", "-z", "--full-tree", commit, env=objects.env)
    directories: dict[str, dict[str, str]] = {"": {}}
    links: list[str] = []
    for record in git.decode(raw).split("\0"):
        meta, _, path = record.partition("\t")
        mode, _, rest = meta.partition(" ")
        if not path or mode == _SUBMODULE:
            continue
        if mode == _LINK:
            links.append(path)
        folder, _, name = path.rpartition("/")
        directories.setdefault(folder, {})[name] = rest[5:]
    return Snapshot(f"commit:{commit}", directories, objects, frozenset(links))


_PATHS_PER_CALL = 500  # so that no command line is too long


def blobs(commit: str, paths: "Sequence[str]" = ()) -> "dict[str, str]":
    """path -> blob id of the files in a commit's tree, at every depth (git-ls-tree(1)).

    commit: its id. paths: of files and folders; only these, and what is below them;
    everything where there are none. Raises GitError where the commit is not here.
    """
    found = {}
    for at in range(0, max(len(paths), 1), _PATHS_PER_CALL):
        some = paths[at : at + _PATHS_PER_CALL]
        flags = ("--literal-pathspecs", "ls-tree", "-r", "-z", "--full-tree")
        for record in git.decode(git.run(*flags, commit, "--", *some)).split("\0"):
            meta, _, path = record.partition("\t")
            if path:
                found[path] = meta.rpartition(" ")[2]
    return found


def listed(commit: str, directory: str, objects: git.Objects) -> "dict[str, str]":
    """File name -> blob id, of what is directly in a directory of a commit.

    {} where it is not there.
    """
    if "\n" in directory:  # which no request to `cat-file` can hold
        files = blobs(commit, [directory])
        paths = [path.rpartition("/") for path in files]
        return {
            name: files[f"{directory}/{name}"]
            for folder, _, name in paths
            if folder == directory
        }
    name = f"{commit}:{directory}/" if directory else f"{commit}:"
    tree = next(objects.read([name])) or b""
    return {
        name: blob
        for mode, name, blob in entries(tree)
        if mode not in ("40000", "160000")
    }


def entries(tree: bytes) -> "Iterator[tuple[str, str, str]]":
    """Mode, name and object id of what a tree object holds, as git stores it."""
    size = 20 if _digest_is_sha1(tree) else 32
    at = 0
    while at < len(tree):
        space, end = tree.index(b" ", at), tree.index(b"\0", at)
        mode, name = tree[at:space].decode(), git.decode(tree[space + 1 : end])
        at = end + 1 + size
        yield mode, name, tree[end + 1 : at].hex()


def _digest_is_sha1(tree: bytes) -> bool:
    """Whether ids in a tree object have 20 bytes, not 32: the next entry then follows."""
    end = tree.find(b"\0") + 21
    return end == len(tree) or tree[end : end + 2] in (b"10", b"40", b"12", b"16")
