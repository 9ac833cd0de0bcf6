"""Words and commands as a person pastes them into a shell."""

from __future__ import annotations

import shlex
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneleaf.shell import Step, quoted

STEPS = {
    Step("git rebase --continue"): "git rebase --continue",
    Step("oneleaf rebase", "shop"): "oneleaf rebase shop",
    Step("git add --", "a b.py", "it's.py"): "git add -- 'a b.py' 'it'\\''s.py'",
    Step("git add", "-odd.py", "$HOME"): "git add ./-odd.py '$HOME'",
    Step("oneleaf rebase", ""): "oneleaf rebase ''",
}


@pytest.mark.parametrize(("step", "text"), STEPS.items())
def test_a_step_is_its_command_with_each_operand_as_one_word(
    step: Step, text: str
) -> None:
    assert step == text


def test_a_shell_reads_a_quoted_word_as_what_it_was() -> None:
    words = ["plain", "two words", "it's", '"$(id)"', "a\nb", "*", "\\", ""]
    line = "printf '%s\\0' " + " ".join(map(quoted, words))
    done = subprocess.run(["sh", "-c", line], capture_output=True, check=True)
    assert done.stdout.decode().split("\0")[:-1] == words


@given(st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs"]))))
def test_quoting_loses_nothing(words: list[str]) -> None:
    assert shlex.split(" ".join(map(quoted, words))) == words
