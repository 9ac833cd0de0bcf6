"""What ``status`` found in a clone, as one plain value."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from oneleaf.checking.findings import Finding


class Facts:
    """What was found in the clone.

    settings: git's configuration from all files, keys as git prints them; the last
        value of each.
    answers: whether the registered command answered as the driver does: ``driver``,
        ``text`` where only its last resort did, ``nothing``; "" where it was not asked.
    attributes: lockfile -> what git takes for its attribute ``merge``.
    overriding: file, number and text of the line that keeps a lockfile away.
    line: the line that sends lockfiles to the driver.
    attributes_committed: whether ``.gitattributes`` is in the index as it lies here.
    rerere_used: whether git records resolutions here.
    hooks: hook type -> who runs oneleaf there: ``pre-commit``, ``prek``, ``lefthook``,
        ``script``, or "" for nobody.
    manager: the hook manager in use, ``pre-commit``, ``prek``, ``lefthook`` or
        ``husky``, else "".
    occupied: the hook types that have a script, whatever it runs.
    configured: hook ids of oneleaf in the manager's configuration.
    hooks_directory: where git looks for hooks.
    lockfiles: the findings on lockfiles in the index; None where none is in use.
    apps: how many apps with migrations the index holds.
    upstream: name of the upstream branch, "" where nothing tells it.
    """

    __slots__ = (
        "answers",
        "apps",
        "attributes",
        "attributes_committed",
        "configured",
        "hooks",
        "hooks_directory",
        "line",
        "lockfiles",
        "manager",
        "occupied",
        "overriding",
        "rerere_used",
        "settings",
        "upstream",
    )

    def __init__(self) -> None:
        self.settings: Mapping[str, str] = {}
        self.answers = ""
        self.attributes: Mapping[str, str] = {}
        self.overriding: tuple[str, int, str] | None = None
        self.attributes_committed = True
        self.rerere_used = False
        self.hooks: Mapping[str, str] = {}
        self.manager = ""
        self.occupied: Sequence[str] = ()
        self.configured: Sequence[str] = ()
        self.hooks_directory = ".git/hooks"
        self.line = ""
        self.lockfiles: Sequence[Finding] | None = ()
        self.apps = 0
        self.upstream = ""
