"""``oneleaf radar``: who else adds migrations, and which branches will collide."""

import os
import sys
import time

from oneleaf.arguments import REPORT_FORMAT, Option, Options, Verb
from oneleaf.checking import state as states
from oneleaf.checking.findings import WARNING, Finding, Report
from oneleaf.checking.state import State
from oneleaf.errors import OneleafError
from oneleaf.git import git
from oneleaf.migration.reading import migrations
from oneleaf.migration.reading.migrations import Migration
from oneleaf.output.report import render, wants_color
from oneleaf.output.terminal import BOLD, RED, counted, cut, escape, painted, say
from oneleaf.project import discovery
from oneleaf.project.labels import Labels
from oneleaf.project.project import App
from oneleaf.shell import word
from oneleaf.upstream import radar
from oneleaf.upstream.published import Apps, require_upstreams

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from oneleaf.config import Config
    from oneleaf.git.snapshot import Snapshot
    from oneleaf.upstream.radar import Added, AddedPaths, Branch, Collision, Tip

    New = list[tuple[Tip, str, bytes, Migration]]


class Survey:
    """What was seen.

    upstream: name of the published branch. fetched: when anything was fetched last, in
    seconds since 1970, None where never. branches: the own one, and those that add
    migrations. collisions: the most urgent first. old: how many branches were left out
    because they had no commit for ``days`` days.
    """

    __slots__ = ("branches", "collisions", "days", "fetched", "old", "upstream")

    def __init__(
        self,
        upstream: str,
        fetched: "float | None",
        branches: "Sequence[Branch]",
        collisions: "Sequence[Collision]",
        old: int = 0,
    ) -> None:
        self.upstream = upstream
        self.fetched = fetched
        self.branches = branches
        self.collisions = collisions
        self.old = old
        self.days = 0


_DAYS = 90

VERB = Verb(
    "radar",
    "",
    "Says which remote branches that are not merged yet add migrations to which app,\n"
    "and which two of them would leave an app with several leaf nodes, or one number\n"
    "twice, once both are merged. Compares them with what is committed here, marked *.\n"
    "Nothing is fetched and nothing is written: it knows what the last fetch brought.\n"
    "Ends with 1 where the branch that is checked out collides with another, else 0.\n"
    "github, gitlab and sarif list the collisions of that branch alone.",
    (
        Option(
            "--days",
            "N",
            f"leave out branches without a commit for N days (default: {_DAYS}; 0 for none)",
        ),
        REPORT_FORMAT,
    ),
    (
        ("git fetch && oneleaf radar", "what everyone is about to merge"),
        (
            "oneleaf radar --days 0",
            "with branches that have been resting for long, too",
        ),
    ),
)


def run(options: Options) -> int:
    """Prints the branches and their collisions; 1 where the own one has some.

    Raises OneleafError where no upstream is known and for a number that is none.
    """
    days = _days(options)
    now = time.time()
    with git.Objects() as objects:
        survey = _survey(objects, radar.oldest(now, days))
    survey.days = days
    output_format = options.text("--output-format", "text")
    color = options.text("--color", "auto")
    if output_format == "json":
        text = render_json(survey)
    elif output_format == "text":
        text = render_text(survey, now, colored=wants_color(color))
    else:
        text = render(as_report(survey), output_format, color)
    sys.stdout.write(text)
    return int(any(collision.own for collision in survey.collisions))


def _days(options: Options) -> int:
    text = options.text("--days", str(_DAYS))
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        msg = f"oneleaf radar --days takes a number of days, not {text!r}"
        raise OneleafError(msg)
    return int(text)


def _survey(objects: git.Objects, oldest: float) -> Survey:
    partial = radar.is_partial()
    config = State("HEAD", objects).config
    published = require_upstreams(config.upstream, os.environ)[0]
    head = git.commit_of("HEAD")
    tips, old = radar.choose(radar.refs(), head, published, oldest)
    state = State(published.commit, objects).snapshot
    history = radar.added_files(tips, published)
    wanted = _wanted(tips, history, state, config)
    found = _read(wanted, objects, partial=partial)
    labels = _labels(found, state, config)
    upstream = Apps(published.commit, objects)
    there = {tip.commit: Apps(tip.commit, objects) for tip in tips}
    known: dict[tuple[str, bytes], radar.Added] = {}
    added: dict[str, list[radar.Added]] = {tip.name: [] for tip in tips}
    for tip, path, source, migration in found:
        directory = path.rpartition("/")[0]
        app = App(labels[directory], directory, {})
        # It is upstream, and the branch moved the folder of its app.
        if directory not in state.directories and migration.name in upstream.of(
            app, there[tip.commit]
        ):
            continue
        one = radar.Added(app.label, directory, migration, source)
        # One value for what several branches have alike: it is read once.
        added[tip.name].append(known.setdefault((path, source), one))
    listed = [
        radar.Branch(
            tip.name,
            added[tip.name],
            own=tip.own,
            history=history.get(tip.commit, frozenset()),
        )
        for tip in tips
    ]
    listed = [branch for branch in listed if branch.own or branch.apps]
    return Survey(
        published.name, radar.fetched(), listed, radar.collisions(listed), old
    )


