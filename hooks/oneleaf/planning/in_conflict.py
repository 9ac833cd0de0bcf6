"""Files that a merge left in conflict, read from the index's stages (git-ls-files(1))."""

from oneleaf.repository import worktree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from oneleaf.config import Config
    from oneleaf.repository.snapshot import Snapshot


def lockfile_sides(config: "Config", index: "Snapshot") -> "tuple[bytes, ...]":
    """Contents of a shared lockfile in conflict, ours and then theirs.

    Empty where there is no such lockfile, or no conflict in it.
    """
    if not config.shared or config.lockfile not in index.unmerged:
        return ()
    blobs = worktree.stages([config.lockfile]).get(config.lockfile, {})
    wanted = [blobs[stage] for stage in (2, 3) if stage in blobs]
    return tuple(content or b"" for content in index.objects.read(wanted))
