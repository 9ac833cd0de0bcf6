"""The README names everything there is, and nothing that is not."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from oneleaf import __version__, arguments, cli, config
from oneleaf.checking.findings import CODES

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
HOOKS = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("hook", re.findall(r"^- id: (\S+)$", HOOKS, re.MULTILINE))
def test_every_hook_id_has_a_section(hook: str) -> None:
    assert f"### `{hook}`" in README


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_a_row_with_its_name(code: str) -> None:
    assert f"| {code} | {CODES[code][0]} |" in README


def test_no_code_is_named_that_does_not_exist() -> None:
    assert set(re.findall(r"\bOL\d{3}\b", README)) == set(CODES)


@pytest.mark.parametrize("verb", cli.VERBS)
def test_every_command_is_named(verb: str) -> None:
    assert f"`oneleaf {verb}" in README


@pytest.mark.parametrize(
    ("verb", "option"),
    [
        (verb, option.name)
        for verb in cli.VERBS
        for option in cli.load(verb).VERB.options
    ],
)
def test_every_option_is_named(verb: str, option: str) -> None:
    assert option in README, f"oneleaf {verb} {option}"


@pytest.mark.parametrize("key", config.KEYS)
def test_every_key_of_the_configuration_has_a_row(key: str) -> None:
    assert f"| `{key}` |" in README


def test_the_quick_start_names_this_version() -> None:
    assert re.findall(r"rev: v(\S+)", README) == [__version__]
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("verb", cli.VERBS)
def test_every_command_has_a_help(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([verb, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"usage: oneleaf {verb}")


def test_an_unknown_option_is_refused_by_name() -> None:
    with pytest.raises(Exception, match="oneleaf check knows no option --al"):
        arguments.parse(cli.load("check").VERB, ["--al"])


def test_the_test_command_is_one_line_that_sets_itself_up() -> None:
    lines = [line for line in README.splitlines() if line.startswith("python3 -m venv")]
    assert len(lines) == 2
    assert lines[0].endswith('oneleaf demo "$(mktemp -d)"')
    assert "pytest" in lines[1]
    assert sys.version_info >= (3, 10)
