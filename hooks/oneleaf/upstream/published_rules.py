"""OL301 and OL302: what upstream has published is neither edited nor taken away.

A production database may have applied it. What a state changes is compared with the
merge base, not with upstream's tip: what upstream added since then is not ours to have.
Silent are the known good ends: an edit of nothing but formatting, comments or
docstrings; a folder that moves; what upstream took away itself; and the second
step of a squash ("Squashing migrations" in Django's documentation): the replaced files
go, ``replaces`` goes, and a dependency moves from a replaced migration to the squash.
"""

from oneleaf.checking import state as states
from oneleaf.checking.findings import Finding
from oneleaf.checking.state import INDEX
from oneleaf.git import snapshot as snapshots
from oneleaf.migration.reading import migrations
from oneleaf.project.project import App
from oneleaf.shell import Step, word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from oneleaf.checking.state import State
    from oneleaf.git.snapshot import Change
    from oneleaf.migration.reading.migrations import Migration
    from oneleaf.upstream.fork import Fork
    from oneleaf.upstream.published import Apps, Published, UpstreamBranch

    Key = tuple[str, str]  # app label, migration name

_PLACE = ("dependencies", "replaces")


class PublishedEdit:
    """A published migration that the state changes, or does not have any more.

    app: as the state has it, or where it has none, the merge base. name: of the
    migration; branch: the upstream that has it, and origin: its path there. blob: id of
    its content in the state, or where the state has none, of what it was. old: the
    published content; new: the state's, None for none. renamed: the file beside it that
    the state has with that content instead, "" for none.
    """

    __slots__ = ("app", "blob", "branch", "name", "new", "old", "origin", "renamed")

    def __init__(self, app: App, name: str, branch: str, origin: str) -> None:
        self.app = app
        self.name = name
        self.branch = branch
        self.origin = origin
        self.blob = self.renamed = ""
        self.old = b""
        self.new: bytes | None = None

    @property
    def path(self) -> str:
        """Where the state has it, or would."""
        return self.app.path(self.name)


def edits(
    published: "Published",
    state: "State",
    apps: "Sequence[App]",
    directories: "Collection[str] | None" = None,
) -> "list[PublishedEdit]":
    """What the state changes of upstreams' migrations.

    apps: the state's, or at least those in ``directories``, which are all that is asked
    about; None for all. What an upstream has just so, or took away itself, is no change.
    Sets ``published.unknown`` where the history that would tell is not here.
    """
    found: dict[str, PublishedEdit] = {}
    for branch in published.branches:
        if branch.fork is None:
            published.unknown = (
                f"{branch.name} and this have no common history here; in a shallow"
                " clone run `git fetch --unshallow` first"
            )
            continue
        others = [other for other in published.branches if other is not branch]
        for edit in _of_branch(branch, branch.fork, state, apps, directories):
            if edit.new is None:
                same = any(o.removed(edit.app, edit.name, branch) for o in others)
            else:
                same = any(o.has(edit.app).get(edit.name) == edit.blob for o in others)
            if not same:
                found.setdefault(edit.path, edit)
    return list(found.values())


def _of_branch(
    branch: "UpstreamBranch",
    fork: "Fork",
    state: "State",
    apps: "Sequence[App]",
    directories: "Collection[str] | None",
) -> "list[PublishedEdit]":
    """What a state changes of one upstream's migrations."""
    changes = _changes(state.name, fork)
    touched: dict[str, list[Change]] = {}
    for change in changes:
        if change.status in "MDT" and states.is_migration(change.path, state.config):
            touched.setdefault(change.path.rpartition("/")[0], []).append(change)
    new = {change.path: change.new for change in changes if change.status == "A"}
    base = branch.bases[0]
    came = [app for app in apps if touched and not base.stands(app.directory)]
    found: list[tuple[PublishedEdit, str]] = []
    for directory, group in touched.items():
        asked = directories is None or directory in directories
        if asked or came:
            app = _now(directory, base, apps, came, asked=asked)
            if asked or app.directory in (directories or ()):
                found += _of_app(directory, app, group, branch, new)
    before = list(state.objects.read([old for _, old in found]))
    kept = [edit for edit, _ in found if edit.new is not None]
    after = list(state.objects.read([edit.blob for edit in kept]))
    for edit, source in zip(kept, after, strict=True):
        edit.new = source
    for (edit, _), source in zip(found, before, strict=True):
        edit.old = source or b""
    return [e for e, _ in found if migrations.read(e.name, e.old).is_django]


