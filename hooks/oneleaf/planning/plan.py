"""A plan: the edits to be made, before they are made."""


class AppPlan:
    """What a plan does to one app.

    app: label; upstream: names that stay; moved: (old name, new name) pairs;
    edited: paths whose content changes; lockfile: its path where it is written;
    refused: why nothing is done to this app, None where something is.
    """

    __slots__ = ("app", "edited", "lockfile", "moved", "refused", "upstream")

    def __init__(
        self,
        app: str,
        upstream: "tuple[str, ...]" = (),
        moved: "tuple[tuple[str, str], ...]" = (),
        edited: "tuple[str, ...]" = (),
        lockfile: "str | None" = None,
        refused: "str | None" = None,
    ) -> None:
        self.app = app
        self.upstream = upstream
        self.moved = moved
        self.edited = edited
        self.lockfile = lockfile
        self.refused = refused


class Plan:
    """All edits of one command.

    apps: what is done to each app, for showing.
    files: path -> content to be there afterwards, None for a file to be gone. Contents
        are work tree contents (line ends as in the work tree); staging them is `git add`.
    notes: sentences for the user.
    moves: old path -> new path, for files that move. Each new path is in ``files``
        with its content; each old path is too, with None or, where another file
        takes its place, with that one's content. Who applies keeps the file's mode.
    expected: path -> the work tree content that the plan was made from, None where
        there was no file. Has every path of ``files``. Who applies refuses, before the
        first byte, where a path holds something else by now: nobody's edit is lost,
        no file is overwritten that the plan does not know.
    """

    __slots__ = ("apps", "expected", "files", "moves", "notes")

    def __init__(
        self,
        apps: "tuple[AppPlan, ...]",
        files: "dict[str, bytes | None]",
        notes: "tuple[str, ...]" = (),
        moves: "dict[str, str] | None" = None,
        expected: "dict[str, bytes | None] | None" = None,
    ) -> None:
        self.apps = apps
        self.files = files
        self.notes = notes
        self.moves = moves or {}
        self.expected = expected or {}
