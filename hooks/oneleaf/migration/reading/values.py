"""What the expressions and names of a migration file are, as far as reading can tell.

Works on the trees of ``compile(..., 0x400)``, told apart by the names of their classes:
importing ``ast`` would cost more than reading the file.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

LISTS = ("dependencies", "run_before", "replaces")
ATTRIBUTES = (*LISTS, "initial")  # what says where a migration stands
DJANGO = "django.db.migrations"
SETTINGS = "django.conf.settings"
_SWAPPABLE = (
    f"{DJANGO}.swappable_dependency",
    f"{DJANGO}.migration.swappable_dependency",
)
_DESCRIPTIONS = {
    "Call": "a call",
    "DictComp": "a comprehension",
    "GeneratorExp": "a comprehension",
    "IfExp": "a condition",
    "JoinedStr": "an f-string",
    "Lambda": "a function",
    "ListComp": "a comprehension",
    "SetComp": "a comprehension",
    "Subscript": "a look-up",
}
BASES = (f"{DJANGO}.Migration", f"{DJANGO}.migration.Migration")
FUNCTIONS = ("FunctionDef", "AsyncFunctionDef")


class Value:
    """What is known of one expression.

    line: where it stands (from 1).
    kind: "constant" (content: the constant); "list" or "tuple" (content: its items, as
        Values; sets and the keys of dicts are lists here); "path" (content: the dotted
        name of something imported); "class" (content: what was read of it);
        "unknown" (content: what computes it, in words).
    """

    __slots__ = ("content", "kind", "line")

    def __init__(self, line: int, kind: str, content: "Any") -> None:
        self.line = line
        self.kind = kind
        self.content = content


def evaluate(node: "Any", scope: "dict[str, Value]") -> Value:
    """The value of the expression ``node``, where ``scope`` holds the names known."""
    kind = type(node).__name__
    if kind == "Constant":
        return Value(node.lineno, "constant", node.value)
    if kind in ("List", "Tuple", "Set"):
        name = "tuple" if kind == "Tuple" else "list"
        return Value(node.lineno, name, _items(node.elts, scope))
    if kind == "Dict" and None not in node.keys:
        return Value(node.lineno, "list", _items(node.keys, scope))
    if kind == "Name" and node.id in scope:
        return scope[node.id]
    if kind == "Name":
        return Value(node.lineno, "unknown", f"the name {node.id}")
    if kind == "Attribute":
        return _attribute(node, scope)
    if kind == "BinOp" and type(node.op).__name__ == "Add":
        return _sum(node, scope)
    pair = _swappable(node, scope) if kind == "Call" else None
    return pair or Value(
        node.lineno, "unknown", _DESCRIPTIONS.get(kind, "an expression")
    )


def _items(nodes: "list[Any]", scope: "dict[str, Value]") -> "list[Value]":
    items: list[Value] = []
    for node in nodes:
        if type(node).__name__ != "Starred":
            items.append(evaluate(node, scope))
            continue
        value = evaluate(node.value, scope)
        if value.kind in ("list", "tuple"):
            items += value.content
        else:
            items.append(unknown(value))
    return items


def unknown(value: Value) -> Value:
    """``value`` where only a list would do: nothing that can be told."""
    if value.kind == "unknown":
        return value
    what = (
        "an attribute of another object" if value.kind == "path" else f"a {value.kind}"
    )
    return Value(value.line, "unknown", what)


def _attribute(node: "Any", scope: "dict[str, Value]") -> Value:
    base = evaluate(node.value, scope)
    if base.kind == "path":
        return Value(node.lineno, "path", f"{base.content}.{node.attr}")
    return Value(node.lineno, "unknown", "an attribute of another object")


def _sum(node: "Any", scope: "dict[str, Value]") -> Value:
    """Lists or tuples end to end; an unknown one leaves the items of the other."""
    left, right = evaluate(node.left, scope), evaluate(node.right, scope)
    if left.kind == right.kind == "constant":
        if type(left.content) is type(right.content) and type(left.content) in (
            str,
            bytes,
        ):
            return Value(node.lineno, "constant", left.content + right.content)
        return Value(node.lineno, "unknown", "an expression")
    kinds = [value.kind for value in (left, right) if value.kind in ("list", "tuple")]
    if not kinds:
        return Value(node.lineno, "unknown", "an expression")
    items: list[Value] = []
    for value in (left, right):
        items += value.content if value.kind in ("list", "tuple") else [unknown(value)]
    if kinds in (["list", "tuple"], ["tuple", "list"]):
        refused = "a list and a tuple put together, which Python refuses"
        items.append(Value(node.lineno, "unknown", refused))
    return Value(node.lineno, kinds[0], items)


def _swappable(call: "Any", scope: "dict[str, Value]") -> "Value | None":
    """``swappable_dependency(...)`` as the pair it makes; None: another call.

    Django: the label is what stands before the first dot of the setting's value.
    """
    function = evaluate(call.func, scope)
    if function.kind != "path" or function.content not in _SWAPPABLE:
        return None
    given = [*call.args, *(word.value for word in call.keywords if word.arg == "value")]
    if len(given) != 1 or len(call.args) + len(call.keywords) != 1:
        return None
    label = _label(given[0], scope)
    if label is None:
        what = "a swappable dependency on something else than a setting"
        return Value(call.lineno, "unknown", what)
    pair = [Value(call.lineno, "constant", text) for text in (label, "__first__")]
    return Value(call.lineno, "tuple", pair)


def _label(node: "Any", scope: "dict[str, Value]") -> "str | None":
    """The label that a swappable dependency on ``node`` names."""
    value = evaluate(node, scope)
    if value.kind == "constant" and isinstance(value.content, str):
        return value.content.split(".", 1)[0]
    if value.kind == "path":
        owner, _, setting = str(value.content).rpartition(".")
        return f"settings.{setting}" if owner == SETTINGS else None
    if type(node).__name__ == "Call" and "getattr" not in scope and not node.keywords:
        # AUTH_USER_MODEL always has a value, so a default given here never counts.
        arguments = [evaluate(argument, scope).content for argument in node.args[:2]]
        if getattr(node.func, "id", "") == "getattr" and arguments == [
            SETTINGS,
            "AUTH_USER_MODEL",
        ]:
            return "settings.AUTH_USER_MODEL"
    return None


def pairs(
    attribute: str, value: Value
) -> "tuple[tuple[tuple[str, str], ...], tuple[int, str] | None]":
    """The pairs in ``value`` and the first problem: (line, what Django does about it)."""
    if value.kind not in ("list", "tuple"):
        return (), (value.line, _no_list(attribute, value))
    found: list[tuple[str, str]] = []
    problem = None
    for item in value.content:
        pair, reason = _pair(attribute, item)
        if pair is not None:
            found.append(pair)
        if reason and problem is None:
            problem = item.line, reason
    return tuple(found), problem


def computed(attribute: str, what: str) -> str:
    """The reason for an attribute that only running the file could tell."""
    return f"{attribute} is computed by {what}; write it as a literal list"


def _no_list(attribute: str, value: Value) -> str:
    if value.kind != "constant":
        return computed(attribute, unknown(value).content)
    if isinstance(value.content, (str, bytes)):
        return f"{attribute} is a string; Django takes each character for an entry"
    return f"{attribute} is {_named(value.content)}; Django raises TypeError for it"


def _named(constant: object) -> str:
    """A constant that is no text, in words: its own name, or only its kind."""
    return str(constant) if isinstance(constant, bool | None) else "a number"


def _pair(attribute: str, item: Value) -> "tuple[tuple[str, str] | None, str]":
    """The pair that an entry is, and what is wrong with it ("": nothing)."""
    members = item.content if item.kind in ("list", "tuple") else [item]
    for member in members:
        if member.kind not in ("constant", "list", "tuple"):
            return None, computed(attribute, unknown(member).content)
    texts = [
        member.content.decode("utf-8", "backslashreplace")
        if isinstance(member.content, bytes)
        else member.content
        for member in members
    ]
    if item.kind != "tuple" or [type(text) for text in texts] != [str, str]:
        return None, _wrong_entry(attribute, item, texts)
    reason = ""
    if any(isinstance(member.content, bytes) for member in members):
        reason = f"{attribute} holds bytes, which name no migration on Python 3; write strings"
    return (texts[0], texts[1]), reason


def _wrong_entry(attribute: str, item: Value, texts: "list[Any]") -> str:
    """What Django does about an entry that is no pair of strings.

    Source: ``add_internal_dependencies``, ``check_key`` and ``replace_migration`` in
    django/db/migrations/loader.py.
    """
    what = f"a {item.kind}" if item.kind == "list" else "a string"
    if item.kind == "tuple":
        what = (
            f"a tuple of {len(texts)}" if len(texts) != 2 else "a pair not of strings"
        )
    elif item.kind == "constant" and not isinstance(item.content, (str, bytes)):
        what = _named(item.content)
    unhashable = item.kind == "list" or any(isinstance(text, list) for text in texts)
    indexable = item.kind == "tuple" or isinstance(item.content, (str, bytes))
    length = len(texts) if item.kind == "tuple" else len(str(item.content))
    if attribute == "replaces" and not unhashable:
        return f"{attribute} holds {what}; Django replaces nothing by it: write a pair"
    error = "NodeNotFoundError"
    if unhashable or not indexable:
        error = "TypeError"
    elif length < 2:
        error = "IndexError"
    return f"{attribute} holds {what}; Django raises {error} for it: write a pair"


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
