"""``squashmigrations``, and the lockfile of the app it wrote to."""

from __future__ import annotations

from oneleaf.django import commands
from oneleaf.django.commands import next_command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from django.core.management.commands.squashmigrations import Command as Next
else:
    Next = next_command("squashmigrations")


class Command(Next):
    """The command that was there before, with one step behind it."""

    def handle(self, *labels: Any, **options: Any) -> Any:
        """As the command it is built on."""
        with commands.lockfiles(self, options):
            return super().handle(*labels, **options)
