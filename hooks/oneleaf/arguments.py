"""The words of a command line to options; one reader for every verb.

``argparse`` is not used: importing it takes as long as starting Python, and the
hook runs in everyone's commit.
"""

from oneleaf.errors import OneleafError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import NoReturn


class Option:
    """One option of a verb.

    name: as typed, ``--rev``; value: its placeholder in the help, "" for a
    flag; choices: the values it takes, any where empty; many: may be given again.
    """

    __slots__ = ("choices", "help", "many", "name", "value")

    def __init__(
        self,
        name: str,
        value: str,
        text: str,
        choices: "tuple[str, ...]" = (),
        *,
        many: bool = False,
    ) -> None:
        self.name = name
        self.value = value
        self.help = text
        self.choices = choices
        self.many = many


class Verb:
    """What a verb takes, and what its help says.

    name: the word; operands: how its operands are shown, "" where it takes none;
    summary: one sentence; examples: command lines with what they do.
    """

    __slots__ = ("examples", "name", "operands", "options", "summary")

    def __init__(
        self,
        name: str,
        operands: str,
        summary: str,
        options: "tuple[Option, ...]" = (),
        examples: "tuple[tuple[str, str], ...]" = (),
    ) -> None:
        self.name = name
        self.operands = operands
        self.summary = summary
        self.options = options
        self.examples = examples


COLOR = Option("--color", "WHEN", "colour the output", ("auto", "always", "never"))
OUTPUT_FORMAT = Option("--output-format", "FORMAT", "how to print", ("text", "json"))
# Of the verbs that find faults: with the forms that CI systems read.
REPORT_FORMAT = Option(
    "--output-format",
    "FORMAT",
    "how to print",
    ("text", "json", "github", "gitlab", "sarif"),
)


class Options:
    __slots__ = ("_values", "operands")

    def __init__(
        self, values: "Mapping[str, list[str]]", operands: "list[str]"
    ) -> None:
        self._values = values
        self.operands = operands

    def flag(self, name: str) -> bool:
        return name in self._values

    def text(self, name: str, default: str = "") -> str:
        return self._values[name][-1] if name in self._values else default

    def texts(self, name: str) -> "list[str]":
        return list(self._values.get(name, ()))


def parse(verb: Verb, words: "Sequence[str]") -> Options:
    """Reads the words after the verb.

    ``--name value``, ``--name=value``, flags, operands in any order; ``--`` ends the
    options. Raises OneleafError for what the verb does not take.
    """
    known = {option.name: option for option in (*verb.options, COLOR)}
    values: dict[str, list[str]] = {}
    operands: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "--":
            operands += rest
            break
        if not word.startswith("-") or word == "-":
            operands.append(word)
            continue
        name, equals, value = word.partition("=")
        if name not in known:
            _refuse(verb, f"has no option {name}{meant(name, (*known, '--help'))}")
        option = known[name]
        if option.value and not equals:
            if not rest:
                _refuse(verb, f"{name} needs a value: {name} {option.value}")
            value = rest.pop(0)
        _accept(verb, option, value, values, given=bool(equals))
    if operands and not verb.operands:
        _refuse(verb, f"takes no arguments, and was given {operands[0]!r}")
    return Options(values, operands)


def _accept(
    verb: Verb,
    option: Option,
    value: str,
    values: "dict[str, list[str]]",
    *,
    given: bool,
) -> None:
    if not option.value and given:
        _refuse(verb, f"{option.name} takes no value")
    if option.choices and value not in option.choices:
        _refuse(
            verb, f"{option.name} is one of {', '.join(option.choices)}, not {value!r}"
        )
    if option.name in values and option.value and not option.many:
        _refuse(verb, f"{option.name} was given twice")
    values.setdefault(option.name, []).append(value)


def _refuse(verb: Verb, why: str) -> "NoReturn":
    msg = f"oneleaf {verb.name} {why}; see `oneleaf {verb.name} --help`"
    raise OneleafError(msg)


def asks_for_help(words: "Sequence[str]") -> bool:
    own = words[: words.index("--")] if "--" in words else words
    return "--help" in own or "-h" in own


def meant(word: str, known: "Iterable[str]", command: str = "{}") -> str:
    """`` (did you mean …?)`` with the known word nearest to a misspelt one, or ""."""
    from difflib import get_close_matches

    near = get_close_matches(word, list(known), 1)
    return f" (did you mean {command.format(near[0])}?)" if near else ""
