"""Plans merge migrations: one that joins an app's leaf nodes, and nothing moves.

Name and source are what ``makemigrations --merge`` writes: ``handle_merge`` in
django/core/management/commands/makemigrations.py and ``MigrationWriter.as_string`` in
django/db/migrations/writer.py (5.2 to 6.1). Where Django would run a formatter
afterwards, the layout of the app's other files decides.
"""

from dataclasses import dataclass

from oneleaf import __version__
from oneleaf.errors import Refused
from oneleaf.lockfiles import format as lockfile
from oneleaf.migration.reading import migrations
from oneleaf.planning import plan
from oneleaf.planning.lockfiles import (
    lockfile_path,
    plan_lockfiles,
    why_unknown,
    with_lockfiles,
)
from oneleaf.planning.plan import AppPlan, Plan
from oneleaf.project.project import format_number, number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from oneleaf.config import Config
    from oneleaf.project.graph import Graph
    from oneleaf.project.project import App, Project


_UNCHANGED = "nothing was changed"


@dataclass(slots=True)
class SeveralLeaves:
    """An app with several leaf nodes, which may be merged."""

    app: "App"
    leaves: "tuple[str, ...]"

    def samples(self) -> "list[str]":
        """Paths of the app's migrations, those that tell its style best first."""
        names = sorted(
            self.app.migrations,
            key=lambda name: (name in self.leaves, number(name) or 0, name),
            reverse=True,
        )
        return [self.app.path(name) for name in names]

    def is_joined_by(self, source: bytes) -> bool:
        """Whether a migration file with this content depends on every leaf node."""
        pairs = migrations.read("", source).dependencies
        return {(self.app.label, leaf) for leaf in self.leaves} <= set(pairs)


@dataclass(frozen=True, slots=True)
class MergeWish:
    """What is asked for.

    name: what stands behind the number, "" for Django's choice. now: the time in
    UTC as ``YYYY-MM-DD HH:MM``.
    """

    name: str
    now: str

    def stamp(self) -> str:
        """The time as it stands in a migration's name."""
        return self.now.replace("-", "").replace(":", "").replace(" ", "_")


def find_conflicts(
    project: "Project", graph: "Graph", labels: "Collection[str]"
) -> "list[SeveralLeaves]":
    """The apps with several leaf nodes, of those with these labels or of all.

    Raises Refused where one of them cannot be merged: migrations that are unmerged,
    unreadable or depend on each other in a circle, dependencies on what does not
    exist, leaf nodes without a common ancestor (Django refuses these too).
    """
    conflicts = []
    for app in project.apps:
        if labels and app.label not in labels:
            continue
        leaves = tuple(graph.leaf_nodes(app))
        unmerged = [path for path in app.unmerged if path.endswith(".py")]
        if len(leaves) > 1 or unmerged or (labels and graph.incomplete(app)):
            _refuse_unfit(app, graph, unmerged)
            _refuse_unrelated(app, graph, leaves)
            conflicts.append(SeveralLeaves(app, leaves))
    return conflicts


def _refuse_unfit(app: "App", graph: "Graph", unmerged: "list[str]") -> None:
    if unmerged:
        msg = (
            f"{unmerged[0]} has a merge conflict of its own; {_UNCHANGED}; resolve it,"
            " `git add` it and run it again"
        )
        raise Refused(msg)
    if graph.incomplete(app):
        msg = (
            f"the history of app {app.label} cannot be read whole; {_UNCHANGED};"
            f" run `oneleaf check {app.directory}` to see where"
        )
        raise Refused(msg)
    cyclic = any(
        other.directory == app.directory
        for cycle in graph.cycles + graph.replaces_cycles
        for other, _ in cycle
    )
    missing = any(gap.app.directory == app.directory for gap in graph.missing)
    if cyclic or missing:
        what = "goes in a circle" if cyclic else "names a migration that does not exist"
        msg = (
            f"the history of app {app.label} {what}; {_UNCHANGED};"
            f" run `oneleaf check {app.directory}` to see where"
        )
        raise Refused(msg)


