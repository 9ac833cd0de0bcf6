"""A small Django project under git that has the optional app installed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import warm

from repository import SOURCE_ROOT, Done, Repository, migration

OWN = "shop/migrations/max_migration.txt"
SHARED = "migrations.lock"
SHARED_CONFIG = '[tool.oneleaf]\nlockfile = "./migrations.lock"\n'

SETTINGS = """\
SECRET_KEY = "x"
DEBUG = True
INSTALLED_APPS = {apps!r}
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
ROOT_URLCONF = "urls"
"""

MANAGE = """\
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
sys.path.insert(0, {source!r})
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""

MODELS = """\
from django.db import models


class Item(models.Model):
    name = models.CharField(max_length=20)
"""

INITIAL = """\
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Item",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=20)),
            ],
        ),
    ]
"""


@dataclass
class Project:
    """The project in its repository."""

    repository: Repository

    @classmethod
    def create(
        cls, path: Path, *apps: str, installed: tuple[str, ...] = ("oneleaf.django",)
    ) -> Project:
        """The apps (``shop`` alone by default), each with ``0001_initial``, committed.

        installed: what stands before them in INSTALLED_APPS.
        """
        repository = Repository.create(path)
        project = cls(repository)
        labels = apps or ("shop",)
        project.install(*installed, *labels)
        repository.write("manage.py", MANAGE.format(source=str(SOURCE_ROOT)))
        repository.write("urls.py", "urlpatterns = []\n")
        repository.write(".gitignore", "__pycache__/\n*.sqlite3\n")
        for label in labels:
            project.app(label)
            repository.write(f"{label}/migrations/__init__.py")
            repository.write(f"{label}/migrations/0001_initial.py", INITIAL)
        repository.commit("start")
        return project

    @classmethod
    def locked(cls, path: Path, *apps: str) -> Project:
        """The same with a lockfile in each app."""
        project = cls.create(path, *apps)
        for label in apps or ("shop",):
            project.write(f"{label}/migrations/max_migration.txt", "0001_initial\n")
        project.repository.commit("lockfiles")
        return project

    def install(self, *apps: str, extra: str = "") -> None:
        """Writes the settings, with these INSTALLED_APPS."""
        self.write("settings.py", SETTINGS.format(apps=list(apps)) + extra)

    def app(self, label: str) -> None:
        """An app with the model Item, without migrations."""
        self.write(f"{label}/__init__.py")
        self.write(f"{label}/models.py", MODELS)

    def field(self, name: str, label: str = "shop") -> None:
        """A new field of Item, in models.py alone."""
        line = f"    {name} = models.IntegerField(null=True)\n"
        self.write(f"{label}/models.py", self.read(f"{label}/models.py") + line)

    def migration(self, name: str, *dependencies: str, label: str = "shop") -> None:
        """A migration without operations."""
        pairs = [(label, dependency) for dependency in dependencies]
        self.write(f"{label}/migrations/{name}.py", migration(*pairs))

    def command(self, app: str, name: str, source: str) -> None:
        """A management command of an app."""
        self.write(f"{app}/__init__.py")
        self.write(f"{app}/management/__init__.py")
        self.write(f"{app}/management/commands/__init__.py")
        self.write(f"{app}/management/commands/{name}.py", source)

    def manage(
        self, *words: str, ok: tuple[int, ...] = (0,), cwd: str = ".", **env: str
    ) -> Done:
        """Runs manage.py; fails on an exit code not in ``ok``, if there is any."""
        done = warm.run(self.repository, "manage.py", *words, cwd=cwd, **env)
        assert not ok or done.code in ok, done
        return done

    def oneleaf(self, *words: str) -> Done:
        """Runs the command line itself."""
        return self.repository.oneleaf(*words)

    def write(self, path: str, content: str | bytes = "") -> None:
        """Writes a file of the work tree."""
        self.repository.write(path, content)

    def read(self, path: str) -> str:
        """A file of the work tree."""
        return self.repository.read(path)

    def exists(self, path: str) -> bool:
        """Whether the work tree has something at ``path``."""
        return (self.repository.path / path).exists()

    def delete(self, path: str) -> None:
        """Deletes a file of the work tree."""
        (self.repository.path / path).unlink()

    def changed(self) -> list[str]:
        """What ``git status`` lists, staged or not, without its letters."""
        lines = self.repository.git("status", "--short", "-uall").splitlines()
        return sorted(line[3:] for line in lines)
