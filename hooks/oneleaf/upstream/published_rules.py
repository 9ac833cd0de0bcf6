"""The rules for what upstream has published: it is not edited and not taken away.

A production database may have applied it. Silent are the known good ends: an edit of
nothing but formatting, comments or docstrings, and the second step of a
squash ("Squashing migrations" in Django's documentation): the replaced files go,
``replaces`` goes, and a dependency moves from a replaced migration to the squash.
"""

from oneleaf.checking.findings import Finding
from oneleaf.migration.reading import migrations
from oneleaf.shell import word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from oneleaf.config import Config
    from oneleaf.migration.reading.migrations import Migration
    from oneleaf.project.project import Project
    from oneleaf.upstream.published import Edit, Published

    Key = tuple[str, str]  # app label, migration name

_PLACE = ("dependencies", "replaces")


class Case:
    """A state and what it changes of upstream's.

    scope: directories of the apps under check; None for all.
    """

    __slots__ = ("_squashes", "apps", "config", "published", "scope")

    def __init__(
        self,
        project: "Project",
        config: "Config",
        published: "Published",
        scope: "frozenset[str] | None" = None,
    ) -> None:
        self.apps = {app.directory: app for app in project.apps}
        self.config = config
        self.published = published
        self.scope = scope
        self._squashes: dict[str, dict[str, tuple[Key, ...]]] = {}

    def edits(self) -> "Iterator[Edit]":
        """Those under check that no reviewed entry of the configuration accepts."""
        for edit in self.published.edits:
            directory = edit.path.rpartition("/")[0]
            accepted = self.config.allow_changed.get(edit.path, {})
            if (self.scope is None or directory in self.scope) and not any(
                edit.blob.startswith(blob) for blob in accepted
            ):
                yield edit

    def label(self, directory: str) -> str:
        """The app's label; its folder's name where the state has the app no more."""
        app = self.apps.get(directory)
        return app.label if app else directory.rpartition("/")[0].rpartition("/")[2]

    def squashes(self, directory: str) -> "dict[str, tuple[Key, ...]]":
        """Squash -> what it replaces, of an app here and upstream."""
        if directory not in self._squashes:
            known = list(self.published.migrations(directory))
            app = self.apps.get(directory)
            known += app.migrations.values() if app else ()
            found: dict[str, tuple[Key, ...]] = {}
            for migration in known:
                if migration.replaces:
                    before = found.get(migration.name, ())
                    found[migration.name] = before + migration.replaces
            self._squashes[directory] = found
        return self._squashes[directory]

    def stands_for(self, squash: "Key", replaced: "Key") -> bool:
        """Whether a squash replaces a migration, or a squash that does."""
        label, name = squash
        for app in self.apps.values():
            if app.label == label:
                pairs = self.squashes(app.directory).get(name, ())
                if replaced in pairs or any(
                    pair != squash and self.stands_for(pair, replaced) for pair in pairs
                ):
                    return True
        return False


def run_checks(case: Case) -> "Iterator[Finding]":
    """OL301 and OL302: what the state changes, and takes away, of upstream's."""
    removed: dict[str, list[Edit]] = {}
    for edit in case.edits():
        directory, _, file = edit.path.rpartition("/")
        if edit.new is None:
            removed.setdefault(directory, []).append(edit)
        elif not _is_good_end(case, edit):
            yield _changed(case, directory, file[:-3], edit)
    for directory, edits in removed.items():
        yield from _removed(case, directory, edits)


def _changed(case: Case, directory: str, name: str, edit: "Edit") -> Finding:
    label = case.label(directory)
    return Finding(
        "OL301",
        label,
        (edit.path, 1),
        (name,),
        f"{label}.{name} is on {case.published.name} and is changed here in more than"
        " formatting; production may have applied it",
        f"run `git checkout {word(case.published.name)} -- {word(edit.path)}` and add a"
        f" new migration, or accept it under `allow-changed` in [tool.oneleaf]:"
        f" '{edit.path}@{edit.blob[:12]}' = 'the reason'",
    )


def _removed(case: Case, directory: str, edits: "list[Edit]") -> "Iterator[Finding]":
    """OL302, one finding for all of an app; each may be the end of a squash."""
    label = case.label(directory)
    squashed = {pair for pairs in case.squashes(directory).values() for pair in pairs}
    gone = [e for e in edits if (label, _name(e)) not in squashed]
    if not gone:
        return
    names = tuple(_name(edit) for edit in gone)
    told = (
        names[0] if len(names) == 1 else f"{len(names)} migrations from {names[0]} on"
    )
    subject = (
        f"{label}.{names[0]} is" if len(names) == 1 else f"app {label}: {told} are"
    )
    each = "it" if len(gone) == 1 else "each"
    yield Finding(
        "OL302",
        label,
        (gone[0].path, 1),
        names,
        f"{subject} on {case.published.name}, but deleted or renamed here; production"
        " may have applied it",
        f"run {_restoring(case, gone)}, or accept {each} under `allow-changed` in"
        f" [tool.oneleaf]: '{gone[0].path}@{gone[0].blob[:12]}' = 'the reason'",
    )


def _restoring(case: Case, gone: "list[Edit]") -> str:
    """The commands that bring removed files back; a renamed one gets its name again."""
    commands = [
        f"git mv {word(edit.renamed)} {word(edit.path)}"
        for edit in gone
        if edit.renamed
    ]
    paths = [word(edit.path) for edit in gone if not edit.renamed]
    if paths:
        name = word(case.published.name)
        commands.append(f"git checkout {name} -- {' '.join(paths)}")
    return " and ".join(f"`{command}`" for command in commands)


def _name(edit: "Edit") -> str:
    return edit.path.rpartition("/")[2][:-3]


def _is_good_end(case: Case, edit: "Edit") -> bool:
    """Whether an edit is nothing but formatting, or the second step of a squash."""
    new = edit.new or b""
    if not _mean_the_same(edit.old, new, _PLACE):
        return False
    if _mean_the_same(edit.old, new, ()):
        return True
    name = _name(edit)
    before, after = migrations.read(name, edit.old), migrations.read(name, new)
    if before.unreadable or after.unreadable:
        return False
    return _replaces_went(case, before, after) and _moved_to_squashes(
        case, before.dependencies, after.dependencies
    )


def _mean_the_same(old: bytes, new: bytes, without: "tuple[str, ...]") -> bool:
    from oneleaf.migration.reading.tree import (
        code,  # not before something published was edited
    )

    said = code(old, without)
    return said is not None and said == code(new, without)


def _replaces_went(case: Case, before: "Migration", after: "Migration") -> bool:
    """Whether ``replaces`` lost nothing but what has no file any more."""
    here = {(app.label, name) for app in case.apps.values() for name in app.migrations}
    lost = set(before.replaces) - set(after.replaces)
    return not (set(after.replaces) - set(before.replaces) or lost & here)


def _moved_to_squashes(
    case: Case, before: "Iterable[Key]", after: "Iterable[Key]"
) -> bool:
    """Whether each dependency that went is replaced by one that came, and each that
    came replaces one that went."""
    old, new = set(before), set(after)
    went, came = old - new, new - old
    explained = {(o, n) for o in went for n in new if case.stands_for(n, o)}
    return went == {o for o, _ in explained} and came <= {n for _, n in explained}