def _wanted(
    tips: "Sequence[Tip]",
    history: "Mapping[str, AddedPaths]",
    state: "Snapshot",
    config: "Config",
) -> "Iterator[tuple[Tip, str]]":
    """The paths that may be new migrations of a branch: upstream has none such.

    What was squashed into upstream, or picked, stands there under its own path.
    """
    for tip in tips:
        for path in sorted({path for _, path in history.get(tip.commit, ())}):
            is_module = path.count(".") - path.rpartition("/")[0].count(".") == 1
            plain = is_module and "\n" not in path and state.blob(path) is None
            if plain and states.is_migration(path, config):
                yield tip, path


def _read(
    wanted: "Iterable[tuple[Tip, str]]", objects: git.Objects, *, partial: bool
) -> "New":
    """Those of the wanted that the branch still has and that are Django's.

    partial: what cannot be read may only be missing in this clone.
    """
    pairs = list(wanted)
    names = dict.fromkeys(f"{tip.commit}:{path}" for tip, path in pairs)
    contents = dict(zip(names, list(objects.read(names)), strict=True))
    missing = sum(content is None for content in contents.values())
    if missing and partial:
        say(
            "this is a partial clone, which may lack"
            f" {counted(missing, 'file')} of branches"
        )
    parsed: dict[tuple[str, bytes], Migration] = {}
    found: New = []
    for tip, path in pairs:
        source = contents[f"{tip.commit}:{path}"]
        if source is None:
            continue
        if (path, source) not in parsed:
            name = path.rpartition("/")[2][:-3]
            parsed[path, source] = migrations.read(name, source)
        if parsed[path, source].is_django:
            found.append((tip, path, source, parsed[path, source]))
    return found


def _labels(found: "New", state: "Snapshot", config: "Config") -> "dict[str, str]":
    """Directory of each app that a branch adds to -> its label.

    An app that upstream has is read there; a new one on the first branch that has it.
    """
    siblings: dict[str, dict[str, Migration]] = {}
    for tip, path, _, migration in found:
        directory = path.rpartition("/")[0]
        if directory not in siblings:
            siblings[directory] = {
                name[:-3]: Migration(name[:-3])
                for name in state.directories.get(directory, ())
                if discovery.is_module(name)
            }
            package = directory.rpartition("/")[0]
            files = state.directories.setdefault(package, {})
            for name in ("apps.py", "__init__.py"):
                here = f"{package}/{name}".lstrip("/")
                files.setdefault(name, f"{tip.commit}:{here}")
        siblings[directory][migration.name] = migration
    labels = Labels(state, config, siblings)
    return {directory: labels.label(directory, siblings[directory]) for directory in siblings}  # fmt: skip


_WIDTH = 80
_SHOWN = 20  # collisions that a person is told of; programs get all
_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"))


def render_json(survey: Survey) -> str:
    """The survey as one JSON object, version 1; ASCII only.

    fetched: UTC, as RFC 3339 writes it, null where never.
    """
    import json

    fetched = survey.fetched
    stamp = "%Y-%m-%dT%H:%M:%SZ"
    answer = {
        "version": 1,
        "upstream": survey.upstream,
        "fetched": fetched and time.strftime(stamp, time.gmtime(fetched)),
        "branches": [
            {
                "branch": branch.name,
                "own": branch.own,
                "apps": [
                    {"app": label, "migrations": names}
                    for label, names in branch.labels()
                ],
            }
            for branch in survey.branches
        ],
        "collisions": [_collision(collision) for collision in survey.collisions],
    }
    return json.dumps(answer, indent=2) + "\n"


def _collision(collision: "Collision") -> "dict[str, object]":
    return {
        "app": collision.app,
        "branches": [collision.first.name, collision.second.name],
        "own": collision.own,
        "migrations": [[a.name for a in side] for side in _both(collision)],
        "overlaps": [
            {
                "key": shared.overlap.key,
                "what": shared.what,
                "migrations": [shared.ours, shared.theirs],
                "operations": [shared.overlap.ours.text, shared.overlap.theirs.text],
                "fatal": shared.overlap.fatal,
            }
            for shared in collision.shared
        ],
        "opaque": list(collision.opaque),
    }


def _both(collision: "Collision") -> "tuple[Sequence[Added], Sequence[Added]]":
    return collision.ours, collision.theirs


