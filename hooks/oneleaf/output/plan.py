"""What a verb that writes has done, or would do, and what is left to do."""

from oneleaf.output.terminal import counted, escape
from oneleaf.shell import word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from oneleaf.planning.plan import AppPlan, Plan


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


def render_text(plan: "Plan", *, dry: bool) -> str:
    """A paragraph per app, then the other files; "" for an empty plan.

    dry: nothing was done, it only would be.
    """
    lines: list[str] = []
    told: set[str] = set()
    for app in plan.apps:
        lines += _of_app(plan, app, told, dry=dry)
    refused = any(app.refused for app in plan.apps)
    others = [app.app for app in plan.apps if not app.refused]
    if refused and others:
        lines.append(
            f"nothing was changed; the others alone: `oneleaf rebase {' '.join(others)}`"
        )
    shown = {path for app in plan.apps for path in (*app.edited, app.lockfile)}
    rest = [
        p for p, content in plan.files.items() if content is not None and p not in shown
    ]
    lines += [f"{'would edit' if dry else 'edited'} {path}" for path in rest]
    return "".join(escape(line) + "\n" for line in lines)


def _of_app(
    plan: "Plan", app: "AppPlan", told: "set[str]", *, dry: bool
) -> "list[str]":
    if app.refused:
        return [f"{app.app}: refused: {app.refused}"]
    would = "would " if dry else ""
    lines = []
    if app.moved:
        verb = "move" if dry else "moved"
        what = counted(len(app.moved), "migration")
        lines.append(f"{app.app}: {would}{verb} {what}")
        lines += [f"    {old} -> {new}" for old, new in app.moved]
    moved = {new for _, new in app.moved}
    for path in app.edited:
        name = path.rpartition("/")[2].removesuffix(".py")
        if name not in moved and path in plan.files:
            lines.append(f"{app.app}: {would}{'edit' if dry else 'edited'} {path}")
    if app.lockfile and app.lockfile not in told:
        told.add(app.lockfile)
        lines.append(f"{app.app}: {would}{'write' if dry else 'wrote'} {app.lockfile}")
    return lines


def render_next(commands: "Sequence[str]") -> str:
    """What is left to do, a line each."""
    lines = [
        f"{'next:' if n == 0 else '     '} {line}" for n, line in enumerate(commands)
    ]
    return "".join(escape(line) + "\n" for line in lines)
