"""What a check has to say: a Finding for each fault, the table of codes, a Report."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


ERROR = "error"
WARNING = "warning"
NOTE = "note"

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
    """One fault, or what another verb than ``check`` has to say of the same form.

    code: a key of ``CODES``; or a word of the verb's, as ``radar-collision``, which can
    neither be ignored nor fail a check.
    app: the app label, "" where the fault belongs to no app.
    path, line: where it stands; ``/``-separated from the top of the repository, 1-based.
    migrations: names of the migrations it is about.
    message: one sentence, without path and code.
    hint: what mends it, as one line with the command to run.
    severity: ``error``, ``warning`` or ``note``; the code's, where none is given.
    """

    __slots__ = (
        "app",
        "code",
        "hint",
        "line",
        "message",
        "migrations",
        "path",
        "severity",
    )

    def __init__(
        self,
        code: str,
        app: str,
        place: "tuple[str, int]",
        migrations: "tuple[str, ...]",
        message: str,
        hint: str,
        severity: str = "",
    ) -> None:
        self.code = code
        self.app = app
        self.path, self.line = place
        self.migrations = migrations
        self.message = message
        self.hint = hint
        self.severity = severity or CODES[code][1]

    @property
    def name(self) -> str:
        """The code's name, as ``multiple-leaf-nodes``."""
        return CODES[self.code][0] if self.code in CODES else self.code


class Report:
    """The outcome of a check.

    state: ``index``, ``commit:SHA`` or ``merge:SHA+SHA``.
    apps, migrations: how many were looked at.
    findings: in the order in which they are shown.
    """

    __slots__ = ("apps", "findings", "migrations", "state")

    def __init__(
        self, state: str, apps: int, migrations: int, findings: "Sequence[Finding]"
    ) -> None:
        self.state = state
        self.apps = apps
        self.migrations = migrations
        self.findings = findings

    @property
    def exit_code(self) -> int:
        """1 where a finding is an error, else 0."""
        return int(any(finding.severity == ERROR for finding in self.findings))
