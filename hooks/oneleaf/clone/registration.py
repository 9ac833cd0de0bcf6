"""The driver's entry in git's configuration: what it says, whose it is, how it changes.

Pure but for ``this_tool``, which looks at where this process came from. The value is
one line for ``sh`` (gitattributes(5), "Defining a custom merge driver"):

1. the installed tool, by absolute paths, if it is still there;
2. else an ``oneleaf`` on PATH, if that leads to an absolute path;
3. whatever becomes of it, a text merge with markers, unless markers are there.

Only the tool's own clean exit is a clean merge. A tool that is missing, broken or
killed leaves no unmarked file, which a user would commit as resolved.
"""

import os
import sys

from oneleaf.repository import nesting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

SECTION = "merge.oneleaf"
DRIVER = f"{SECTION}.driver"
NAME = f"{SECTION}.name"
DESCRIPTION = "oneleaf: one leaf per app"

_FILES = '"%O" "%A" "%B" %L %P'
# Markers are looked for in the first line before the whole: most often that saves a
# process. `git merge-file` ends with the number of conflicts, and with 255 for what it
# takes for binary, which later versions of git refuse.
_TEXT = (
    'read -r first < "%A"; case "$first" in "<<<"*) exit 1;; esac; '
    "grep -q '^<<<' \"%A\" && exit 1; "
    'git merge-file --marker-size=%L -L ours -L base -L theirs "%A" "%O" "%B" || exit 1'
)
_BY_NAME = (
    'case "$(command -v oneleaf)" in'
    f" /*|?:/*) oneleaf merge-driver {_FILES} && exit 0;; esac"
)
_LAUNCHER = ("driver", "launcher.py")  # from the package's folder


class Tool:
    """Where an installed oneleaf lies: its interpreter and its launcher, absolute."""

    __slots__ = ("launcher", "python")

    def __init__(self, python: str, launcher: str) -> None:
        self.python = python
        self.launcher = launcher


class Edit:
    """One change of the local configuration: ``value`` None takes the key away."""

    __slots__ = ("key", "value")

    def __init__(self, key: str, value: "str | None") -> None:
        self.key = key
        self.value = value


def this_tool() -> "Tool | None":
    """The tool that runs now; None where git could not start it again by paths."""
    python = slashes(os.path.abspath(sys.executable)) if sys.executable else ""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    launcher = slashes(os.path.join(package, *_LAUNCHER))
    if not os.path.isfile(python) or not os.path.isfile(launcher):
        return None
    return Tool(python, launcher)


def slashes(path: str) -> str:
    """A path as ``sh`` reads it; a backslash is a letter everywhere but on Windows."""
    return path.replace("\\", "/") if sys.platform == "win32" else path


def is_inside(tool: Tool, folders: "Sequence[str]") -> bool:
    """Whether a part of the tool lies in one of the folders, by name or through links.

    Such a path never stands in git's configuration: any commit that is checked out
    could put another program there.
    """
    roots = {place for folder in folders for place in _places(folder)}
    return _is_below(tool, folders) or any(
        place == root or place.startswith(root.rstrip("/") + "/")
        for path in (tool.python, tool.launcher)
        for place in _places(path)
        for root in roots
    )


def _is_below(tool: Tool, folders: "Sequence[str]") -> bool:
    """The same by what the folders are: also where a path is written in other case."""
    return any(
        nesting.below(os.path.abspath(folder), os.path.abspath(place)) is not None
        for folder in folders
        for path in (tool.python, tool.launcher)
        for place in (path, os.path.realpath(path))
    )


def _places(path: str) -> "set[str]":
    """A path as it is written, and with the links in its folders followed."""
    written = os.path.abspath(path)
    folder, name = os.path.split(written)
    real = (os.path.join(os.path.realpath(folder), name), os.path.realpath(written))
    return {slashes(os.path.normcase(place)) for place in (written, *real)}


def command(tool: "Tool | None") -> str:
    """The value of ``merge.oneleaf.driver``; with None it goes by name only.

    One line for ``sh``, with git's placeholders (gitattributes(5)).
    """
    if tool is None:
        return f"{_BY_NAME}; {_TEXT}"
    python, launcher = _quoted(tool.python), _quoted(tool.launcher)
    return (
        f"if test -x {python} && test -f {launcher};"
        f" then {python} -I -S {launcher} {_FILES} && exit 0;"
        f" else {_BY_NAME}; fi; {_TEXT}"
    )


def _quoted(path: str) -> str:
    """A path for ``sh``, with the percent signs that git would read doubled."""
    return "'" + path.replace("'", "'\"'\"'").replace("%", "%%") + "'"


def is_own(value: str) -> bool:
    """Whether oneleaf wrote a value, now or in another version or place.

    Told by its shape, not by its paths: those of a rebuilt environment are dead. The
    bare command is ours as well: it is how one writes it by hand.
    """
    return value.startswith("oneleaf merge-driver ") or (
        value.startswith(("if test -x ", 'case "$(command -v oneleaf)" in '))
        and "oneleaf merge-driver " in value
        and "git merge-file " in value
    )


def plan(
    entries: "Sequence[tuple[str, str]]", value: str, *, force: bool = False
) -> "list[Edit] | None":
    """What to change so that the section holds ``value``; None for a foreign driver.

    entries: key and value of the section's lines in the local configuration.
    force: replace a foreign driver as well.

    The driver comes before the name, because a section without a driver makes git
    die in a merge. ``recursive`` goes: inner merges are the driver's own work.
    """
    drivers = [text for key, text in entries if key == DRIVER]
    if not force and not all(is_own(driver) for driver in drivers):
        return None
    edits = [] if drivers == [value] else [Edit(DRIVER, value)]
    if [text for key, text in entries if key == NAME] != [DESCRIPTION]:
        edits.append(Edit(NAME, DESCRIPTION))
    known = (DRIVER, NAME)
    others = dict.fromkeys(key for key, _ in entries if key not in known)
    return edits + [Edit(key, None) for key in others]


def parse_entries(raw: bytes) -> "list[tuple[str, str]]":
    """Key and value of what ``git config -z --get-regexp`` printed; no value is ""."""
    text = raw.decode("utf-8", "surrogateescape")
    pairs = (record.partition("\n") for record in text.split("\0") if record)
    return [(key, value) for key, _, value in pairs]
