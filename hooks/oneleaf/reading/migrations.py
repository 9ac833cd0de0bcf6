"""One migration file, read statically: bytes in, Migration out.

Three routes, from fast to thorough; each gives up (None) where it is not certain, and
then the next one is asked, so that all give the answer of the last:

1. ``_scan``: the layout that ``makemigrations`` writes, byte by byte;
2. ``_read_head``: the syntax tree of the class up to its ``operations``;
3. ``_read_whole``: the syntax tree of the file.

Nothing is imported or run. What the attributes mean: Django's
django/db/migrations/migration.py (class Migration) and loader.py (load_disk).
"""


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
    """

    __slots__ = (
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
        is_django: bool = True,  # noqa: FBT001, FBT002 - the last of a row
    ) -> None:
        self.name = name
        self.dependencies = dependencies
        self.run_before = run_before
        self.replaces = replaces
        self.initial = initial
        self.unreadable = unreadable
        self.is_django = is_django


_CLASS = b"\nclass Migration(migrations.Migration):"
_OPERATIONS = b"\n    operations"
_SWAPPABLE = "migrations.swappable_dependency(settings."
_LISTS = ("    dependencies", "    replaces", "    run_before")
_FLAGS = ("    initial", "    atomic")
_BOOLEANS = {"True": True, "False": False}
# What stands between a header comment and the class in most files.
_HEADS = frozenset(
    newlines + imports + b"\n\n"
    for newlines in (b"\n", b"\n\n")
    for imports in (
        b"from django.db import migrations",
        b"from django.db import migrations, models",
        b"import django.db.models.deletion\nfrom django.db import migrations, models",
        b"from django.db import migrations, models\nimport django.db.models.deletion",
    )
)
# What stands before, between and behind the strings where dependencies are all.
_BEFORE = (
    "\n    dependencies = [\n        (",
    "\n\n    dependencies = [\n        (",
)
_BETWEEN = "),\n        ("
_BEHIND = ("),\n    ]", "),\n    ]\n")


def read(name: str, source: bytes) -> Migration:
    """Read one migration file; never raises, never runs anything of it.

    name: the migration name, without ``.py``. source: the file's bytes, in any
    encoding and with any newlines that Python accepts.

    What cannot be told by reading, or would fail in Django, is in ``unreadable`` with
    its line (from 1); what could be told is in the other attributes all the same.
    """
    if _may_hold_markers(source):
        from oneleaf.reading.migration_ast import conflict_marker, mentions_django

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
    limits = _limits(source)
    if limits is None:
        return None
    start, cut = limits
    head = source[start + len(_CLASS) : cut]
    if not head.isascii() or b"\\" in head:
        return None
    text = head.decode("ascii")
    alone = _only_dependencies(text)
    if alone is not None:
        return Migration(name, alone)
    if "\r" in text:
        text = text.replace("\r", "")  # Only before newlines: _limits looked.
    if "(settings." in text and not _has_settings(source, start):
        return None
    lists: dict[str, tuple[tuple[str, str], ...]] = {}
    flags: dict[str, bool] = {}
    if not _attributes(text, lists, flags):
        return None
    return Migration(
        name,
        lists.get("    dependencies", ()),
        lists.get("    run_before", ()),
        lists.get("    replaces", ()),
        flags.get("    initial"),
    )


def _only_dependencies(text: str) -> "tuple[tuple[str, str], ...] | None":
    """The pairs of a class head in exactly the layout of nearly all; None: another.

    Split at the quotes, the odd pieces are strings, the even ones what is around them.
    """
    pieces = text.split('"' if '"' in text else "'")
    count = len(pieces) // 4
    if (
        pieces[0] in _BEFORE
        and pieces[-1] in _BEHIND
        and pieces[2::4] == [", "] * count
        and pieces[4:-1:4] == [_BETWEEN] * (count - 1)
        and "\n" not in "".join(pieces[1::2])
    ):
        return tuple(zip(pieces[1::4], pieces[3::4], strict=True))
    return None


def _attributes(
    text: str, lists: "dict[str, tuple[tuple[str, str], ...]]", flags: "dict[str, bool]"
) -> bool:
    """Collects the attributes in the lines of ``text``; False: not only those."""
    at = text.find("\n")
    if text[: at if at >= 0 else len(text)].strip(" "):
        return False
    while at >= 0:
        begin = at + 1
        at = text.find("\n", begin)
        line = (text[begin:at] if at >= 0 else text[begin:]).rstrip(" ")
        if not line:
            continue
        key, _, value = line.partition(" = ")
        if key in _LISTS and key not in lists:
            if value == "[":
                value, at = _several_lines(text, begin + len(line))
            pairs = _pairs(value[1:-1]) if value[:1] + value[-1:] == "[]" else None
            if pairs is None:
                return False
            lists[key] = pairs
        elif key in _FLAGS and key not in flags and value in _BOOLEANS:
            flags[key] = _BOOLEANS[value]
        elif key in _LISTS or key in _FLAGS or not _is_foreign(key, value):
            return False
    return True


def _several_lines(text: str, begin: int) -> "tuple[str, int]":
    """A list after its bracket at ``begin``, and where its last line ends (-1: at the end).

    Without a bracket alone in its line, as Django writes it: an empty string.
    """
    close = text.find("\n    ]", begin)
    at = text.find("\n", close + 1)
    if close < 0 or text[close + 6 : at if at >= 0 else len(text)].strip(" "):
        return "", at
    return f"[{text[begin:close]}]", at


def _is_foreign(key: str, value: str) -> bool:
    """Whether a line sets an attribute that is not Django's to a name, or calls one.

    Real projects mark their migrations so: ``safe = Safe.after_deploy()``.
    """
    names = [key[4:], *value.removesuffix("()").split(".")]
    return (
        key[:4] == "    "
        and all(name.isidentifier() for name in names)
        and names[0] not in ("migrations", "settings")
        and "    " + names[1] not in _LISTS
        and "    " + names[1] not in _FLAGS
    )


def _pairs(text: str) -> "tuple[tuple[str, str], ...] | None":
    """The pairs between the brackets of a list; None: not only plain pairs."""
    if _SWAPPABLE in text:
        text = _spell_out(text)
    quote = "'" if "'" in text else '"'
    pieces = text.split(quote)
    if len(pieces) == 1:
        return None if text.strip(" \n") else ()
    if len(pieces) % 4 != 1 or pieces[0].strip(" \n") != "(":
        return None
    for comma in pieces[2::4]:
        if comma != ", " and comma.strip(" \n") != ",":
            return None
    for between in pieces[4:-1:4]:
        if between.replace(" ", "").replace("\n", "") not in ("),(", ",),("):
            return None
    last = pieces[-1].replace(" ", "").replace("\n", "")
    if last not in (")", "),", ",)", ",),") or "\n" in "".join(pieces[1::2]):
        return None
    return tuple(zip(pieces[1::4], pieces[3::4], strict=True))


def _spell_out(text: str) -> str:
    """Writes swappable dependencies on a setting as the pairs they are read as.

    Inside a string the inserted quotes break the punctuation, so that ``_pairs``
    gives up, as it does on what is left as it stands here.
    """
    quote = '"' if '"' in text else "'"
    at = text.find(_SWAPPABLE)
    while at >= 0:
        end = text.find(")", at)
        setting = text[at + len(_SWAPPABLE) : end]
        if end < 0 or not setting.isidentifier():
            return text
        pair = f"({quote}settings.{setting}{quote}, {quote}__first__{quote})"
        text = text[:at] + pair + text[end + 1 :]
        at = text.find(_SWAPPABLE, at)
    return text


def _limits(source: bytes) -> "tuple[int, int] | None":
    """Where the class begins and its operations, if its head alone tells everything.

    That takes Django's own base class, no other class of that name after it, none of
    the attributes below the cut, no decorator, and a class that stands in code and
    not in a string.
    """
    start = source.find(_CLASS)
    cut = source.find(_OPERATIONS, start)
    if start < 0 or cut < 0 or b"\0" in source:
        return None
    if _may_be_changed_below(source, cut):
        return None
    # A header comment without a coding line, and then only plain imports.
    if (
        source.startswith(b"# Generated by ")
        and source[source.find(b"\n") : start] in _HEADS
        and b"\r" not in source
    ):
        return start, cut
    return (start, cut) if _has_plain_imports(source, start) else None


def _may_be_changed_below(source: bytes, cut: int) -> bool:
    """Whether anything below the cut may change what the class head says."""
    find = source.find
    return (
        find(b"Migration", cut) >= 0
        or find(b"dependencies", cut) >= 0
        or find(b"replaces", cut) >= 0
        or find(b"run_before", cut) >= 0
        # As a word that may be bound: it stands in many a name and help text.
        or (find(b"initial", cut) >= 0 and not _is_prose(source[cut:], b"initial"))
    )


def _has_plain_imports(source: bytes, start: int) -> bool:
    """Whether the class at ``start`` stands in code, with ``migrations`` from Django."""
    head = source[:start]
    if b"\r" in source and source.count(b"\r") != source.count(b"\r\n"):
        return False
    if b"coding" in head and not _declares_utf8(source):
        return False
    return (
        _imports_migrations(source, start)
        and b"\n@" not in head
        and ((b'"""' not in head and b"'''" not in head) or _is_code_after(head))
    )


