"""Directory to app label, read statically.

Migrations and dependencies speak of labels, paths of directories, and in one
directory of ten they differ. In this order: the configuration; ``MIGRATION_MODULES``
of a settings file; ``AppConfig`` (``label``, else the last part of ``name``) and the
directory's name, each if the app's own migrations use it; the label the migrations
use for their siblings. (Django's reference: "Applications", "MIGRATION_MODULES".)
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from oneleaf.config import Config
    from oneleaf.git.snapshot import Snapshot
    from oneleaf.migration.reading.migrations import Migration

_CONTRIB = {"admin", "auth", "contenttypes", "sessions", "sites"}


class Labels:
    """Answers for one state; reads each file once.

    settings: plain strings that migrations may refer to, see Project.
    """

    __slots__ = (
        "_beside",
        "_config",
        "_configs",
        "_modules",
        "_snapshot",
        "settings",
    )

    def __init__(
        self, snapshot: "Snapshot", config: "Config", directories: "Iterable[str]"
    ) -> None:
        """directories: the migrations packages that will be asked for."""
        self._snapshot = snapshot
        self._config = config
        self.settings, self._modules = _read_settings(snapshot)
        packages = [directory.rpartition("/")[0] for directory in directories]
        paths = [f"{package}/apps.py".lstrip("/") for package in packages]
        sources = snapshot.read_all(paths)
        self._configs = dict(zip(packages, sources, strict=True))
        # Labels that are surely another app's, where there is nothing better to go by.
        self._beside = {package.rpartition("/")[2] for package in packages} | _CONTRIB

    def label(self, directory: str, migrations: "Mapping[str, Migration]") -> str:
        """The app label of the migrations package in ``directory``.

        migrations: those of the package. There always is one: at the worst a folder's
        name.
        """
        package, _, base = directory.rpartition("/")
        apps = self._config.apps
        if directory in apps or package in apps:
            return apps.get(directory) or apps[package]
        for module, label in self._modules.items():
            if ("/" + directory).endswith("/" + module.replace(".", "/")):
                return label
        used, first_only = used_labels(migrations)
        if base != "migrations":
            return _most(used) or _most(first_only) or base
        configured = self._configured(package)
        for label in (*configured, package.rpartition("/")[2]):
            if label in used or (not used and label in first_only):
                return label
        if used:
            return _most(used)
        if configured:
            return configured[0]
        others = {
            name: count
            for name, count in first_only.items()
            if name not in self._beside
        }
        return _most(others) or package.rpartition("/")[2] or base

    def _configured(self, package: str) -> "list[str]":
        """The label that the package's AppConfig says, if it says one in plain text."""
        source = self._configs[package]
        if source is None:
            source = self._snapshot.read(f"{package}/__init__.py".lstrip("/")) or b""
        label = app_config_label(source, package.rpartition("/")[2])
        return [label] if label else []


def used_labels(
    migrations: "Mapping[str, Migration]",
) -> "tuple[dict[str, int], dict[str, int]]":
    """How often the migrations name a sibling under each label.

    First by any name but ``0001_initial``; then by that name, which every app has:
    such a dependency may as well be on another app, and proves little.
    """
    used: dict[str, int] = {}
    first_only: dict[str, int] = {}
    for migration in migrations.values():
        for label, name in (*migration.dependencies, *migration.replaces):
            if name in migrations and name != migration.name:
                counts = first_only if name == "0001_initial" else used
                counts[label] = counts.get(label, 0) + 1
    return used, first_only


def _most(counts: "dict[str, int]") -> str:
    """The label counted most often, "" where there is none."""
    return max(sorted(counts), key=lambda label: counts[label]) if counts else ""


def app_config_label(source: bytes, base: str) -> "str | None":
    """The label of the AppConfig in an ``apps.py`` or ``__init__.py``.

    base: the package's own name, which is the label unless the file says otherwise.
    None where there is no AppConfig, or it cannot be told. Of several, Django takes
    the only one without ``default = False``, else the only one with ``default = True``.
    """
    if b"AppConfig" not in source:
        return None
    if b"label" not in source:
        plain = base.encode()
        if b'"' + plain + b'"' in source or b"." + plain + b'"' in source:
            return base
        if b"'" + plain + b"'" in source or b"." + plain + b"'" in source:
            return base
    found = [
        (label, default)
        for node in _statements(source)
        if type(node).__name__ == "ClassDef" and node.bases
        for label, default in [_class_label(node)]
        if label and default is not False
    ]
    labels = {label for label, _ in found}
    if len(labels) > 1:
        labels = {label for label, default in found if default}
    return labels.pop() if len(labels) == 1 else None


def _class_label(node: "Any") -> "tuple[str, object]":
    """``label``, else the last part of ``name``, of one class body; ``default``."""
    values: dict[str, Any] = {}
    for statement in node.body:
        for key, value in _assigned(statement):
            if type(value).__name__ == "Constant":
                values[key] = value.value
    texts = {k: v for k, v in values.items() if isinstance(v, str)}
    label = texts.get("label") or texts.get("name", "").rpartition(".")[2]
    return label, values.get("default")


def _assigned(statement: "Any") -> "list[tuple[str, Any]]":
    """The (name, value node) pairs that a plain assignment binds."""
    kind = type(statement).__name__
    if kind == "Assign":
        targets = statement.targets
    elif kind == "AnnAssign" and statement.value is not None:
        targets = [statement.target]
    else:
        return []
    return [(t.id, statement.value) for t in targets if type(t).__name__ == "Name"]


def _statements(source: bytes) -> "Iterable[Any]":
    """The statements of a Python file; none of one that Python cannot parse."""
    from oneleaf.migration.reading.tree import NotPython, parse

    try:
        return parse(source).body
    except NotPython:
        return ()


def may_be_settings(directory: str, name: str) -> bool:
    """Whether a Python file is one of those that settings are read from.

    directory, name: of the file. By the name alone: ``settings.py``,
    ``settings/dev.py``.
    """
    return "settings" in name or directory.endswith("settings")


def _read_settings(
    snapshot: "Snapshot",
) -> "tuple[dict[str, str], dict[str, str]]":
    """(AUTH_USER_MODEL, module -> label of MIGRATION_MODULES) of the settings files.

    A user model counts where every settings file that sets one agrees. Modules set to
    None (tests switch migrations off that way) are left out.
    """
    paths = [
        f"{directory}/{name}" if directory else name
        for directory, files in snapshot.directories.items()
        for name in files
        if name.endswith(".py") and may_be_settings(directory, name)
    ]
    users: dict[object, None] = {}
    modules: dict[str, str] = {}
    for source in snapshot.read_all(paths):
        if source and (b"AUTH_USER_MODEL" in source or b"MIGRATION_MODULES" in source):
            for statement in _statements(source):
                for key, value in _assigned(statement):
                    if key == "AUTH_USER_MODEL":
                        users[getattr(value, "value", None)] = None
                    elif key == "MIGRATION_MODULES":
                        for label, module in _literal_table(value).items():
                            modules.setdefault(module, label)
    user = next(iter(users)) if len(users) == 1 else None
    return ({"AUTH_USER_MODEL": user} if isinstance(user, str) else {}), modules


def _literal_table(node: "Any") -> "dict[str, str]":
    """The string pairs of a dict display; other entries are left out."""
    if type(node).__name__ != "Dict":
        return {}
    pairs = [
        (getattr(key, "value", None), getattr(value, "value", None))
        for key, value in zip(node.keys, node.values, strict=True)
    ]
    return {k: v for k, v in pairs if isinstance(k, str) and isinstance(v, str)}
