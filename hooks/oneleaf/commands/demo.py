"""``oneleaf demo``: a small real Django project, and the whole story played on it."""

import importlib.util
import sys
from pathlib import Path

from oneleaf import demo
from oneleaf.arguments import Options, Verb
from oneleaf.demo import Stage
from oneleaf.errors import OneleafError, Refused
from oneleaf.output.report import wants_color

VERB = Verb(
    "demo",
    "[DIR]",
    "Creates a small Django project under git with two branches that add a migration to\n"
    "the same app, and plays what happens: the blocked commit, the conflict, the cure.\n"
    "Needs Django. Leaves the project in DIR (default: oneleaf-demo) to play with.",
    (),
    (
        ("oneleaf demo", "see it in half a minute"),
        ("oneleaf demo /tmp/story", "the same, in a folder of your choice"),
    ),
)


def run(options: Options) -> int:
    """Plays the story; 0 when it went as told.

    Raises Refused for a directory that holds something, OneleafError without Django and
    where a step of the story goes another way.
    """
    directory = Path(options.operands[0] if options.operands else "oneleaf-demo")
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        msg = f"{directory} exists and is not empty; name another directory: `oneleaf demo DIR`"
        raise Refused(msg)
    if importlib.util.find_spec("django") is None:
        msg = "the demo needs Django beside oneleaf; `pip install django` and run it again"
        raise OneleafError(msg)
    directory.mkdir(parents=True, exist_ok=True)
    colored = wants_color(options.text("--color", "auto"))
    stage = Stage(directory.resolve(), colored=colored, paced=sys.stdout.isatty())
    demo.set_up(stage)
    demo.play(stage)
    sys.stdout.write(f"\nThe project is yours to play with: {directory}\n")
    return 0
