"""The three-way merge of lockfiles: three texts in, one text and its conflicts out.

The merge driver's judgement, without git and without files. It is clean only where
the three texts alone prove the result: one side left the name as it was, or both
wrote the same one. Everything else is a conflict with markers: git takes a clean
exit for the truth, whatever the file holds (gitattributes(5), "Defining a custom
merge driver").

All comparisons are made on names, never on bytes, so that a line end, a byte order
mark or a blank is neither a change nor a conflict. Results have LF; git converts.
"""

from oneleaf.lockfiles.format import (
    Malformed,
    SharedLockfile,
    format_app,
    join_shared,
    parse_entry,
    parse_shared,
    read_app,
    without_bom,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

# Stands for a name in the base that cannot be known. No side can hold it, so it
# never equals what a side has, and a difference between the sides is a conflict.
_UNKNOWN = "\0"

DEFAULT_SIZE, _SMALLEST_SIZE = 7, 3


class MarkerStyle:
    """How conflicts are written.

    size: characters of a marker line, git's ``%L``; git's default where it is less
        than the three that distinguish a marker from a name.
    show_base: whether the base is between the sides (``merge.conflictStyle`` diff3 or
        zdiff3).
    """

    __slots__ = ("show_base", "size")

    def __init__(self, size: int = DEFAULT_SIZE, *, show_base: bool = False) -> None:
        # A conflict without markers that readers know would be added unseen.
        self.size = size if size >= _SMALLEST_SIZE else DEFAULT_SIZE
        self.show_base = show_base


class NameConflict:
    """One app whose latest migration the merge cannot determine."""

    __slots__ = ("base", "label", "ours", "theirs")

    def __init__(
        self, label: str, base: "str | None", ours: "str | None", theirs: "str | None"
    ) -> None:
        self.label = label
        self.base = base
        self.ours = ours
        self.theirs = theirs


class Merged:
    __slots__ = ("conflicts", "content")

    def __init__(self, content: bytes, conflicts: "list[NameConflict]") -> None:
        self.content = content
        self.conflicts = conflicts

    @property
    def clean(self) -> bool:
        return not self.conflicts


def judge(
    base: "bytes | None",
    ours: "bytes | None",
    theirs: "bytes | None",
    style: MarkerStyle,
) -> Merged:
    """Merges a lockfile of either form; None for a file that cannot be read. Raises nothing.

    The texts alone show the form: no migration name holds a blank, so that neither
    form can be read as the other.
    """
    if base is None or ours is None or theirs is None:
        text = conflict_text(base or b"", ours or b"", theirs or b"", style)
        return Merged(text, [NameConflict("", None, None, None)])
    merge = merge_shared if _is_shared(ours) or _is_shared(theirs) else merge_app
    return merge(base, ours, theirs, style)


def _is_shared(data: bytes) -> bool:
    try:
        parse_shared(data)
    except Malformed:
        return False
    return True


def merge_app(base: bytes, ours: bytes, theirs: bytes, style: MarkerStyle) -> Merged:
    """Merges an app's own lockfile. Raises nothing.

    base: git's ``%O``; empty where the merge base has no such file. A conflict of two
    readable names is the marker lines and the names alone: tools that read the file
    expect the names in the second and the last line but one.
    """
    root, mine, other = _name_in(base), _name_in(ours), _name_in(theirs)
    if mine is None or other is None:
        return _undecided(base, ours, theirs, style)
    if _decided(root, mine, other):
        return Merged(format_app(other if mine == root else mine), [])
    before = b"" if root is None else format_app(root)
    text = conflict_text(before, format_app(mine), format_app(other), style)
    return Merged(text, [NameConflict("", root, mine, other)])


def merge_shared(base: bytes, ours: bytes, theirs: bytes, style: MarkerStyle) -> Merged:
    """Merges a shared lockfile, app by app. Raises nothing.

    base: git's ``%O``; the apps in its marker blocks (the merge of several merge
    bases) have an unknown base; where it cannot be read, all apps have. Adding an app
    is a change, and so is deleting it. Comments are ours, unless only theirs changed.
    """
    try:
        mine, other = parse_shared(ours), parse_shared(theirs)
    except Malformed:
        return _undecided(base, ours, theirs, style)
    root = _read_base(base, {*mine.entries, *other.entries})
    blocks: list[bytes] = []
    conflicts: list[NameConflict] = []
    for label in sorted({*mine.entries, *other.entries}):
        known = root.entries.get(label)
        a, b = mine.entries.get(label), other.entries.get(label)
        if not _decided(known, a, b):
            unknown = known == _UNKNOWN
            conflicts.append(NameConflict(label, None if unknown else known, a, b))
            blocks.append(_entry_block(conflicts[-1], style))
        elif (name := b if a == known else a) is not None:
            blocks.append(f"{label}: {name}".encode())
    header = other.header if mine.header == root.header else mine.header
    return Merged(join_shared(header, blocks), conflicts)


def conflict_text(base: bytes, ours: bytes, theirs: bytes, style: MarkerStyle) -> bytes:
    """The whole of both files in one marker block. Takes any bytes, raises nothing."""
    size = style.size
    parts = [b"<" * size, b" ours\n", _ended(ours)]
    if style.show_base:
        parts += [b"|" * size, b" base\n", _ended(base)]
    parts += [b"=" * size, b"\n", _ended(theirs), b">" * size, b" theirs\n"]
    return b"".join(parts)


def _decided(base: "str | None", ours: "str | None", theirs: "str | None") -> bool:
    return ours == theirs or base in (ours, theirs)


def _name_in(data: bytes) -> "str | None":
    try:
        return read_app(data)
    except Malformed:
        return None


def _undecided(base: bytes, ours: bytes, theirs: bytes, style: MarkerStyle) -> Merged:
    """The conflict of files that cannot be read, one of them at least."""
    marked = ours.startswith(b"<<<") or b"\n<<<" in ours
    content = ours if marked else conflict_text(base, ours, theirs, style)
    conflict = NameConflict("", _name_in(base), _name_in(ours), _name_in(theirs))
    return Merged(content, [conflict])


def _read_base(data: bytes, labels: "Iterable[str]") -> SharedLockfile:
    try:
        outside, inside = _split_at_markers(data)
        unknown = {parse_entry(line, 1)[0] for line in inside}
        if not outside.strip():
            return SharedLockfile((), dict.fromkeys(unknown, _UNKNOWN), {})
        root = parse_shared(outside)
    except (Malformed, UnicodeDecodeError):
        return SharedLockfile((), dict.fromkeys(labels, _UNKNOWN), {})
    root.entries.update(dict.fromkeys(unknown, _UNKNOWN))
    return root


def _split_at_markers(data: bytes) -> "tuple[bytes, list[str]]":
    """The text outside of marker blocks, and the entries inside of them."""
    outside, inside, depth = [], [], 0
    for line in without_bom(data).split(b"\n"):
        if line.startswith(b"<<<"):
            depth += 1
        elif line.startswith(b">>>"):
            depth -= 1
        elif depth == 0:
            outside.append(line)
        elif line.strip() and not line.startswith((b"===", b"|||", b"#")):
            inside.append(line.decode().rstrip(" \t\r"))
        if depth < 0:
            break
    if depth:
        raise Malformed(1, "conflict markers that do not match")
    return b"\n".join(outside), inside


def _entry_block(conflict: NameConflict, style: MarkerStyle) -> bytes:
    base, ours, theirs = (
        b"" if name is None else f"{conflict.label}: {name}".encode()
        for name in (conflict.base, conflict.ours, conflict.theirs)
    )
    return conflict_text(base, ours, theirs, style).removesuffix(b"\n")


def _ended(data: bytes) -> bytes:
    return data if not data or data.endswith(b"\n") else data + b"\n"
