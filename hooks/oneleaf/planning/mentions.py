"""Mentions of moved migrations in Python code that is no migration's place in history.

Tests and data scripts name migrations too. They are told, and rewritten on demand.
"""

from dataclasses import replace

from oneleaf.rewriting.references import find_references, rewrite_references
from oneleaf.rewriting.tokens import CannotRewrite

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from oneleaf.planning.line import Key
    from oneleaf.planning.plan import Plan
    from oneleaf.planning.situation import Situation
    from oneleaf.rewriting.references import Reference


def renames(plan: "Plan") -> "dict[Key, Key]":
    """Old (app label, name) -> new, of what the plan moves and nothing takes the place of."""
    gone = {path for path, content in plan.files.items() if content is None}
    names = {path.rpartition("/")[2].removesuffix(".py") for path in gone}
    return {
        (app.app, old): (app.app, new)
        for app in plan.apps
        for old, new in app.moved
        if old in names
    }


def with_mentions(
    plan: "Plan",
    situation: "Situation",
    moved: "Mapping[Key, Key]",
    paths: "Iterable[str]",
    *,
    rewrite: bool,
) -> "Plan":
    """The plan with a note for each mention of what moved in the files at ``paths``.

    rewrite: the mentions are changed as well, but for those in published migrations
    and in files with edits that are not staged; each of these has a note that says so.
    """
    directories = {app.directory: app.label for app in situation.project.apps}
    packages = {app.label: app.directory for app in situation.project.apps}
    notes = list(plan.notes)
    files, expected = dict(plan.files), dict(plan.expected)
    for path in paths:
        if path in files:
            continue
        source = situation.files.current(path) or b""
        found = _found(path, source, moved, packages, notes)
        why = _untouchable(situation, path, directories) if rewrite else ""
        notes += [_told(each, why, rewrite=rewrite) for each in found]
        if found and rewrite and not why:
            try:
                files[path] = rewrite_references(source, found)
                expected[path] = source
            except CannotRewrite as error:
                notes.append(f"{path}:{error.line}: not rewritten: {error.reason}")
    return replace(plan, files=files, notes=tuple(notes), expected=expected)


def _found(
    path: str,
    source: bytes,
    moved: "Mapping[Key, Key]",
    packages: "Mapping[str, str]",
    notes: "list[str]",
) -> "list[Reference]":
    try:
        return find_references(path, source, moved, packages)
    except CannotRewrite as error:
        notes.append(
            f"{path}:{error.line}: may name what moved, but cannot be read: {error.reason}"
        )
        return []


def _untouchable(
    situation: "Situation", path: str, directories: "Mapping[str, str]"
) -> str:
    """Why the file is not rewritten, "" where it may be."""
    directory, _, name = path.rpartition("/")
    key = (directory, name.removesuffix(".py"))
    if (
        directory in directories
        and key in situation.ranks
        and not situation.is_local(key)
    ):
        return "not rewritten: the migration is published"
    if path in situation.files.edited:
        return "not rewritten: it has changes that are not staged"
    return ""


def _told(reference: "Reference", why: str, *, rewrite: bool) -> str:
    head = f"{reference.path}:{reference.line}: {reference.old!r}"
    if rewrite and not why:
        return f"{head} is {reference.new!r} now"
    return f"{head} would be {reference.new!r} now" + (f"; {why}" if why else "")


def past(
    situation: "Situation",
    trees: "Iterable[Mapping[str, str]]",
    read: "Callable[[str], bytes]",
    successor: "Callable[[str, bytes, list[tuple[str, bytes]]], str | None]",
) -> "dict[Key, Key]":
    """What an earlier run has moved: old (app label, name) -> new.

    trees: of the sides that meet, path -> blob id; read: blob id -> content. A local
    migration that is in one of them and not in the state, and has a successor there.
    """
    found: dict[Key, Key] = {}
    before = _by_directory(trees)
    for app in situation.project.apps:
        then = before.get(app.directory, {})
        lost = {name: blob for name, blob in then.items() if name not in app.migrations}
        candidates = [
            (name, situation.files.source(app.path(name)))
            for name in situation.local(app)
            if lost and name not in then
        ]
        for name, blob in lost.items() if candidates else ():
            now = successor(name, read(blob), candidates)
            if now:
                found[app.label, name] = (app.label, now)
    return found


def _by_directory(
    trees: "Iterable[Mapping[str, str]]",
) -> "dict[str, dict[str, str]]":
    """Directory -> module name -> blob id, of the Python files of all trees."""
    found: dict[str, dict[str, str]] = {}
    for tree in trees:
        for path, blob in tree.items():
            directory, _, name = path.rpartition("/")
            if name.endswith(".py") and not name.startswith("_"):
                found.setdefault(directory, {})[name[:-3]] = blob
    return found
