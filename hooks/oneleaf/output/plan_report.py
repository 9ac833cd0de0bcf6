"""What a verb that writes has done, or would do."""

from oneleaf.output.escape import escape
from oneleaf.shell import word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from oneleaf.planning.plan import Plan


_FEW = 5  # more paths than these make a line that nobody copies


def written(paths: "Sequence[str]", *, dry: bool) -> str:
    """A line per file, and how to go on; "" for no file.

    dry: nothing was written, it only would be.
    """
    if not paths:
        return ""
    verb = "Would write" if dry else "Wrote"
    lines = [f"{verb} {escape(path)}" for path in paths]
    if not dry:
        lines.append(f"    hint: git add {_to_stage(paths)}")
    return "".join(line + "\n" for line in lines)


def _to_stage(paths: "Sequence[str]") -> str:
    """The paths as words for a shell; one pattern where many files have one name."""
    names = {path.rpartition("/")[2] for path in paths}
    if len(paths) > _FEW and len(names) == 1:
        return word(f":(top,glob)**/{names.pop()}")
    return " ".join(escape(word(path)) for path in paths)


def notes(plan: "Plan") -> str:
    """The plan's sentences for the user, a line each."""
    return "".join(f"oneleaf: {escape(note)}\n" for note in plan.notes)


def render_json(plan: "Plan", *, applied: bool) -> str:
    """The plan as one JSON object, version 1, ASCII only.

    applied: whether its files were written.
    """
    import json

    apps = [
        {
            "app": app.app,
            "upstream": list(app.upstream),
            "moved": [{"from": old, "to": new} for old, new in app.moved],
            "dropped": [{"name": name, "is": other} for name, other in app.dropped],
            "edited": list(app.edited),
            "lockfile": app.lockfile,
            "refused": app.refused,
        }
        for app in plan.apps
    ]
    return json.dumps({"version": 1, "applied": applied, "apps": apps}, indent=2) + "\n"
