"""Django's own source tree, for the migration folders of its test suite."""

import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import django
from filelock import FileLock

VARIABLE = "ONELEAF_DJANGO_SOURCE"


def find() -> Path:
    """The unpacked source of the Django version that is installed.

    The directory that the environment variable names; without it the source
    distribution is fetched by pip, once, and kept beside the tests.
    """
    given = os.environ.get(VARIABLE)
    source = Path(given) if given else _fetched()
    text = (source / "django" / "__init__.py").read_text(encoding="utf-8")
    if f"VERSION = {django.VERSION}".replace("'", '"') not in text:
        raise AssertionError(f"{source} is not Django {django.__version__}")
    return source


def _fetched() -> Path:
    cache = Path(__file__).parent.parent / ".cache" / "django"
    unpacked = cache / f"django-{django.__version__}"
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(cache / "lock"):  # every process of a test run asks for it
        if not unpacked.is_dir():
            _fetch(cache, unpacked)
    return unpacked


def _fetch(cache: Path, place: Path) -> None:
    with tempfile.TemporaryDirectory(dir=cache) as directory:
        _download(Path(directory))
        (archive,) = Path(directory).glob("*.tar.gz")
        with tarfile.open(archive) as members:
            members.extractall(directory, filter="data")
        (made,) = (path for path in Path(directory).iterdir() if path.is_dir())
        made.rename(place)


def _download(directory: Path) -> None:
    """pip has no way to fetch an archive without asking it for its metadata."""
    command = [sys.executable, "-m", "pip", "download", "--quiet"]
    command += ["--disable-pip-version-check", "--no-deps", "--no-binary", ":all:"]
    command += ["--dest", str(directory), f"django=={django.__version__}"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
