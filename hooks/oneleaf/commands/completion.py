"""``oneleaf completion``: the script that completes oneleaf's words in a shell.

The scripts are written when oneleaf is developed (``scripts/completion/generate_scripts.py``)
and lie in the package: completing a word starts no Python.
"""

import sys
from importlib import resources

from oneleaf import arguments
from oneleaf.arguments import Options, Verb
from oneleaf.errors import OneleafError

SHELLS = ("bash", "zsh", "fish")

VERB = Verb(
    "completion",
    "bash|zsh|fish",
    "Prints the script that completes verbs, options and their values, refs, apps and"
    " files in a shell. A line in the shell's own start-up file runs it.",
    (),
    (
        ("oneleaf completion bash", 'in ~/.bashrc: eval "$(oneleaf completion bash)"'),
        (
            "oneleaf completion zsh",
            'in ~/.zshrc, below compinit: eval "$(oneleaf completion zsh)"',
        ),
        (
            "oneleaf completion fish",
            "in ~/.config/fish/config.fish: oneleaf completion fish | source",
        ),
    ),
)


def run(options: Options) -> int:
    """Prints the script; 0. Raises OneleafError where no shell is named, or several."""
    if len(options.operands) != 1:
        raise OneleafError("oneleaf completion needs a shell: bash, zsh or fish")
    shell = options.operands[0]
    if shell not in SHELLS:
        raise OneleafError(
            f"oneleaf completion knows no shell {shell!r}"
            f"{arguments.meant(shell, SHELLS)}; it knows {', '.join(SHELLS)}"
        )
    sys.stdout.write(script(shell))
    return 0


def script(shell: str) -> str:
    """The script for one of ``SHELLS``."""
    path = resources.files("oneleaf").joinpath("completion", f"oneleaf.{shell}")
    return path.read_text(encoding="utf-8")
