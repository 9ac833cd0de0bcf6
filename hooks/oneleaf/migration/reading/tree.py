"""The tree of a Python file, and what the tree of a migration says of its place.

The slow routes of the reader: the class head's tree, or the whole file's. Loaded only
where the fast one gives up. Follows what Python would do at import, statement by
statement, as far as it can be told; what a class inherits is Python's, what its
attributes mean is Django's (django/db/migrations/migration.py).
"""

import sys

from oneleaf.migration.reading.values import (
    ATTRIBUTES,
    BASES,
    FUNCTIONS,
    LISTS,
    Names,
    Value,
    additions,
    evaluate,
    imported,
    pairs,
    touches,
    walk,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast
    from collections.abc import Sequence
    from typing import Any

    # dependencies, run_before, replaces, initial, unreadable, is_django and conditional
    # of a Migration
    Pairs = tuple[tuple[str, str], ...]
    Told = tuple[Pairs, Pairs, Pairs, bool | None, tuple[int, str] | None, bool, Pairs]

_ONLY_TREE = 0x400  # ast.PyCF_ONLY_AST
_DEEP = "nested too deeply to be read"
# Methods that Python calls while Django makes the instance from the class.
_MAKERS = ("__init__", "__new__", "__getattribute__", "__getattr__")
# The package that Django's own migrations replaced, and Python's root class.
_NOT_DJANGO = ("south", "the name object")


class NotPython(Exception):
    """A source that Python makes no tree of; the exception's text is a clause that says so.

    line: where, from 1. said: the reason in Python's own words.
    """

    def __init__(self, line: int, said: str, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.said = said


def parse(source: "bytes | str") -> "ast.Module":
    """The tree of a Python file; every file that is parsed is parsed here, and silently.

    source: bytes in any encoding that Python accepts. Raises NotPython, nothing else.
    """
    import warnings

    try:
        with warnings.catch_warnings():
            # Invalid escapes and the like are the project's own affair.
            warnings.simplefilter("ignore")
            tree: ast.Module = compile(
                source, "<text>", "exec", _ONLY_TREE, dont_inherit=True
            )
            return tree
    except SyntaxError as error:
        version = ".".join(map(str, sys.version_info[:2]))
        reason = f"Python {version} cannot parse it: {error.msg}"
        raise NotPython(error.lineno or 1, error.msg, reason) from None
    except (RecursionError, MemoryError):
        raise NotPython(1, _DEEP, _DEEP) from None
    except (ValueError, LookupError, OverflowError) as error:
        data = source.encode() if isinstance(source, str) else source
        line = data[: max(data.find(b"\0"), 0)].count(b"\n") + 1
        reason = f"Python cannot decode it: {error}"
        raise NotPython(line, str(error), reason) from None


def meaning(source: bytes) -> "str | None":
    """What a migration is, whatever its name, its number and its place in the history.

    Equal for equal migrations. None for one without operations, and for what is not
    Python.
    """
    return code(source, ATTRIBUTES, idle=False)


def code(
    source: bytes, without: "Sequence[str]" = (), *, idle: bool = True
) -> "str | None":
    """What a module says to Python: its tree without docstrings, as text.

    Layout, comments and the prefix of ``u""`` are no difference. without: attributes of
    the class Migration that are none either. idle: also of a migration without
    operations. None for what is not Python.
    """
    import ast

    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    try:
        tree = parse(source)
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant):
                node.kind = None
            elif isinstance(node, documented):
                names = without if _is_migration(node) else ()
                body = [part for part in node.body if not _is_text(part)]
                node.body = [part for part in body if not _sets(part, names)]
        return ast.dump(tree) if idle or _has_operations(tree) else None
    except (NotPython, RecursionError, MemoryError):
        return None


def _has_operations(tree: "ast.Module") -> bool:
    """Whether the class Migration has operations, or may: computed or inherited ones."""
    mentions = 0
    for node in walk(tree, functions=True):
        mentions += "operations" in (getattr(node, "id", ""), getattr(node, "attr", ""))
        if _is_migration(node):
            own = [part.value for part in node.body if _sets(part, ("operations",))]
            mentions -= sum(getattr(value, "elts", None) == [] for value in own)
            inherits = any(
                getattr(base, "attr", "") != "Migration" for base in node.bases
            )
            mentions += inherits and not own
    return mentions > 0


def _is_migration(node: "Any") -> bool:
    return type(node).__name__ == "ClassDef" and node.name == "Migration"


def _is_text(statement: "Any") -> bool:
    value = getattr(getattr(statement, "value", None), "value", None)
    return type(statement).__name__ == "Expr" and isinstance(value, str)


def _sets(statement: "Any", names: "Sequence[str]") -> bool:
    """Whether a statement assigns or adds to nothing but attributes of these names."""
    if type(statement).__name__ not in ("Assign", "AnnAssign", "AugAssign"):
        return False
    targets = getattr(statement, "targets", None) or [statement.target]
    return all(getattr(target, "id", "") in names for target in targets)


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
    if middle:
        try:
            parse(source)
        except NotPython:
            return middle
    return 0


def read_head(head: bytes, *, settings: bool) -> "Told | None":
    """Reads ``head``, a class with Django's base class, cut before its operations.

    settings: the name ``settings`` is Django's there. None: not told by this alone.
    """
    try:
        tree = parse(head + b"\n    pass\n")
        if len(tree.body) != 1:
            return None
        found = read_class(tree.body[0], Names(tree, settings=settings))
    except (NotPython, RecursionError, MemoryError):
        return None
    told = _told(found, b"django.db")
    return told if told[4] is None else None


def read_whole(source: bytes) -> "Told":
    """Reads the whole file, or says why that cannot be. Raises nothing."""
    try:
        return _read(source)
    except (RecursionError, MemoryError):
        return _nothing((1, _DEEP), django=mentions_django(source))


def _read(source: bytes) -> "Told":
    try:
        value = follow(parse(source))
    except NotPython as problem:
        return _unparsable(source, (problem.line, str(problem)))
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
    head = source[start : source.find(b"\n    operations", start)]
    try:
        tree = parse(head + b"\n    pass\n" if start else b"")
    except NotPython:
        return _nothing(problem, django=django)
    if len(tree.body) != 1:
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


def follow(tree: "Any") -> "Value | None":
    """What ``Migration`` is when the file has run, None: the name is not bound.

    Values of kind "class" hold a ``static_classes.Class``.
    """
    names = Names(tree)
    for statement in tree.body:
        _follow(statement, names)
    return names.get("Migration")


def _follow(node: "Any", names: Names) -> None:
    """One statement of the module's own level."""
    kind = type(node).__name__
    if kind in ("Import", "ImportFrom"):
        names.update(imported(node))
    elif kind == "ClassDef":
        names[node.name] = Value(node.lineno, "class", read_class(node, names))
    elif kind in ("Assign", "AnnAssign") and node.value is not None:
        _note_changes(node.value, names)
        value = evaluate(node.value, names)
        for target in node.targets if kind == "Assign" else [node.target]:
            _assign(target, value, names)
    else:
        _note_changes(node, names)
        names.bind_below(walk(node))
        for below in walk(node):
            if type(below).__name__ == "ClassDef":
                _bind_conditional(below, kind.lower(), names)


def _assign(target: "Any", value: Value, names: Names) -> None:
    """``target = value``: a name, or an attribute of the class read before."""
    kind = type(target).__name__
    owner = evaluate(target.value, names) if kind == "Attribute" else value
    if kind == "Name":
        names[target.id] = value
    elif kind == "Attribute" and owner.kind == "class" and target.attr in ATTRIBUTES:
        owner.content.set(target.attr, value)
    else:
        _note_changes(target, names)
        names.bind_below(walk(target))


def _bind_conditional(node: "Any", kind: str, names: Names) -> None:
    """A class that an ``if`` or ``try`` defines, or does not."""
    found = read_class(node, names)
    reason = f"class {node.name} stands in a statement ({kind}) that may not run"
    found.problems.append((node.lineno, reason))
    other = names.get(node.name)
    if other is None or other.kind != "class" or not other.content.django:
        names[node.name] = Value(node.lineno, "class", found)


def _note_changes(node: "Any", names: Names) -> None:
    """Notes what a statement may do to the attributes of the class read before."""
    found = names.get("Migration")
    if found is None or found.kind != "class":
        return
    for below in walk(node, functions=True):
        kind = type(below).__name__
        if kind == "Attribute" and _is_class(below.value):
            if below.attr in ATTRIBUTES:
                reason = changed(below.attr, type(node).__name__)
                found.content.lose(below.attr, below.lineno, reason)
        elif kind == "Call" and _is_class(*below.args[:1]):
            function = getattr(below.func, "id", "")
            if function in ("setattr", "delattr"):
                reason = f"class Migration is changed by {function}"
                found.content.problems.append((below.lineno, reason))


def _is_class(node: "Any" = None) -> bool:
    """Whether an expression is the name ``Migration``."""
    return getattr(node, "id", "") == "Migration"


class Class:
    """What was read of one class statement.

    line: where it stands. told: attribute -> (value, problem or None), of those set in
        it or in base classes of the same file. problems: whatever else is wrong.
    django: whether a base class is Django's; None: it may be.
    base: a base class that is not in this file and not Django's, "" for none.
    conditional: pairs that ``if`` statements may add to the dependencies.
    opaque: something else may change an attribute, too.
    """

    __slots__ = ("base", "conditional", "django", "line", "opaque", "problems", "told")

    def __init__(self, line: int) -> None:
        self.line = line
        self.told: dict[str, tuple[Any, tuple[int, str] | None]] = {}
        self.problems: list[tuple[int, str]] = []
        self.django: bool | None = False
        self.base = ""
        self.conditional: list[tuple[str, str]] = []
        self.opaque = False

    def set(self, attribute: str, value: "Value") -> None:
        """Takes over an assignment."""
        if attribute == "dependencies":
            self.conditional = []
        if attribute in LISTS:
            self.told[attribute] = pairs(attribute, value)
        elif value.kind == "constant" and isinstance(value.content, bool | None):
            self.told[attribute] = value.content, None
        else:
            reason = "initial is not one of True, False and None"
            self.told[attribute] = None, (value.line, reason)

    def lose(
        self, attribute: str, line: int, reason: str, *, opaque: bool = True
    ) -> None:
        """Notes that ``attribute`` cannot be told any more; its value so far stays."""
        empty = None if attribute == "initial" else ()
        value, problem = self.told.get(attribute, (empty, None))
        self.opaque = self.opaque or opaque
        self.told[attribute] = value, problem or (line, reason)


def read_class(node: "Any", names: "Names") -> Class:
    """Reads the class statement ``node``, where ``names`` holds the names known."""
    found = Class(node.lineno)
    scope = names.inner()
    for statement in node.body:
        _read_statement(statement, scope, found)
    if node.decorator_list:
        line = node.decorator_list[0].lineno
        found.problems.append((line, f"class {node.name} is changed by a decorator"))
    _inherit(node.bases, names, found)
    return found


def _read_statement(node: "Any", scope: "Names", found: Class) -> None:
    kind = type(node).__name__
    if kind in FUNCTIONS and node.name in _MAKERS:
        _read_maker(node, found)
    if kind not in ("Assign", "AnnAssign"):
        _lose(node, scope, found, kind)
    elif node.value is not None:
        value = evaluate(node.value, scope)
        # A walrus may bind a name, a method may change a list.
        _lose(node.value, scope, found, kind)
        for target in node.targets if kind == "Assign" else [node.target]:
            if type(target).__name__ != "Name":
                _lose(target, scope, found, kind)
                continue
            scope[target.id] = value
            if target.id in ATTRIBUTES:
                found.set(target.id, value)


def _lose(node: "Any", scope: "Names", found: Class, kind: str) -> None:
    """Gives up what ``node``, of a statement of this ``kind``, may bind or change."""
    nodes = list(walk(node))
    scope.bind_below(nodes)
    hits = touches(nodes)
    added = additions(nodes) if hits and kind == "If" else []
    _, known_problem = found.told.get("dependencies", ((), None))
    # An addition touches its list once: whatever is more is something else.
    opaque = len(added) != len(hits) or bool(known_problem and not found.conditional)
    found.conditional += added
    for line, attribute in hits:
        found.lose(attribute, line, changed(attribute, kind), opaque=opaque)


def changed(attribute: str, kind: str) -> str:
    """The reason for an attribute that a statement of this ``kind`` sets or changes."""
    where = {
        "If": "set under an if",
        "For": "set in a loop",
        "While": "set in a loop",
        "Try": "set in a try statement",
        "With": "set in a with statement",
    }
    how = where.get(kind, "changed after it was set")
    if kind in FUNCTIONS:
        how = "set by a function"
    return f"{attribute} is {how}; write it as a literal list"


def _read_maker(node: "Any", found: Class) -> None:
    """A method that runs at loading: does it mention one of the lists?"""
    for below in walk(node, functions=True):
        kind = type(below).__name__
        word = below.attr if kind == "Attribute" else getattr(below, "value", None)
        if word in LISTS and kind in ("Attribute", "Constant"):
            reason = (
                f"{word} is used in {node.name}, which runs when Django loads the class"
            )
            found.lose(word, below.lineno, reason)


def _inherit(bases: "list[Any]", names: "Names", found: Class) -> None:
    """Takes over what the class does not set itself, in the order of its bases."""
    for node in bases:
        base = evaluate(node, names)
        if base.kind == "class":
            found.problems += base.content.problems
            found.base = found.base or base.content.base
            for attribute, told in base.content.told.items():
                found.told.setdefault(attribute, told)
            django = base.content.django
        elif base.kind == "path" and base.content in BASES:
            django = True
        elif str(base.content).split(".")[0] in _NOT_DJANGO:
            django = False
        else:
            found.base = found.base or str(base.content)
            django = None
        if found.django is not True and django is not False:
            found.django = django
