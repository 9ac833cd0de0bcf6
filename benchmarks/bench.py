"""What the rows run on: the cached projects, the virtual environment, the states."""

import hashlib
import shutil
from pathlib import Path

from measured_project import GIT, Project, UnavailableError, output

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent
SH = shutil.which("sh") or "sh"
# name -> apps, migrations per app, fault on the branch ``planted``
PROJECTS = {
    "small": ("5", "10", "cycle"),
    "small-missing": ("5", "10", "missing"),
    "small-conflict": ("5", "10", "conflict"),
    "medium": ("40", "50", "missing"),
    "large": ("200", "100", "conflict"),
}
LINEAR = """from settings import *

INSTALLED_APPS = [*INSTALLED_APPS, "django_linear_migrations"]
"""


def digest(files: list[Path]) -> str:
    """A short name for the content of some files."""
    total = hashlib.sha256()
    for path in sorted(files):
        total.update(path.read_bytes())
    return total.hexdigest()[:10]


class Bench:
    """Makes what a row asks for, once, in the cache folder."""

    def __init__(
        self, cache: Path, python: Path, size: str = "large", real: Path | None = None
    ) -> None:
        self.cache = cache
        self.base_python = python
        self.size = size
        self.real_source = real
        self._projects: dict[str, Project] = {}
        self.python = str(self._environment() / "bin" / "python")
        self.missing = self._install()

    def project(self, name: str) -> Project:
        """The generated project of that name, or ``real``. Raises UnavailableError."""
        if name not in self._projects:
            root = self._real_copy() if name == "real" else self._generated(name)
            self._projects[name] = Project(root, has_work_tree=name != "real")
        return self._projects[name]

    @property
    def projects(self) -> list[Project]:
        """Every project that was asked for so far."""
        return list(self._projects.values())

    def oneleaf(self, *arguments: str) -> tuple[str, ...]:
        """argv that runs the installed oneleaf. Raises UnavailableError without one."""
        if self.missing:
            raise UnavailableError(self.missing)
        return (self.python, "-I", "-m", "oneleaf", *arguments)

    def linear_settings(self) -> Path:
        """A folder with settings that add django-linear-migrations."""
        folder = self.cache / "settings"
        folder.mkdir(exist_ok=True)
        (folder / "linear_settings.py").write_text(LINEAR)
        return folder

    def _generated(self, name: str) -> Path:
        apps, migrations, fault = PROJECTS[name]
        sources = [
            HERE / f"{module}.py"
            for module in ("generate", "generated_history", "generated_files")
        ]
        root = self.cache / f"{name}-{digest(sources)}"
        if not root.exists():
            part = root.with_suffix(".part")
            shutil.rmtree(part, ignore_errors=True)
            command = [str(self.base_python), str(HERE / "generate.py"), str(part)]
            output([*command, apps, migrations, "--plant", fault], self.cache)
            part.rename(root)
        return root

    def branches(self) -> Path:
        """A clone with many unmerged remote branches."""
        sources = [
            HERE / f"{module}.py" for module in ("generate_branches", "generated_files")
        ]
        root = self.cache / f"branches-{digest(sources)}"
        if not root.exists():
            part = root.with_suffix(".part")
            shutil.rmtree(part, ignore_errors=True)
            script = str(HERE / "generate_branches.py")
            output([str(self.base_python), script, str(part)], self.cache)
            part.rename(root)
        return root

    def _real_copy(self) -> Path:
        """A repository of our own over the objects of the given one: nothing there
        is written, and there is no work tree, which no measured command reads."""
        if not self.real_source:
            raise UnavailableError("no --real repository given")
        source = self.real_source.resolve()
        head = output([GIT, "rev-parse", "HEAD"], source).strip()
        common = output([GIT, "rev-parse", "--git-common-dir"], source).strip()
        objects = (source / common / "objects").resolve()
        root = self.cache / f"real-{source.name}-{head[:10]}"
        if not root.exists():
            part = root.with_suffix(".part")
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir()
            kind = "sha256" if len(head) > 40 else "sha1"
            output([GIT, "init", "-q", f"--object-format={kind}"], part)
            alternates = part / ".git" / "objects" / "info" / "alternates"
            alternates.parent.mkdir(exist_ok=True)
            alternates.write_text(f"{objects}\n")
            output([GIT, "update-ref", "HEAD", head], part)
            output([GIT, "read-tree", "HEAD"], part)
            part.rename(root)
        return root

    def _environment(self) -> Path:
        name = hashlib.sha256(str(self.base_python).encode()).hexdigest()[:8]
        root = self.cache / f"venv-{name}"
        if not (root / "bin" / "django-admin").exists():
            python = str(root / "bin" / "python")
            output([str(self.base_python), "-m", "venv", str(root)], self.cache)
            install = [python, "-m", "pip", "install", "-q"]
            output([*install, "django", "django-linear-migrations"], self.cache)
        return root

    def _install(self) -> str:
        """Install the repository as it is now; returns why that was not possible."""
        sources = [*REPOSITORY.glob("hooks/**/*.py"), REPOSITORY / "pyproject.toml"]
        stamp = self._environment() / "oneleaf.stamp"
        now = digest(sources)
        if not stamp.exists() or stamp.read_text() != now:
            install = [self.python, "-m", "pip", "install", "-q", "--no-deps"]
            try:
                output([*install, "--force-reinstall", str(REPOSITORY)], self.cache)
            except UnavailableError as reason:
                return f"oneleaf could not be installed: {reason}"
            stamp.write_text(now)
        return ""
