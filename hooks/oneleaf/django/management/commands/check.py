"""``check``, and what ``oneleaf check --all`` finds in the index.

Only where somebody typed ``check``: the test runner calls the same command, and must
run in the middle of a merge too.
"""

from __future__ import annotations

from oneleaf.django import system_check
from oneleaf.django.commands import next_command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from django.core.management.commands.check import Command as Next
else:
    Next = next_command("check")


class Command(Next):
    """The command that was there before, with our check switched on."""

    def run_from_argv(self, argv: list[str]) -> None:
        """Somebody typed it."""
        with system_check.wanted():
            super().run_from_argv(argv)

    def handle(self, *labels: Any, **options: Any) -> Any:
        """As the command it is built on; our tag asks for our check by name."""
        if system_check.TAG not in (options.get("tags") or ()):
            return super().handle(*labels, **options)
        with system_check.wanted():
            return super().handle(*labels, **options)
