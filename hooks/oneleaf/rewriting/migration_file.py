"""A migration file read for editing: its tree, and what its attributes hold."""

import ast
import re

from oneleaf.rewriting.tokens import CannotRewrite, Text, parse, require_same

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from oneleaf.rewriting.tokens import Edit, Key

    Entry = tuple[ast.expr, ast.expr]  # the list or tuple it stands in, the entry

OWN = "Migration."
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.expr)
_CLASS = re.compile(rb"class[ \t]+Migration\b")
_OPERATIONS = re.compile(rb"[ \t]+operations[ \t]*[:=]")
_BEYOND = re.compile(
    rb"<{7}|>{7}|(?:[ \t]+|Migration\.)(?:dependencies|run_before|replaces)[ \t]*[:=+.]"
)


class File:
    """A migration file: its text, its tree, its classes called Migration.

    values: name -> all expressions that are assigned or added to it; ``Migration.x``
    for the classes' own. A name can stand for several: all of them are edited.
    """

    __slots__ = ("classes", "head_only", "source", "text", "tree", "values")

    def __init__(self, source: bytes) -> None:
        self.source = source
        self.text = Text(source)
        self.tree, self.head_only = _tree(self.text.body)
        module = list(_statements(self.tree.body))
        self.classes = [
            statement
            for statement in module
            if isinstance(statement, ast.ClassDef) and statement.name == "Migration"
        ]
        self.values: dict[str, list[ast.expr]] = {}
        self._collect(module, "")
        for found in self.classes:
            self._collect(_statements(found.body), OWN)

    def _collect(self, statements: "Iterable[ast.stmt]", prefix: str) -> None:
        for statement in statements:
            for name, value in assigned(statement):
                self.values.setdefault(prefix + name, []).append(value)

    def named(self, name: str) -> list[ast.expr]:
        """All that a name used in the class can stand for."""
        return [*self.values.get(OWN + name, ()), *self.values.get(name, ())]

    def entries(self, *attributes: str) -> "list[Entry]":
        """(list or tuple, entry) of what stands in the attributes, each entry once.

        Raises CannotRewrite for a name that cannot be looked up.
        """
        seen: set[str] = set()
        found = [
            entry
            for name in attributes
            for value in self.values.get(OWN + name, ())
            for entry in self._unfolded(value, seen)
        ]
        return list({id(entry): (holder, entry) for holder, entry in found}.values())

    def _unfolded(self, value: ast.expr, seen: set[str]) -> "Iterator[Entry]":
        if isinstance(value, (ast.List, ast.Tuple)):
            for entry in value.elts:
                if isinstance(entry, ast.Starred):
                    yield from self._unfolded(entry.value, seen)
                else:
                    yield value, entry
        elif isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
            yield from self._unfolded(value.left, seen)
            yield from self._unfolded(value.right, seen)
        elif isinstance(value, ast.IfExp):
            yield from self._unfolded(value.body, seen)
            yield from self._unfolded(value.orelse, seen)
        elif isinstance(value, ast.Name):
            if self.head_only:
                raise CannotRewrite(value.lineno, f"{value.id} cannot be looked up")
            values = [] if value.id in seen else self.named(value.id)
            seen.add(value.id)
            for each in values:
                yield from self._unfolded(each, seen)
        else:
            yield value, value

    def pair(self, entry: ast.expr, wanted: "Iterable[Key]") -> "Key | None":
        """The (app label, migration name) the entry means, None for anything else.

        Raises CannotRewrite where a name of ``wanted`` stands in an entry that
        cannot be read.
        """
        if isinstance(entry, ast.Tuple) and len(entry.elts) == 2:
            label, name = (self._string(element, 0) for element in entry.elts)
            if label is not None and name is not None:
                return label, name
        names = {name for _, name in wanted}
        for node in ast.walk(entry):
            if isinstance(node, ast.Constant) and node.value in names:
                raise CannotRewrite(
                    node.lineno, f"{node.value} stands in a computation"
                )
        return None

    def _string(self, node: ast.expr, depth: int) -> "str | None":
        if isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)):
            value = node.value
            return value if isinstance(value, str) else value.decode("latin-1")
        parts: list[ast.expr] = []
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            parts = [node.left, node.right]
        elif isinstance(node, ast.JoinedStr):
            parts = node.values
        elif isinstance(node, ast.Name) and depth < 9:
            parts = self.named(node.id)[:1]
        strings = [self._string(part, depth + 1) for part in parts]
        texts = [string for string in strings if string is not None]
        return "".join(texts) if parts and len(texts) == len(parts) else None

    def renamed(
        self, entries: "Iterable[ast.expr]", renames: "Mapping[Key, Key]"
    ) -> bytes:
        """The source with those of the entries renamed that are in ``renames``.

        Raises CannotRewrite for a name that is not one string token.
        """
        pairs = [(entry, self.pair(entry, renames)) for entry in entries]
        edits = []
        line = 1
        for entry, old in pairs:
            if old is None or old not in renames or not isinstance(entry, ast.Tuple):
                continue
            line = entry.lineno
            for node, before, after in zip(entry.elts, old, renames[old], strict=True):
                if before != after:
                    edits.append(self.text.string_edit(node, after))
        return self.edited(edits, line)

    def edited(self, edits: "Iterable[Edit]", line: int) -> bytes:
        """The edits done, and proved to mean what ``tree`` says by now.

        line: what to blame. Raises CannotRewrite where they would mean anything else.
        """
        result = self.text.edited(edits)
        require_same(self.tree, _tree(Text(result).body)[0], line)
        return result


