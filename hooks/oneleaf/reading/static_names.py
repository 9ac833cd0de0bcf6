"""The names of a migration file while its statements are followed."""

from oneleaf.reading.static_values import DJANGO, SETTINGS, Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

BASES = (f"{DJANGO}.Migration", f"{DJANGO}.migration.Migration")
FUNCTIONS = ("FunctionDef", "AsyncFunctionDef")


class Names(dict[str, Value]):
    """What each name stands for, in a tree, up to the statement that is being read.

    ``migrations`` and ``settings`` are Django's until the file binds them otherwise.
    """

    def __init__(self, tree: "Any", *, settings: bool = True) -> None:
        """settings: the name ``settings`` is known to be Django's where nothing binds it."""
        super().__init__(migrations=Value(1, "path", DJANGO))
        if settings:
            self["settings"] = Value(1, "path", SETTINGS)
        self.tree = tree
        self.changing: set[str] = set()

    def inner(self) -> "Names":
        """The names in the body of a class that stands here."""
        names = Names(self.tree)
        names.clear()
        names.update(self)
        names.changing = self.changing
        return names

    def __getitem__(self, name: str) -> Value:
        """What ``name`` stands for; a list that may be changed in place is not told."""
        value = super().__getitem__(name)
        if value.kind == "list" and name in self.changed_in_place():
            what = f"the name {name}, which may be changed after it is set"
            return Value(value.line, "unknown", what)
        return value

    def bind_below(self, nodes: "Iterable[Any]") -> None:
        """Names bound by any of ``nodes`` are not told, but for Django's imports."""
        found: dict[str, Value] = {}
        for below in nodes:
            kind = type(below).__name__
            if kind in ("Import", "ImportFrom"):
                for name, value in imported(below).items():
                    if name not in found or value.content.startswith("django."):
                        found[name] = value
            elif kind == "Name" and type(below.ctx).__name__ != "Load":
                what = f"the name {below.id}"
                found.setdefault(below.id, Value(below.lineno, "unknown", what))
            elif kind in FUNCTIONS:
                what = f"the function {below.name}"
                found.setdefault(below.name, Value(below.lineno, "unknown", what))
        self.update(found)

    def changed_in_place(self) -> "set[str]":
        """Names whose lists may be changed in place somewhere in the tree.

        A method of it, an item of it, ``+=``, handing it to a call, a global statement.
        """
        if not self.changing:
            self.changing.add("")
            for node in walk(self.tree, functions=True):
                kind = type(node).__name__
                if kind in ("Attribute", "Subscript"):
                    self.changing.add(getattr(node.value, "id", ""))
                elif kind == "AugAssign":
                    self.changing.add(getattr(node.target, "id", ""))
                elif kind == "Call":
                    self.changing.update(getattr(one, "id", "") for one in node.args)
                elif kind == "Global":
                    self.changing.update(node.names)
        return self.changing


def imported(node: "Any") -> "dict[str, Value]":
    """The names an import statement binds, with the dotted names they stand for."""
    names: dict[str, str] = {}
    if type(node).__name__ == "Import":
        for alias in node.names:
            top = alias.name.split(".")[0]
            names[alias.asname or top] = alias.name if alias.asname else top
    else:
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            names[alias.asname or alias.name] = f"{module}.{alias.name}"
        if "*" in names and module == DJANGO:
            names["Migration"] = BASES[0]
            names["swappable_dependency"] = f"{DJANGO}.swappable_dependency"
    return {name: Value(node.lineno, "path", path) for name, path in names.items()}


def walk(node: "Any", *, functions: bool = False) -> "Iterator[Any]":
    """``node`` and all below it; what is inside functions only where asked for."""
    stack = [node]
    while stack:
        node = stack.pop()
        yield node
        if type(node).__name__ in FUNCTIONS and not functions:
            continue
        for field in node._fields:
            child = getattr(node, field, None)
            below = child if isinstance(child, list) else [child]
            stack.extend(one for one in below if hasattr(one, "_fields"))
