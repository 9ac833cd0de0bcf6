"""The words of a command line to options; one reader for every verb.

``argparse`` is not used: importing it takes as long as starting Python, and the
hook runs in everyone's commit.
"""

from oneleaf.errors import OneleafError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Option:
    """One option of a verb.

    name: as typed, ``--rev``; value: what stands for its value in the help, "" for a
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


class Options:
    """What was given: ``text``, ``flag`` and ``texts`` by option name; operands."""

    __slots__ = ("_values", "operands")

    def __init__(
        self, values: "Mapping[str, list[str]]", operands: "list[str]"
    ) -> None:
        self._values = values
        self.operands = operands

    def flag(self, name: str) -> bool:
        """Whether the flag was given."""
        return name in self._values

    def text(self, name: str, default: str = "") -> str:
        """The option's last value."""
        return self._values[name][-1] if name in self._values else default

    def texts(self, name: str) -> "list[str]":
        """All values of an option that may be given again."""
        return list(self._values.get(name, ()))


def parse(verb: Verb, words: "Sequence[str]") -> Options:
    """Reads the words behind the verb.

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
            _refuse(verb, f"knows no option {name}")
        option = known[name]
        if option.value and not equals:
            if not rest:
                _refuse(verb, f"{name} needs a value: {name} {option.value}")
            value = rest.pop(0)
        _accept(verb, option, value, values, given=bool(equals))
    if operands and not verb.operands:
        _refuse(verb, f"takes no operand such as {operands[0]!r}")
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


def _refuse(verb: Verb, why: str) -> None:
    msg = f"oneleaf {verb.name} {why}; see `oneleaf {verb.name} --help`"
    raise OneleafError(msg)


def usage(verb: Verb) -> str:
    """The verb's help text."""
    options = (*verb.options, COLOR)
    line = " ".join(
        filter(None, ("usage: oneleaf", verb.name, "[options]", verb.operands))
    )
    rows = [(f"{o.name} {o.value}".rstrip(), o.help + _choices(o)) for o in options]
    width = max(len(left) for left, _ in rows)
    parts = [line, "", verb.summary, "", "options:"]
    parts += [f"  {left.ljust(width)}  {right}" for left, right in rows]
    if verb.examples:
        parts += ["", "examples:"]
        for command, meaning in verb.examples:
            parts += [f"  {command}", f"      {meaning}"]
    return "\n".join(parts)


def _choices(option: Option) -> str:
    return f" ({'|'.join(option.choices)})" if option.choices else ""
