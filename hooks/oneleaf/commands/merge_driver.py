"""``oneleaf merge-driver``: what git calls where both sides changed a lockfile."""

from oneleaf.arguments import Verb
from oneleaf.lockfiles import driver

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from oneleaf.arguments import Options

VERB = Verb(
    "merge-driver",
    "O A B L P",
    "Called by git, as `oneleaf install` registers it. Merges a lockfile: O, A and B are\n"
    "files with the base, ours and theirs, A takes the result, L is the marker size, P\n"
    "the path in the repository. Ends with 0 where it merged, with 1 where it wrote a\n"
    "conflict, never with anything else.",
    (),
    (("oneleaf merge-driver %O %A %B %L %P", "what git is configured to run"),),
)


def run(options: "Options") -> int:
    """Merges; the words behind ``--`` come as operands."""
    return run_words(options.operands)


def run_words(words: "Sequence[str]") -> int:
    """Merges, with words that are never options: a path may begin with a dash."""
    return driver.run_process(words[1:] if words[:1] == ["--"] else words)
