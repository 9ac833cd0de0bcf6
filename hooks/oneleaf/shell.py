"""Words of a command that a person pastes into a shell.

``shlex`` can do it as well, but importing it takes longer than a check.
"""

_PLAIN = frozenset(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-"
)


def quoted(text: str) -> str:
    """Any text as one word, in quotes where it needs them (POSIX, "Quoting")."""
    if text and _PLAIN.issuperset(text):
        return text
    return "'" + text.replace("'", "'\\''") + "'"


def word(path: str) -> str:
    """A path or an app label as one word.

    What begins with a dash would be taken for an option and gets ``./`` in front.
    """
    return quoted("./" + path if path.startswith("-") else path)


class Step(str):
    """A command that is printed for a person to run.

    command: its fixed words. operands: the paths, labels and refs that follow, each
    quoted as one word. A type of its own, so that every printed command can be found.
    """

    __slots__ = ()

    def __new__(cls, command: str, *operands: str) -> "Step":
        return super().__new__(cls, " ".join([command, *map(word, operands)]))
