"""The rules between two branches: what only their merge has, what both touch.

Pure: three states and the findings of the merge and of each side in, findings out.
"""

from oneleaf.checking.findings import Finding
from oneleaf.project import discovery
from oneleaf.project.project import number
from oneleaf.shell import word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from oneleaf.git.snapshot import Snapshot
    from oneleaf.migration.overlap import Overlap
    from oneleaf.migration.overlap.kinds import Operation
    from oneleaf.project.project import App, Project

    Read = list[tuple[str, "Operation"]]  # migration name, operation

# Found together these are one fault: two histories of one app meet.
_TOGETHER = ("OL101", "OL102", "OL106")


class MergeSides:
    """Whose a migration is.

    ref: what the other side is called. ours, theirs, base: the three states.
    """

    __slots__ = ("base", "ours", "ref", "theirs")

    def __init__(
        self, ref: str, base: "Snapshot", ours: "Snapshot", theirs: "Snapshot"
    ) -> None:
        self.ref = ref
        self.base = base
        self.ours = ours
        self.theirs = theirs

    def new(self, app: "App") -> "tuple[list[str], list[str]]":
        """Names of the migrations that ours, and that theirs, adds to an app.

        What both add alike came over by another way and is neither's.
        """
        old, ours, theirs = (
            state.directories.get(app.directory, {})
            for state in (self.base, self.ours, self.theirs)
        )
        return _added(ours, old, theirs), _added(theirs, old, ours)


def _added(
    files: "dict[str, str]", base: "dict[str, str]", other: "dict[str, str]"
) -> "list[str]":
    return sorted(
        name[:-3]
        for name, blob in files.items()
        if discovery.is_module(name) and name not in base and other.get(name) != blob
    )


def only_merged(
    merged: "Sequence[Finding]", alone: "Sequence[Finding]"
) -> "list[Finding]":
    """Those findings of a merge that neither side has by itself.

    alone: the findings of both sides. A side that has a fault of the same kind on at
    least the same migrations has it alone. A lockfile has one fault at a time.
    """
    return [
        finding
        for finding in merged
        if not any(_is_same_fault(finding, other) for other in alone)
    ]


def _is_same_fault(finding: Finding, other: Finding) -> bool:
    if (finding.code, finding.app) != (other.code, other.app):
        return False
    if finding.code in ("OL101", "OL102"):
        return set(finding.migrations) <= set(other.migrations)
    if finding.code == "OL104":
        return set(finding.migrations) == set(other.migrations)
    if finding.code == "OL103":
        return (finding.path, finding.message) == (other.path, other.message)
    return finding.path == other.path


def stopped(merged: "Snapshot", found: "Sequence[Finding]") -> "list[Finding]":
    """OL106 for the paths on which git would stop, outside of what is an app then.

    found: the findings of the merged state, which name those in apps.
    """
    known = {finding.path for finding in found if finding.code == "OL106"}
    return [
        Finding("OL106", "", (path, 1), (), "has an unresolved merge", "")
        for path in merged.unmerged
        if path not in known
    ]


def conflicts(
    found: "Sequence[Finding]", project: "Project", sides: MergeSides
) -> "Iterator[Finding]":
    """OL303: what only the merge has, one finding for what meets in a folder.

    found: from ``only_merged``; project: of the merged state.
    """
    groups: dict[str, list[Finding]] = {}
    for finding in found:
        if finding.code in _TOGETHER:
            groups.setdefault(_folder(finding), []).append(finding)
    apps = {app.directory: app for app in project.apps}
    for folder, group in groups.items():
        yield _meeting(group, apps.get(folder), sides)
    labels = {finding.app for group in groups.values() for finding in group}
    for finding in found:
        told = finding.code in _TOGETHER
        if finding.code[:3] == "OL2":  # of two histories no lockfile can be right
            known = finding.app in labels if project.shared_lockfile else False
            told = known or _folder(finding) in groups
        if not told:
            yield Finding(
                "OL303",
                finding.app,
                (finding.path, finding.line),
                finding.migrations,
                f"in the merge with {sides.ref}: {finding.message}",
                f"{bring_together(sides.ref)}; {finding.hint}",
            )


