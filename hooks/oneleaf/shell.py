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
