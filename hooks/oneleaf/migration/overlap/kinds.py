"""What each kind of Django's operations writes and reads.

``read_kind`` fills a Draft, the operation being read, from which an Operation is made.
Positional arguments are Django's (``django.db.migrations.operations`` and
``django.contrib.postgres.operations``, 5.2 to 6.1).
"""

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from oneleaf.migration.overlap.syntax import constant, dotted, keywords

Keys = frozenset[str]

_NONE: Keys = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One entry of ``Migration.operations``.

    kind: the name of its class (``"AddField"``); ``"unreadable"`` for a file, or a
        part of one, that no operation could be read from.
    line: 1-based line of the file; text: its source on one line, shortened.
    writes, reads: keys, see the package; no key is in both.
    opaque: why its effect cannot be told, None where the keys say all.
    creates, drops: of ``writes``, what must not exist before, what is gone after.
    needs: what must exist when it runs; holds: what must exist in the end.
    """

    kind: str
    line: int
    text: str
    writes: Keys = _NONE
    reads: Keys = _NONE
    opaque: "str | None" = None
    creates: Keys = _NONE
    drops: Keys = _NONE
    needs: Keys = _NONE
    holds: Keys = _NONE


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
