"""Django in this process, without a project."""

from __future__ import annotations

import django
from django.apps import apps
from django.conf import settings


def set_up() -> None:
    """Starts Django, where no other test module of this process has done so."""
    if not settings.configured:
        settings.configure(
            INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth"],
            USE_TZ=True,
        )
    if not apps.ready:
        django.setup()
