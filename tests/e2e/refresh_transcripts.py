"""Writes into the documents what their transcripts print now.

    python tests/e2e/refresh_transcripts.py [SCENARIO ...]

Ids that differ from the document's only by being other ids stay as they are.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path[:0] = [
    str(Path(__file__).parents[1]),
    str(Path(__file__).parents[2] / "hooks"),
]

from e2e import transcript_scenarios, transcripts  # noqa: E402 - found by then


def refreshed(document: Path, wanted: set[str]) -> str:
    """The document's text with the transcripts of the wanted scenarios, or of all."""
    text = document.read_text(encoding="utf-8")
    edits = []
    for scenario, found in transcripts.sessions(document).items():
        if wanted and scenario not in wanted:
            continue
        with tempfile.TemporaryDirectory() as folder:
            repository = transcript_scenarios.build(scenario, Path(folder))
            for block in found:
                before = block.steps()
                commands = [step.command for step in before]
                after = list(transcripts.play(repository, commands))
                if transcripts.masked(after) != transcripts.masked(before):
                    edits.append((block.start, block.end, transcripts.rendered(after)))
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


if __name__ == "__main__":
    for path in transcripts.DOCUMENTS:
        path.write_text(refreshed(path, set(sys.argv[1:])), encoding="utf-8")
