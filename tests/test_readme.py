"""The README and docs/ name everything there is, and nothing that is not."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from oneleaf import __version__, arguments, cli, config
from oneleaf.checking.findings import CODES
from oneleaf.commands import db
from oneleaf.errors import OneleafError

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
HOOKS = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

_VERBS = {verb: cli.load(verb).VERB for verb in cli.VERBS}
_VERBS |= {f"db {verb}": db.verb(verb) for verb in db.VERBS}
_OPTIONS = {o.name for verb in _VERBS.values() for o in verb.options}
_OPTIONS |= {arguments.COLOR.name, "--help", "--version"}
# Of git, pre-commit and manage.py; all that the documents name of them.
_FOREIGN = {
    "--abort",
    "--all-files",
    "--auto",
    "--continue",
    "--merge",
    "--no-verify",
    "--rebase",
    "--unshallow",
}


def prose(document: Path) -> str:
    """A document without its blocks."""
    text = document.read_text(encoding="utf-8")
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def section(heading: str) -> str:
    """The README's part below a heading of the second order."""
    _, _, rest = README.partition(f"\n## {heading}\n")
    return rest.partition("\n## ")[0]


def test_the_hooks_are_those_that_have_a_section() -> None:
    ids = re.findall(r"^- id: (\S+)$", HOOKS, re.MULTILINE)
    assert re.findall(r"^### `(.+)`$", section("Hooks"), re.MULTILINE) == ids


def test_every_code_has_a_row_with_its_name_an_example_and_a_cure() -> None:
    rows = re.findall(r"^\| \[(OL.*) \|$", section("What it catches"), re.MULTILINE)
    cells = [row.split(" | ") for row in rows]
    assert all(len(row) == 5 and all(row) for row in cells)
    links = [f"{c}](docs/codes.md#{c.lower()}-{CODES[c][0]})" for c in CODES]
    assert [(row[0], row[1]) for row in cells] == list(
        zip(links, [name for name, _ in CODES.values()], strict=True)
    )


def test_no_code_is_named_that_does_not_exist() -> None:
    texts = [document.read_text(encoding="utf-8") for document in DOCUMENTS]
    named = {code for text in texts for code in re.findall(r"\bOL\d{3}\b", text)}
    assert named - set(CODES) == set()


def unnamed(verb: str, text: str) -> list[str]:
    """Options of a command that a text does not name."""
    options = [option.name for option in _VERBS[verb].options]
    return [f"{verb} {o}" for o in options if not re.search(rf"{o}(?![\w-])", text)]


def test_every_command_has_a_row_with_its_options() -> None:
    (everywhere,) = re.findall(r"^Everywhere:.*?\n\n", section("Commands"), re.M | re.S)
    left_out = []
    for verb in cli.VERBS:
        (row,) = [
            line
            for line in section("Commands").splitlines()
            if re.search(rf"^\| .*?`oneleaf {verb}[ `]", line.split(" | ")[0])
        ]
        left_out += unnamed(verb, row + everywhere)
    assert left_out == []


def test_every_database_command_is_named_with_its_options() -> None:
    text = section("The database side")
    assert [verb for verb in db.VERBS if f"`oneleaf db {verb}" not in text] == []
    assert [o for verb in db.VERBS for o in unnamed(f"db {verb}", text)] == []


def test_no_option_is_named_that_does_not_exist() -> None:
    named = {
        option
        for document in DOCUMENTS
        for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*", prose(document))
    }
    assert named - _OPTIONS - _FOREIGN == set()


def commands() -> list[str]:
    """Every ``oneleaf`` command in code spans and after prompts, without placeholders."""
    found = []
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        found += re.findall(r"`(oneleaf [^`]+)`", prose(document))
        found += re.findall(r"^\$ (oneleaf .+)$", text, re.MULTILINE)
    plain = [each for each in found if not re.search(r"[\[|]|COMMAND", each)]
    return sorted(set(plain))


def test_every_command_that_is_named_can_be_typed() -> None:
    refused = []
    for command in commands():
        words = shlex.split(command)[1:]
        verb = " ".join(words[:2]) if words[0] == "db" and words[1:] else words[0]
        rest = words[len(verb.split(" ")) :]
        try:
            if rest != ["--help"]:
                arguments.parse(_VERBS[verb], rest)
        except OneleafError as error:
            refused.append(f"{command}: {error}")
    assert refused == []


def anchors(document: Path) -> set[str]:
    """What GitHub calls a document's headings in links."""
    titles = re.findall(r"^#+ (.+)$", prose(document), re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", title.lower()) for title in titles]
    return {title.replace(" ", "-") for title in plain}


def test_every_link_into_the_repository_leads_somewhere() -> None:
    lost = []
    for document in DOCUMENTS:
        for target in re.findall(r"\]\((?!http)([^)\s]+)\)", prose(document)):
            path, _, anchor = target.partition("#")
            linked = document.parent / path if path else document
            if not linked.exists() or (anchor and anchor not in anchors(linked)):
                lost.append((document.name, target))
    assert lost == []


def test_the_keys_of_the_configuration_are_those_that_have_a_row() -> None:
    named = re.findall(r"^\| `(.+?)` \|", section("Configuration"), re.MULTILINE)
    assert set(named) == set(config.KEYS)


def test_the_quick_start_names_this_version() -> None:
    assert re.findall(r"rev: v(\S+)", README) == [__version__]
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_an_unknown_option_is_refused_by_name() -> None:
    with pytest.raises(Exception, match="oneleaf check has no option --al"):
        arguments.parse(cli.load("check").VERB, ["--al"])


def test_the_test_command_is_one_line_that_sets_itself_up() -> None:
    lines = [line for line in README.splitlines() if line.startswith("python3 -m venv")]
    assert len(lines) == 2
    assert lines[0].endswith('oneleaf demo "$(mktemp -d)"')
    assert "pytest" in lines[1]
