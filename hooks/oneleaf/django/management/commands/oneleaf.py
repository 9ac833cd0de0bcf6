"""``manage.py oneleaf …``: the command line, with the running project's settings."""

from __future__ import annotations

import argparse
import contextlib
import sys

from django.core.management.base import BaseCommand

from oneleaf.__main__ import main

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Literal

# What manage.py itself takes out of every command line (django/core/management,
# ManagementUtility.execute), before it knows the command.
_DJANGOS = ("--settings", "--pythonpath")


class Command(BaseCommand):
    """Hands its words to oneleaf: nothing of them is Django's but ``_DJANGOS``."""

    help = (
        "Keeps each app's migration history in one line; see `manage.py oneleaf help`."
    )
    requires_system_checks: list[str] | tuple[str, ...] | Literal["__all__"] = ()

    def run_from_argv(self, argv: list[str]) -> None:
        """Without Django's parser, which would keep ``--version`` and others."""
        sys.exit(main(own_words(argv[2:])))

    def print_help(self, prog_name: str, subcommand: str) -> None:  # noqa: ARG002
        """What ``manage.py help oneleaf`` says."""
        main(["help"])

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """For ``call_command``: everything behind the verb is one list of words."""
        parser.add_argument("words", nargs=argparse.REMAINDER)

    def handle(self, *args: Any, **options: Any) -> None:
        """For ``call_command``. Ends as a process would: SystemExit with the code."""
        out: Any = self.stdout
        err: Any = self.stderr
        out.ending = err.ending = ""
        err.style_func = None
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main([str(word) for word in (*args, *options["words"])])
        if code:
            sys.exit(code)


def own_words(words: Sequence[str]) -> list[str]:
    """The words that are for oneleaf: all but Django's, which it has acted upon.

    ``oneleaf db`` has a ``--settings`` of its own, which means the same.
    """
    djangos = _DJANGOS[1:] if words[:1] == ["db"] else _DJANGOS
    own: list[str] = []
    rest = list(words)
    while rest and rest[0] != "--":
        word = rest.pop(0)
        if word in djangos:
            del rest[:1]
        elif not word.startswith(tuple(f"{name}=" for name in djangos)):
            own.append(word)
    return own + rest
