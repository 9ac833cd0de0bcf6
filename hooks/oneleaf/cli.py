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

# Group of the overview -> verb -> what the overview says of it.
GROUPS = {
    "every day": {
        "check": "find duplicate numbers, several leaf nodes, stale lockfiles",
        "rebase": "move local migrations after the published ones",
        "merge": "write the migration that joins several leaf nodes",
        "lock": "write the lockfiles to match the leaf nodes",
    },
    "setting up": {
        "init": "protect a repository: lockfiles, merge driver, hooks",
        "install": "register the merge driver in this clone",
        "uninstall": "remove the registration",
        "status": "say whether this clone is protected, and what is missing",
        "completion": "print the script that completes words in a shell",
        "demo": "play the whole story on a small real Django project",
    },
    "looking ahead": {
        "radar": "say which remote branches will collide in an app",
        "graph": "draw the history of an app, conflicts and sides marked",
    },
    "the database": {
        "db": "see to the databases: status, lock, adopt, rollback, ...",
    },
    "called by git and by hooks": {
        "advise": "say in two lines what is wrong with HEAD",
        "merge-driver": "merge a lockfile that both sides changed",
    },
}
VERBS = {verb: text for group in GROUPS.values() for verb, text in group.items()}

_HELP = ("help", "-h", "--help")


def main(words: "Sequence[str]") -> int:
    """Runs ``oneleaf WORDS`` and returns its exit code."""
    if not words:
        _help(())
        return 2
    if words[0] in _HELP:
        return _help(words[1:])
    if words[0] == "--version":
        print(f"oneleaf {__version__}")
        return 0
    if words[0] == "complete":
        from oneleaf import complete

        return complete.run(words[1:], GROUPS, load)
    command = load(words[0])
    if hasattr(command, "run_words"):  # git's words may look like options
        if list(words[1:]) in (["-h"], ["--help"]):
            return _help(words[:1])
        return int(command.run_words(words[1:]))
    if arguments.asks_for_help(words[1:]):
        return _help(words[:1])
    return int(command.run(arguments.parse(command.VERB, words[1:])))


def load(verb: str) -> "Any":
    if verb not in VERBS:
        raise OneleafError(_unknown(verb))
    name = "oneleaf.commands." + verb.replace("-", "_")
    __import__(name)
    return sys.modules[name]


def _unknown(word: str) -> str:
    from oneleaf.commands import db

    if word in db.VERBS:
        hint = f" (did you mean `oneleaf db {word}`?)"
    else:
        hint = arguments.meant(word, (*VERBS, "help", "--version"), "`oneleaf {}`")
    if word.startswith("-") and not hint:
        return f"options such as {word} come after a verb; see `oneleaf help`"
    return f"unknown command {word!r}{hint}; see `oneleaf help`"


def _help(words: "Sequence[str]") -> int:
    from oneleaf import usage

    named = [word for word in words if word not in _HELP]
    if not named:
        from oneleaf.commands import db

        rows = {f"db {name}": what for name, what in db.VERBS.items()}
        print(usage.overview({**GROUPS, "the database": rows}))
        return 0
    command = load(named[0])
    verb, verbs = command.VERB, getattr(command, "VERBS", None)
    for word in named[1:]:
        if not verbs:
            raise OneleafError(
                f"{word!r} is no part of `oneleaf {verb.name}`;"
                f" see `oneleaf help {verb.name}`"
            )
        verb, verbs = command.verb(word), None
    print(usage.of_verb(verb, verbs))
    return 0
