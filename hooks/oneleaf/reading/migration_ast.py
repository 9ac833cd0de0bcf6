"""The slow routes of the reader: the class head's tree, or the whole file's.

Loaded only where the scanner gives up. Follows what Python would do at import,
statement by statement, as far as it can be told; what a class inherits is Python's,
what its attributes mean is Django's (django/db/migrations/migration.py).
"""

import sys

from oneleaf.reading.static_classes import LISTS, read_class
from oneleaf.reading.static_module import follow
from oneleaf.reading.static_names import BASES, Names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from oneleaf.reading.static_classes import Class

    # dependencies, run_before, replaces, initial, unreadable, is_django and conditional
    # of a Migration
    Pairs = tuple[tuple[str, str], ...]
    Told = tuple[Pairs, Pairs, Pairs, bool | None, tuple[int, str] | None, bool, Pairs]

_ONLY_TREE = 0x400  # ast.PyCF_ONLY_AST
_DEEP = (1, "nested too deeply to be read")


def parse(source: bytes) -> "Any":
    """The tree of ``source``, or (line, reason) where Python refuses it.

    source: in any encoding that Python accepts. Raises nothing.
    """
    import warnings

    try:
        with warnings.catch_warnings():
            # Invalid escapes and the like are the project's own affair.
            warnings.simplefilter("ignore")
            return compile(source, "<migration>", "exec", _ONLY_TREE, dont_inherit=True)
    except SyntaxError as error:
        version = ".".join(map(str, sys.version_info[:2]))
        return error.lineno or 1, f"Python {version} cannot parse it: {error.msg}"
    except (RecursionError, MemoryError):
        return _DEEP
    except (ValueError, LookupError, OverflowError) as error:
        line = source[: max(source.find(b"\0"), 0)].count(b"\n") + 1
        return line, f"Python cannot decode it: {error}"


def conflict_marker(source: bytes) -> int:
    """The line of the first conflict marker, 0 where there is none.

    Seven ``=`` alone also underline a heading in a docstring, so they are a marker
    only beside one of the others, or where no tree can be made of the file.
    """
    lines = source.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    middle = 0
    for number, line in enumerate(lines, 1):
        if line[:7] in (b"<<<<<<<", b">>>>>>>") and line[7:8] in (b"", b" "):
            return middle or number
        if line == b"=======":
            middle = middle or number
    return middle if middle and isinstance(parse(source), tuple) else 0


def read_head(head: bytes, *, settings: bool) -> "Told | None":
    """Reads ``head``, a class with Django's base class, cut before its operations.

    settings: the name ``settings`` is Django's there. None: not told by this alone.
    """
    tree = parse(head + b"\n    pass\n")
    if isinstance(tree, tuple) or len(tree.body) != 1:
        return None
    try:
        found = read_class(tree.body[0], Names(tree, settings=settings))
    except (RecursionError, MemoryError):
        return None
    told = _told(found, b"django.db")
    return told if told[4] is None else None


def read_whole(source: bytes) -> "Told":
    """Reads the whole file, or says why that cannot be. Raises nothing."""
    try:
        tree = parse(source)
        return (
            _unparsable(source, tree)
            if isinstance(tree, tuple)
            else _read(tree, source)
        )
    except (RecursionError, MemoryError):
        return _nothing(_DEEP, django=mentions_django(source))


def _read(tree: "Any", source: bytes) -> "Told":
    value = follow(tree)
    if value is None:
        reason = "no class Migration; Django raises BadMigrationError for it"
        return _nothing((1, reason), django=False)
    if value.kind == "class":
        return _told(value.content, source)
    if value.kind == "path" and value.content in BASES:
        return _nothing(None, django=False)  # Django's own class: no dependencies.
    where = f"imported ({value.content})" if value.kind == "path" else "computed"
    reason = f"Migration is {where}, not a class of this file; write it as a class here"
    return _nothing((value.line, reason), django=b"django" in source)


def _nothing(problem: "tuple[int, str] | None", *, django: bool) -> "Told":
    return (), (), (), None, problem, django, ()


def mentions_django(source: bytes) -> bool:
    """Whether a file that has no tree may be one of Django's migrations.

    UTF-16 is looked through, since it is what an editor makes of a file by mistake.
    """
    text = source.replace(b"\0", b"")
    return b"Migration" in text and b"django" in text and b"from south" not in text


def _unparsable(source: bytes, problem: "tuple[int, str]") -> "Told":
    """A file without a tree: what its class head tells, if that much parses."""
    django = mentions_django(source)
    start = source.find(b"\nclass Migration(") + 1
    tree = parse(
        source[start : source.find(b"\n    operations", start)] + b"\n    pass\n"
    )
    if not start or isinstance(tree, tuple) or len(tree.body) != 1:
        return _nothing(problem, django=django)
    told = _told(read_class(tree.body[0], Names(tree)), source)
    return (*told[:4], problem, django and told[5], ())


def _told(found: "Class", source: bytes) -> "Told":
    """What a class tells; ``source`` tells whether Django is near."""
    django = found.django
    if django is None:
        django = b"django.db" in source or b"migrations.Migration" in source
    problems = found.problems + [told[1] for told in found.told.values() if told[1]]
    if found.base and "dependencies" not in found.told:
        reason = (
            f"dependencies may be inherited ({found.base}); write them in the class"
        )
        problems.append((found.line, reason))
    if not django:
        reason = "class Migration is not a subclass of Django's; Django cannot load it"
        problems = [(found.line, reason)]
    only = len(problems) == 1 and bool(django) and not found.opaque
    values = {attribute: told[0] for attribute, told in found.told.items()}
    return (
        *(values.get(attribute, ()) for attribute in LISTS),
        values.get("initial"),
        min(problems, default=None),
        django,
        tuple(found.conditional) if only else (),
    )
