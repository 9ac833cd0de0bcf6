"""A Django project of one app on one or several databases, under git."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import warm

from repository import ONELEAF, Done, Repository

SETTINGS = """\
try:
    import pymysql
    pymysql.install_as_MySQLdb()
except ImportError:
    pass
SECRET_KEY = "x"
DEBUG = True
INSTALLED_APPS = {apps!r}
DATABASES = {databases!r}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
"""

MANAGE = """\
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""

MIGRATION = """\
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [{dependencies}]
    operations = [
        {operations}
    ]
"""

ITEM = """\
migrations.CreateModel("Item", [
    ("id", models.BigAutoField(primary_key=True)), ("name", models.CharField(max_length=20)),
]),"""
TAG = """\
migrations.CreateModel("Tag", [
    ("id", models.BigAutoField(primary_key=True)),
    ("item", models.ForeignKey("shop.Item", models.CASCADE, null=True)),
]),"""


def add_field(name: str, model: str = "item", *, null: bool = True) -> str:
    """An operation that adds a text field."""
    field = f'models.CharField(max_length=9, null={null}, default="x")'
    return f'migrations.AddField("{model}", "{name}", {field}),'


@dataclass
class Shop:
    """The project in its repository."""

    repository: Repository

    @classmethod
    def create(
        cls,
        path: Path,
        databases: Mapping[str, Mapping[str, Any]],
        *,
        apps: tuple[str, ...] = ("shop",),
        extra: str = "",
    ) -> Shop:
        """The project with ``0001_initial`` (the model Item), committed on main."""
        repository = Repository.create(path)
        shop = cls(repository)
        settings = SETTINGS.format(databases=databases, apps=list(apps)) + extra
        repository.write("settings.py", settings)
        repository.write("manage.py", MANAGE)
        repository.write(".gitignore", "__pycache__/\n*.sqlite3*\n")
        for label in apps:
            if "." not in label:
                repository.write(f"{label}/__init__.py")
                repository.write(f"{label}/models.py")
                repository.write(f"{label}/migrations/__init__.py")
        shop.migration("0001_initial", ITEM)
        repository.commit("start")
        return shop

    def migration(
        self, name: str, operations: str, *dependencies: str, label: str = "shop"
    ) -> None:
        """Writes a migration; a dependency is a name of the app's or ``app.name``."""
        pairs = [
            d.partition(".")[::2] if "." in d else (label, d) for d in dependencies
        ]
        lines = ", ".join(f'("{app}", "{other}")' for app, other in pairs)
        text = MIGRATION.format(dependencies=lines, operations=operations)
        self.repository.write(f"{label}/migrations/{name}.py", text)

    def remove(self, name: str, label: str = "shop") -> None:
        """Deletes a migration's file."""
        (self.repository.path / f"{label}/migrations/{name}.py").unlink()

    def manage(self, *words: str, ok: tuple[int, ...] = (0,), **env: str) -> Done:
        """Runs manage.py; fails on an exit code not in ``ok``, if there is any."""
        done = warm.run(self.repository, "manage.py", *words, **env)
        assert not ok or done.code in ok, done
        return done

    def migrate(self, *words: str) -> None:
        """Runs migrate, which must succeed."""
        self.manage("migrate", "-v", "0", *words)

    def db(self, *words: str, **env: str) -> Done:
        """Runs ``oneleaf db WORDS`` with the interpreter that runs the tests."""
        env = {"ONELEAF_TRACEBACK": "1", **env}
        return warm.run(self.repository, "oneleaf", "db", *words, **env)

    def start_db(self, *words: str, **env: str) -> subprocess.Popen[bytes]:
        """The same as a process that is left running."""
        return subprocess.Popen(
            (*ONELEAF, "db", *words),
            cwd=self.repository.path,
            env={**self.repository.env, "PYTHONDONTWRITEBYTECODE": "1", **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def status(self, *words: str) -> dict[str, Any]:
        """What ``db status`` says as JSON, with its exit code."""
        done = self.db("status", "--output-format", "json", *words)
        assert done.out, done.err
        answer: dict[str, Any] = json.loads(done.out)
        return {**answer, "code": done.code}
