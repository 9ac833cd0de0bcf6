"""``oneleaf db adopt``: the local database after the local migrations were moved."""

import json
import sys

from oneleaf.arguments import OUTPUT_FORMAT, Options, Verb
from oneleaf.database import acting, opening, sources, surroundings
from oneleaf.database import options as db_options
from oneleaf.database.adopting import Adoption
from oneleaf.database.keys import dotted
from oneleaf.output.escape import escape
from oneleaf.output.saying import say

VERB = Verb(
    "db adopt",
    "",
    "Brings a database that has applied local migrations under their old names in line\n"
    "with the files of now, and keeps its data: applies upstream's on a state that\n"
    "includes yours, then renames the rows. Only where both orders are proven to end\n"
    "the same; a backup is made first, and restored where anything fails. Only a\n"
    "development database. Without --apply it says what it would do.",
    (
        db_options.SETTINGS,
        db_options.DATABASE,
        db_options.APPLY,
        db_options.DATABASE_NAME,
        OUTPUT_FORMAT,
    ),
    (
        ("oneleaf db adopt", "see what it would do"),
        ("oneleaf db adopt --apply", "do it; asks for the database's name once"),
    ),
)


def run(options: Options) -> int:
    """0 when done, nothing was to do, or the plan is shown; raises Refused otherwise."""
    found = sources.find()
    connection = opening.connection(options.text("--database"))
    if not options.text("--database"):
        surroundings.refuse_open_elsewhere(connection.alias, found, "adopt")
    around = surroundings.wards(connection)
    apply = options.flag("--apply")
    with opening.named(connection.alias):
        if apply:
            surroundings.require_consent(connection, options)
            plan = acting.carry_out(
                connection,
                around,
                lambda: surroundings.adoption(connection, found, around),
                say,
            )
            surroundings.remember(connection, found)
        else:
            plan = surroundings.adoption(connection, found, around)
    assert isinstance(plan, Adoption)
    as_json = options.text("--output-format", "text") == "json"
    sys.stdout.write(_json(plan, applied=apply) if as_json else _text(plan, done=apply))
    return 0


def _json(plan: Adoption, *, applied: bool) -> str:
    answer = {
        "version": 1,
        "applied": applied and plan.is_needed,
        "renamed": [
            {"from": dotted(old), "to": dotted(new)}
            for old, new in plan.renamed.items()
        ],
        "kept": [dotted(key) for key in plan.mine],
        "upstream": [dotted(key) for key in plan.upstream],
    }
    return json.dumps(answer, indent=1) + "\n"


def _text(plan: Adoption, *, done: bool) -> str:
    if not plan.is_needed:
        return (
            "nothing to adopt: every applied migration stands where its file stands\n"
        )
    lines = [f"apply   {dotted(key)}" for key in plan.upstream]
    lines += [
        f"rename  {dotted(old)} -> {dotted(new)}" for old, new in plan.renamed.items()
    ]
    if done:
        lines.append("done; the data is kept. Now run: python manage.py migrate")
    else:
        lines.append("nothing was changed; to do it: oneleaf db adopt --apply")
    return "".join(escape(line) + "\n" for line in lines)
