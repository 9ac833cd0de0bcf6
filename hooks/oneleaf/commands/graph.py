"""``oneleaf graph``: the history of each app as people draw it."""

import shutil
import sys

from oneleaf.arguments import Option, Options, Verb
from oneleaf.git import git
from oneleaf.output.report import wants_color
from oneleaf.output.terminal import counted, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from oneleaf.output.graph.rows import AppHistory
    from oneleaf.output.graph.scene import Scene
    from oneleaf.project.project import App

_WIDTH = 80  # of what is no terminal
_FORMATS = ("text", "mermaid", "dot")

VERB = Verb(
    "graph",
    "[APP ...]",
    "Draws the migration history of the apps given, the newest at the top: whose each"
    " migration is, where branches part and meet, conflicts in colour, squashes and"
    " long stretches folded. Without operands: the apps with a conflict or with local"
    " migrations; where there is none, a line for each app. Draws the index; in the"
    " middle of a merge or rebase with the migrations of both sides.\n\n"
    "A drawing is no verdict: it ends with 0 also where something is wrong.",
    (
        Option("--all", "", "draw all apps"),
        Option("--rev", "REV", "draw the tree of this commit instead of the index"),
        Option(
            "--against",
            "REF",
            "draw the merge with REF, without making it; `upstream` is the published"
            " branch",
        ),
        Option("--full", "", "fold nothing: a row for each migration"),
        Option("--format", "FORMAT", "what to print", _FORMATS),
    ),
    (
        ("oneleaf graph", "what is in conflict, and what is yours"),
        ("oneleaf graph shop", "the history of one app"),
        ("oneleaf graph --against upstream", "see the conflict before the merge"),
        ("oneleaf graph --rev v1.2 --all", "every app as it was in a release"),
        (
            "oneleaf graph shop --format mermaid",
            "for a Markdown document, between ```mermaid and ```",
        ),
        ("oneleaf graph shop --format dot | dot -Tsvg -o shop.svg", "with Graphviz"),
    ),
)


def run(options: Options) -> int:
    """Prints the drawings; 0 whatever they show."""
    with git.Objects() as objects:
        scene = _scene(options, objects)
    if scene.unknown:
        say(f"what is published is not marked: {scene.unknown}")
    apps = _chosen(scene, options)
    listed = apps or scene.project.apps
    drawn = [_history(scene, app, full=options.flag("--full")) for app in listed]
    if not drawn:
        say(f"no app with migrations in {scene.place}")
    output_format = options.text("--format", "text")
    if output_format == "text":
        _print_text(scene, drawn, options, is_list=not apps)
    else:
        _print_document(drawn, output_format, is_list=not apps)
    return 0


def _scene(options: Options, objects: git.Objects) -> "Scene":
    from oneleaf.output.graph import states

    rev, ref = options.text("--rev"), options.text("--against")
    if ref:
        return states.of_merge(rev, ref, objects)
    return states.of_commit(rev, objects) if rev else states.of_index(objects)


def _chosen(scene: "Scene", options: Options) -> "list[App]":
    """The apps to draw; none where there is nothing to point at."""
    from oneleaf.planning.refusals import require_apps

    apps = scene.project.apps
    labels = frozenset(options.operands)
    require_apps(labels, scene.project, scene.place)
    if labels:
        return [app for app in apps if app.label in labels]
    if options.flag("--all"):
        return list(apps)
    return [a for a in apps if a.directory in scene.findings or scene.is_local(a)]


def _history(scene: "Scene", app: "App", *, full: bool) -> "AppHistory":
    from oneleaf.output.graph import histories, layout

    alike = [other for other in scene.project.apps if other.label == app.label]
    history = histories.history(
        app,
        scene.graph,
        scene.sides[app.directory],
        scene.findings.get(app.directory, ()),
        place=app.directory if len(alike) > 1 else "",
    )
    return history if full else layout.shortened(history)


def _print_text(
    scene: "Scene", drawn: "Sequence[AppHistory]", options: Options, *, is_list: bool
) -> None:
    from oneleaf.output.graph import text

    columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else _WIDTH
    style = text.TextStyle(
        columns,
        colored=wants_color(options.text("--color", "auto")),
        unicode=_can_show(text.MARKS),
    )
    parts = []
    if scene.title:
        parts.append("\n".join([*style.wrapped(scene.title, 0), ""]))
    parts.append(
        text.render_list(drawn, style) if is_list else text.render(drawn, style)
    )
    others = len(scene.project.apps) - len(drawn)
    if others and not options.operands:
        parts.append("\n".join([*style.wrapped(_left_out(others), 0), ""]))
    _write("\n".join(filter(None, parts)))


def _left_out(count: int) -> str:
    apps = counted(count, "other app")
    return f"{apps}: nothing wrong, nothing local; --all draws all"


def _encoding() -> str:
    return sys.stdout.encoding or "ascii"


def _can_show(marks: str) -> bool:
    try:
        marks.encode(_encoding())
    except UnicodeEncodeError:
        return False
    return True


def _write(drawing: str) -> None:
    """Prints; what the encoding of the output lacks is spelled out."""
    sys.stdout.write(
        drawing.encode(_encoding(), "backslashreplace").decode(_encoding())
    )


def _print_document(
    drawn: "Sequence[AppHistory]", output_format: str, *, is_list: bool
) -> None:
    from oneleaf.output.graph import documents
    from oneleaf.output.graph.rows import edges

    if output_format == "mermaid":
        render = documents.mermaid_list if is_list else documents.mermaid
    else:
        render = documents.dot_list if is_list else documents.dot
    _write(render(drawn))
    count = sum(len(edges(history.rows)) for history in drawn)
    if output_format == "mermaid" and not is_list and count > documents.MOST_EDGES:
        say(
            f"{count} edges are more than hosting sites draw, {documents.MOST_EDGES}; name"
            " fewer apps, or leave out --full"
        )
