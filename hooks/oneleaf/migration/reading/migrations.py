"""One migration file, read statically: bytes in, Migration out.

Three routes, from fast to thorough; each gives up (None) where it is not certain, and
then the next one is asked, so that all give the answer of the last:

1. ``_scan``: the layout that ``makemigrations`` writes, byte by byte (``as_django_writes``);
2. ``_read_head``: the syntax tree of the class up to its ``operations``;
3. ``_read_whole``: the syntax tree of the file.

Nothing is imported or run. What the attributes mean: Django's
django/db/migrations/migration.py (class Migration) and loader.py (load_disk).
"""

from oneleaf.migration.reading import as_django_writes
from oneleaf.migration.reading.as_django_writes import CLASS, has_settings, limits


class Migration:
    """What a migration file says of its place in the history.

    name: the module's name, without ``.py``.
    dependencies, run_before, replaces: (app label, migration name) pairs in the
        order of the file. A swappable dependency on a setting is
        ``("settings.AUTH_USER_MODEL", "__first__")``: the dot tells it from a label.
    initial: the attribute's value, None where it is not set.
    unreadable: (line, reason) where something could not be told by reading; what
        could be told is in the other attributes all the same.
    is_django: the file defines a Django migration, as far as can be told.
    conditional: pairs that an ``if`` may add to the dependencies, where ``unreadable``
        is about nothing else.
    """

    __slots__ = (
        "conditional",
        "dependencies",
        "initial",
        "is_django",
        "name",
        "replaces",
        "run_before",
        "unreadable",
    )

    def __init__(
        self,
        name: str,
        dependencies: "tuple[tuple[str, str], ...]" = (),
        run_before: "tuple[tuple[str, str], ...]" = (),
        replaces: "tuple[tuple[str, str], ...]" = (),
        initial: "bool | None" = None,
        unreadable: "tuple[int, str] | None" = None,
        is_django: bool = True,  # noqa: FBT001, FBT002 - one of a row
        conditional: "tuple[tuple[str, str], ...]" = (),
    ) -> None:
        self.name = name
        self.dependencies = dependencies
        self.run_before = run_before
        self.replaces = replaces
        self.initial = initial
        self.unreadable = unreadable
        self.is_django = is_django
        self.conditional = conditional


def read(name: str, source: bytes) -> Migration:
    """Read one migration file; never raises, never runs anything of it.

    name: the migration name, without ``.py``. source: the file's bytes, in any
    encoding and with any newlines that Python accepts.

    What cannot be told by reading, or would fail in Django, is in ``unreadable`` with
    its line (from 1); what could be told is in the other attributes all the same.
    """
    if _may_hold_markers(source):
        from oneleaf.migration.reading.tree import conflict_marker, mentions_django

        line = conflict_marker(source)
        if line:
            problem = line, "conflict marker; resolve the merge conflict in this file"
            return Migration(
                name, unreadable=problem, is_django=mentions_django(source)
            )
    return _scan(name, source) or _read_head(name, source) or _read_whole(name, source)


def _may_hold_markers(source: bytes) -> bool:
    """A quick look: one rare byte is found much faster than seven of it."""
    return (
        (b"<" in source and b"<<<<<<<" in source)
        or (b">" in source and b">>>>>>>" in source)
        or b"\n=======" in source
    )


def _scan(name: str, source: bytes) -> "Migration | None":
    """The first route: every line of the class head is one that Django writes."""
    found = limits(source)
    if found is None:
        return None
    start, cut = found
    head = source[start + len(CLASS) : cut]
    if not head.isascii() or b"\\" in head:
        return None
    text = head.decode("ascii")
    alone = as_django_writes.only_dependencies(text)
    if alone is not None:
        return Migration(name, alone)
    if "\r" in text:
        text = text.replace("\r", "")  # Only before newlines: ``limits`` looked.
    if "(settings." in text and not has_settings(source, start):
        return None
    told = as_django_writes.attributes(text)
    if told is None:
        return None
    lists, flags = told
    return Migration(
        name,
        lists.get(as_django_writes.DEPENDENCIES, ()),
        lists.get(as_django_writes.RUN_BEFORE, ()),
        lists.get(as_django_writes.REPLACES, ()),
        flags.get(as_django_writes.INITIAL),
    )


def _read_head(name: str, source: bytes) -> "Migration | None":
    """The second route: the tree of the class, without its operations.

    It also reads files that this interpreter cannot parse elsewhere: Python 2, or
    ``except A, B:`` of Python 3.14.
    """
    found = limits(source)
    if found is None:
        return None
    from oneleaf.migration.reading import tree

    start, cut = found
    settings = has_settings(source, start)
    told = tree.read_head(source[start + 1 : cut], settings=settings)
    return Migration(name, *told) if told else None


def _read_whole(name: str, source: bytes) -> Migration:
    """The third route: the tree of the whole file."""
    from oneleaf.migration.reading import tree

    return Migration(name, *tree.read_whole(source))
