"""What Django's loader says of migration packages; run in a process of its own.

Reads from standard input a JSON list of cases, each a mapping of app labels to
dotted names of migrations packages, and writes a JSON list of answers::

    {"error": null or [exception class, node that is missing or null],
     "unmigrated": [labels], "leaves": {label: [names]}, "conflicts": {...}}

``leaves`` and ``conflicts`` are null where Django raised.
"""

import json
import sys
from types import SimpleNamespace
from typing import Any
from unittest import mock

import django
from django.conf import settings
from django.core.management import CommandError
from django.db.migrations import loader as django_loader
from django.db.migrations.exceptions import (
    CircularDependencyError,
    NodeNotFoundError,
)

INSTALLED = ("contenttypes", "auth", "sites")


def answer(modules: dict[str, str]) -> dict[str, Any]:
    contrib = {label: f"django.contrib.{label}.migrations" for label in INSTALLED}
    known = contrib | modules
    configs = [SimpleNamespace(label=label) for label in known]
    registry = SimpleNamespace(get_app_configs=lambda: configs)
    loader = django_loader.MigrationLoader(None, load=False, ignore_no_migrations=True)
    result: dict[str, Any] = {"error": None, "leaves": None, "conflicts": None}
    with (
        mock.patch.object(settings, "MIGRATION_MODULES", known),
        mock.patch.object(django_loader, "apps", registry),
    ):
        try:
            loader.build_graph()
        except NodeNotFoundError as error:
            result["error"] = [type(error).__name__, error.node]
        except ValueError as error:
            # "Dependency on unknown app: label"
            result["error"] = [type(error).__name__, [str(error).split()[-1], None]]
        except (CircularDependencyError, CommandError) as error:
            result["error"] = [type(error).__name__, None]
        else:
            result["leaves"] = {
                label: [name for _, name in loader.graph.leaf_nodes(label)]
                for label in modules
            }
            result["conflicts"] = loader.detect_conflicts()
    result["unmigrated"] = sorted(loader.unmigrated_apps)
    return result


if __name__ == "__main__":
    cases = json.load(sys.stdin)
    installed = [f"django.contrib.{label}" for label in INSTALLED]
    if any("with_generic_model" in case for case in cases):
        # Its migrations import its models.
        installed.append("migrations.migrations_test_apps.with_generic_model")
    settings.configure(INSTALLED_APPS=installed)
    django.setup()
    json.dump([answer(case) for case in cases], sys.stdout)
