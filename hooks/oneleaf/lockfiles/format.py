"""The two lockfile formats: bytes in, migration names out, and back.

Per app, a file of one line, the name of the app's leaf node (byte for byte what
django-linear-migrations keeps in ``max_migration.txt``)::

    0002_add_color

Shared, one file for all apps: comments on top, then an entry per app, sorted by
app label, with exactly one blank line between entries::

    # what this file is

    people: 0001_initial

    shop: 0002_add_color

Git's text merge conflicts exactly where changed lines touch. So two names for one
app conflict wherever the merge is made, and the blank line keeps two apps apart.
"""

from itertools import pairwise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

HEADER = (
    "# The latest migration of each Django app, one entry per app; kept by oneleaf.",
    "# A conflict here means that two branches added migrations to the same app.",
    "# Put one chain after the other with: oneleaf rebase",
)

_BOM = b"\xef\xbb\xbf"
_LARGEST = 1 << 20  # bytes; ten thousand apps need less
BLANKS = " \t\r"  # what may be at the end of a line

# Three are enough: git takes any length from the attribute conflict-marker-size,
# and no migration name, label or comment begins like this.
_MARKERS = (b"<<<", b"|||", b"===", b">>>")


class Malformed(Exception):
    """A lockfile that cannot be read, or a name that no lockfile can hold."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line
        self.reason = reason


class SharedLockfile:
    """A shared lockfile, in its parts."""

    __slots__ = ("entries", "header", "lines")

    def __init__(
        self,
        header: "tuple[str, ...]",
        entries: "dict[str, str]",
        lines: "dict[str, int]",
    ) -> None:
        self.header = header
        self.entries = entries
        self.lines = lines


def marker_line(data: bytes) -> int:
    """Line of the first conflict marker, counted from 1; 0 where there is none.

    Markers of every length that git writes count, with or without a label: rerere
    records them bare (gitattributes(5), conflict-marker-size).
    """
    for number, line in enumerate(without_bom(data).split(b"\n"), 1):
        if line.startswith(_MARKERS):
            return number
    return 0


def without_bom(data: bytes) -> bytes:
    return data.removeprefix(_BOM)


def is_migration_name(name: str) -> bool:
    """Whether a lockfile can hold the name: printable, no blanks, no path.

    Narrower than what Python can import as a module, on purpose: a sentence or a
    path in a lockfile is an accident, and must not be taken for a name.
    """
    return (
        bool(name)
        and name.isprintable()
        and not name.startswith(("#", "<<<", "|||", "===", ">>>"))
        and not any(character in name for character in " /\\")
    )


def read_app(data: bytes) -> str:
    """The name; accepts a byte order mark, CR, blanks and any newlines around it."""
    filled = [(number, line) for number, line in _lines(data) if line]
    if not filled:
        raise Malformed(1, "the file is empty")
    if len(filled) > 1:
        raise Malformed(filled[1][0], "more than one line")
    number, line = filled[0]
    name = line.lstrip(BLANKS)
    if not is_migration_name(name):
        raise Malformed(number, "not a migration name")
    return name


def format_app(name: str) -> bytes:
    if not is_migration_name(name):
        raise Malformed(1, f"{name!r} cannot be written to a lockfile")
    return f"{name}\n".encode()


def read_shared(data: bytes) -> "dict[str, str]":
    """The entries of a shared lockfile: app label -> migration name, sorted.

    Raises Malformed for what ``parse_shared`` refuses, and for every layout in
    which a plain text merge could lose an entry or join two: entries that are not
    sorted, or have no blank line or several between them.
    """
    shared = parse_shared(data)
    for (before, above), (label, line) in pairwise(shared.lines.items()):
        if label < before:
            raise Malformed(line, f"{label} is not sorted: it belongs above {before}")
        if line - above != 2:
            blank = "no" if line - above == 1 else "more than one"
            raise Malformed(line, f"{blank} blank line between {before} and {label}")
    return shared.entries


def parse_shared(data: bytes) -> SharedLockfile:
    """A shared lockfile in any order and with any number of blank lines.

    For the merge, which writes its result in order anyway. Raises Malformed for
    text that is no entry, labels that come twice, comments below the first entry,
    conflict markers, and an empty file (a file of comments alone has no entries).
    """
    header: list[str] = []
    entries: dict[str, str] = {}
    lines: dict[str, int] = {}
    for number, line in _lines(data):
        if not line or line.startswith("#"):
            if line and entries:
                raise Malformed(number, "comment below the first entry")
            header.append(line)
            continue
        label, name = parse_entry(line, number)
        if label in entries:
            first = lines[label]
            raise Malformed(number, f"{label} is here twice, first in line {first}")
        entries[label], lines[label] = name, number
    comments = _trimmed(header)
    if not entries and not comments:
        raise Malformed(1, "the file is empty")
    return SharedLockfile(comments, entries, lines)


def parse_entry(line: str, number: int) -> "tuple[str, str]":
    label, _, name = line.partition(": ")
    if not label.isidentifier() or not is_migration_name(name):
        raise Malformed(number, "not an entry of the form `label: name`")
    return label, name


def join_shared(header: "tuple[str, ...]", blocks: "Iterable[bytes]") -> bytes:
    """The file's text: the comments, then the blocks, one blank line between all."""
    parts = list(blocks)
    if header or not parts:  # an empty lockfile looks like a lost one
        parts.insert(0, "\n".join(header or HEADER).encode())
    return b"\n\n".join(parts) + b"\n"


def update_shared(data: "bytes | None", entries: "Mapping[str, str]") -> bytes:
    """A shared lockfile of ``entries``, with the comments of ``data`` on top."""
    header = _comments_of(data or b"") or HEADER
    blocks = []
    for above, label in enumerate(sorted(entries)):
        name = entries[label]
        if not label.isidentifier() or not is_migration_name(name):
            line = len(header) + 2 * (above + 1)
            raise Malformed(
                line, f"{label!r}: {name!r} cannot be written to a lockfile"
            )
        blocks.append(f"{label}: {name}".encode())
    return join_shared(header, blocks)


def _comments_of(data: bytes) -> "tuple[str, ...]":
    header: list[str] = []
    on_top = True
    for raw in without_bom(data).split(b"\n"):
        line = raw.decode("utf-8", "backslashreplace").rstrip(BLANKS)
        if _has_control(line):
            line = line.encode("unicode_escape").decode()
        if on_top and (not line or line.startswith("#")):
            header.append(line)
            continue
        on_top = False
        # A merge may have left the same comments once for each side.
        if line.startswith("#") and line not in header:
            header.append(line)
    return _trimmed(header)


def _lines(data: bytes) -> "list[tuple[int, str]]":
    """Number and text of each line, without what editors and systems add at its end."""
    if len(data) > _LARGEST:
        raise Malformed(1, "larger than any lockfile")
    marker = marker_line(data)
    if marker:
        raise Malformed(marker, "conflict marker left by a merge")
    lines = []
    for number, raw in enumerate(without_bom(data).split(b"\n"), 1):
        try:
            line = raw.decode().rstrip(BLANKS)
        except UnicodeDecodeError:
            raise Malformed(number, "not UTF-8 text") from None
        if _has_control(line):
            raise Malformed(number, "control character in the line")
        lines.append((number, line))
    return lines


def _has_control(line: str) -> bool:
    return not line.isprintable() and any(
        (character < " " and character != "\t") or "\x7f" <= character < "\xa0"
        for character in line
    )


def _trimmed(header: "list[str]") -> "tuple[str, ...]":
    return tuple("\n".join(header).strip("\n").split("\n")) if any(header) else ()
