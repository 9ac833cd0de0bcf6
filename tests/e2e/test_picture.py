"""The README's picture shows the demo as it runs today."""

from __future__ import annotations

import html
import re
import sys
from pathlib import Path

import pytest

from repository import SOURCE_ROOT, Repository, hermetic_environment

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

DOCS = Path(__file__).parents[2] / "docs"
_TEXT = re.compile(r'<text class="demo-r\d+" x="([\d.]+)" y="([\d.]+)"[^>]*>([^<]*)<')


def lines(svg: str) -> list[str]:
    """The lines of text in the picture, from top to bottom."""
    rows: dict[float, str] = {}
    for _, y, text in _TEXT.findall(svg):
        rows[float(y)] = rows.get(float(y), "") + html.unescape(text)
    return [rows[y].replace("\xa0", " ").rstrip() for y in sorted(rows)]


def own(picture: list[str]) -> list[str]:
    """Its headings, its commands, and what oneleaf says.

    The rest is git's: it holds commit ids, and its words change with its version.
    """
    marks = ("# ", "$ ", "oneleaf: ", "shop", "next: ", "    ", "      ")
    return [line for line in picture if line.startswith(marks)]


def test_the_picture_is_the_demo_of_today(tmp_path: Path) -> None:
    shell = Repository(tmp_path, hermetic_environment(tmp_path / "home"))
    drawn = tmp_path / "drawn.svg"
    script = str(DOCS / "draw_demo.py")
    shell.run(sys.executable, script, str(drawn), ok=(0,), PYTHONPATH=str(SOURCE_ROOT))
    today = own(lines(drawn.read_text(encoding="utf-8")))
    assert "$ oneleaf rebase shop" in today
    assert any("OL102" in line for line in today)
    committed = own(lines((DOCS / "demo.svg").read_text(encoding="utf-8")))
    assert committed == today, "run `python docs/draw_demo.py`"


def test_the_picture_loads_nothing_from_elsewhere() -> None:
    svg = (DOCS / "demo.svg").read_text(encoding="utf-8")
    assert "url(http" not in svg
    assert "@font-face" not in svg
    assert "href" not in svg
