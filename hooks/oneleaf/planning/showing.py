"""What a rebase does to each app, for people to read."""

from oneleaf.planning.plan import AppPlan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from oneleaf.planning.editing import Move
    from oneleaf.planning.situation import Situation


def shown(
    situation: "Situation",
    moves: "list[Move]",
    changed: "Mapping[str, bytes | None]",
    lockfiles: "Mapping[str, bytes]",
) -> "Iterator[AppPlan]":
    """What is done to each app, whether it moves or is merely edited.

    changed: path -> new content, None for a file that goes. lockfiles: those among
    them.
    """
    config = situation.config
    by_directory = {move.app.directory: move for move in moves}
    written: dict[str, list[str]] = {}
    for path, content in changed.items():
        if path not in lockfiles and content is not None:
            written.setdefault(path.rpartition("/")[0], []).append(path)
    for app in situation.project.apps:
        move = by_directory.get(app.directory)
        own = config.lockfile if config.shared else f"{app.directory}/{config.lockfile}"
        locked = own in changed and (not config.shared or move is not None)
        edited = tuple(written.get(app.directory, ()))
        if move is not None or edited or locked:
            yield AppPlan(
                app.label,
                upstream=tuple(move.upstream if move else ()),
                moved=_pairs(situation, move) if move else (),
                edited=edited,
                lockfile=own if locked else None,
            )


def _pairs(situation: "Situation", move: "Move") -> "tuple[tuple[str, str], ...]":
    """Old and new name of each migration that moves, in the order of the line."""
    app = move.app
    origins = [situation.files.origin(app.path(step.name)) for step in move.line]
    shown = [origin.rpartition("/")[2].removesuffix(".py") for origin in origins]
    pairs = [(old, move.names[s.name]) for old, s in zip(shown, move.line, strict=True)]
    return tuple((old, new) for old, new in pairs if old != new)
