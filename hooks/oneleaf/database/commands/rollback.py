"""``oneleaf db rollback``: migrations taken back, also when their files are gone."""

import json
import sys

from oneleaf.arguments import Options
from oneleaf.database import connection as connections
from oneleaf.database import sources
from oneleaf.database.change import acting, rollback, safety
from oneleaf.database.change.rollback import Rollback, RollbackWish
from oneleaf.errors import OneleafError
from oneleaf.output.terminal import escape, say


def run(options: Options) -> int:
    """0 when done, nothing was to do, or the plan is shown; raises Refused otherwise."""
    wish = _wish(options)
    found = sources.find()
    connection = connections.connection(options.text("--database"))
    if not options.text("--database") and not wish.to and not wish.to_upstream:
        safety.refuse_open_elsewhere(connection.alias, found, "rollback")
    around = safety.wards(connection)
    apply = options.flag("--apply")

    def make() -> Rollback:
        with connections.named(connection.alias):
            return rollback.plan(connection, found, around, wish)

    with connections.named(connection.alias):
        if apply:
            safety.require_consent(connection, options)
            plan = acting.carry_out(connection, around, make, say)
            safety.remember(connection, found)
        else:
            plan = make()
    assert isinstance(plan, Rollback)
    as_json = options.text("--output-format", "text") == "json"
    sys.stdout.write(_json(plan, applied=apply) if as_json else _text(plan, done=apply))
    return 0


def _wish(options: Options) -> RollbackWish:
    """Raises OneleafError for words that do not go together."""
    label = options.operands[0] if options.operands else ""
    to, to_upstream = options.text("--to"), options.flag("--to-upstream")
    if len(options.operands) > 1:
        msg = "oneleaf db rollback takes one app at most"
        raise OneleafError(msg)
    if to and to_upstream:
        msg = "--to and --to-upstream name two targets; give one"
        raise OneleafError(msg)
    if to and not label:
        msg = f"--to needs an app: oneleaf db rollback APP --to {to}"
        raise OneleafError(msg)
    return RollbackWish(label, to, to_upstream=to_upstream)


def _json(plan: Rollback, *, applied: bool) -> str:
    answer = {
        "version": 1,
        "applied": applied and plan.is_needed,
        "undone": [target.shown for target in reversed(plan.targets)],
        "drops": plan.lost,
    }
    return json.dumps(answer, indent=1) + "\n"


def _text(plan: Rollback, *, done: bool) -> str:
    if not plan.is_needed:
        return "nothing to roll back\n"
    lines = [f"undo    {target.shown}" for target in reversed(plan.targets)]
    lines += [f"{'dropped' if done else 'drops'}  {what}" for what in plan.lost]
    if rollback.has_code(plan):
        lines.append("runs the project's own code backwards (RunPython)")
    if done:
        lines.append("done. Now run: python manage.py migrate")
    else:
        lines.append("nothing was changed; to do it: the same with --apply")
    return "".join(escape(line) + "\n" for line in lines)
