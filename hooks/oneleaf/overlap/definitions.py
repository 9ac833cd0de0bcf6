"""What the definition of a field, an index or a constraint refers to."""

import ast
from collections.abc import Iterator

from oneleaf.overlap.draft import Draft
from oneleaf.overlap.syntax import constant, dotted, keywords

_RELATIONS = ("ForeignKey", "OneToOneField", "ManyToManyField", "ForeignObject")
# Arguments of an index or a constraint that never name a field.
_NO_FIELDS = ("name", "opclasses", "db_tablespace", "violation_error_message")


def read_field(
    draft: Draft, model: str, name: str, node: "ast.expr | None", table: str
) -> None:
    """Add what the definition of a field refers to, and an implicit table.

    model: ``app.model`` that has the field, ``table`` its table; node: the definition.
    """
    given = keywords(node)
    kind = dotted(node.func).rpartition(".")[2] if isinstance(node, ast.Call) else ""
    if not isinstance(node, ast.Call) or None in given or not kind[:1].isupper():
        draft.unread(f"field of {name}")
        return
    if kind in _RELATIONS and node.args:
        given.setdefault("to", node.args[0])
    through = given.get("through")
    target = draft.relation("to", given["to"], model) if "to" in given else None
    between = draft.relation("through", through, model) if through else None
    for argument, owner in (
        ("to_field", target),
        ("to_fields", target),
        ("from_fields", model),
        ("through_fields", between),
    ):
        draft.hold_fields(argument, given.get(argument), owner)
    if kind in ("GeneratedField", "CompositePrimaryKey"):
        draft.reads.update(_named_fields(node, model))
    if kind.endswith("ManyToManyField") and not through:
        own = constant(given.get("db_table"))
        draft.changes.add(f"t:{own or f'{table}_{name}'}")


def read_index(draft: Draft, model: str, node: "ast.expr | None", what: str) -> str:
    """Add what an index or a constraint is made of; its name, "" if unreadable."""
    given = keywords(node)
    name = constant(given.get("name"))
    if not isinstance(node, ast.Call) or None in given or not isinstance(name, str):
        draft.unread(what)
        return ""
    for listed in draft.strings("fields", given.pop("fields", None)):
        draft.holds.add(f"f:{model}.{listed.removeprefix('-')}")
    named = [value for key, value in given.items() if key not in _NO_FIELDS]
    for expression in [*named, *node.args]:
        draft.reads.update(_named_fields(expression, model))
    return name


def _named_fields(node: ast.AST, model: str) -> Iterator[str]:
    """Fields that an expression may speak of: its strings and its lookups.

    Too many rather than too few: ``Q(state="open")`` is taken to read both words.
    """
    for part in ast.walk(node):
        word = part.arg if isinstance(part, ast.keyword) else constant(part)
        if isinstance(word, str):
            yield f"f:{model}.{word.removeprefix('-').split('__')[0]}"
