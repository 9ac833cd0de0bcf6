"""The operation being read: its arguments, and the keys found so far."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field

from oneleaf.overlap.operation import Operation
from oneleaf.overlap.syntax import constant, dotted, keywords

_SETS = ("set", "frozenset")
_LITERAL = (ast.Constant, ast.List, ast.Tuple, ast.Set, ast.Call, ast.expr_context)
# Every index or constraint is read as "index", every listing of fields as "fields".
_SAME = {
    "constraint": "index",
    "unique_together": "fields",
    "index_together": "fields",
    "order_with_respect_to": "fields",
}


class UnreadError(Exception):
    """An argument without which an operation has no keys is not a literal."""


@dataclass(slots=True)
class Draft:
    """An operation of ``app`` while it is read.

    aliases: what imported names stand for; args: parameter -> what was given.
    The sets become those of ``Operation``; changes: written, but neither created nor
    dropped; reads: read, though it need not exist.
    """

    app: str
    aliases: Mapping[str, str]
    args: dict[str, ast.expr] = field(default_factory=dict)
    creates: set[str] = field(default_factory=set)
    drops: set[str] = field(default_factory=set)
    changes: set[str] = field(default_factory=set)
    needs: set[str] = field(default_factory=set)
    holds: set[str] = field(default_factory=set)
    reads: set[str] = field(default_factory=set)
    opaque: "str | None" = None

    def finished(self, kind: str, line: int, text: str) -> Operation:
        """The operation that the keys found so far make."""
        writes = self.creates | self.drops | self.changes
        reads = (self.needs | self.holds | self.reads) - writes
        frozen = map(frozenset, (self.creates, self.drops, self.needs, self.holds))
        return Operation(
            kind, line, text, frozenset(writes), frozenset(reads), self.opaque, *frozen
        )

    def bind(
        self, call: ast.Call, parameters: str, names: Mapping[str, ast.expr]
    ) -> None:
        """Give each argument its parameter; a name of a value stands for the value."""
        given = keywords(call)
        if None in given or any(isinstance(arg, ast.Starred) for arg in call.args):
            self.unread("list")
        self.args.update(zip(parameters.split(), call.args, strict=False))
        for name, value in given.items():
            self.args[_SAME.get(str(name), str(name))] = value
        for name, value in self.args.items():
            if isinstance(value, ast.Name):
                self.args[name] = names.get(value.id, value)

    def unread(self, what: str) -> None:
        """Note that an argument is not a literal, so the keys do not say all."""
        self.opaque = f"its argument {what} is not a literal"

    def create(self, key: str) -> None:
        """Note what must not exist before."""
        self.creates.add(key)

    def alter(self, key: str) -> None:
        """Note what exists before and after."""
        self.changes.add(key)
        self.needs.add(key)

    def drop(self, key: str) -> None:
        """Note what exists before and is gone after."""
        self.drops.add(key)
        self.needs.add(key)

    def rename(self, old: str, new: str) -> None:
        """A change of letter case alone leaves a model's key where it is."""
        self.alter(old)
        if old != new:
            self.drop(old)
            self.create(new)

    def string(self, parameter: str) -> str:
        """The text given for a parameter; raises UnreadError where it is no literal."""
        value = constant(self.args.get(parameter))
        if not isinstance(value, str):
            raise UnreadError(parameter)
        return value

    def model(self, parameter: str = "model_name") -> str:
        """``app.model`` of the operation's own model, which has to exist."""
        model = f"{self.app}.{self.string(parameter).lower()}"
        self.needs.add(f"m:{model}")
        return model

    def strings(self, what: str, node: "ast.expr | None") -> list[str]:
        """Every string in nested literal lists, tuples and sets."""
        found = []
        for part in ast.walk(node) if node else ():
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                found.append(part.value)
            elif not isinstance(part, _LITERAL) and dotted(part) not in _SETS:
                self.unread(what)
        return found

    def hold_fields(
        self, what: str, node: "ast.expr | None", model: "str | None"
    ) -> None:
        """Note that the fields of ``model`` named in literal lists have to exist."""
        self.holds.update(f"f:{model}.{name}" for name in self.strings(what, node))

    def items(self, what: str, node: "ast.expr | None") -> "list[ast.expr]":
        """The elements of a literal list or tuple; absent and None have none."""
        if isinstance(node, ast.List | ast.Tuple):
            return node.elts
        if node is not None and not (
            isinstance(node, ast.Constant) and node.value is None
        ):
            self.unread(what)
        return []

    def relation(self, what: str, node: ast.expr, model: str) -> "str | None":
        """``app.model`` that a relation of ``model`` names, held to exist from now."""
        setting, name = dotted(node, self.aliases), constant(node)
        if setting.startswith("django.conf.settings."):
            target = setting.removeprefix("django.conf.")
        elif not isinstance(name, str):
            self.unread(what)
            return None
        elif name == "self":
            target = model
        else:
            target = name.lower() if "." in name else f"{self.app}.{name.lower()}"
        self.holds.add(f"m:{target}")
        return target
