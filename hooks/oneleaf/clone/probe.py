"""Runs the registered driver as git would, on three files of its own.

git's own shell is used, by way of an alias: what runs is what will run in a merge,
also where there is no ``sh`` on PATH.
"""

import os

from oneleaf.clone.registration import slashes
from oneleaf.repository import git

_ALIAS = "oneleaf-probe"
_PATH = "app/migrations/max_migration.txt"


def ask(value: str) -> str:
    """What answers: ``driver``, ``text`` for the text merge, ``nothing``.

    value: the driver's command line, with git's placeholders. Two names that differ
    in their line ends alone are a clean merge for the driver, and a conflict for
    everything that compares text; two different names must leave markers.
    """
    import tempfile

    with tempfile.TemporaryDirectory(prefix="oneleaf-") as folder:
        same, _ = _run(value, folder, b"0002_a\r\n", b"0002_a\n")
        code, content = _run(value, folder, b"0002_a\n", b"0002_b\n")
    marked = code == 1 and content.startswith(b"<<<") and b"0002_b" in content
    if not marked:
        return "nothing"
    return "driver" if same == 0 else "text"


def _run(value: str, folder: str, ours: bytes, theirs: bytes) -> "tuple[int, bytes]":
    """Exit code and content of ours after a merge."""
    files = {"O": b"0001_initial\n", "A": ours, "B": theirs}
    words = {"L": "7", "P": f"'{_PATH}'", "%": "%"}
    for letter, content in files.items():
        path = os.path.join(folder, letter)
        with open(path, "wb") as file:
            file.write(content)
        words[letter] = slashes(path)
    command = expand(value, words)
    any_code = tuple(range(-64, 256))
    code, _ = git.run_code("-c", f"alias.{_ALIAS}=!{command}", _ALIAS, ok=any_code)
    with open(os.path.join(folder, "A"), "rb") as file:
        return code, file.read()


def expand(value: str, words: "dict[str, str]") -> str:
    """A command line with its placeholders filled in; unknown ones stay as they are.

    value: with ``%O`` and the like (gitattributes(5)). words: letter -> text.
    """
    parts = value.split("%")
    out, rest = [parts[0]], iter(parts[1:])
    for part in rest:
        if part == "":  # a doubled percent sign: the next part is text
            out += ["%", next(rest, "")]
        else:
            known = part[0] in words
            out.append(words[part[0]] + part[1:] if known else "%" + part)
    return "".join(out)