def _changes(state: str, fork: "Fork") -> "list[Change]":
    """What differs from every merge base; one may hold what another does not yet."""
    found: dict[str, Change] | None = None
    for base in fork.bases:
        if state == INDEX:
            changes = snapshots.changes_of_index(base)
        else:
            changes = snapshots.changes_between(base, state)
        paths = {change.path: change for change in changes}
        found = {p: c for p, c in paths.items() if found is None or p in found}
    return list((found or {}).values())


def _now(
    directory: str,
    base: "Apps",
    apps: "Sequence[App]",
    came: "Sequence[App]",
    *,
    asked: bool,
) -> App:
    """The app that a directory of the merge base had, where the state has it.

    came: those of the state's apps that the merge base has no migrations of there.
    """
    here = next((app for app in apps if app.directory == directory), None)
    if here is not None and not came:
        return here
    label = base.label(directory)
    if asked and came and all(app.label != label for app in apps):
        label = base.labels().get(directory, label)
    if here is None or here.label != label:
        here = next((app for app in came if app.label == label), here)
    folder = directory.rpartition("/")[0].rpartition("/")[2]
    return here or App(label or folder, directory, {})


def _of_app(
    directory: str,
    app: App,
    changes: "Iterable[Change]",
    branch: "UpstreamBranch",
    new: "Mapping[str, str]",
) -> "Iterator[tuple[PublishedEdit, str]]":
    """Those of one app, without contents, and the id of the published content.

    directory: where the merge base has it. new: path -> blob id, of what the state adds.
    """
    base = branch.bases[0]
    places = branch.tip.places(App(app.label, directory, {}), base)
    for change in changes:
        name = change.path.rpartition("/")[2][:-3]
        now = "" if change.status == "D" else change.new
        if app.directory != directory:
            now = new.get(app.path(name), "")
        place = next((p for p in places if name in branch.tip.files(p)), None)
        if place is None or now in (change.old, branch.tip.files(place)[name]):
            continue
        edit = PublishedEdit(app, name, branch.name, f"{place}/{name}.py")
        edit.blob = now or change.old
        edit.new = b"" if now else None
        for other, blob in new.items() if not now else ():
            folder, _, file = other.rpartition("/")
            is_free = file[:-3] not in base.files(directory)
            if blob == change.old and folder == app.directory and is_free:
                edit.renamed = other
        yield edit, change.old


class Squashes:
    """A state and what it changes of upstream's.

    apps: directory -> the state's app there.
    """

    __slots__ = ("_published", "_squashes", "apps")

    def __init__(self, published: "Published", apps: "Sequence[App]") -> None:
        self.apps = {app.directory: app for app in apps}
        self._published = published
        self._squashes: dict[str, dict[str, tuple[Key, ...]]] = {}

    def squashes(self, app: App) -> "dict[str, tuple[Key, ...]]":
        """Squash -> what it replaces, of an app here and upstream."""
        if app.directory not in self._squashes:
            known = [*self._published.migrations(app), *app.migrations.values()]
            found: dict[str, tuple[Key, ...]] = {}
            for migration in known:
                if migration.replaces:
                    before = found.get(migration.name, ())
                    found[migration.name] = before + migration.replaces
            self._squashes[app.directory] = found
        return self._squashes[app.directory]

    def stands_for(self, squash: "Key", replaced: "Key") -> bool:
        """Whether a squash replaces a migration, or a squash that does."""
        label, name = squash
        for app in self.apps.values():
            if app.label == label:
                pairs = self.squashes(app).get(name, ())
                if replaced in pairs or any(
                    pair != squash and self.stands_for(pair, replaced) for pair in pairs
                ):
                    return True
        return False