def _imports_migrations(source: bytes, start: int) -> bool:
    """Whether ``migrations`` is Django's at ``start``, as far as a look can tell."""
    at = source.find(b"from django.db import ")
    if at < 0 or at > start or (at > 0 and source[at - 1] != 10):
        return False
    line = source[at : source.find(b"\n", at)].rstrip(b"\r")
    imported = line[len(b"from django.db import ") :].replace(b" ", b"").split(b",")
    if b"migrations" not in imported:
        return False
    return source.count(b"migrations", 0, start) == 1 or _bound_once(
        source[:at] + source[at + len(line) : start], b"migrations"
    )


def _has_settings(source: bytes, start: int) -> bool:
    """Whether ``settings`` is ``django.conf.settings`` at ``start``."""
    line = b"from django.conf import settings"
    at = source.find(line, 0, start)
    end = at + len(line)
    if at < 0 or (at > 0 and source[at - 1] != 10):
        return False
    if source[end] != 10 and source[end : end + 2] != b"\r\n":
        return False
    return _bound_once(source[:at] + source[end:start], b"settings")


def _bound_once(rest: bytes, name: bytes) -> bool:
    """Whether ``rest`` only reads attributes of ``name``, or says it inside a word.

    A mention in any other way (``import name.x`` too) may bind it to something else.
    """
    at = rest.find(name)
    while at >= 0:
        before = rest[at - 1 : at]
        after = rest[at + len(name) : at + len(name) + 1]
        if not (before.isalnum() or before in (b"_", b".")):
            imported = rest[:at].rstrip(b" ").endswith((b"import", b","))
            if not (
                after.isalnum() or after == b"_" or (after == b"." and not imported)
            ):
                return False
        at = rest.find(name, at + 1)
    return True


