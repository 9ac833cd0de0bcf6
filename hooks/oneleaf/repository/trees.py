"""The files of a commit, as a flat list."""

from oneleaf.repository import git

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Tree = Mapping[str, str]  # path -> blob id

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
