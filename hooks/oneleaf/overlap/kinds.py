"""What each kind of Django's operations writes and reads.

Positional arguments are Django's (``django.db.migrations.operations`` and
``django.contrib.postgres.operations``, 5.2 to 6.1).
"""

import ast
from collections.abc import Callable, Mapping

from oneleaf.overlap.creating import create_model
from oneleaf.overlap.definitions import read_field, read_index
from oneleaf.overlap.draft import Draft, UnreadError
from oneleaf.overlap.syntax import constant, dotted

DJANGO = ("django.db.migrations.", "django.contrib.postgres.operations.")

_Read = Callable[[Draft], None]
_Touch = Callable[[Draft, str], None]


def read_kind(
    kind: str, call: ast.Call, draft: Draft, names: Mapping[str, ast.expr]
) -> None:
    """Read the call of one of Django's operation classes into ``draft``.

    kind: the name of the class; names: what names in the file stand for.
    """
    if kind not in _KINDS:
        if not kind.endswith("Extension"):
            draft.opaque = f"what {kind} does is not read"
        return
    parameters, read = _KINDS[kind]
    draft.bind(call, parameters, names)
    try:
        read(draft)
    except UnreadError as parameter:
        draft.unread(str(parameter))


def _delete_model(draft: Draft) -> None:
    draft.drop(f"m:{draft.model('name')}")


def _rename_model(draft: Draft) -> None:
    new = draft.string("new_name").lower()
    draft.rename(f"m:{draft.model('old_name')}", f"m:{draft.app}.{new}")
    draft.changes.add(f"t:{draft.app}_{new}")


def _field(touch: _Touch, *, defined: bool) -> _Read:
    """For an operation on one field; defined: it gives the field's definition."""

    def read(draft: Draft) -> None:
        name, model = draft.string("name"), draft.model()
        touch(draft, f"f:{model}.{name}")
        if defined:
            table = model.replace(".", "_")
            read_field(draft, model, name, draft.args.get("field"), table)

    return read


def _rename_field(draft: Draft) -> None:
    old, new, model = draft.string("old_name"), draft.string("new_name"), draft.model()
    draft.rename(f"f:{model}.{old}", f"f:{model}.{new}")
    # Where it is a ManyToManyField, its table follows.
    draft.changes.add(f"t:{model.replace('.', '_')}_{new}")


def _option(option: str) -> _Read:
    """For an operation that sets one option; strings in its value name fields."""

    def read(draft: Draft) -> None:
        model = draft.model("name")
        draft.changes.add(f"o:{model}.{option}")
        draft.hold_fields(option, draft.args.get("fields"), model)

    return read


def _alter_table(draft: Draft) -> None:
    model = draft.model("name")
    table = draft.args.get("table")
    draft.changes.add(f"o:{model}.table")
    if not isinstance(table, ast.Constant):
        draft.unread("table")
    else:
        name = str(table.value or model.replace(".", "_"))
        draft.changes.add(f"t:{name}")


def _add_index(draft: Draft) -> None:
    if name := read_index(draft, draft.model(), draft.args.get("index"), "index"):
        draft.create(f"i:{name}")


def _remove_index(draft: Draft) -> None:
    name = draft.string("name")
    draft.model()
    draft.drop(f"i:{name}")


def _rename_index(draft: Draft) -> None:
    new, model = draft.string("new_name"), draft.model()
    if "old_name" in draft.args:
        draft.rename(f"i:{draft.string('old_name')}", f"i:{new}")
        return
    draft.create(f"i:{new}")
    draft.changes.add(f"o:{model}.index_together")
    draft.hold_fields("old_fields", draft.args.get("old_fields"), model)


def _alter_constraint(draft: Draft) -> None:
    name, model = draft.string("name"), draft.model()
    draft.alter(f"i:{name}")
    read_index(draft, model, draft.args.get("index"), "constraint")


def _validate_constraint(draft: Draft) -> None:
    draft.model()
    draft.needs.add(f"i:{draft.string('name')}")


def _run_python(draft: Draft) -> None:
    code = dotted(draft.args.get("code"), draft.aliases)
    if not _is_noop(code, "RunPython"):
        draft.opaque = "runs Python code" + (f": {code}" if code else "")


def _run_sql(draft: Draft) -> None:
    sql = draft.args.get("sql")
    empty = constant(sql) == "" or (
        isinstance(sql, ast.List | ast.Tuple) and not sql.elts
    )
    if not empty and not _is_noop(dotted(sql, draft.aliases), "RunSQL"):
        draft.opaque = "runs SQL"


def _is_noop(path: str, kind: str) -> bool:
    return path.startswith(DJANGO) and path.endswith(f".{kind}.noop")


def _separate(draft: Draft) -> None:
    if draft.items("database_operations", draft.args.get("database_operations")):
        draft.opaque = "changes the database apart from the models"


_FIELD = "model_name name field preserve_default"
_INDEX = "model_name index"
# Class -> names of its positional arguments, as ``Draft.bind`` spells them.
_KINDS: "dict[str, tuple[str, _Read]]" = {
    "CreateModel": ("name fields options bases managers", create_model),
    "DeleteModel": ("name", _delete_model),
    "RenameModel": ("old_name new_name", _rename_model),
    "AlterModelTable": ("name table", _alter_table),
    "AlterModelTableComment": ("name value", _option("db_table_comment")),
    "AlterUniqueTogether": ("name fields", _option("unique_together")),
    "AlterIndexTogether": ("name fields", _option("index_together")),
    "AlterOrderWithRespectTo": ("name fields", _option("order_with_respect_to")),
    "AlterModelOptions": ("name options", _option("options")),
    "AlterModelManagers": ("name managers", _option("managers")),
    "AddField": (_FIELD, _field(Draft.create, defined=True)),
    "AlterField": (_FIELD, _field(Draft.alter, defined=True)),
    "RemoveField": (_FIELD, _field(Draft.drop, defined=False)),
    "RenameField": ("model_name old_name new_name", _rename_field),
    "AddIndex": (_INDEX, _add_index),
    "AddIndexConcurrently": (_INDEX, _add_index),
    "RemoveIndex": ("model_name name", _remove_index),
    "RemoveIndexConcurrently": ("model_name name", _remove_index),
    "RenameIndex": ("model_name new_name old_name old_fields", _rename_index),
    "AddConstraint": (_INDEX, _add_index),
    "AddConstraintNotValid": (_INDEX, _add_index),
    "AlterConstraint": ("model_name name index", _alter_constraint),
    "RemoveConstraint": ("model_name name", _remove_index),
    "ValidateConstraint": ("model_name name", _validate_constraint),
    "RunPython": ("code", _run_python),
    "RunSQL": ("sql reverse_sql state_operations", _run_sql),
    "SeparateDatabaseAndState": ("database_operations state_operations", _separate),
}
