"""The two ways a command ends early.

The command line turns them into exit codes in one place (``__main__``).
Messages are whole sentences that name the cure.
"""


class OneleafError(Exception):
    """Wrong usage, configuration or environment: exit code 2."""


class Refused(OneleafError):
    """The command understood everything and will not do it: exit code 1.

    Nothing was changed.
    """
