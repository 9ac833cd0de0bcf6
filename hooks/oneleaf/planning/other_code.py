"""References to migrations that move, in Python code that is no migration's own place.

Tests and data scripts name migrations too. They are named, and rewritten on demand.
"""

import ast
from dataclasses import replace
from itertools import pairwise

from oneleaf.migration.rewriting.source import CannotRewrite, Text, parse, require_same

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from oneleaf.planning.order import Place
    from oneleaf.planning.plan import Plan
    from oneleaf.planning.situation import Situation


def renames(plan: "Plan") -> "dict[Place, Place]":
    """Old (app label, name) -> new, of what the plan moves and nothing takes the place of."""
    gone = {path for path, content in plan.files.items() if content is None}
    names = {path.rpartition("/")[2].removesuffix(".py") for path in gone}
    return {
        (app.app, old): (app.app, new)
        for app in plan.apps
        for old, new in app.moved
        if old in names
    }


def with_mentions(
    plan: "Plan",
    situation: "Situation",
    moved: "Mapping[Place, Place]",
    paths: "Iterable[str]",
    *,
    rewrite: bool,
) -> "Plan":
    """The plan with a note for each mention of what moved in the files at ``paths``.

    rewrite: the mentions are changed as well, but for those in published migrations
    and in files with edits that are not staged; each of these has a note that says so.
    """
    directories = {app.directory: app.label for app in situation.project.apps}
    packages = {app.label: app.directory for app in situation.project.apps}
    notes = list(plan.notes)
    files, expected = dict(plan.files), dict(plan.expected)
    for path in paths:
        if path in files:
            continue
        source = situation.files.current(path) or b""
        found = _found(path, source, moved, packages, notes)
        why = _untouchable(situation, path, directories) if rewrite else ""
        notes += [_told(each, why, rewrite=rewrite) for each in found]
        if found and rewrite and not why:
            try:
                files[path] = rewrite_references(source, found)
                expected[path] = source
            except CannotRewrite as error:
                notes.append(f"{path}:{error.line}: not rewritten: {error.reason}")
    return replace(plan, files=files, notes=tuple(notes), expected=expected)


def _found(
    path: str,
    source: bytes,
    moved: "Mapping[Place, Place]",
    packages: "Mapping[str, str]",
    notes: "list[str]",
) -> "list[Reference]":
    try:
        return find_references(path, source, moved, packages)
    except CannotRewrite as error:
        notes.append(
            f"{path}:{error.line}: may name what moved, but cannot be read: {error.reason}"
        )
        return []


def _untouchable(
    situation: "Situation", path: str, directories: "Mapping[str, str]"
) -> str:
    directory, _, name = path.rpartition("/")
    key = (directory, name.removesuffix(".py"))
    if (
        directory in directories
        and key in situation.ranks
        and not situation.is_local(key)
    ):
        return "not rewritten: the migration is published"
    if path in situation.files.edited:
        return "not rewritten: it has changes that are not staged"
    return ""


def _told(reference: "Reference", why: str, *, rewrite: bool) -> str:
    head = f"{reference.path}:{reference.line}: {reference.old!r}"
    if rewrite and not why:
        return f"{head} is {reference.new!r} now"
    return f"{head} would be {reference.new!r} now" + (f"; {why}" if why else "")


def past(
    situation: "Situation",
    trees: "Iterable[Mapping[str, str]]",
    read: "Callable[[str], bytes]",
    successor: "Callable[[str, bytes, list[tuple[str, bytes]]], str | None]",
) -> "dict[Place, Place]":
    """What an earlier run has moved: old (app label, name) -> new.

    trees: of the sides that meet, path -> blob id; read: blob id -> content. A local
    migration that is in one of them and not in the state, and has a successor there.
    """
    found: dict[Place, Place] = {}
    before = _by_directory(trees)
    for app in situation.project.apps:
        then = before.get(app.directory, {})
        lost = {name: blob for name, blob in then.items() if name not in app.migrations}
        candidates = [
            (name, situation.files.source(app.path(name)))
            for name in situation.local(app)
            if lost and name not in then
        ]
        for name, blob in lost.items() if candidates else ():
            now = successor(name, read(blob), candidates)
            if now:
                found[app.label, name] = (app.label, now)
    return found


def _by_directory(
    trees: "Iterable[Mapping[str, str]]",
) -> "dict[str, dict[str, str]]":
    found: dict[str, dict[str, str]] = {}
    for tree in trees:
        for path, blob in tree.items():
            directory, _, name = path.rpartition("/")
            if name.endswith(".py") and not name.startswith("_"):
                found.setdefault(directory, {})[name[:-3]] = blob
    return found


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
    renames: "Mapping[Place, Place]",
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
    path: str, values: list[ast.expr], renames: "Mapping[Place, Place]", kind: str
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
    renames: "Mapping[Place, Place]",
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
