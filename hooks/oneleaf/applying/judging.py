"""Judges a plan's paths, before the first byte is written."""

import os
import stat
import unicodedata

from oneleaf.applying.journal import Entry
from oneleaf.errors import Refused
from oneleaf.git import git
from oneleaf.shell import word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from oneleaf.planning.plan import Plan

UNCHANGED = "nothing was changed"
_JUNCTION = 0xA0000003  # IO_REPARSE_TAG_MOUNT_POINT, which `stat` has on Windows alone


def content(place: str) -> "bytes | None":
    """Content of the regular file at ``place``, None where there is none.

    Raises OSError for one that cannot be read.
    """
    try:
        if not stat.S_ISREG(os.lstat(place).st_mode):
            return None
        with open(place, "rb") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None


def exists(place: str) -> bool:
    """Whether there is something of exactly this name.

    A file system that folds case also finds it under names that differ in case alone.
    One that takes accented letters apart (HFS+) lists them in another form than git
    does, which is the same name (git-config(1), "core.precomposeUnicode").
    """
    directory, name = os.path.split(place)
    if not os.path.lexists(place):
        return False
    names = os.listdir(directory)
    return name in names or _composed(name) in map(_composed, names)


def _composed(name: str) -> str:
    """A name in one of the forms that Unicode has for it (Unicode, Annex 15)."""
    return name if name.isascii() else unicodedata.normalize("NFC", name)


def inside(top: str, path: str) -> str:
    """The path behind links. Raises Refused where that is outside the work tree."""
    root = os.path.realpath(top)
    place = os.path.realpath(os.path.join(root, path))
    try:
        common = os.path.commonpath([root, place])
    except ValueError:  # on another drive of Windows
        common = ""
    if common != root:
        msg = f"{path} is a link that leads out of the repository; {UNCHANGED}"
        raise Refused(msg)
    return os.path.relpath(place, root).replace(os.sep, "/")


def entries(top: str, plan: "Plan") -> "tuple[Entry, ...]":
    """The plan's paths, each judged. Raises Refused where one cannot be written.

    Refused are links, folders and read-only files in a path's place, paths that lead
    out of the work tree, files that are not what the plan was made from, files that
    would be lost since git does not have them, and names that the file system cannot
    tell from another file's.
    """
    sources = {new: old for old, new in plan.moves.items()}
    return tuple(
        _entry(top, path, plan, sources.get(path, path)) for path in plan.files
    )


def _entry(top: str, path: str, plan: "Plan", source: str) -> Entry:
    _refuse_way(top, path)
    place, expected, new = (
        os.path.join(top, path),
        plan.expected.get(path),
        plan.files[path],
    )
    try:
        if expected is None and os.path.lexists(place) and not exists(place):
            _refuse_twin(top, path, plan)
            old, mode = None, -1
        else:
            mode = _refuse_place(top, path)
            old = content(place)
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}; {UNCHANGED}; mend that and run it again"
        raise Refused(msg) from None
    refuse_other_content(path, old, expected)
    if new is None and old is not None and path not in plan.moves:
        _refuse_only_copy(top, path, old)
    kept = _refuse_place(top, source)
    return Entry(path, old, new, kept, touched=old != new or mode != kept)


def _refuse_only_copy(top: str, path: str, data: bytes) -> None:
    """Raises Refused where a file that goes for good has a content that git lacks."""
    named = ("-C", top, "hash-object", "--stdin", f"--path={path}")
    blob = git.decode(git.run(*named, stdin=data)).strip()
    missing, _ = git.run_code("cat-file", "-e", blob, ok=(0, 1, 128))
    if missing:
        msg = (
            f"{path} would be removed, and git does not have what is in it; {UNCHANGED};"
            f" `git add {word(path)}` and run it again, or move it away"
        )
        raise Refused(msg)


def _refuse_way(top: str, path: str) -> None:
    """Raises Refused where the way to a path is not one of plain folders in ``top``."""
    parts = path.split("/")
    if any(part in ("", ".", "..") or part.lower() == ".git" for part in parts):
        msg = f"{path!r} is no path inside the repository; {UNCHANGED}"
        raise Refused(msg)
    for count in range(1, len(parts)):
        if _is_link(os.path.join(top, *parts[:count])):
            way = "/".join(parts[:count])
            msg = (
                f"{way} is a link, and {path} would be written through it; {UNCHANGED}"
            )
            raise Refused(msg)


def _is_link(place: str) -> bool:
    """Whether a folder is a link, or a junction, which is Windows' own kind of one."""
    try:
        found = os.lstat(place)
    except OSError:
        return False
    tag = getattr(found, "st_reparse_tag", 0)  # there on Windows alone
    return stat.S_ISLNK(found.st_mode) or tag == _JUNCTION


def _refuse_place(top: str, path: str) -> int:
    try:
        mode = os.lstat(os.path.join(top, path)).st_mode
    except OSError:  # also of a folder that cannot be looked into: writing will tell
        return -1
    if stat.S_ISLNK(mode) or not stat.S_ISREG(mode):
        kind = "a link" if stat.S_ISLNK(mode) else "no regular file"
        msg = f"{path} is {kind}; {UNCHANGED}; put a file in its place and run it again"
        raise Refused(msg)
    if not mode & 0o222:
        msg = f"{path} is read-only; {UNCHANGED}; `chmod u+w {word(path)}` and run it again"
        raise Refused(msg)
    return stat.S_IMODE(mode)


def refuse_other_content(
    path: str, found: "bytes | None", expected: "bytes | None"
) -> None:
    """Raises Refused where a file is not what the plan was made from.

    path: for the message. found, expected: what is there, what should be; None for no
    file.
    """
    if found == expected:
        return
    if expected is None:
        msg = f"{path} is in the way; {UNCHANGED}; move it away or `git add {word(path)}`, and run it again"
    elif found is None:
        msg = f"{path} is not in the work tree; {UNCHANGED}; `git checkout -- {word(path)}` brings it back"
    else:
        msg = f"{path} was edited meanwhile; {UNCHANGED}; run it again"
    raise Refused(msg)


def _refuse_twin(top: str, path: str, plan: "Plan") -> None:
    """Raises Refused where a file stays whose name differs from a new one in case alone.

    Called only where the file system cannot tell the two apart.
    """
    directory, _, name = path.rpartition("/")
    twins = [
        other
        for other in os.listdir(os.path.join(top, directory))
        if _composed(other) != _composed(name) and _folded(other) == _folded(name)
    ]
    for twin in twins:
        if plan.files.get(f"{directory}/{twin}".lstrip("/"), b"") is not None:
            msg = (
                f"{path} differs from {twin} in case alone, which this file system"
                f" cannot tell apart; {UNCHANGED}; rename one of them"
            )
            raise Refused(msg)


def _folded(name: str) -> str:
    return _composed(name).casefold()
