"""What a class statement of a migration file says, statement by statement."""

from oneleaf.reading.static_names import BASES, FUNCTIONS, walk
from oneleaf.reading.static_values import evaluate, pairs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from oneleaf.reading.static_names import Names
    from oneleaf.reading.static_values import Value

LISTS = ("dependencies", "run_before", "replaces")
ATTRIBUTES = (*LISTS, "initial")
# Methods that Python calls while Django makes the instance from the class.
_MAKERS = ("__init__", "__new__", "__getattribute__", "__getattr__")
# The package that Django's own migrations replaced, and Python's root class.
_NOT_DJANGO = ("south", "the name object")


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


def additions(nodes: "list[Any]") -> "list[tuple[str, str]]":
    """The pairs of all ``dependencies.append(("label", "name"))`` among ``nodes``."""
    found: list[tuple[str, str]] = []
    for below in nodes:
        function = getattr(below, "func", None)
        is_append = (
            type(below).__name__ == "Call"
            and getattr(function, "attr", "") == "append"
            and getattr(getattr(function, "value", None), "id", "") == "dependencies"
            and len(below.args) == 1
            and type(below.args[0]).__name__ == "Tuple"
        )
        items = below.args[0].elts if is_append else []
        words = [getattr(item, "value", None) for item in items]
        texts = [word for word in words if isinstance(word, str)]
        if len(words) == len(texts) == 2:
            found.append((texts[0], texts[1]))
    return sorted(found)


def touches(nodes: "list[Any]") -> "list[tuple[int, str]]":
    """(line, attribute) of each of ``nodes`` that binds one or may change its list.

    Binding, deleting, and any use of the name that may change the list: a method of
    it, an item of it, handing it to a call.
    """
    hits = []
    for below in nodes:
        kind = type(below).__name__
        names: list[Any] = []
        if kind == "Name" and type(below.ctx).__name__ != "Load":
            names = [below.id]
        elif kind in ("Attribute", "Subscript"):
            names = [getattr(below.value, "id", None)]
        elif kind == "Call":
            names = [getattr(argument, "id", None) for argument in below.args]
        elif kind in (*FUNCTIONS, "ClassDef"):
            names = [below.name]
        elif kind in ("Import", "ImportFrom"):
            names = [alias.asname or alias.name for alias in below.names]
        hits += [(below.lineno, name) for name in names if name in ATTRIBUTES]
    return sorted(hits)
