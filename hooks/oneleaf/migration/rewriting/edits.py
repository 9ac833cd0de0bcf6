"""Edits of a migration file that change its place in the history and nothing else.

The entries of ``dependencies``, ``run_before`` and ``replaces`` are found in the
tree and edited in the bytes, one string token at a time: the lists are kept, never
written anew. What cannot be edited safely is refused with its line.
"""

import ast
import re
from bisect import bisect_right

from oneleaf.migration.rewriting.source import (
    OWN,
    CannotRewrite,
    File,
    Text,
    assigned,
    escaped,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneleaf.migration.rewriting.source import Edit, Key

__all__ = ["CannotRewrite", "add_dependency", "rename_references", "repoint"]

_ATTRIBUTES = ("dependencies", "run_before", "replaces")
_GAP = re.compile(rb"(?:[ \t\f\r\n]|\\\r?\n|#[^\r\n]*)*")
_LINE_END = re.compile(rb"[ \t\f]*(?:#[^\r\n]*)?(\r\n|\r|\n)")
_BLANKS = re.compile(rb"[ \t]*")
_LINE = re.compile(rb"[^\r\n]*(\r\n|\r|\n)")
_QUOTE = re.compile(rb"[A-Za-z]{0,2}(['\"])")


def rename_references(source: bytes, renames: "Mapping[Key, Key]") -> bytes:
    """``source`` with the migrations it refers to renamed.

    source: the bytes of a migration file. renames: old (app label, migration name)
    -> new, all at once. Looked at are the attributes ``dependencies``,
    ``run_before`` and ``replaces`` of the class Migration (Django's documentation,
    "Writing database migrations" and "Squashing migrations").
    Raises CannotRewrite where a name is there in a form that cannot be changed.
    """
    moved = {old: new for old, new in renames.items() if old != new}
    if not moved:
        return source
    file = File(source)
    return file.renamed([entry for _, entry in file.entries(*_ATTRIBUTES)], moved)


def repoint(source: bytes, old: "Key", new: "Key") -> bytes:
    """``source`` depending on ``new`` where it depended on ``old``.

    Only ``dependencies`` is edited. Where ``new`` stands there already, the entry
    of ``old`` goes: with its comma, with its line if it has one of its own, without
    the comments on other lines. A source that depends on ``new`` and not on ``old``
    comes back as it is. Raises CannotRewrite where it depends on neither, or in a
    form that cannot be changed.
    """
    while old != new:
        file = File(source)
        entries = file.entries("dependencies")
        pairs = [file.pair(entry, (old, new)) for _, entry in entries]
        if old not in pairs:
            if new in pairs:
                break
            line = file.classes[0].lineno if file.classes else 1
            raise CannotRewrite(line, f"no dependency on {old[0]}.{old[1]} to change")
        if new not in pairs:
            return file.renamed([entry for _, entry in entries], {old: new})
        source = _without(file, *entries[pairs.index(old)])
    return source


def add_dependency(source: bytes, pair: "Key") -> bytes:
    """``source`` with ``pair`` as a further dependency, the last of the list.

    Written as the file is: its quotes, indentation, newlines and trailing commas; a
    missing attribute is put before ``operations``. A source that has the pair comes
    back as it is. Raises CannotRewrite where ``dependencies`` is neither missing nor
    one list or tuple.
    """
    file = File(source)
    entries = file.entries("dependencies")
    if pair in [file.pair(entry, [pair]) for _, entry in entries]:
        return source
    if len(file.classes) != 1:
        raise CannotRewrite(1, "not exactly one class Migration")
    owner = file.classes[0]
    values = file.values.get(OWN + "dependencies", [])
    if not values:
        return _with_attribute(file, owner, pair)
    value = values[0]
    if isinstance(value, ast.Name):
        values = file.values.get(value.id, [])
    holder = values[0] if len(values) == 1 else value
    holder = holder.right if isinstance(holder, ast.BinOp) else holder
    if len(values) != 1 or not isinstance(holder, (ast.List, ast.Tuple)):
        raise CannotRewrite(value.lineno, "dependencies is not one list or tuple")
    indent = _indent(file.text, file.text.span(owner.body[0])[0])
    edits = _insertion(file.text, holder, _written(file, pair), indent)
    holder.elts.append(_tuple(pair))
    return file.edited(edits, holder.lineno)


def _tuple(pair: "Key") -> ast.Tuple:
    return ast.Tuple([ast.Constant(part) for part in pair], ast.Load())


def _line_start(text: Text, offset: int) -> int:
    return text.starts[bisect_right(text.starts, offset) - 1]


def _indent(text: Text, offset: int) -> bytes:
    match = _BLANKS.match(text.body, _line_start(text, offset))
    return match[0] if match else b""


def _newline(text: Text, offset: int) -> bytes:
    """How the line of ``offset`` ends, or the first of the file that ends."""
    match = _LINE.match(text.body, offset) or _LINE.match(text.body)
    return match[1] if match else b"\n"


def _brackets(text: Text, holder: ast.List | ast.Tuple) -> tuple[int, int]:
    """Offsets of the brackets of a list or tuple; CannotRewrite where it has none."""
    start, stop = text.span(holder)
    bare = bool(holder.elts) and text.span(holder.elts[0])[0] == start
    if bare or text.body[start : start + 1] not in (b"(", b"["):
        raise CannotRewrite(holder.lineno, "the entries have no brackets around them")
    return start, stop - 1


def _comma(text: Text, entry: ast.expr, close: int) -> "int | None":
    """Offset behind the comma that follows an entry, None where none does."""
    gap = _GAP.match(text.body, text.span(entry)[1])
    behind = gap.end() if gap else close
    if behind == close:
        return None
    if text.body[behind : behind + 1] != b"," or (gap and gap[0]):
        raise CannotRewrite(entry.lineno, "no comma stands right behind the entry")
    return behind + 1


def _without(file: File, holder: ast.expr, entry: ast.expr) -> bytes:
    """The source without one entry of a list or tuple."""
    text = file.text
    if not isinstance(holder, (ast.List, ast.Tuple)):
        raise CannotRewrite(entry.lineno, "the entry stands in no list or tuple")
    _, close = _brackets(text, holder)
    index = holder.elts.index(entry)
    before, after = holder.elts[:index], holder.elts[index + 1 :]
    start, stop = text.span(entry)
    comma = _comma(text, entry, close)
    opening = _line_start(text, start)
    line_end = _LINE_END.match(text.body, comma or stop)
    next_start = text.span(after[0])[0] if after else 0
    last_stop = text.span(before[-1])[1] if before else 0
    edits = [(start, comma or stop, b"")]
    if line_end and not text.body[opening:start].strip():
        edits = [(opening, line_end.end(), b"")]
    elif after and b"#" not in text.body[stop:next_start]:
        edits = [(start, next_start, b"")]
    elif before and not after and b"#" not in text.body[last_stop:start]:
        edits = [(last_stop, stop, b"")]
    del holder.elts[index]
    if isinstance(holder, ast.Tuple) and len(holder.elts) == 1:
        edits = _kept_a_tuple(text, edits, text.span(holder.elts[0])[1], close)
    return file.edited(edits, entry.lineno)


def _kept_a_tuple(
    text: Text, edits: "list[Edit]", stop: int, close: int
) -> "list[Edit]":
    """The edits and the comma a tuple of one needs, where they leave none."""
    ((start, end, _),) = edits
    rest = text.body[stop:close]
    if start >= stop:
        rest = text.body[stop:start] + text.body[end:close]
    if b"," in re.sub(rb"#[^\r\n]*", b"", rest):
        return edits
    return [(start, end, b",")] if start == stop else [*edits, (stop, stop, b",")]


def _insertion(
    text: Text, holder: ast.List | ast.Tuple, entry: bytes, unit: bytes
) -> "list[Edit]":
    """The edits that put one more entry at the end of a list or tuple."""
    start, close = _brackets(text, holder)
    newline = _newline(text, start)
    if not holder.elts:
        indent = _indent(text, start)
        line = indent + unit + entry + b","
        opening = _line_start(text, close)
        if opening > start:
            return [(opening, opening, line + newline)]
        return [(start + 1, close, newline + line + newline + indent)]
    last_start, stop = text.span(holder.elts[-1])
    comma = _comma(text, holder.elts[-1], close)
    opening = _line_start(text, last_start)
    indent = text.body[opening:last_start]
    missing, trailing = (b"", b",") if comma else (b",", b"")
    here = comma or stop
    line_end = _LINE_END.match(text.body, here)
    if indent.strip():
        return [(here, here, missing + b" " + entry + trailing)]
    if not line_end:
        return [(here, here, missing + newline + indent + entry + trailing)]
    below = line_end.end()
    line = indent + entry + trailing + line_end[1]
    return [(stop, stop, missing), (below, below, line)]


def _with_attribute(file: File, owner: ast.ClassDef, pair: "Key") -> bytes:
    """The source with the attribute ``dependencies`` put before ``operations``."""
    text = file.text
    names = [[name for name, _ in assigned(each)] for each in owner.body]
    index = names.index(["operations"]) if ["operations"] in names else len(names) - 1
    anchor = owner.body[index]
    start = text.span(anchor)[0]
    opening, newline = _line_start(text, start), _newline(text, start)
    indent = text.body[opening:start]
    if indent.strip() or (index == 0 and ast.get_docstring(owner) is not None):
        raise CannotRewrite(
            anchor.lineno, "no line for dependencies in class Migration"
        )
    earlier = text.span(owner.body[index - 1])[1] if index else text.span(owner)[0]
    while (above := _line_start(text, opening - 1)) > earlier:
        if not text.body[above:opening].startswith(indent + b"#"):
            break
        opening = above  # a comment above the operations stays with them
    lines = [b"dependencies = [", indent + _written(file, pair) + b",", b"]"]
    block = b"".join(indent + line + newline for line in lines) + newline
    target = ast.Name("dependencies", ast.Store())
    value = ast.List([_tuple(pair)], ast.Load())
    owner.body.insert(index, ast.Assign([target], value))
    return file.edited([(opening, opening, block)], anchor.lineno)


def _written(file: File, pair: "Key") -> bytes:
    """The pair as code, in the quotes most strings of the file have."""
    if not all(part.isprintable() for part in pair):
        raise CannotRewrite(1, f"{pair[1]!r} cannot be written there")
    body = file.text.body
    strings = [
        _QUOTE.match(body, file.text.span(node)[0])
        for node in ast.walk(file.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    quotes = [match[1] for match in strings if match]
    quote = "'" if quotes.count(b"'") > quotes.count(b'"') else '"'
    label, name = (f"{quote}{escaped(part, quote)}{quote}" for part in pair)
    return f"({label}, {name})".encode()
