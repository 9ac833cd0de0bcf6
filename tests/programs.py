"""Programs that tests put where others start them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from repository import SOURCE_ROOT


def script(path: Path, text: str) -> Path:
    """Writes a file that can be executed, and its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


def oneleaf_in(folder: Path, root: Path = SOURCE_ROOT) -> Path:
    """Puts a command ``oneleaf`` into a folder that is to be on PATH.

    root: the folder of the package it runs.
    """
    return script(
        folder / "oneleaf",
        f"#!{sys.executable} -I\nimport sys\nsys.path.insert(0, {str(root)!r})\n"
        "from oneleaf.__main__ import run\nrun()\n",
    )


def first_on_path(folder: Path, env: dict[str, str]) -> dict[str, str]:
    """The environment with a folder in front of its PATH."""
    return {**env, "PATH": f"{folder}{os.pathsep}{env['PATH']}"}
