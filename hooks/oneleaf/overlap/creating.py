"""What ``CreateModel`` writes and reads: its options, its bases and its fields."""

import ast

from oneleaf.overlap.definitions import read_field, read_index
from oneleaf.overlap.draft import Draft
from oneleaf.overlap.syntax import constant, dotted


def create_model(draft: Draft) -> None:
    """Read ``CreateModel`` into ``draft``; raises UnreadError for an unread name."""
    name = draft.string("name").lower()
    model = f"{draft.app}.{name}"
    draft.create(f"m:{model}")
    options = _options(draft, model)
    table = str(constant(options.get("db_table")) or f"{draft.app}_{name}")
    if constant(options.get("proxy")) is not True:
        managed = constant(options.get("managed")) is not False
        (draft.creates if managed else draft.changes).add(f"t:{table}")
    bases = draft.items("bases", draft.args.get("bases"))
    named = [draft.relation("bases", base, model) for base in bases if not dotted(base)]
    for pair in draft.items("fields", draft.args.get("fields")):
        own = constant(pair.elts[0]) if isinstance(pair, ast.Tuple) else None
        if not isinstance(pair, ast.Tuple) or not isinstance(own, str):
            draft.unread("fields")
            continue
        read_field(draft, model, own, pair.elts[1], table)
        # A parent's field of that name would clash (Django's FieldError).
        draft.reads.update(f"f:{parent}.{own}" for parent in named)


def _options(draft: Draft, model: str) -> "dict[str, ast.expr]":
    """The literal options of CreateModel, the names of its indexes added."""
    node = draft.args.get("options")
    options: dict[str, ast.expr] = {}
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            options[str(constant(key))] = value
    if "None" in options or not (node is None or isinstance(node, ast.Dict)):
        draft.unread("options")
    for what in ("indexes", "constraints"):
        for entry in draft.items(what, options.get(what)):
            if name := read_index(draft, model, entry, what):
                draft.create(f"i:{name}")
    return options