def run_checks(
    published: "Published",
    state: "State",
    apps: "Sequence[App]",
    directories: "Collection[str] | None" = None,
) -> "Iterator[Finding]":
    """OL301 and OL302: what the state changes, and takes away, of upstream's.

    Arguments as of ``edits``. Silent about what an entry of the configuration accepts.
    """
    case = Squashes(published, apps)
    removed: dict[str, list[PublishedEdit]] = {}
    for edit in edits(published, state, apps, directories):
        accepted = state.config.allow_changed.get(edit.path, {})
        if any(edit.blob.startswith(blob) for blob in accepted):
            continue
        if edit.new is None:
            removed.setdefault(edit.app.directory, []).append(edit)
        elif not _is_good_end(case, edit):
            yield _changed(edit)
    for of_app in removed.values():
        yield from _removed(case, of_app)


def _changed(edit: PublishedEdit) -> Finding:
    label = edit.app.label
    return Finding(
        "OL301",
        label,
        (edit.path, 1),
        (edit.name,),
        f"{label}.{edit.name} is on {edit.branch} and is changed here in more than"
        " formatting; production may have applied it",
        f"run `{_restoring([edit])}` and add a new migration, or accept it under"
        f" `allow-changed` in [tool.oneleaf]: '{edit.path}@{edit.blob[:12]}' ="
        " 'the reason'",
    )


def _removed(case: Squashes, of_app: "list[PublishedEdit]") -> "Iterator[Finding]":
    """OL302, one finding for all of an app; each may be the end of a squash."""
    app = of_app[0].app
    squashed = {pair for pairs in case.squashes(app).values() for pair in pairs}
    gone = [edit for edit in of_app if (app.label, edit.name) not in squashed]
    if not gone:
        return
    names = tuple(edit.name for edit in gone)
    told = (
        names[0] if len(names) == 1 else f"{len(names)} migrations from {names[0]} on"
    )
    subject = (
        f"{app.label}.{names[0]} is"
        if len(names) == 1
        else f"app {app.label}: {told} are"
    )
    each = "it" if len(gone) == 1 else "each"
    yield Finding(
        "OL302",
        app.label,
        (gone[0].path, 1),
        names,
        f"{subject} on {gone[0].branch}, but deleted or renamed here; production may have"
        " applied it",
        f"run `{_restoring(gone)}`, or accept {each} under `allow-changed` in"
        f" [tool.oneleaf]: '{gone[0].path}@{gone[0].blob[:12]}' = 'the reason'",
    )


def _restoring(changed: "list[PublishedEdit]") -> str:
    """The commands that bring published files back; a renamed one gets its name again."""
    commands: list[Step] = []
    paths: dict[str, list[str]] = {}
    for edit in changed:
        if edit.renamed:
            commands.append(Step("git mv", edit.renamed, edit.path))
        elif edit.origin == edit.path:
            paths.setdefault(edit.branch, []).append(edit.path)
    for branch, some in paths.items():
        commands.append(Step(f"git checkout {word(branch)} --", *some))
    moved = [e for e in changed if e.origin != e.path and not e.renamed]
    for edit in moved:
        published = word(f"{edit.branch}:{edit.origin}")
        commands.append(Step(f"git show {published} >", edit.path))
    if moved:
        commands.append(Step("git add", *(edit.path for edit in moved)))
    return "` and `".join(commands)


def _is_good_end(case: Squashes, edit: "PublishedEdit") -> bool:
    """Whether an edit is nothing but formatting, or the second step of a squash."""
    new = edit.new or b""
    if not _mean_the_same(edit.old, new, _PLACE):
        return False
    if _mean_the_same(edit.old, new, ()):
        return True
    before, after = (migrations.read(edit.name, text) for text in (edit.old, new))
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


def _replaces_went(case: Squashes, before: "Migration", after: "Migration") -> bool:
    """Whether ``replaces`` lost nothing but what has no file any more."""
    here = {(app.label, name) for app in case.apps.values() for name in app.migrations}
    lost = set(before.replaces) - set(after.replaces)
    return not (set(after.replaces) - set(before.replaces) or lost & here)


def _moved_to_squashes(
    case: Squashes, before: "Iterable[Key]", after: "Iterable[Key]"
) -> bool:
    """Whether each dependency that went is replaced by one that came, and each that
    came replaces one that went."""
    old, new = set(before), set(after)
    went, came = old - new, new - old
    explained = {(o, n) for o in went for n in new if case.stands_for(n, o)}
    return went == {o for o, _ in explained} and came <= {n for _, n in explained}
