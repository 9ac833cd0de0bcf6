"""Ghost and twin: which applied row is which file now, by what the file does.

Pure. A name alone does not tell: a chain that moved one number on uses its own old
names again.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from oneleaf.database.keys import Key, dotted


class Unpaired(Exception):
    """A row has no twin, or more than one; says which."""


class Texts:
    """What is known of contents.

    now: fingerprint of each of the app's files, by key. before: the fingerprints that
    a row of that key may have been applied with. published: files that nobody moves;
    they are a row's only where no other file is.
    """

    __slots__ = ("before", "now", "published")

    def __init__(
        self,
        now: "Mapping[Key, str]",
        before: "Callable[[Key], Sequence[str]]",
        published: "Collection[Key]" = (),
    ) -> None:
        self.now = now
        self.before = before
        self.published = published


def pair(rows: "Sequence[Key]", texts: Texts) -> "dict[Key, Key]":
    """Old key -> new key of every row of one app that is another file now.

    rows: the app's applied rows, in the order they were applied. Rows that are what
    their name says are not in the answer. Raises Unpaired for a row without a file and
    without a twin, or where two pairings are possible.
    """
    moving = {row for row in rows if row not in texts.now}
    moving |= {row for row in rows if row not in moving and _is_other(row, rows, texts)}
    while True:
        found = _only([row for row in rows if row in moving], texts)
        displaced = {row for row in rows if row in found.values()} - moving
        if not displaced:
            return found
        moving |= displaced


def _is_other(row: Key, rows: "Sequence[Key]", texts: Texts) -> bool:
    """Whether what was applied under the name may be a file that has no row."""
    pending = {mark for key, mark in texts.now.items() if key not in rows}
    own = texts.now[row]
    return any(mark in pending and mark != own for mark in texts.before(row))


def _only(wanted: "Sequence[Key]", texts: Texts) -> "dict[Key, Key]":
    """The one pairing there is. Raises Unpaired."""
    candidates = {row: _candidates(row, texts) for row in wanted}
    for row in wanted:
        if not candidates[row]:
            msg = f"{dotted(row)} has no file of the same content here"
            raise Unpaired(msg)
    pairings = _pairings(list(wanted), candidates)
    first = next(pairings, None)
    names = ", ".join(dotted(row) for row in wanted)
    if first is None:
        msg = f"no pairing of {names} keeps their order"
        raise Unpaired(msg)
    if next(pairings, None) is not None:
        msg = f"{names} may be paired with the files here in several ways"
        raise Unpaired(msg)
    return first


def _candidates(row: Key, texts: Texts) -> "list[Key]":
    """Files that do what the row may have done, in order of their names."""
    marks = list(texts.before(row))
    files = [k for k in sorted(texts.now) if texts.now[k] in marks and k != row]
    return [key for key in files if key not in texts.published] or files


def _pairings(
    rows: "list[Key]", candidates: "Mapping[Key, Sequence[Key]]", after: str = ""
) -> "Iterator[dict[Key, Key]]":
    """Every way to give each row a file of its own, in the order of both."""
    if not rows:
        yield {}
        return
    for key in candidates[rows[0]]:
        if key[1] > after:
            for rest in _pairings(rows[1:], candidates, key[1]):
                yield {rows[0]: key, **rest}
