"""Draws ``docs/demo.svg``: the demo as it runs, from the blocked commit to the cure.

    python docs/draw_demo.py [SVG]

Runs ``oneleaf demo`` in a folder of its own, with colours, and draws what it printed.
What is drawn is the tool's own output, in whole chapters, and nothing else: the first
chapter sets the scene and the last one is Django's own, so both are left out. Commit
ids differ from run to run. Needs rich, which the ``test`` extra brings.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

PICTURE = Path(__file__).with_name("demo.svg")
CHAPTERS = ("1", "2", "3")
COLUMNS = 92

_CHAPTER = re.compile(r"^(?:\033\[\d+m)?# (\d)\. ", re.MULTILINE)
# A picture on a page may load nothing: the reader's own monospace font is used.
_FONTS = re.compile(r"@font-face \{\{.*?\}\}\s*", re.DOTALL)


def played() -> str:
    """What ``oneleaf demo`` prints on a terminal with colours."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "oneleaf", "demo", "--color", "always", "shop"],
            cwd=folder,
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
            stdout=subprocess.PIPE,
            check=True,
        )
    return done.stdout.decode()


def chapters(story: str) -> str:
    """The chapters that are drawn, with their headings."""
    starts = [*_CHAPTER.finditer(story)]
    ends = [*(match.start() for match in starts[1:]), len(story)]
    parts = [
        story[match.start() : end].rstrip("\n")
        for match, end in zip(starts, ends, strict=True)
        if match[1] in CHAPTERS
    ]
    return "\n\n".join(parts)


def drawn(text: str) -> str:
    """The SVG of a terminal that shows ``text``, which may hold colour codes."""
    console = Console(
        record=True,
        width=COLUMNS,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
    )
    console.print(Text.from_ansi(text))
    template = _FONTS.sub("", CONSOLE_SVG_FORMAT).replace("Fira Code, ", "")
    return console.export_svg(
        title="oneleaf demo", code_format=template, unique_id="demo"
    )


def main() -> None:
    """Draws into the file named, or into the one beside this script."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURE
    target.write_text(drawn(chapters(played())), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
