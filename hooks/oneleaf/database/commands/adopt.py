"""``oneleaf db adopt``: the local database after the local migrations were moved."""

import json
import sys

from oneleaf.arguments import Options
from oneleaf.database import connection as connections
from oneleaf.database import sources
from oneleaf.database.change import acting, safety
from oneleaf.database.change.adopt import Adoption
from oneleaf.database.clone_files import dotted
from oneleaf.output.terminal import escape, say


def run(options: Options) -> int:
    """0 when done, nothing was to do, or the plan is shown; raises Refused otherwise."""
    found = sources.find()
    connection = connections.connection(options.text("--database"))
    if not options.text("--database"):
        safety.refuse_open_elsewhere(connection.alias, found, "adopt")
    around = safety.wards(connection)
    apply = options.flag("--apply")
    with connections.named(connection.alias):
        if apply:
            safety.require_consent(connection, options)
            plan = acting.carry_out(
                connection,
                around,
                lambda: safety.adoption(connection, found, around),
                say,
            )
            safety.remember(connection, found)
        else:
            plan = safety.adoption(connection, found, around)
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