def _refuse_unrelated(app: "App", graph: "Graph", leaves: "tuple[str, ...]") -> None:
    """As Django: the plans up to the leaf nodes begin with one and the same migration."""
    if len({graph.history(app, leaf)[0] for leaf in leaves}) > 1:
        msg = (
            f"app {app.label}: {' and '.join(leaves)} have no common ancestor to merge"
            f" from; {_UNCHANGED}; let one depend on the other: `oneleaf rebase {app.label}`"
        )
        raise Refused(msg)


def plan_merge(
    project: "Project",
    conflicts: "list[SeveralLeaves]",
    samples: "Mapping[str, bytes]",
    stages: "Sequence[bytes]",
    config: "Config",
    wish: MergeWish,
) -> Plan:
    """One merge migration for each conflict, and the lockfiles that go with them.

    samples: contents of files that ``Conflict.samples`` names, as far as they are
    known, with the line ends of the work tree. stages: both sides' contents of a shared
    lockfile in conflict. ``expected`` is left to the caller, who knows the work tree.
    Raises Refused where a name is taken, and where the planned state is not sound.
    """
    if not conflicts:
        return Plan((), {})
    sources, written = {}, {}
    for conflict in conflicts:
        app = conflict.app
        name = _free_name(conflict, wish)
        style = style_of(samples[p] for p in conflict.samples() if p in samples)
        source = merge_source(app.label, conflict.leaves, style, wish.now)
        sources[app.directory] = {name: source}
        written[app.path(name)] = source
    planned = plan.planned(project, (), sources)
    graph = plan.build(planned)
    try:
        state = plan.state(planned, graph, config)
        lockfiles = plan_lockfiles(state, sources, _why_unknown, stages=stages)
    except lockfile.Malformed:
        msg = f"the lockfile cannot be read; {_UNCHANGED}; run `oneleaf lock` after a check"
        raise Refused(msg) from None
    planned = with_lockfiles(planned, config, lockfiles)
    before = plan.build(project)
    objections = plan.objections(before, graph, planned, config, set(sources))
    if objections:
        msg = f"it would not end well: {objections[0]}; {_UNCHANGED}; run `oneleaf check --all`"
        raise Refused(msg)
    plans = []
    for conflict, path in zip(conflicts, written, strict=True):
        app = conflict.app
        locked = lockfile_path(config, app)
        own = locked if locked in lockfiles else None
        plans.append(
            AppPlan(app.label, upstream=conflict.leaves, edited=(path,), lockfile=own)
        )
    return Plan(tuple(plans), {**written, **lockfiles})


def _free_name(conflict: SeveralLeaves, wish: MergeWish) -> str:
    name = merge_name(conflict.leaves, wish.name, wish.stamp())
    if name in conflict.app.migrations:
        path = conflict.app.path(name)
        msg = f"{path} exists; {_UNCHANGED}; choose another --name"
        raise Refused(msg)
    return name


def _why_unknown(graph: "Graph", app: "App") -> str:
    leaves = graph.leaf_nodes(app)
    if len(leaves) == 1:
        return why_unknown(graph, app)
    return (
        f"app {app.label} has {len(leaves)} leaf nodes too, and the lockfile cannot"
        f" name one; {_UNCHANGED}; run `oneleaf merge` for all apps"
    )


_LONGEST_JOIN = 47
_LINE_LENGTH = 88  # where Black and ruff break a line unless told otherwise
_CLASS = "class Migration("


class FileStyle:
    """The layout of an app's migration files.

    formatted: a formatter has been at them: double quotes, ``operations = []``, long
    lines broken. double: double quotes. header: a comment on top says what generated
    them. gap: a blank line follows the class line. indent: of the class's attributes.
    newline: ``"\\n"`` or ``"\\r\\n"``.
    """

    __slots__ = ("double", "formatted", "gap", "header", "indent", "newline")

    def __init__(self) -> None:
        self.formatted = False
        self.double = False
        self.header = True
        self.gap = True
        self.indent = "    "
        self.newline = "\n"


