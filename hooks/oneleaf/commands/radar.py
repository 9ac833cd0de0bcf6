"""``oneleaf radar``: who else adds migrations, and which branches will collide."""

import os
import sys
import time

from oneleaf.arguments import REPORT_FORMAT, Option, Options, Verb
from oneleaf.checking import scope
from oneleaf.checking.states import State
from oneleaf.errors import OneleafError
from oneleaf.history import discovery
from oneleaf.history.labels import Labels
from oneleaf.output import radar_report
from oneleaf.output.counting import counted
from oneleaf.output.report import render, wants_color
from oneleaf.output.saying import say
from oneleaf.reading import migrations
from oneleaf.reading.migrations import Migration
from oneleaf.repository import git, revisions
from oneleaf.upstream import branches, locating, radar

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from oneleaf.config import Config
    from oneleaf.repository.snapshot import Snapshot
    from oneleaf.upstream.branches import History, Tip

    New = list[tuple[Tip, str, bytes, Migration]]  # whose, path, content, as read

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
        survey = _survey(objects, branches.oldest(now, days))
    survey.days = days
    output_format = options.text("--output-format", "text")
    color = options.text("--color", "auto")
    if output_format == "json":
        text = radar_report.render_json(survey)
    elif output_format == "text":
        text = radar_report.render_text(survey, now, colored=wants_color(color))
    else:
        text = render(radar_report.as_report(survey), output_format, color)
    sys.stdout.write(text)
    return int(any(collision.own for collision in survey.collisions))


def _days(options: Options) -> int:
    text = options.text("--days", str(_DAYS))
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        msg = f"oneleaf radar --days takes a number of days, not {text!r}"
        raise OneleafError(msg)
    return int(text)


def _survey(objects: git.Objects, oldest: float) -> radar_report.Survey:
    partial = branches.is_partial()
    config = State("HEAD", objects).config
    published = locating.require(config.upstream, os.environ)
    head = revisions.commit_of("HEAD")
    tips, old = branches.choose(branches.refs(), head, published, oldest)
    state = State(published.commit, objects).snapshot
    history = branches.added_files(tips, published)
    wanted = _wanted(tips, history, state, config)
    found = _read(wanted, objects, partial=partial)
    labels = _labels(found, state, config)
    known: dict[tuple[str, bytes], radar.Added] = {}
    added: dict[str, list[radar.Added]] = {tip.name: [] for tip in tips}
    for tip, path, source, migration in found:
        directory = path.rpartition("/")[0]
        one = radar.Added(labels[directory], directory, migration, source)
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
    return radar_report.Survey(
        published.name, branches.fetched(), listed, radar.collisions(listed), old
    )


def _wanted(
    tips: "Sequence[Tip]",
    history: "Mapping[str, History]",
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
            if plain and scope.is_migration(path, config):
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
