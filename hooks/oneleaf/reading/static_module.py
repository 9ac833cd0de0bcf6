"""What the name ``Migration`` stands for at the end of a file, statement by statement."""

from oneleaf.reading.static_classes import ATTRIBUTES, changed, read_class
from oneleaf.reading.static_names import Names, imported, walk
from oneleaf.reading.static_values import Value, evaluate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


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
