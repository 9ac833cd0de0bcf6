"""A plan: the edits to be made, before they are made."""

from dataclasses import KW_ONLY, dataclass, field


@dataclass(frozen=True, slots=True)
class AppPlan:
    """What a plan does to one app.

    app: label; upstream: names that stay; moved: (old name, new name) pairs; dropped:
    (name, name it has elsewhere) pairs, of copies of migrations that are there under
    another name; edited: paths whose content changes; lockfile: its path where it is
    written; refused: why nothing is done to this app, None where something is.
    """

    app: str
    _: KW_ONLY
    upstream: "tuple[str, ...]" = ()
    moved: "tuple[tuple[str, str], ...]" = ()
    dropped: "tuple[tuple[str, str], ...]" = ()
    edited: "tuple[str, ...]" = ()
    lockfile: "str | None" = None
    refused: "str | None" = None


@dataclass(frozen=True, slots=True)
class Plan:
    """All edits of one command.

    apps: what is done to each app, for showing.
    files: path -> content to be there afterwards, None for a file to be gone. Contents
        are work tree contents (line ends as in the work tree); staging them is `git add`.
    notes: sentences for the user.
    moves: old path -> new path, for files that move. Each new path is in ``files``
        with its content; each old path is too, with None or, where another file
        takes its place, with that one's content. Whoever applies it keeps the file's
        mode. A file that goes and does not move is removed: only where git has it.
    expected: path -> the work tree content that the plan was made from, None where
        there was no file. Has every path of ``files``. Whoever applies it refuses,
        before the first byte, where a path holds something else by now: nobody's edit
        is lost, no file is overwritten that the plan does not know.
    """

    apps: "tuple[AppPlan, ...]"
    files: "dict[str, bytes | None]"
    _: KW_ONLY
    notes: "tuple[str, ...]" = ()
    moves: "dict[str, str]" = field(default_factory=dict)
    expected: "dict[str, bytes | None]" = field(default_factory=dict)
