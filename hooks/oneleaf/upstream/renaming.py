"""Files that one side of a merge renamed, and what the other side did to them.

As git's own strategy sees it (git-merge(1), "ort"; gitdiffcore(7), "diffcore-rename"):
an edit follows its file, a file added to a folder that moved stops the merge.
"""

from oneleaf import config as configuration
from oneleaf.checking import scope
from oneleaf.history import discovery, labels
from oneleaf.repository.snapshot import EMPTY_BLOBS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from oneleaf.config import Config
    from oneleaf.repository.snapshot import Snapshot

    Tree = dict[str, dict[str, str]]  # directory -> file name -> entry
    Renames = Mapping[str, str]  # old path -> new path


def kind(path: str, config: "Config") -> str:
    """What a check reads a file as; "" for one that it does not read."""
    directory, _, name = path.rpartition("/")
    if path == config.lockfile and config.shared:
        return "shared lockfile"
    if name == config.lockfile:
        return "lockfile"
    if path == configuration.FILE:
        return path
    if not name.endswith(".py"):
        return ""
    if scope.may_matter(path, config) or discovery.is_numbered(name):
        return "migration"
    is_source = name in ("apps.py", "__init__.py")
    return "source" if is_source or labels.may_be_settings(directory, name) else ""


def may_be_moved(
    base: "Snapshot", side: "Snapshot", other: "Snapshot", config: "Config"
) -> "list[str]":
    """What one side took away and a rename of which would meet the other's doings.

    Files that the other side changed or took away too, and files of whole folders to
    which it added some. Git looks at no others either ("relevant sources").
    """
    found = []
    for directory, files in base.directories.items():
        here = side.directories.get(directory, {})
        gone = files.keys() - here.keys()
        there = other.directories.get(directory, {})
        if not gone or there == files:
            continue
        joined = not here and there.keys() - files.keys()
        prefix = f"{directory}/" if directory else ""
        touched = (n for n in gone if joined or there.get(n) != files[n])
        found += [prefix + name for name in touched]
    return [path for path in found if kind(path, config)]


def added(base: "Snapshot", side: "Snapshot", config: "Config") -> "list[str]":
    """The files a check reads that one side has and the base has not."""
    return [
        path
        for directory, files in side.directories.items()
        for name in files.keys() - base.directories.get(directory, {}).keys()
        for path in [f"{directory}/{name}" if directory else name]
        if kind(path, config)
    ]


def moved_whole(
    base: "Snapshot", side: "Snapshot", gone: "Sequence[str]", new: "Sequence[str]"
) -> "dict[str, str]":
    """Old path -> new path of the same content, a file of the same name first.

    As git pairs them (gitdiffcore(7), "diffcore-rename"); in merges empty files are
    never taken for renamed ones.
    """
    sources: dict[str | None, list[str]] = {}
    for path in sorted(gone):
        if base.blob(path) not in EMPTY_BLOBS:
            sources.setdefault(base.blob(path), []).append(path)
    found = {}
    for path in sorted(new):
        alike = sources.get(side.blob(path), [])
        name = path.rpartition("/")[2]
        best = [old for old in alike if old.rpartition("/")[2] == name] or alike
        if best:
            found[best[0]] = path
            alike.remove(best[0])
    return found


def follow(
    base: "Tree", side: "Tree", other: "Tree", renames: "tuple[Renames, Renames]"
) -> "list[str]":
    """Carries what the other side did at an old path to the new one.

    renames: by the side and by the other side. Changes the trees; returns the paths on
    which git would stop: files renamed here and deleted or renamed otherwise there, or
    renamed to where the other side put another one.
    """
    stuck = []
    for old, new in renames[0].items():
        before, there = _get(base, old), _get(other, old)
        if before is None or _get(base, new) is not None or there == before:
            continue
        met = _get(other, new)
        if there is None and renames[1].get(old) == new:
            put(base, old, None)
            put(base, new, before)
            continue
        if there is None or not (met is None or _meet(side, (before, there, met), new)):
            stuck.append(new)
        elif met is None:
            put(base, old, None)
            put(base, new, before)
            put(other, new, there)
        put(other, old, None)
    return stuck


def _meet(side: "Tree", entries: "tuple[str, str, str]", new: str) -> bool:
    """Whether a renamed file comes out like the one the other side put in its place.

    entries: the file in the base and on the other side, and that other one. Git takes
    two alike for merged, even where an edit of the old file is lost by that.
    """
    before, there, met = entries
    if _get(side, new) == before and there == met:
        put(side, new, met)
    return _get(side, new) == met


def follow_folders(
    base: "Tree", side: "Tree", other: "Tree", renames: "Renames"
) -> "list[str]":
    """Carries what the other side added to a folder to where the folder went.

    Changes the other's tree; returns the paths, on all of which git would stop
    (git-config(1), ``merge.directoryRenames``).
    """
    stuck = []
    for folder, home in _moved_folders(side, renames).items():
        for name, entry in list(other.get(folder, {}).items()):
            if name not in base.get(folder, {}):
                put(other, f"{folder}/{name}", None)
                put(other, f"{home}/{name}", entry)
                stuck.append(f"{home}/{name}")
    return stuck


def _moved_folders(side: "Tree", renames: "Renames") -> "Renames":
    """Folder that is gone -> where most of its files went; none where that is a tie."""
    counts: dict[str, dict[str, int]] = {}
    for old, new in renames.items():
        folder, home = old.rpartition("/")[0], new.rpartition("/")[0]
        if folder != home and not side.get(folder):
            count = counts.setdefault(folder, {})
            count[home] = count.get(home, 0) + 1
    found = {}
    for folder, count in counts.items():
        most = [home for home in count if count[home] == max(count.values())]
        if len(most) == 1:
            found[folder] = most[0]
    return found


def _get(tree: "Tree", path: str) -> "str | None":
    directory, _, name = path.rpartition("/")
    return tree.get(directory, {}).get(name)


def put(tree: "Tree", path: str, entry: "str | None") -> None:
    directory, _, name = path.rpartition("/")
    files = dict(tree.get(directory, {}))  # the state's own stays as it is
    files.pop(name, None)
    if entry is not None:
        files[name] = entry
    tree[directory] = files
