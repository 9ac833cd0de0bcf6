"""What a check has to say: one Finding per fault, and the table of codes."""

ERROR = "error"
WARNING = "warning"

# Code -> (name, severity). Codes are stable: they stand in configurations.
CODES = {
    "OL101": ("duplicate-number", ERROR),
    "OL102": ("multiple-leaf-nodes", ERROR),
    "OL103": ("missing-dependency", ERROR),
    "OL104": ("circular-dependency", ERROR),
    "OL105": ("unreadable-migration", ERROR),
    "OL106": ("unresolved-merge", ERROR),
    "OL201": ("lockfile-missing", ERROR),
    "OL202": ("lockfile-stale", ERROR),
    "OL203": ("lockfile-malformed", ERROR),
    "OL204": ("lockfile-orphaned", ERROR),
    "OL301": ("published-migration-changed", ERROR),
    "OL302": ("published-migration-removed", ERROR),
    "OL303": ("conflicts-with-upstream", ERROR),
    "OL304": ("overlaps-upstream", WARNING),
}


class Finding:
    """One fault.

    code: a key of ``CODES``.
    app: the app label, "" where the fault belongs to no app.
    path, line: where it stands; ``/``-separated from the top of the repository, 1-based.
    migrations: names of the migrations it is about.
    message: one sentence, without path and code.
    hint: what mends it, as one line with the command to run.
    """

    __slots__ = ("app", "code", "hint", "line", "message", "migrations", "path")

    def __init__(
        self,
        code: str,
        app: str,
        place: "tuple[str, int]",
        migrations: "tuple[str, ...]",
        message: str,
        hint: str,
    ) -> None:
        self.code = code
        self.app = app
        self.path, self.line = place
        self.migrations = migrations
        self.message = message
        self.hint = hint

    @property
    def name(self) -> str:
        """The code's name, as ``multiple-leaf-nodes``."""
        return CODES[self.code][0]

    @property
    def severity(self) -> str:
        """``error`` or ``warning``."""
        return CODES[self.code][1]


_PLAIN = frozenset(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-"
)


def word(text: str) -> str:
    """A path or label as one word of a command to paste (POSIX shell, "Quoting").

    What begins with a dash would be taken for an option and gets ``./`` in front.
    """
    if text.startswith("-"):
        text = "./" + text
    if text and _PLAIN.issuperset(text):
        return text
    return "'" + text.replace("'", "'\\''") + "'"
