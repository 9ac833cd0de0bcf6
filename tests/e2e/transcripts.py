"""Transcripts in the documents: found, played again, compared, and written anew.

A transcript is a ``console`` block with ``$`` commands. The comment right above it names
its scenario, the situation in which it begins (``transcript_scenarios``):

    <!-- transcript: OL203 -->

Blocks of one scenario in one document are one session, from the first to the last.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from repository import Repository

ROOT = Path(__file__).parents[2]
DOCUMENTS = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))

_BLOCK = re.compile(
    r"(?:^<!-- transcript: (?P<scenario>.*?) -->\n)?^```console\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_ID = re.compile(r"\b[0-9a-f]{7,40}\b")
# What git's releases word differently: its own advice, and the commit that it stops at.
_OF_GIT = ("hint: ", "error: could not apply ", "Could not apply ")


@dataclass(frozen=True)
class Step:
    """A command and what it prints on both streams."""

    command: str
    output: str
    code: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Block:
    """One block of a document; ``scenario`` is empty where no comment names one.

    start, end: where its text stands in the document.
    """

    scenario: str
    text: str
    start: int
    end: int

    @property
    def is_transcript(self) -> bool:
        """Whether it shows a prompt; else it is commands to paste, without output."""
        return re.search(r"^\$", self.text, re.MULTILINE) is not None

    def steps(self) -> list[Step]:
        """The commands with what the document says they print."""
        before, *parts = re.split(r"^\$ ", self.text, flags=re.MULTILINE)
        assert before == "", f"output before the first command:\n{self.text}"
        pairs = (part.partition("\n") for part in parts)
        return [Step(command, output.rstrip("\n")) for command, _, output in pairs]


def blocks(document: Path) -> list[Block]:
    """The console blocks of a document, in its order."""
    text = document.read_text(encoding="utf-8")
    return [
        Block(found["scenario"] or "", found["text"], *found.span("text"))
        for found in _BLOCK.finditer(text)
    ]


def sessions(document: Path) -> dict[str, list[Block]]:
    """Scenario -> its transcripts in a document."""
    found: dict[str, list[Block]] = {}
    for block in blocks(document):
        if block.is_transcript:
            found.setdefault(block.scenario, []).append(block)
    return found


def play(repository: Repository, commands: Sequence[str]) -> Iterator[Step]:
    """Runs the commands one after the other, as typed into a shell."""
    for command in commands:
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=repository.path,
            env=repository.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=60,
        )
        yield Step(command, shown(done.stdout.decode()), done.returncode)


def shown(output: str) -> str:
    """What a terminal is left with, without git's own advice."""
    lines = [
        line.rpartition("\r")[2] for line in output.replace("\033[K", "").split("\n")
    ]
    kept = [line.rstrip() for line in lines if not line.startswith(_OF_GIT)]
    return "\n".join(kept).strip("\n")


def masked(steps: Sequence[Step]) -> list[Step]:
    """The steps with every object id replaced: it depends on git and Django."""
    return [Step(step.command, _ID.sub("0000000", step.output)) for step in steps]


def rendered(steps: Sequence[Step]) -> str:
    """The text of a block: after what prints something stands an empty line."""
    parts = [
        f"$ {step.command}\n" + (f"{step.output}\n\n" if step.output else "")
        for step in steps
    ]
    return "".join(parts).rstrip("\n") + "\n"
