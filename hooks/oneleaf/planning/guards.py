"""Where a plan stops for the sake of files that are the user's own."""

from oneleaf.errors import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from oneleaf.planning.situation import Situation


def refuse_edited(situation: "Situation", paths: "Iterable[str]") -> None:
    """Stop where the work tree holds edits that are not staged: they would be mixed in."""
    edited = sorted(set(paths) & situation.files.edited)
    if edited:
        msg = (
            f"{', '.join(edited)} has changes that are not staged; nothing was changed;"
            f" `git add` or `git stash` them first"
        )
        raise Refused(msg)


def refuse_in_the_way(
    situation: "Situation", contents: "Mapping[str, bytes | None]"
) -> None:
    """Stop where a file that is no migration of the state has a path that is needed."""
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
