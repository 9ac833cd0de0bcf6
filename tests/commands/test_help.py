"""What the help says: of every verb, in 80 columns, with examples that are right."""

from __future__ import annotations

import re
import shlex

import pytest

from oneleaf import __version__, arguments, cli
from oneleaf.__main__ import main
from oneleaf.arguments import COLOR, Verb
from oneleaf.commands import db

Printed = pytest.CaptureFixture[str]

# The words of every verb -> its table.
VERBS: dict[tuple[str, ...], Verb] = {
    **{(verb,): cli.load(verb).VERB for verb in cli.VERBS},
    **{("db", verb): db.verb(verb) for verb in db.VERBS},
}
EXAMPLES = [
    pytest.param(verb, command, id=command)
    for verb in VERBS.values()
    for command, _ in verb.examples
]


@pytest.fixture
def told(capsys: Printed) -> Printed:
    return capsys


def out(told: Printed, *words: str) -> str:
    """What ``oneleaf WORDS`` prints, which must end with 0 and say nothing else."""
    assert main(words) == 0
    printed = told.readouterr()
    assert printed.err == ""
    return printed.out


def refusal(told: Printed, *words: str) -> str:
    """What ``oneleaf WORDS`` says on standard error: one line, with 2."""
    assert main(words) == 2
    printed = told.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("oneleaf: ")
    assert printed.err.count("\n") == 1
    return printed.err


@pytest.mark.parametrize("words", VERBS, ids=" ".join)
def test_the_help_of_a_verb(told: Printed, words: tuple[str, ...]) -> None:
    verb, text = VERBS[words], out(told, "help", *words)
    assert text.startswith(f"usage: oneleaf {' '.join(words)} ")
    assert max(map(len, text.splitlines())) <= 80
    for option in (*verb.options, COLOR):
        assert f"\n  {option.name} {option.value}".rstrip() in text
    assert "\n  -h, --help " in text
    examples = text.partition("\nexamples:\n")[2]
    assert (
        re.findall(r"^  (\S.*)$", examples, re.MULTILINE)
        == [command for command, _ in verb.examples]
        != []
    )


@pytest.mark.parametrize(("verb", "command"), EXAMPLES)
def test_an_example_is_a_command_that_the_verb_takes(verb: Verb, command: str) -> None:
    words = shlex.split(command.rpartition("&&")[2].partition("|")[0])
    own = verb.name.split()
    assert words[: 1 + len(own)] == ["oneleaf", *own]
    arguments.parse(verb, words[1 + len(own) :])


@pytest.mark.parametrize("words", VERBS, ids=" ".join)
def test_every_way_of_asking_gives_the_same_help(
    told: Printed, words: tuple[str, ...]
) -> None:
    text = out(told, "help", *words)
    assert out(told, *words, "--help") == text
    assert out(told, *words, "-h") == text
    assert out(told, "--help", *words) == text


@pytest.mark.parametrize(
    "words",
    [
        ("check", "--all", "--help"),
        ("check", "shop", "-h", "--rev", "main"),
        ("check", "--rev", "--help"),
        ("check", "--no-such-option", "-h"),
        ("db", "lock", "--wait", "5", "--help"),
        ("db", "--help", "lock"),
    ],
    ids=" ".join,
)
def test_help_may_stand_anywhere_among_the_words(
    told: Printed, words: tuple[str, ...]
) -> None:
    named = words[:1] if words[0] == "check" else ("db", "lock")
    assert out(told, *words) == out(told, "help", *named)


def test_behind_two_dashes_it_is_a_word_like_any_other() -> None:
    assert not arguments.asks_for_help(["--", "python", "manage.py", "--help"])
    options = arguments.parse(VERBS["db", "lock"], ["--", "manage.py", "--help"])
    assert options.operands == ["manage.py", "--help"]


def test_the_overview_names_every_verb_with_what_it_does(told: Printed) -> None:
    text = out(told, "help")
    assert text == out(told, "--help") == out(told, "-h") == out(told, "help", "help")
    assert max(map(len, text.splitlines())) <= 80
    shown = re.findall(r"^  (\S+(?: \S+)?)  +\S", text, re.MULTILINE)
    verbs = [" ".join(words) for words in VERBS]
    assert sorted(shown) == sorted({*verbs} - {"db"})
    assert re.findall(r"^(\S.*):$", text, re.MULTILINE)[0] == "every day"
    assert cli.GROUPS.keys() <= {*re.findall(r"^(\S.*):$", text, re.MULTILINE)}


def test_without_a_word_the_overview_is_shown_and_nothing_was_done(
    told: Printed,
) -> None:
    assert main([]) == 2
    assert told.readouterr().out.startswith("usage: oneleaf COMMAND")
    assert main(["db"]) == 2
    assert told.readouterr().out.startswith("usage: oneleaf db VERB")


def test_the_version(told: Printed) -> None:
    assert out(told, "--version") == f"oneleaf {__version__}\n"


MEANT = {
    "chekc": "`oneleaf check`",
    "rebsae shop": "`oneleaf rebase`",
    "unistall": "`oneleaf uninstall`",
    "--versoin": "`oneleaf --version`",
    "version": "`oneleaf --version`",
    "hlep": "`oneleaf help`",
    "rollback": "`oneleaf db rollback`",
    "db stauts": "`oneleaf db status`",
    "help chekc": "`oneleaf check`",
    "help db stauts": "`oneleaf db status`",
    "check --al": "--all",
    "check --format=json": "--output-format",
    "rebase --dryrun": "--dry-run",
    "lock --hlep": "--help",
    "db status --setings x": "--settings",
    "completion bsh": "bash",
}


@pytest.mark.parametrize("line", MEANT)
def test_a_misspelt_word_is_answered_with_the_one_that_was_meant(
    told: Printed, line: str
) -> None:
    assert f"(did you mean {MEANT[line]}?)" in refusal(told, *line.split())


@pytest.mark.parametrize(
    "line",
    ["xyzzy", "--xyzzy", "check --xyzzy", "db xyzzy", "help check status"],
)
def test_a_word_like_no_other_is_refused_without_a_guess(
    told: Printed, line: str
) -> None:
    said = refusal(told, *line.split())
    assert "did you mean" not in said
    assert "see `oneleaf" in said or "it knows status, lock" in said


def test_completion_needs_the_name_of_one_shell(told: Printed) -> None:
    for words in ((), ("bash", "zsh")):
        assert "bash, zsh or fish" in refusal(told, "completion", *words)
    assert "it knows bash, zsh, fish" in refusal(told, "completion", "powershell")
