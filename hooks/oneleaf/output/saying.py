"""What a command says beside its output: lines on standard error."""

import sys

from oneleaf.output.escape import escape


def say(message: object) -> None:
    """Writes ``oneleaf: MESSAGE`` as one line to standard error, at once.

    message: anything with a text, such as an exception. Names from a repository may be
    in it: what could move a terminal's cursor is escaped.
    """
    sys.stderr.write(f"oneleaf: {escape(str(message))}\n")
    sys.stderr.flush()
