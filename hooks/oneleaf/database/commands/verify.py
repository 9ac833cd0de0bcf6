"""``oneleaf db verify``: may the local chains stand behind upstream's?"""

import json
import sys

from oneleaf.arguments import Options
from oneleaf.database import sources
from oneleaf.database.clone_files import dotted
from oneleaf.database.state import verdict
from oneleaf.output.terminal import escape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from oneleaf.database.state.verdict import Comparison


MEANING = {
    "BLOCK": "cannot stand behind upstream's",
    "ORDER": "may stand behind upstream's; a database that has them must roll back first",
    "DIFFER": "both orders run and end differently: whichever comes last wins",
    "COMMUTE": "may stand behind upstream's; a database that has them may adopt",
}


def run(options: Options) -> int:
    """0 where every verdict is COMMUTE, nothing is opaque and no migration is missing."""
    found = sources.find()
    comparisons = verdict.compare(found, options.text("--since"))
    conflicts = verdict.leaf_conflicts(found)
    missing = [] if conflicts else list(verdict.unwritten(found))
    if options.text("--output-format", "text") == "json":
        rendered = json.dumps(_json(comparisons, conflicts, missing), indent=1) + "\n"
    else:
        rendered = _text(comparisons, conflicts, missing)
    sys.stdout.write(rendered)
    proven = all(
        comparison.verdict.word == "COMMUTE" and not comparison.verdict.opaque
        for comparison in comparisons
    )
    return 0 if proven and not conflicts and not missing else 1


def _text(
    comparisons: "list[Comparison]",
    conflicts: "dict[str, list[str]]",
    missing: "list[str]",
) -> str:
    lines = []
    for comparison in comparisons:
        verdict = comparison.verdict
        lines.append(f"{', '.join(comparison.apps)}: {verdict.word}")
        lines.append(f"    local: {_names(comparison.mine)}")
        lines.append(f"    upstream's: {_names(comparison.upstream) or 'nothing new'}")
        lines.append(f"    {MEANING[verdict.word]}")
        if verdict.reason:
            lines.append(f"    because: {verdict.reason}")
        lines += [f"    CANNOT TELL: {step}" for step in verdict.opaque]
    if not comparisons:
        lines.append("no app has local migrations")
    for label, names in conflicts.items():
        lines.append(f"{label}: several leaf nodes: {', '.join(names)}")
        lines.append("    makemigrations --check must wait; run `oneleaf rebase` first")
    for line in missing:
        lines.append(f"not written yet: {line}")
    if not conflicts and not missing:
        lines.append("makemigrations --check: nothing is missing")
    return "".join(escape(line) + "\n" for line in lines)


def _names(keys: "list[tuple[str, str]]") -> str:
    return ", ".join(dotted(key) for key in keys)


def _json(
    comparisons: "list[Comparison]",
    conflicts: "dict[str, list[str]]",
    missing: "list[str]",
) -> "dict[str, Any]":
    return {
        "version": 1,
        "groups": [
            {
                "apps": comparison.apps,
                "local": [dotted(key) for key in comparison.mine],
                "upstream": [dotted(key) for key in comparison.upstream],
                "verdict": comparison.verdict.word,
                "reason": comparison.verdict.reason or None,
                "cannot_tell": [str(step) for step in comparison.verdict.opaque],
            }
            for comparison in comparisons
        ],
        "conflicts": conflicts,
        "unwritten": missing,
    }
