"""Random histories with two sides, as files in memory, and a rebase of them."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from hypothesis import strategies as st

from oneleaf.config import Config
from oneleaf.migration.reading import migrations
from oneleaf.planning.plan import Plan
from oneleaf.planning.rebase import plan_rebase
from oneleaf.planning.sides import Sides
from oneleaf.planning.situation import PlanFiles, Situation
from oneleaf.project.graph import build_graph
from oneleaf.project.project import App, Project, number
from oneleaf.upstream.published import LOCAL, PUBLISHED, Standing

Key = tuple[str, str]
Sources = dict[str, bytes]

SUFFIXES = (
    "update",
    "alter_thing",
    "auto_20260102_0304",
    "ünïcode",
    "_odd",
    "merge_accounts",
)

SOURCE = """\
# -*- coding: utf-8 -*-
from django.db import migrations, models


class Migration(migrations.Migration):
{extra}
    dependencies = [
{dependencies}    ]

    operations = [
        {operation},
    ]
"""


def path_of(key: Key) -> str:
    """Where the migration of an app lies; the label is the directory here."""
    return f"{key[0]}/migrations/{key[1]}.py"


def source_of(
    operation: str,
    dependencies: list[Key],
    run_before: list[Key] | None = None,
    replaces: list[Key] | None = None,
) -> bytes:
    """A migration with one operation, laid out as people do."""
    extra = "".join(
        f"\n    {name} = {value!r}\n"
        for name, value in (("run_before", run_before), ("replaces", replaces))
        if value
    )
    lines = "".join(
        f"        {pair!r},  # {pair[1]}\n" if index else f"        {pair!r},\n"
        for index, pair in enumerate(dependencies)
    )
    return SOURCE.format(extra=extra, dependencies=lines, operation=operation).encode()


class TwoSides:
    """Three sets of files: what both sides have, what upstream adds, what we add.

    parents: migration -> what it comes directly after, of both sides.
    fields: (app label, field) that the operations add in all.
    squashed: local migration -> the local squash that replaces it.
    """

    def __init__(self) -> None:
        self.base: Sources = {}
        self.upstream: Sources = {}
        self.local: Sources = {}
        self.parents: dict[Key, set[Key]] = {}
        self.fields: set[Key] = set()
        self.squashed: dict[Key, Key] = {}

    @property
    def published(self) -> Sources:
        return {**self.base, **self.upstream}

    @property
    def all(self) -> Sources:
        return {**self.published, **self.local}

    def __repr__(self) -> str:
        parts = (
            ("base", self.base),
            ("upstream", self.upstream),
            ("local", self.local),
        )
        return "\n".join(
            f"== {side} {path}\n{source.decode()}"
            for side, files in parts
            for path, source in files.items()
        )


class Author:
    """Makes up the history of one side after the other."""

    def __init__(self, draw: st.DrawFn, labels: list[str]) -> None:
        self.draw = draw
        self.labels = labels
        self.sides = TwoSides()
        self.count = 0

    def tips(self, label: str, known: set[Key]) -> list[Key]:
        inner = {p for k in known for p in self.sides.parents[k] if p[0] == k[0]}
        return sorted(k for k in known if k[0] == label and k not in inner)

    def name(self, label: str, parents: list[Key], taken: set[Key]) -> Key:
        value = max((number(name) or 0 for _, name in parents), default=0) + 1
        if self.draw(st.integers(0, 9)) == 0:
            value += self.draw(st.integers(1, 3))
        suffix = self.draw(st.sampled_from(SUFFIXES))
        width = self.draw(st.sampled_from([4, 4, 4, 3]))
        key = (label, f"{value:0{width}d}_{suffix}")
        while key in taken:
            self.count += 1
            key = (label, f"{value:0{width}d}_{suffix}_{self.count}")
        return key

    def ancestors(self, keys: list[Key]) -> set[Key]:
        found: set[Key] = set()
        waiting = list(keys)
        while waiting:
            for parent in self.sides.parents.get(waiting.pop(), ()):
                if parent not in found:
                    found.add(parent)
                    waiting.append(parent)
        return found

    def add(self, files: Sources, label: str, known: set[Key], *, forks: bool) -> None:
        """One more migration of an app, on its tips or, with forks, further back."""
        draw = self.draw
        own = sorted(key for key in known if key[0] == label)
        parents = self.tips(label, known)
        if own and forks and draw(st.integers(0, 4)) == 0:
            parents = [draw(st.sampled_from(own))]
        elif len(parents) > 1 and draw(st.booleans()):
            parents = parents[:1]
        others = sorted(key for key in known if key[0] != label)
        across = (
            draw(st.lists(st.sampled_from(others), max_size=2, unique=True))
            if others
            else []
        )
        before = [
            key
            for key in sorted(self.keys(files))
            if key[0] != label
            and key not in self.ancestors([*parents, *across]) | set(across)
        ]
        run_before = (
            [draw(st.sampled_from(before))]
            if before and draw(st.integers(0, 5)) == 0
            else []
        )
        key = self.name(label, parents, set(self.sides.parents))
        self.write(files, key, draw(st.permutations([*parents, *across])), run_before)
        known.add(key)

    def keys(self, files: Sources) -> set[Key]:
        return {k for k in self.sides.parents if path_of(k) in files}

    def write(
        self, files: Sources, key: Key, parents: list[Key], run_before: list[Key]
    ) -> None:
        self.sides.parents[key] = set(parents)
        for later in run_before:
            self.sides.parents[later].add(key)
        field = f"f{len(self.sides.parents)}"
        operation = (
            f"migrations.AddField('thing', {field!r}, models.IntegerField(null=True))"
        )
        if not any(parent[0] == key[0] for parent in parents):
            operation = (
                "migrations.CreateModel('Thing', [('id', models.AutoField(primary_key=True)),"
                f" ({field!r}, models.IntegerField(null=True))])"
            )
        self.sides.fields.add((key[0], field))
        files[path_of(key)] = source_of(operation, parents, run_before)

    def squash(self, label: str, known: set[Key]) -> None:
        """Squashes what is local in a row, beside the originals or instead of them."""
        files = self.sides.local
        run: list[Key] = []
        for key in sorted(self.keys(files)):
            parents = self.sides.parents[key]
            alone = {p for p in parents if p[0] == label} == (
                {run[-1]} if run else parents
            )
            if key[0] == label and alone and (not run or parents == {run[-1]}):
                run.append(key)
        if len(run) < 2:
            return
        steps = [files[path_of(key)].split(b"operations = [\n")[1] for key in run]
        operation = b"".join(step[: step.rindex(b"    ]")] for step in steps).decode()
        first, last = run[0][1], run[-1][1]
        key = (label, f"{first}_squashed_{last}")
        roots = sorted(self.sides.parents[run[0]])
        source = source_of(operation.strip().rstrip(","), roots, None, run)
        self.sides.parents[key] = set(roots)
        self.sides.squashed.update(dict.fromkeys(run, key))
        if self.draw(st.booleans()):
            for original in run:
                del files[path_of(original)]
        files[path_of(key)] = source
        known.add(key)


@st.composite
def two_sides(draw: st.DrawFn) -> TwoSides:
    """A base, and two sides that each add migrations to its apps."""
    labels = ["ant", "bee", "cow"][: draw(st.integers(1, 3))]
    author = Author(draw, labels)
    base: set[Key] = set()
    for label in labels:
        author.add(author.sides.base, label, base, forks=False)
    for _ in range(draw(st.integers(0, 3))):
        author.add(author.sides.base, draw(st.sampled_from(labels)), base, forks=False)
    theirs, ours = set(base), set(base)
    for _ in range(draw(st.integers(0, 4))):
        author.add(
            author.sides.upstream, draw(st.sampled_from(labels)), theirs, forks=False
        )
    for _ in range(draw(st.integers(1, 6))):
        author.add(author.sides.local, draw(st.sampled_from(labels)), ours, forks=True)
    if draw(st.integers(0, 2)) == 0:
        author.squash(draw(st.sampled_from(labels)), ours)
    return author.sides


def project_of(files: Mapping[str, bytes]) -> Project:
    """The project that these files make."""
    found: dict[str, dict[str, migrations.Migration]] = {}
    for path, source in sorted(files.items()):
        directory, _, name = path.rpartition("/")
        found.setdefault(directory, {})[name[:-3]] = migrations.read(name[:-3], source)
    apps = [App(d.partition("/")[0], d, modules) for d, modules in found.items()]
    return Project(tuple(apps), {})


class OnUpstream:
    """``Published`` of an upstream that has these paths, whatever they hold."""

    def __init__(self, paths: Iterable[str]) -> None:
        self.paths = frozenset(paths)

    def standing(self, app: App, name: str, _content: object = None) -> Standing:
        """Published is what has one of the paths."""
        return Standing(PUBLISHED if app.path(name) in self.paths else LOCAL)


def sides_of(published: Iterable[str]) -> Sides:
    """The sides where upstream has these paths, and nothing is in progress."""
    known: Any = OnUpstream(published)
    return Sides(known)


def situation_of(files: Mapping[str, bytes], sides: Sides) -> Situation:
    """What ``rebase`` is told of these files."""
    project = project_of(files)
    graph = build_graph(project.apps, {})
    ranks = {
        (app.directory, name): sides.rank(app, name)
        for app in project.apps
        for name in app.migrations
    }
    current: Callable[[str], Any] = files.get
    return Situation(project, graph, Config({}), sides, ranks, PlanFiles(current))


def rebased(
    files: Mapping[str, bytes], published: Mapping[str, bytes]
) -> tuple[Sources, Plan]:
    """The files after a rebase of what is not published, and its plan."""
    plan = plan_rebase(situation_of(files, sides_of(published)))
    after = {**files, **plan.files}
    return {path: source for path, source in after.items() if source is not None}, plan