def _tree(body: bytes) -> tuple[ast.Module, bool]:
    """The tree, and whether it is of the class head alone, since the rest is not Python."""
    try:
        return parse(body), False
    except CannotRewrite as error:
        return parse(_class_head(body, error)), True


def _class_head(body: bytes, error: CannotRewrite) -> bytes:
    """``body`` with all lines emptied but those from ``class Migration`` to ``operations``."""
    lines = re.findall(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z", body)
    first = [number for number, line in enumerate(lines) if _CLASS.match(line)]
    last = [number for number, line in enumerate(lines) if _OPERATIONS.match(line)]
    last = [number for number in last if number > min(first, default=0)]
    if len(first) != 1 or not last:
        raise error
    head = range(first[0], last[0])
    if any(_BEYOND.match(lines[n]) for n in range(len(lines)) if n not in head):
        raise error
    return b"".join(
        line if number in head else line[len(line.rstrip(b"\r\n")) :]
        for number, line in enumerate(lines)
    )


def _statements(nodes: "Iterable[ast.AST]") -> "Iterator[ast.stmt]":
    """The statements of a body, those under ``if``, ``for``, ``try``, ``with`` too."""
    waiting = [*nodes][::-1]  # no recursion: each elif is one level deeper
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.stmt):
            yield node
        if not isinstance(node, _DEFINITIONS):
            waiting += [*ast.iter_child_nodes(node)][::-1]


def assigned(statement: ast.stmt) -> "Iterator[tuple[str, ast.expr]]":
    """Names a statement assigns or adds to, and what: ``=``, ``+=``, ``.append()``…"""
    targets: list[ast.expr] = []
    value: ast.expr | None = None
    if isinstance(statement, ast.Assign):
        targets, value = statement.targets, statement.value
    elif isinstance(statement, (ast.AnnAssign, ast.AugAssign)):
        targets, value = [statement.target], statement.value
    elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        call = statement.value
        if isinstance(call.func, ast.Attribute) and call.args:
            targets, value = [call.func.value], call.args[-1]
            if call.func.attr in ("append", "insert"):
                value = ast.copy_location(ast.List([value], ast.Load()), value)
    for target in targets:
        if value is None:
            continue
        if isinstance(target, ast.Name):
            yield target.id, value
        elif isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
            yield f"{target.value.id}.{target.attr}", value