def _folder(finding: Finding) -> str:
    return finding.path.rpartition("/")[0]


def _meeting(
    group: "Sequence[Finding]", app: "App | None", sides: MergeSides
) -> Finding:
    involved = {name for finding in group for name in finding.migrations}
    new = sides.new(app) if app else ([], [])
    mine, other = ([name for name in names if name in involved] for names in new)
    if not (mine or other):
        mine, other = new
    label, (path, line) = group[0].app, (group[0].path, group[0].line)
    if app and mine and mine[-1] in app.migrations and path != app.path(mine[-1]):
        path, line = app.path(mine[-1]), 1
    whose = [f"yours {', '.join(mine)}"] if mine else []
    whose += [f"theirs {', '.join(other)}"] if other else []
    why = ", ".join(dict.fromkeys(map(_reason, group)))
    subject = f"app {label}" if label else group[0].path
    then = f"oneleaf rebase {word(label)}" if label else "oneleaf rebase"
    return Finding(
        "OL303",
        label,
        (path, line),
        tuple(dict.fromkeys([*mine, *other])),
        f"{subject} conflicts with {sides.ref} ({why})"
        + (f": {'; '.join(whose)}" if whose else ""),
        f"{bring_together(sides.ref)}, then `{then}`",
    )


def _reason(finding: Finding) -> str:
    if finding.code == "OL102":
        return f"{len(finding.migrations)} leaf nodes"
    if finding.code == "OL101":
        value = number(finding.migrations[0]) or 0
        count = len(finding.migrations)
        return f"number {value:04} {'twice' if count == 2 else f'{count} times'}"
    return f"unresolved merge in {finding.path.rpartition('/')[2]}"


def bring_together(ref: str) -> str:
    """What makes the merge, as the beginning of a hint."""
    return f"run `git merge {word(ref)}` or `git rebase {word(ref)}`"


def overlapping(project: "Project", sides: MergeSides) -> "Iterator[Finding]":
    """OL304: fields, tables and index names that new migrations of both sides touch."""
    for app in project.apps:
        ours, theirs = _read_both(app, sides)
        if not (ours and theirs):
            continue
        from oneleaf.migration.overlap import between

        for overlap, mine, other in between(ours, theirs):
            yield _overlapping(app, overlap, (mine, other), sides)


def _overlapping(
    app: "App", overlap: "Overlap", names: "tuple[str, str]", sides: MergeSides
) -> Finding:
    from oneleaf.migration.overlap import describe

    mine, other = names
    return Finding(
        "OL304",
        app.label,
        (app.path(mine), overlap.ours.line),
        (mine, other),
        f"{describe(overlap.key)} is touched by {mine} (`{overlap.ours.text}`) and by"
        f" {other} of {sides.ref} (`{overlap.theirs.text}`)",
        "look at both before they meet: "
        f"`git show {word(f'{sides.ref}:{app.path(other)}')}`",
    )


def opaque(project: "Project", sides: MergeSides) -> "Iterator[str]":
    """A sentence for each operation of which ``overlapping`` cannot tell anything.

    It names the place as ``path:line``, with the branch for what is not ours.
    """
    for app in project.apps:
        both = _read_both(app, sides)
        for read, whose in zip(both, ("", f" of {sides.ref}"), strict=True):
            for name, operation in read:
                if operation.opaque:
                    place = f"{app.path(name)}:{operation.line}{whose}"
                    yield f"cannot tell what {place} touches: {operation.opaque}"


def _read_both(app: "App", sides: MergeSides) -> "tuple[Read, Read]":
    """The operations of both sides' new migrations; nothing where one adds none."""
    mine, other = sides.new(app)
    if not (mine and other):
        return [], []
    return _operations(app, mine, sides.ours), _operations(app, other, sides.theirs)


def _operations(app: "App", names: "Sequence[str]", state: "Snapshot") -> "Read":
    from oneleaf.migration.overlap import read_operations

    sources = state.read_all([app.path(name) for name in names])
    return [
        (name, operation)
        for name, source in zip(names, list(sources), strict=True)
        for operation in read_operations(app.label, name, source or b"")
    ]
