"""The demo's project, file by file."""

SETTINGS = """\
SECRET_KEY = "only for the demo"
DEBUG = True
INSTALLED_APPS = ["shop"]
DATABASES = {
    "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"},
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
"""

MANAGE = """\
import os
import sys

from django.core.management import execute_from_command_line

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
execute_from_command_line(sys.argv)
"""

MODELS = """\
from django.db import models


class Item(models.Model):
    name = models.CharField(max_length=100)
{item}

    def __str__(self):
        return self.name


class Crate(models.Model):
    code = models.CharField(max_length=20)
{crate}
    items = models.ManyToManyField(Item)
"""

COLOR = '    color = models.CharField(max_length=20, default="green")\n'
WEIGHT = "    weight = models.PositiveIntegerField(default=0)\n"


def models(*, color: bool = False, weight: bool = False) -> str:
    """``shop/models.py``, with the field of one branch, of the other, or of both."""
    return MODELS.format(item=COLOR if color else "", crate=WEIGHT if weight else "")


def project() -> dict[str, str]:
    """Path -> content of the project before its first migration."""
    return {
        "settings.py": SETTINGS,
        "manage.py": MANAGE,
        "shop/__init__.py": "",
        "shop/models.py": models(),
        "shop/migrations/__init__.py": "",
        ".gitignore": "db.sqlite3\n__pycache__/\n",
    }
