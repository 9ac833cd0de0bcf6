"""The words of a command line to a verb.

A verb is a module in ``oneleaf.commands`` with a ``VERB`` and a ``run(options)`` that
returns the exit code; it is imported only when it is called.
"""

import sys

from oneleaf import __version__, arguments
from oneleaf.errors import OneleafError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

# Verb -> (module, what the overview says of it).
VERBS = {
    "check": ("check", "find duplicate numbers, several leaf nodes, stale lockfiles"),
    "rebase": ("rebase", "move local migrations behind the published ones"),
    "merge": ("merge", "write the migration that joins several leaf nodes"),
    "lock": ("lock", "write the lockfiles to match the leaf nodes"),
    "install": ("install", "register the merge driver in this clone"),
    "uninstall": ("uninstall", "take the registration back"),
    "radar": ("radar", "say which remote branches will collide in an app"),
    "status": ("status", "say whether this clone is protected, and what is missing"),
    "demo": ("demo", "play the whole story on a small real Django project"),
    "advise": ("advise", "say in two lines what is wrong with HEAD; for hooks"),
    "db": ("db", "the database side: status, lock, backup, restore, …"),
    "merge-driver": ("merge_driver", "merge a lockfile; called by git"),
}


def main(words: "Sequence[str]") -> int:
    """Runs ``oneleaf WORDS`` and returns its exit code.

    Raises OneleafError or Refused where the command ends early.
    """
    if not words or words[0] in ("help", "-h", "--help"):
        if len(words) > 1:
            return _help(words[1])
        print(overview())
        return 0 if words else 2
    if words[0] == "--version":
        print(f"oneleaf {__version__}")
        return 0
    command = load(words[0])
    if words[1:] and words[1] in ("-h", "--help"):
        return _help(words[0])
    if hasattr(command, "run_words"):  # git's words may look like options
        return int(command.run_words(words[1:]))
    return int(command.run(arguments.parse(command.VERB, words[1:])))


def load(verb: str) -> "Any":
    """The verb's module. Raises OneleafError for an unknown verb."""
    if verb not in VERBS:
        msg = f"oneleaf knows no {verb!r}; see `oneleaf help`"
        raise OneleafError(msg)
    name = "oneleaf.commands." + VERBS[verb][0]
    __import__(name)
    return sys.modules[name]


def _help(verb: str) -> int:
    print(arguments.usage(load(verb).VERB))
    return 0


def overview() -> str:
    """What ``oneleaf help`` says."""
    width = max(map(len, VERBS))
    rows = [f"  {verb.ljust(width)}  {text}" for verb, (_, text) in VERBS.items()]
    return "\n".join(
        [
            "usage: oneleaf COMMAND [options] [operands]",
            "",
            "Keeps each Django app's migration history in one line.",
            "",
            *rows,
            "",
            "`oneleaf COMMAND --help` says more of one; `oneleaf --version` the version.",
        ]
    )
