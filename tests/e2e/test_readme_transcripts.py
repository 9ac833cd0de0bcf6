"""The transcripts in the README and in docs/ are what their commands print today."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from e2e import transcript_scenarios, transcripts
from e2e.transcripts import DOCUMENTS, ROOT, Block, Step
from oneleaf.checking.findings import CODES

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

PAGE = ROOT / "docs" / "codes.md"
SESSIONS = [
    pytest.param(document, scenario, id=f"{document.name}: {scenario}")
    for document in DOCUMENTS
    for scenario in transcripts.sessions(document)
]
# What a line to paste begins with.
COMMANDS = (
    "cat chmod echo git lefthook mkdir npm npx oneleaf pip pre-commit prek python3"
)

Replay = Callable[[Path, str], list[list[Step]]]


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Replay:
    """Plays a session of a document; the steps of each of its blocks, played once."""
    played: dict[tuple[Path, str], list[list[Step]]] = {}

    def run(document: Path, scenario: str) -> list[list[Step]]:
        key = document, scenario
        if key not in played:
            folder = tmp_path_factory.mktemp("transcript")
            repository = transcript_scenarios.build(scenario, folder)
            played[key] = [
                list(transcripts.play(repository, [s.command for s in block.steps()]))
                for block in transcripts.sessions(document)[scenario]
            ]
        return played[key]

    return run


@pytest.mark.parametrize(("document", "scenario"), SESSIONS)
def test_a_transcript_is_what_its_commands_print(
    document: Path, scenario: str, replay: Replay
) -> None:
    written = [block.steps() for block in transcripts.sessions(document)[scenario]]
    seen = replay(document, scenario)
    told = [transcripts.masked(steps) for steps in written]
    assert [transcripts.masked(steps) for steps in seen] == told


def test_every_transcript_names_its_scenario_and_every_scenario_is_told() -> None:
    named = {name for document in DOCUMENTS for name in transcripts.sessions(document)}
    assert named == set(transcript_scenarios.SCENARIOS)


def pasted() -> list[Block]:
    """The blocks of commands to paste: those without a prompt."""
    found = [block for document in DOCUMENTS for block in transcripts.blocks(document)]
    return [block for block in found if not block.is_transcript]


@pytest.mark.parametrize("block", pasted(), ids=lambda block: block.text.split("\n")[0])
def test_a_block_without_a_prompt_shows_no_output(block: Block) -> None:
    assert not block.scenario
    for line in block.text.splitlines():
        assert line.split(" ", 1)[0] in COMMANDS.split(), line


def hinted(output: str, code: str) -> list[str]:
    """The commands in the hint of a code's finding."""
    lines = output.splitlines()
    (at, *_) = [at for at, line in enumerate(lines) if f": {code} " in line]
    hint = next(line for line in lines[at:] if line.startswith("    hint: "))
    return re.findall(r"`([^`]+)`", hint)


@pytest.mark.parametrize("code", CODES)
def test_a_code_is_found_and_its_cure_makes_the_check_quiet(
    code: str, replay: Replay
) -> None:
    found, *cures = replay(PAGE, code)
    assert found[-1].command.startswith("oneleaf check")
    assert f": {code} " in found[-1].output
    assert found[-1].code == 1
    last = cures[-1][-1]
    assert last.command.startswith("oneleaf check --all")
    assert (last.code, re.findall(r"OL\d{3}", last.output)) == (0, [])


@pytest.mark.parametrize("code", CODES)
def test_the_cure_is_a_command_of_the_hint_as_it_stands_there(code: str) -> None:
    found, *cures = transcripts.sessions(PAGE)[code]
    run = {step.command for block in cures for step in block.steps()}
    assert run & set(hinted(found.steps()[-1].output, code))


@pytest.mark.parametrize("code", CODES)
def test_a_code_has_a_section_of_its_name(code: str) -> None:
    page = PAGE.read_text(encoding="utf-8")
    (section,) = re.findall(rf"^### {code} (.+)$", page, re.MULTILINE)
    assert section == CODES[code][0]


@pytest.mark.parametrize(
    ("printed", "left"),
    [
        ("Rebasing (1/2)\rRebasing (2/2)\rdone\n", "done"),
        ("one\n\033[Ktwo\n", "one\ntwo"),
        ("hint: git's own\n    hint: ours\n", "    hint: ours"),
        ("could\nCould not apply 1234567... Size\n", "could"),
    ],
)
def test_of_gits_words_only_its_progress_and_its_advice_go(
    printed: str, left: str
) -> None:
    assert transcripts.shown(printed) == left


def test_a_changed_line_is_seen_and_a_changed_id_is_not() -> None:
    (was,) = Block("", "$ git show\n[main 1234567] Size\n", 0, 0).steps()
    assert transcripts.masked([was]) == transcripts.masked(
        [Step("git show", "[main 89abcde] Size")]
    )
    assert transcripts.masked([was]) != transcripts.masked(
        [Step("git show", "[main 89abcde] Sizes")]
    )
