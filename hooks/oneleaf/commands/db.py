"""``oneleaf db``: the database side, one verb behind another.

Loads ``oneleaf.database`` and starts the project's settings only when one of its verbs
is called.
"""

import sys

from oneleaf import arguments
from oneleaf.arguments import Verb
from oneleaf.database import options as tables
from oneleaf.errors import OneleafError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

# Verb -> what the overview says of it; its module is oneleaf.database.commands.VERB.
VERBS = {
    "status": "what is applied but in no file, and the command that mends it",
    "lock": "run a command while holding the database's migration lock",
    "verify": "may the local migrations stand behind upstream's? No database",
    "adopt": "keep the data after `oneleaf rebase` moved what is applied",
    "rollback": "take migrations back, also when their files are gone",
    "backup": "copy a database to the clone's backups",
    "restore": "bring a backup back",
}

VERB = Verb(
    "db",
    "VERB [options] [operands]",
    "The database side, with the project's settings: --settings MODULE, the variable"
    " DJANGO_SETTINGS_MODULE, or what manage.py says. Run it with the project's Python."
    " `oneleaf help db VERB` says more of one.",
    (),
    (
        ("oneleaf db status", "is every database what the files say?"),
        ("oneleaf db lock -- python manage.py migrate", "the step of a deployment"),
    ),
)


def run_words(words: "Sequence[str]") -> int:
    """Runs ``oneleaf db WORDS`` and returns its exit code.

    Raises OneleafError or Refused where the command ends early.
    """
    helping = arguments.asks_for_help(words)
    if helping or not words:
        from oneleaf import usage

        named = [word for word in words if not word.startswith("-")]
        of_one = usage.of_verb(verb(named[0])) if named else ""
        print(of_one or usage.of_verb(VERB, VERBS))
        return 0 if helping else 2
    command = load(words[0])
    options = arguments.parse(verb(words[0]), words[1:])
    database = _import("oneleaf.database.settings")
    database.start(options.text("--settings"))
    return int(command.run(options))


def verb(name: str) -> Verb:
    """What the verb takes. Raises OneleafError for an unknown one."""
    if name not in VERBS:
        hint = arguments.meant(name, VERBS, "`oneleaf db {}`")
        msg = f"oneleaf db knows no {name!r}{hint}; it knows {', '.join(VERBS)}"
        raise OneleafError(msg)
    return tables.VERBS[name]


def load(name: str) -> "Any":
    """The verb's module. Raises OneleafError for an unknown verb, or without Django."""
    verb(name)
    _import("oneleaf.database.settings").require_django()
    return _import("oneleaf.database.commands." + name)


def _import(name: str) -> "Any":
    __import__(name)
    return sys.modules[name]
