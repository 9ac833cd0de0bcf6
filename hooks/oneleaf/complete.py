"""``oneleaf complete -- WORD ...``: what TAB offers, for the scripts of `completion`.

In: the words after ``oneleaf`` up to the cursor; the last is being typed, maybe "".
Out: a line for each candidate for the whole of that word, then a tab and what it is
where there is something to say. All that may be there are printed: the shell picks
those that match. ``:files``, ``:folders``, ``:command`` (a command's name) and
``:arguments`` (of that command) leave it to the shell. Whatever fails means fewer
candidates: at TAB nothing is said.
"""

import contextlib
import os
import sys

from oneleaf.arguments import COLOR, Option
from oneleaf.commands import db

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

UNTYPED = "called by git and by hooks"  # the group of verbs that nobody types
_HELP = {"--help": "show this help"}


def run(
    words: "Sequence[str]",
    groups: "Mapping[str, Mapping[str, str]]",
    load: "Callable[[str], Any]",
) -> int:
    found: Mapping[str, str] = {}
    with contextlib.suppress(Exception):
        found = _first(words[1:], groups) or _later(words[1:], load)
    for name, what in found.items():
        if name.isprintable():  # a label is any text of the repository
            sys.stdout.write(f"{name}\t{what}\n" if what else f"{name}\n")
    return 0


def _first(
    words: "Sequence[str]", groups: "Mapping[str, Mapping[str, str]]"
) -> "Mapping[str, str]":
    *before, word = words
    if before in ([], ["db"]) and word.startswith("-"):
        return _HELP if before else {**_HELP, "--version": "print the version"}
    if before in (["db"], ["help", "db"]):
        return db.VERBS
    if before not in ([], ["help"]):
        return {}
    groups = {
        title: rows for title, rows in groups.items() if before or title != UNTYPED
    }
    verbs = {verb: text for rows in groups.values() for verb, text in rows.items()}
    return verbs if before else {**verbs, "help": "say more of a verb"}


def _later(words: "Sequence[str]", load: "Callable[[str], Any]") -> "Mapping[str, str]":
    name, *before, word = words
    verb = db.verb(before.pop(0)) if name == "db" else load(name).VERB
    known = {option.name: option for option in (*verb.options, COLOR)}
    given: set[str] = set()
    operands: list[str] = []
    valued = ended = False  # whether a value is due; whether there was a `--`
    for earlier in before:
        if valued:
            valued = False
        elif ended or not earlier.startswith("-"):
            operands.append(earlier)
        elif earlier == "--":
            ended = True
        else:
            name, equals, _ = earlier.partition("=")
            given.add(name)
            valued = not equals and name in known and known[name].value != ""
    if valued:
        return dict.fromkeys(_values(known[name]), "")
    if ended or not word.startswith("-"):
        return dict.fromkeys(_operands(verb.operands, operands, ended=ended), "")
    name, equals, _ = word.partition("=")
    if equals:
        values = _values(known[name])
        return {v if v[0] == ":" else f"{name}={v}": "" for v in values}
    left = [o for o in known.values() if o.many or o.name not in given]
    return {**{option.name: option.help for option in left}, **_HELP}


def _values(option: Option) -> "Iterable[str]":
    return option.choices or PLACES.get(option.value, tuple)()


def _operands(shown: str, given: "list[str]", *, ended: bool) -> "Iterable[str]":
    place = shown.strip("-[.] ")
    if place == "COMMAND":
        return [":arguments" if given else ":command"] if ended else []
    if given and "..." not in shown:
        return []
    found = place.split("|") if "|" in place else PLACES.get(place, tuple)()
    return [name for name in found if name not in given]


def _refs() -> "Iterable[str]":
    from oneleaf.git import git

    places = ("refs/heads", "refs/remotes", "refs/tags")
    found = git.run("for-each-ref", "--format=%(refname:lstrip=2)", *places)
    return ("HEAD", *git.decode(found).split())


def _labels() -> "Iterable[str]":
    from oneleaf.checking import state
    from oneleaf.git import git

    with git.Objects() as objects:
        return [app.label for app in state.of_index(objects).project.apps]


def _backups() -> "Iterable[str]":
    from oneleaf.database import clone_files

    ending = ".json"  # of the description, which is written last
    names = os.listdir(clone_files.place("backups"))
    return [name.removesuffix(ending) for name in names if name.endswith(ending)]


# A placeholder of the help -> the values offered; not those only the user knows.
PLACES: "dict[str, Callable[[], Iterable[str]]]" = {
    "APP": _labels,
    "BACKUP": _backups,
    "COMMIT": _refs,
    "DIR": lambda: [":folders"],
    "FILE": lambda: [":files"],
    "PATH": lambda: [":files"],
    "REF": lambda: ["upstream", *_refs()],
    "REV": _refs,
}
