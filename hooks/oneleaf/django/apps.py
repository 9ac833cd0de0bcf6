"""The app's configuration."""

from __future__ import annotations

from django.apps import AppConfig
from django.core import checks

from oneleaf.django import system_check

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class OneleafConfig(AppConfig):
    """No models, no database, nothing to be read while a project starts."""

    name = "oneleaf.django"
    label = "oneleaf"
    verbose_name: Any = "oneleaf"

    def ready(self) -> None:
        """Registers the system check, which runs only where it is asked for."""
        checks.register(system_check.report, system_check.TAG)
