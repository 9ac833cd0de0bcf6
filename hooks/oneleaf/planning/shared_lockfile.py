"""The shared lockfile, written anew under the comments that it had."""

from oneleaf.lockfile import (
    BLANKS,
    HEADER,
    Malformed,
    has_control,
    is_migration_name,
    join_shared,
    trimmed,
    without_bom,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def update_shared(data: "bytes | None", entries: "Mapping[str, str]") -> bytes:
    """A shared lockfile of ``entries``, with the comments of ``data`` on top.

    data: the file as it was, however malformed; None where there was none. Without
    comments of its own it gets ours. entries: app label -> migration name, in any order.
    Raises Malformed for labels and names that could not be read back.
    """
    header = _comments_of(data or b"") or HEADER
    blocks = []
    for above, label in enumerate(sorted(entries)):
        name = entries[label]
        if not label.isidentifier() or not is_migration_name(name):
            line = len(header) + 2 * (above + 1)
            raise Malformed(line, f"{label!r}: {name!r} cannot stand in a lockfile")
        blocks.append(f"{label}: {name}".encode())
    return join_shared(header, blocks)


def _comments_of(data: bytes) -> "tuple[str, ...]":
    """The comments of a file that may be malformed, those below entries at the end.

    What could not be read back is written out as an escape, so that the file which
    gets these comments is well-formed.
    """
    header: list[str] = []
    on_top = True
    for raw in without_bom(data).split(b"\n"):
        line = raw.decode("utf-8", "backslashreplace").rstrip(BLANKS)
        if has_control(line):
            line = line.encode("unicode_escape").decode()
        if on_top and (not line or line.startswith("#")):
            header.append(line)
            continue
        on_top = False
        # A merge may have left the same comments once for each side.
        if line.startswith("#") and line not in header:
            header.append(line)
    return trimmed(header)