def style_of(samples: "Iterable[bytes]") -> FileStyle:
    """The style of an app's files, the one that counts most first.

    The first file decides; what it does not show, the next one does. Django's own
    layout stands where none does.
    """
    style = FileStyle()
    texts = [sample.decode("utf-8", "replace") for sample in samples]
    heads = [head for head in map(_head, texts) if head]
    if texts:
        style.newline = "\r\n" if "\r\n" in texts[0] else "\n"
        style.header = texts[0].lstrip("\ufeff").startswith("# Generated by ")
    if heads:
        body = heads[0].split("\n", 1)[1] if "\n" in heads[0] else ""
        style.gap = body[:1] == "\n"
        style.indent = _indent(body) or style.indent
    style.double = next(filter(None, map(_quote, heads)), "'") == '"'
    empty = any("operations = []" in text for text in texts)
    style.formatted = style.double or empty or not style.gap
    return style


def _head(text: str) -> str:
    """The class up to its operations, with ``\\n`` for newlines; "" without one."""
    text = text.replace("\r\n", "\n")
    start = text.find(_CLASS)
    end = text.find("operations", start)
    return text[start : end if end >= 0 else len(text)] if start >= 0 else ""


def _indent(body: str) -> str:
    for line in body.split("\n"):
        rest = line.lstrip(" \t")
        if rest:
            return line[: len(line) - len(rest)]
    return ""


def _quote(head: str) -> str:
    places = [(head.find(quote), quote) for quote in "'\"" if quote in head]
    return min(places)[1] if places else ""


def merge_name(leaves: "Sequence[str]", wanted: str, stamp: str) -> str:
    """The name of the migration that merges ``leaves``.

    wanted: what is to stand behind the number, "" for Django's choice. stamp: the
    time as ``YYYYMMDD_HHMM``, for leaf nodes with long names.
    """
    numbers = [value for value in map(number, leaves) if value is not None]
    parts = [format_number(max(numbers, default=1) + 1)]
    joined = "_".join(sorted(leaves))
    if wanted:
        parts.append(wanted)
    else:
        parts += ["merge", stamp if len(joined) > _LONGEST_JOIN else joined]
    return "_".join(parts)


def merge_source(
    label: str, leaves: "Sequence[str]", style: FileStyle, stamp: str
) -> bytes:
    """The file's content, in UTF-8.

    stamp: the time as ``YYYY-MM-DD HH:MM``, for the header.
    """
    indent = style.indent
    pairs = [_pair(label, leaf, style) for leaf in leaves]
    lines = [f"# Generated by oneleaf {__version__} on {stamp}", ""] * style.header
    lines += ["from django.db import migrations", "", ""]
    lines += ["class Migration(migrations.Migration):"] + [""] * style.gap
    lines += [f"{indent}dependencies = [", *sorted(pairs), f"{indent}]", ""]
    if style.formatted:
        lines += [f"{indent}operations = []"]
    else:
        lines += [f"{indent}operations = [", f"{indent}]"]
    text = "\n".join(lines) + "\n"
    return text.replace("\n", style.newline).encode()


def _pair(label: str, name: str, style: FileStyle) -> str:
    """The line of one dependency; as a formatter breaks it where it is too long."""
    inner = style.indent * 2
    words = [_string(word, double=style.double) for word in (label, name)]
    line = f"{inner}({', '.join(words)}),"
    if not style.formatted or len(line) <= _LINE_LENGTH:
        return line
    broken = [f"{inner}{style.indent}{word}," for word in words]
    return "\n".join([f"{inner}(", *broken, f"{inner}),"])


def _string(text: str, *, double: bool) -> str:
    literal = repr(text)
    plain = literal == f"'{text}'" and '"' not in text
    return f'"{text}"' if double and plain else literal
