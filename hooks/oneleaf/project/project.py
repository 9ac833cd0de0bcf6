"""What discovery finds: a project's apps, as plain values, and the numbers in names.

Numbers follow ``MigrationAutodetector.parse_number`` and ``arrange_for_graph`` in
django/db/migrations/autodetector.py (5.2 to 6.1, the same text in all).

Hand-written slotted classes instead of dataclasses: these modules are loaded in every
commit, and importing ``dataclasses`` costs more than the whole check. Nothing assigns to
them after construction.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneleaf.migration.reading.migrations import Migration


class App:
    """One app's migrations package in one state of the repository.

    label: the app label its migrations and dependencies speak of.
    directory: path of the migrations package, ``/``-separated, relative to the
        repository root, without a trailing slash (``"shop/migrations"``).
    migrations: migration name -> Migration, in listing order.
    lockfile: content of the app's own lockfile, None where there is none.
    unmerged: paths in the directory that have a merge conflict in the index.
    """

    __slots__ = ("directory", "label", "lockfile", "migrations", "unmerged")

    def __init__(
        self,
        label: str,
        directory: str,
        migrations: "Mapping[str, Migration]",
        lockfile: "bytes | None" = None,
        unmerged: "tuple[str, ...]" = (),
    ) -> None:
        self.label = label
        self.directory = directory
        self.migrations = migrations
        self.lockfile = lockfile
        self.unmerged = unmerged

    def path(self, name: str) -> str:
        """Path of the file of the migration called ``name``."""
        return f"{self.directory}/{name}.py"

    def unread(self, migration: "Migration") -> "tuple[int, str] | None":
        """(line, reason) where the place of one of its migrations cannot be told.

        None where all is known; and where only an ``if`` may add dependencies on other
        apps, which have no say in the order of this one.
        """
        others = all(label != self.label for label, _ in migration.conditional)
        return None if migration.conditional and others else migration.unreadable


class Project:
    """Every app found in one state of the repository.

    apps: in order of their directories.
    settings: names in the project's settings that migrations refer to, as far as
        they are plain strings there and agree (``{"AUTH_USER_MODEL": "people.User"}``).
    shared_lockfile: path and content of the one lockfile of all apps, where the
        configuration asks for that form; content None where it does not exist.
    orphaned_lockfiles: paths of lockfiles in directories that hold no module at all.
    unmerged: all paths that have a merge conflict in the index.
    """

    __slots__ = (
        "apps",
        "orphaned_lockfiles",
        "settings",
        "shared_lockfile",
        "unmerged",
    )

    def __init__(
        self,
        apps: "tuple[App, ...]",
        settings: "Mapping[str, str]",
        shared_lockfile: "tuple[str, bytes | None] | None" = None,
        orphaned_lockfiles: "tuple[str, ...]" = (),
        unmerged: "frozenset[str]" = frozenset(),
    ) -> None:
        self.apps = apps
        self.settings = settings
        self.shared_lockfile = shared_lockfile
        self.orphaned_lockfiles = orphaned_lockfiles
        self.unmerged = unmerged


SQUASHED = "_squashed_"  # as ``squashmigrations`` joins two names


def number(name: str) -> "int | None":
    """The number of the migration called ``name``, None where it has none.

    The digits right after the last ``_squashed_`` that has some, else the leading
    digits. Any Unicode decimal digit counts, as it does for Django's ``\\d``.
    More digits than ``int`` converts (4,300) count as none; Django raises there.
    """
    head = name[:4]
    if name[4:5] == "_" and head.isdigit() and head.isascii() and SQUASHED not in name:
        return int(head)  # as nearly all are
    digits = ""
    if SQUASHED in name:
        # Django's dot stops at a newline, so the first line that has a match decides.
        for line in name.split("\n"):
            digits = _after_last_squashed(line)
            if digits:
                break
    try:
        return int(digits or leading_digits(name))
    except ValueError:
        return None


def _after_last_squashed(line: str) -> str:
    """The digits after the last ``_squashed_`` that is followed by some, else ""."""
    at = line.rfind(SQUASHED)
    while at >= 0:
        digits = leading_digits(line[at + len(SQUASHED) :])
        if digits:
            return digits
        # Two markers may share an underscore: "_squashed_squashed_3".
        at = line.rfind(SQUASHED, 0, at + len(SQUASHED) - 1)
    return ""


def leading_digits(text: str) -> str:
    """The decimal digits, of any script, that a text begins with; "" for none."""
    end = 0
    while text[end : end + 1].isdecimal():
        end += 1
    return text[:end]


def format_number(value: int, width: int = 4) -> str:
    """``value`` as it stands in a name: at least ``width`` digits, more where needed."""
    return f"{value:0{width}d}"
