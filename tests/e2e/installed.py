"""oneleaf as it is installed somewhere: copies of the package that can be broken."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from e2e.clones import DRIVER, Clone
from programs import oneleaf_in
from repository import SOURCE_ROOT, Done, oneleaf_from


class Installed:
    """A copy of the package with an interpreter of its own, below one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.package = folder / "lib" / "oneleaf"
        self.python = folder / "bin" / "python"
        ignore = shutil.ignore_patterns("__pycache__", "database", "demo")
        shutil.copytree(SOURCE_ROOT / "oneleaf", self.package, ignore=ignore)
        self.command = oneleaf_in(self.python.parent, self.package.parent)
        self.python.symlink_to(os.path.realpath(sys.executable))

    def run(self, clone: Clone, *words: str) -> Done:
        """Runs this oneleaf in a clone."""
        _, *command = oneleaf_from(self.package.parent)
        return clone.run(str(self.python), *command, *words)

    def register(self, clone: Clone) -> None:
        """Puts this oneleaf in the place of the one that armed the clone."""
        command = clone.git("config", DRIVER).rstrip("\n")
        here = str(self.package.parent)
        assert str(SOURCE_ROOT) in command
        assert sys.executable in command
        command = command.replace(str(SOURCE_ROOT), here)
        clone.set(DRIVER, command.replace(sys.executable, str(self.python)))

    def spoil(self, module: str, text: str) -> None:
        """Appends to one of its modules."""
        with (self.package / module).open("a", encoding="utf-8") as file:
            file.write("\n" + text)

    def remove(self) -> None:
        """Takes it away, as ``pre-commit clean`` does."""
        shutil.rmtree(self.folder)
