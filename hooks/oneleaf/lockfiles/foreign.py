"""Readers of the lockfiles that other projects keep, to take over from them.

Each reader is strict: a file that differs from its project's format in anything
that matters is not recognised, rather than half read. What the files record is the
latest migration by their own rule, which for some is the alphabetically last one;
whoever takes over compares it with the leaf node and says what differs.
"""

from typing import TYPE_CHECKING, NamedTuple

from oneleaf.lockfiles.format import Malformed, is_migration_name, parse_entry
from oneleaf.shell import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_README = "README"
_GIT_CONFLICTS_DIRECTORY = "latest_migrations"
_RESOLVER_FILE = "latest_migration.txt"


class Foreign(NamedTuple):
    """A recognised lockfile.

    kind: whose format it is, a name for messages.
    entries: app label -> the migration name recorded as its latest. Apps of other
        distributions are among them where the format records those.
    """

    kind: str
    entries: dict[str, str]


def may_be_foreign(path: str) -> bool:
    directory, _, name = path.rpartition("/")
    return (
        name in _SHARED
        or (name == _RESOLVER_FILE and bool(directory))
        or (_basename(directory) == _GIT_CONFLICTS_DIRECTORY and name != _README)
    )


def recognise(path: str, data: bytes) -> Foreign | None:
    """The lockfile at ``path``, or None where it is none that is known here."""
    if not may_be_foreign(path):
        return None
    try:
        lines = [line.rstrip() for line in data.decode("utf-8-sig").split("\n")]
    except UnicodeDecodeError:
        return None
    directory, _, name = path.rpartition("/")
    if name in _SHARED:
        kind, read = _SHARED[name]
        entries = read(lines)
        return Foreign(kind, entries) if entries else None
    if name == _RESOLVER_FILE:
        kind, label = "django-migration-resolver", _basename(directory)
    else:
        # The file is called after AppConfig.name; its last part is the label
        # wherever an app does not choose another.
        kind, label = "django-migrations-git-conflicts", name.rpartition(".")[2]
    latest = _only_name(lines, comments=kind == "django-migrations-git-conflicts")
    if latest is None or not label.isidentifier():
        return None
    return Foreign(kind, {label: latest} if latest else {})


def notes(
    sources: "Mapping[str, bytes]", leaves: "Mapping[str, list[str]]"
) -> tuple[str, ...]:
    """What other tools' lockfiles say, and where they differ from the leaf nodes."""
    found: list[str] = []
    for path, data in sources.items():
        foreign = recognise(path, data)
        if foreign is None:
            continue
        found.append(
            f"{path}: {foreign.kind}; no longer needed: `{Step('git rm', path)}`"
        )
        for label, name in foreign.entries.items():
            if label in leaves and [name] != leaves[label]:
                found.append(
                    f"{path}: names {name} for app {label}, but the leaf node is"
                    f" {' or '.join(leaves[label])}"
                )
    return tuple(found)


def _read_sentry(lines: list[str]) -> dict[str, str] | None:
    first = next((n for n, line in enumerate(lines) if _entry(line)), len(lines))
    return _read_entries(lines[first:])


def _read_entries(lines: list[str]) -> dict[str, str] | None:
    """``label: name`` lines and nothing else; None where a label comes twice."""
    pairs = [_entry(line) for line in lines if line]
    entries = dict(pair for pair in pairs if pair)
    return entries if len(entries) == len(pairs) else None


def _read_commcare(lines: list[str]) -> dict[str, str] | None:
    """``migrations.lock``: ``showmigrations --list`` without its boxes.

    The app label is at the start of a line, its migrations follow, indented by
    a blank, in the order in which they are applied; the last one is the latest.
    ``(no migrations)`` is no migration, and ``(3 squashed migrations)`` after a
    name is no part of it.
    """
    entries: dict[str, str] = {}
    seen: set[str] = set()
    label = ""
    for line in lines:
        if not line or line.startswith("#"):
            continue
        if not line.startswith(" "):
            label = line
            if not label.isidentifier() or label in seen:
                return None
            seen.add(label)
        elif line.strip() != "(no migrations)":
            name = line.strip().partition(" (")[0]
            if not label or not is_migration_name(name):
                return None
            entries[label] = name
    return entries


def _only_name(lines: list[str], *, comments: bool) -> str | None:
    """The one name below the comments, "" where there is none, else None."""
    commented = [line for line in lines if line.startswith("#")]
    names = [line for line in lines if line and not line.startswith("#")]
    if bool(commented) is not comments or len(names) > 1:
        return None
    if not names:  # comments alone: an app without migrations
        return "" if comments else None
    return names[0] if is_migration_name(names[0]) else None


def _entry(line: str) -> tuple[str, str] | None:
    try:
        return parse_entry(line, 1)
    except Malformed:
        return None


def _basename(path: str) -> str:
    return path.rpartition("/")[2]


_SHARED: "dict[str, tuple[str, Callable[[list[str]], dict[str, str] | None]]]" = {
    "migrations_lockfile.txt": ("Sentry", _read_sentry),
    "migrations.lock": ("CommCare HQ", _read_commcare),
    "latest_migrations.manifest": ("PostHog", _read_entries),
}
