"""``[tool.oneleaf]`` of the repository's pyproject.toml, checked.

The file belongs to the state that is judged: the index's own for the index, a
commit's own for a commit. Unknown keys and wrong types are errors, so that a
misspelled key never switches a check off in silence.
"""

from oneleaf.errors import OneleafError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FILE = "pyproject.toml"
KEYS = (
    "allow-changed",
    "allow-duplicate-numbers",
    "apps",
    "exclude",
    "ignore",
    "lockfile",
    "upstream",
)
_HEX = frozenset("0123456789abcdef")


class Config:
    """The settings, each with its default.

    lockfile: the lockfile's name in each app, or the path of the one shared lockfile.
    shared: whether it is one file for all apps (the value holds a ``/``).
    lockfile_configured: the repository asked for lockfiles by naming one.
    upstream: the branch whose migrations are published, None for git's own answer.
    exclude: globs of paths that are not looked at.
    apps: app directory or migrations directory -> app label.
    ignore: codes not reported.
    allow_duplicate_numbers: ``label.number`` entries, as (label, number).
    allow_changed: path -> beginning of a blob id -> why that content is accepted.
    """

    def __init__(self, values: "dict[str, Any]") -> None:
        for key in values:
            if key not in KEYS:
                _refuse(key, f"is no setting of oneleaf; it knows {', '.join(KEYS)}")
        lockfile = _text(values, "lockfile", "max_migration.txt")
        self.lockfile_configured = "lockfile" in values
        self.shared = "/" in lockfile
        self.lockfile = _lockfile_path(lockfile)
        self.upstream = _text(values, "upstream", "") or None
        self.exclude = _texts(values, "exclude")
        self.apps = {
            directory.strip("/"): label
            for directory, label in _table(values, "apps").items()
        }
        self.ignore = frozenset(_texts(values, "ignore"))
        for code in self.ignore:
            if len(code) != 5 or not code.startswith("OL") or not code[2:].isdigit():
                _refuse("ignore", f"holds {code!r}, which is no code such as OL101")
        self.allow_duplicate_numbers = frozenset(
            _label_number(entry) for entry in _texts(values, "allow-duplicate-numbers")
        )
        self.allow_changed = _accepted(_table(values, "allow-changed"))


def parse(source: "bytes | None") -> Config:
    """Reads the file's content; None or no section gives the defaults.

    Raises OneleafError, naming the file and the key, for what oneleaf cannot use.
    """
    # Reading TOML takes longer than the check: only where the file names oneleaf other
    # than as the distribution among its dependencies.
    if source is None or source.count(b"oneleaf") == source.count(b"django-oneleaf"):
        return Config({})
    import tomllib

    section: Any = None
    reason = "tool.oneleaf must be a table"
    try:
        tools = tomllib.loads(source.decode("utf-8")).get("tool", {})
        section = tools.get("oneleaf", {}) if isinstance(tools, dict) else None
    except RecursionError:
        reason = "nested too deeply"
    except ValueError as error:  # also UnicodeDecodeError
        reason = str(error)
    if not isinstance(section, dict):
        raise OneleafError(f"{FILE} is not valid TOML: {reason}")
    return Config(section)


def _refuse(key: str, why: str) -> None:
    msg = f"{FILE}: [tool.oneleaf] {key} {why}"
    raise OneleafError(msg)


def _lockfile_path(text: str) -> str:
    path = text.removeprefix("./")
    parts = path.lower().split("/")
    if not path.isprintable() or any(part in ("", ".", "..", ".git") for part in parts):
        _refuse("lockfile", "must be a file name, or a path inside the repository")
    if path.endswith(".py") or path == FILE:
        _refuse("lockfile", f"must name a file of its own, not {path!r}")
    return path


def _text(values: "dict[str, Any]", key: str, default: str) -> str:
    value = values.get(key, default)
    if not isinstance(value, str):
        _refuse(key, "must be a string")
    return str(value)


def _texts(values: "dict[str, Any]", key: str) -> "tuple[str, ...]":
    value = values.get(key, [])
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        _refuse(key, "must be a list of strings")
    return tuple(value)


def _table(values: "dict[str, Any]", key: str) -> "dict[str, str]":
    value = values.get(key, {})
    if not isinstance(value, dict) or not all(
        isinstance(v, str) for v in value.values()
    ):
        _refuse(key, "must be a table of strings")
    return dict(value)


def _label_number(entry: str) -> "tuple[str, int]":
    label, _, number = entry.rpartition(".")
    if not label or not (number.isascii() and number.isdigit()):
        _refuse(
            "allow-duplicate-numbers",
            f"holds {entry!r}; write label.number, as shop.0002",
        )
    return label, int(number)


def _accepted(table: "dict[str, str]") -> "dict[str, dict[str, str]]":
    """``path@blob = reason`` entries by path; ids may be cut off, as git prints them."""
    found: dict[str, dict[str, str]] = {}
    for entry, reason in table.items():
        path, _, blob = entry.rpartition("@")
        if not path or len(blob) < 4 or not _HEX.issuperset(blob):
            _refuse(
                "allow-changed",
                f"holds {entry!r}; write path@blob, as `git rev-parse HEAD:path` says it",
            )
        if not reason.strip():
            _refuse("allow-changed", f"gives no reason for {entry!r}")
        found.setdefault(path, {})[blob] = reason
    return found