def render_text(survey: Survey, now: float, *, colored: bool) -> str:
    """A table of branches and a paragraph for each collision; no line over 80 columns.

    now: in seconds since 1970.
    """
    lines = [f"upstream {survey.upstream}, {age(survey.fetched, now)}"]
    if survey.old:
        lines.append(
            f"{counted(survey.old, 'branch', 'branches')} without a commit for {survey.days} days"
            " left out; --days 0 shows all"
        )
    lines = [line for text in lines for line in _wrapped(escape(text), "")]
    adding = [branch for branch in survey.branches if branch.apps]
    if adding:
        lines += ["", *_table(adding)]
    else:
        lines.append("no branch that is not merged adds a migration")
    if survey.collisions:
        lines += ["", *_told(survey, colored=colored)]
    elif adding:
        lines += ["", "no two of them collide"]
    return "".join(line + "\n" for line in lines)


def _table(branches: "Sequence[Branch]") -> "Iterator[str]":
    """A line for each app of each branch; * marks the own one."""
    rows = [
        ("*" if branch.own else " ", escape(branch.name), escape(label), names)
        for branch in branches
        for label, names in branch.labels()
    ]
    first = min(34, max(len("BRANCH"), *(len(row[1]) for row in rows)))
    second = min(18, max(len("APP"), *(len(row[2]) for row in rows)))
    yield f"  {'BRANCH'.ljust(first)}  {'APP'.ljust(second)}  MIGRATIONS"
    before = ""
    for mark, name, label, names in rows:
        shown = "" if name == before else cut(name, first)
        before = name
        head = f"{mark if shown else ' '} {shown.ljust(first)}"
        head = f"{head}  {cut(label, second).ljust(second)}  "
        more = f" +{len(names) - 1}" if names[1:] else ""
        yield head + cut(escape(names[0]), _WIDTH - len(head) - len(more)) + more


def _told(survey: Survey, *, colored: bool) -> "Iterator[str]":
    for collision in survey.collisions[:_SHOWN]:
        mark = "*" if collision.own else " "
        pair = f"{collision.first.name} and {collision.second.name}"
        head, *rest = _wrapped(f"{collision.app}: {escape(pair)} collide", "    ")
        style = RED if collision.own else BOLD
        yield f"{mark} {painted(head, style, colored=colored)}"
        yield from rest
        for side in _both(collision):
            yield from _wrapped(escape(", ".join(a.name for a in side)), "      ", 4)
        for shared in collision.shared:
            verb = "cannot both apply to" if shared.overlap.fatal else "both touch"
            text = f"{shared.ours} and {shared.theirs} {verb} {shared.what}"
            yield from _wrapped(escape(text), "      ", 4)
        if collision.opaque:
            text = f"cannot determine everything that {', '.join(collision.opaque)} touches"
            yield from _wrapped(escape(text), "      ", 4)
    if len(survey.collisions) > _SHOWN:
        rest_of = counted(len(survey.collisions) - _SHOWN, "more pair")
        yield f"  ... and {rest_of}; --output-format json lists all"
    yield "    hint: whoever merges second should run `oneleaf rebase` first"


def _wrapped(text: str, indent: str, first: int = 0) -> "list[str]":
    """Text in lines that fit; ``first`` columns before the first, ``indent`` elsewhere."""
    import textwrap

    room = _WIDTH if first else _WIDTH - 2
    return textwrap.wrap(
        text,
        room,
        initial_indent=" " * first,
        subsequent_indent=indent,
        break_on_hyphens=False,
    )


def age(fetched: "float | None", now: float) -> str:
    """How old the last fetch is, in words; times in seconds since 1970."""
    if fetched is None:
        return "never fetched since it was cloned"
    seconds = int(now - fetched)
    for size, unit in _UNITS:
        if seconds >= size:
            return f"fetched {counted(seconds // size, unit)} ago"
    return "fetched just now"


def as_report(survey: Survey) -> Report:
    """The collisions of the own branch, each at its last migration."""
    found = [_finding(collision) for collision in survey.collisions if collision.own]
    return Report(f"branches:{survey.upstream}", 0, 0, found)


def _finding(collision: "Collision") -> Finding:
    mine, other = (", ".join(a.name for a in side) for side in _both(collision))
    touched = ", ".join(dict.fromkeys(shared.what for shared in collision.shared))
    return Finding(
        "radar-collision",
        "",
        (collision.ours[-1].path, 1),
        (),
        f"app {collision.app} collides with {collision.second.name} once both are merged:"
        f" yours {mine}; theirs {other}"
        + (f"; both touch {touched}" if touched else ""),
        "whoever merges second should run `oneleaf rebase"
        f" {word(collision.app)}` after `git fetch` and `git rebase`",
        WARNING,
    )
