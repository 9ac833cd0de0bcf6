"""The two ways a command ends early, and an error that is none.

The command line turns them into exit codes in one place (``__main__``).
Messages are whole sentences that name the cure.
"""

import sys


class OneleafError(Exception):
    """Wrong usage, configuration or environment: exit code 2."""


class Refused(OneleafError):
    """The command understood everything and will not do it: exit code 1.

    Nothing was changed.
    """


def is_broken_pipe(error: Exception) -> bool:
    """Whether an error says that nobody reads a pipe any more.

    Windows calls it an invalid argument (Python's issue 79935).
    """
    found = isinstance(error, BrokenPipeError)
    if sys.platform == "win32" and isinstance(error, OSError) and not found:
        import errno

        found = error.errno == errno.EINVAL and not error.filename
    return found
