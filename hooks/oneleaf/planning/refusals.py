"""Where a plan stops before it is made, or before it harms what is the user's own."""

from oneleaf.errors import OneleafError, Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from oneleaf.migration.rewriting.source import CannotRewrite
    from oneleaf.planning.situation import PlanFiles, Situation
    from oneleaf.project.project import App, Project


def require_apps(
    labels: "frozenset[str]", project: "Project", place: str = "the index"
) -> None:
    """Raises OneleafError for a label, as the user gave it, that no app has.

    place: what the project was read from.
    """
    known = {app.label for app in project.apps}
    for label in sorted(labels - known):
        msg = (
            f"no app {label!r} in {place}; it has {', '.join(sorted(known)) or 'none'}"
        )
        raise OneleafError(msg)


def cannot_edit(files: "PlanFiles", path: str, error: "CannotRewrite") -> Refused:
    """The error to raise for a migration that cannot be edited, naming where it is."""
    where = files.origin(path)
    return Refused(
        f"{where}:{error.line} cannot be edited: {error.reason}; nothing was changed"
    )


def refuse_edited(situation: "Situation", paths: "Iterable[str]") -> None:
    """Raises Refused where the work tree holds edits that are not staged.

    paths: what the plan writes; such edits would be mixed into it.
    """
    edited = sorted(set(paths) & situation.files.edited)
    if edited:
        _refuse_twins(situation, edited)
        msg = (
            f"{', '.join(edited)} has changes that are not staged; nothing was changed;"
            f" `git add` or `git stash` them first"
        )
        raise Refused(msg)


def _refuse_twins(situation: "Situation", edited: "list[str]") -> None:
    """Raises Refused for an edit that is none: another migration's file is seen there.

    So it is where two names differ in case alone and the file system folds case.
    """
    current = situation.files.current
    known = [
        app.path(name) for app in situation.project.apps for name in app.migrations
    ]
    for path in edited:
        for twin in known:
            same = twin != path and twin.casefold() == path.casefold()
            if same and current(twin) == current(path):
                msg = (
                    f"{path} differs from {twin} in case alone, which this file system"
                    " cannot tell apart; nothing was changed; stop the merge, give yours"
                    " another name with `git mv`, and merge again"
                )
                raise Refused(msg)


def refuse_in_the_way(
    situation: "Situation", contents: "Mapping[str, bytes | None]"
) -> None:
    """Raises Refused where a file that is no migration has a path that is needed.

    contents: path -> content, of what the plan writes.
    """
    known = {
        app.path(name) for app in situation.project.apps for name in app.migrations
    }
    for path in contents:
        if path not in known and situation.files.current(path) is not None:
            msg = (
                f"{path} is in the way, a file that git ignores or that is no migration;"
                " nothing was changed; move it away"
            )
            raise Refused(msg)


def code_in_conflict(app: "App") -> "str | None":
    """That a migration of the app is unmerged, with the cure; None where none is."""
    code = [path for path in app.unmerged if path.endswith(".py")]
    if code:
        return f"{code[0]} is in conflict itself; edit it and `git add` it first"
    return None


def refusal(situation: "Situation", app: "App") -> "str | None":
    """Why the app cannot be rebased, a sentence with its cure; None where it can."""
    conflict = code_in_conflict(app)
    if conflict:
        return conflict
    for migration in app.migrations.values():
        unread = app.unread(migration)
        if unread is not None:
            line, reason = unread
            return f"{app.path(migration.name)}:{line} cannot be read: {reason}"
    local = situation.local(app)
    for path, name in _conditional(situation, app):
        if name in local:
            return (
                f"{path} names {name} under an `if`; write it as a literal list first"
            )
    highest = max((situation.ranks[app.directory, name] for name in local), default=0)
    newest = [n for n in local if situation.ranks[app.directory, n] == highest]
    if situation.sides.undecided(app.path(name) for name in newest):
        return _undecided(situation, app)
    leaves = situation.base_leaves(app)
    if len(leaves) > 1:
        return (
            f"{' and '.join(leaves)} are both published, and published migrations never"
            f" move; join them: `oneleaf merge {app.label}`"
        )
    return None


def _conditional(situation: "Situation", app: "App") -> "Iterator[tuple[str, str]]":
    """(path, name) of the app's migrations that a file names under an ``if``.

    Those are the names that a rebase cannot rewrite.
    """
    for other in situation.project.apps:
        for migration in other.migrations.values():
            for label, name in migration.conditional:
                if app in situation.graph.carriers(other, label):
                    yield other.path(migration.name), name


def _undecided(situation: "Situation", app: "App") -> str:
    how = f"join them: `oneleaf merge {app.label}`"
    if situation.sides.contest is not None:
        how = f"say who stays: `oneleaf rebase --onto ours {app.label}` or `--onto theirs`"
    return f"nothing tells which side is published; set `upstream` in [tool.oneleaf], or {how}"