def _is_prose(rest: bytes, word: bytes) -> bool:
    """Whether ``word`` stands in ``rest`` only inside names, or before another word.

    No statement binds a name that is followed by a word, but a loop: ``for x in``.
    """
    at = rest.find(word)
    while at >= 0:
        before = rest[at - 1 : at]
        after = rest[at + len(word) : at + len(word) + 4]
        inside = (
            before.isalnum()
            or before == b"_"
            or after[:1].isalnum()
            or after[:1] == b"_"
        )
        if not inside and not (
            after[:1] == b" " and after[1:2].isalpha() and after[1:4] != b"in "
        ):
            return False
        at = rest.find(word, at + 1)
    return True


def _declares_utf8(source: bytes) -> bool:
    """Whether a coding line (PEP 263: one of the first two) names UTF-8, or none is."""
    for line in source[:400].split(b"\n", 2)[:2]:
        if b"coding" in line and b"utf-8" not in line.lower():
            return False
    return True


def _is_code_after(head: bytes) -> bool:
    """Whether the text after ``head`` is certainly outside of triple-quoted strings.

    Certain: one kind of triple quote, in pairs, each opening one on a line without
    other quotes and without a comment, and no tricks with backslashes.
    """
    quotes = b'"""' if b'"""' in head else b"'''"
    if b"'''" in head and b'"""' in head:
        return False
    pieces = head.split(quotes)
    if len(pieces) % 2 == 0:
        return False
    for outside in pieces[:-1:2]:
        line = outside[outside.rfind(b"\n") + 1 :]
        if b"#" in line or b"'" in line or b'"' in line or b"\\\n" in outside:
            return False
    for inside in pieces[1::2]:
        if inside[-1:] in (b"\\", quotes[:1]):
            return False
    return all(piece[:1] != quotes[:1] for piece in pieces)


def _read_head(name: str, source: bytes) -> "Migration | None":
    """The second route: the tree of the class, without its operations.

    It also reads files that this interpreter cannot parse elsewhere: Python 2, or
    ``except A, B:`` of Python 3.14.
    """
    limits = _limits(source)
    if limits is None:
        return None
    from oneleaf.reading import migration_ast

    start, cut = limits
    settings = _has_settings(source, start)
    told = migration_ast.read_head(source[start + 1 : cut], settings=settings)
    return Migration(name, *told) if told else None


def _read_whole(name: str, source: bytes) -> Migration:
    """The third route: the tree of the whole file."""
    from oneleaf.reading import migration_ast

    return Migration(name, *migration_ast.read_whole(source))
