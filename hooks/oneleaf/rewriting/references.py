"""Literal mentions of migrations in any Python code: found, and changed in place."""

import ast
from itertools import pairwise

from oneleaf.rewriting.tokens import CannotRewrite, Text, parse, require_same

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from oneleaf.rewriting.tokens import Key

__all__ = ["CannotRewrite", "Reference", "find_references", "rewrite_references"]


class Reference:
    """One literal mention of a migration that moves.

    path: as given to ``find_references``.
    line, column: where the string token starts, as ``ast`` counts: lines from 1,
        columns from 0 in bytes of the line's UTF-8 form.
    old, new: the whole value of the string, before and after.
    kind: ``pair`` (in a tuple or list), ``argument`` (of a call), ``dotted``
        (``"shop.0002_x"``) or ``import`` (``"shop.migrations.0002_x"``).
    """

    __slots__ = ("column", "kind", "line", "new", "old", "path")

    def __init__(self, path: str, node: ast.Constant, new: str, kind: str) -> None:
        self.path = path
        self.line = node.lineno
        self.column = node.col_offset
        self.old = str(node.value)
        self.new = new
        self.kind = kind


def find_references(
    path: str,
    source: bytes,
    renames: "Mapping[Key, Key]",
    directories: "Mapping[str, str] | None" = None,
) -> list[Reference]:
    """Literal mentions of the migrations in ``renames``, in the order of the file.

    source: the bytes of any Python file. renames: old (app label, migration name)
    -> new. directories: app label -> directory of its migrations package, of all
    apps, where the label may differ from the package's name; without it the package
    of an import string must be ``….<label>.migrations``.
    Prose that holds a name is no mention. Raises CannotRewrite where a file that
    holds one of the names is not Python. Strings in names: Django's documentation
    of ``migrate`` and of ``Migration.dependencies``.
    """
    names = {name for (_, name) in renames}
    if not any(not name.isascii() or name.encode() in source for name in names):
        return []
    tree = parse(Text(source).body)
    found: list[Reference] = []
    for node in ast.walk(tree):
        if isinstance(node, (ast.Tuple, ast.List)):
            found += _neighbours(path, node.elts, renames, "pair")
        elif isinstance(node, ast.Call):
            values = [*node.args, *(keyword.value for keyword in node.keywords)]
            found += _neighbours(path, values, renames, "argument")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found += _paths(path, node, renames, directories or {})
    return sorted(found, key=lambda found: (found.line, found.column))


def _neighbours(
    path: str, values: list[ast.expr], renames: "Mapping[Key, Key]", kind: str
) -> "Iterator[Reference]":
    for pair in pairwise(values):
        nodes = [node for node in pair if isinstance(node, ast.Constant)]
        old = tuple(node.value for node in nodes if isinstance(node.value, str))
        if len(old) == 2 and old in renames:
            for node, new in zip(nodes, renames[old], strict=True):
                if node.value != new:
                    yield Reference(path, node, new, kind)


def _paths(
    path: str,
    node: ast.Constant,
    renames: "Mapping[Key, Key]",
    directories: "Mapping[str, str]",
) -> "Iterator[Reference]":
    parts = str(node.value).split(".")
    if len(str(node.value).split()) != 1:
        return
    for (label, name), (new_label, new_name) in renames.items():
        if parts == [label, name]:
            yield Reference(path, node, f"{new_label}.{new_name}", "dotted")
        for index in range(1, len(parts)):
            stem, colon, rest = parts[index].partition(":")
            package = ".".join(parts[:index])
            if stem == name and _is_package(package, label, directories):
                module = [package, new_name + colon + rest, *parts[index + 1 :]]
                yield Reference(path, node, ".".join(module), "import")


def _is_package(package: str, label: str, directories: "Mapping[str, str]") -> bool:
    if label not in directories:
        return f".{package}".endswith(f".{label}.migrations")
    matching = [
        owner
        for owner, directory in directories.items()
        if f".{directory.replace('/', '.')}".endswith(f".{package}")
    ]
    return matching == [label]


def rewrite_references(source: bytes, references: "Iterable[Reference]") -> bytes:
    """``source`` with the string token of each reference changed, and nothing else.

    Raises CannotRewrite where a token is split over several or is not there any more.
    """
    references = list(references)
    if not references:
        return source
    text = Text(source)
    tree = parse(text.body)
    strings = {
        (node.lineno, node.col_offset, node.value): node
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    edits = []
    line = 1
    for wanted in references:
        line = wanted.line
        node = strings.get((line, wanted.column, wanted.old))
        if node is None:
            raise CannotRewrite(line, f"{wanted.old!r} is not there any more")
        edits.append(text.string_edit(node, wanted.new))
    result = text.edited(edits)
    require_same(tree, parse(Text(result).body), line)
    return result
