"""The merge driver in this clone: its entry in git's configuration, and whether it runs.

The value is one line for ``sh`` (gitattributes(5), "Defining a custom merge driver"):

1. the installed tool, by absolute paths, if it is still there;
2. else an ``oneleaf`` on PATH, if that leads to an absolute path;
3. whatever becomes of it, a text merge with markers, unless markers are there.

Only the tool's own clean exit is a clean merge. A tool that is missing, broken or killed
leaves no unmarked file, which a user would commit as resolved.

git is asked for configuration, attributes and every path; no name below the git directory
is put together here. ``ask`` runs the driver as git would, by git's own shell.
"""

import os
import sys

from oneleaf import config as configuration
from oneleaf.clone import attributes
from oneleaf.git import git, worktree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from oneleaf.config import Config

    # A key of the local configuration and its new value; None removes the key.
    KeyEdit = tuple[str, str | None]

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


class Tool:
    __slots__ = ("launcher", "python")

    def __init__(self, python: str, launcher: str) -> None:
        self.python = python
        self.launcher = launcher


def this_tool() -> "Tool | None":
    """The tool that runs now; None where git could not start it again by paths."""
    python = slashes(os.path.abspath(sys.executable)) if sys.executable else ""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    launcher = slashes(os.path.join(package, "lockfiles", "launcher.py"))
    if not os.path.isfile(python) or not os.path.isfile(launcher):
        return None
    return Tool(python, launcher)


def slashes(path: str) -> str:
    return path.replace("\\", "/") if sys.platform == "win32" else path


def is_inside(tool: Tool, folders: "Sequence[str]") -> bool:
    """Whether a part of the tool lies in one of the folders, by name or through links."""
    paths = (tool.python, tool.launcher)
    roots = {place for folder in folders for place in _places(folder)}
    by_name = any(
        place == root or place.startswith(root.rstrip("/") + "/")
        for path in paths
        for place in _places(path)
        for root in roots
    )
    # By what the folders are: also where a path is written in other case.
    return by_name or any(
        worktree.below(os.path.abspath(folder), os.path.abspath(place)) is not None
        for folder in folders
        for path in paths
        for place in (path, os.path.realpath(path))
    )


def _places(path: str) -> "set[str]":
    written = os.path.abspath(path)
    folder, name = os.path.split(written)
    real = (os.path.join(os.path.realpath(folder), name), os.path.realpath(written))
    return {slashes(os.path.normcase(place)) for place in (written, *real)}


def command(tool: "Tool | None") -> str:
    """The value of ``merge.oneleaf.driver``; with None it goes by name only."""
    if tool is None:
        return f"{_BY_NAME}; {_TEXT}"
    python, launcher = _quoted(tool.python), _quoted(tool.launcher)
    return (
        f"if test -x {python} && test -f {launcher};"
        f" then {python} -I -S {launcher} {_FILES} && exit 0;"
        f" else {_BY_NAME}; fi; {_TEXT}"
    )


def _quoted(path: str) -> str:
    return "'" + path.replace("'", "'\"'\"'").replace("%", "%%") + "'"


def is_own(value: str) -> bool:
    # By its shape: the paths of a rebuilt environment are dead. The bare command is
    # how one writes it by hand.
    return value.startswith("oneleaf merge-driver ") or (
        value.startswith(("if test -x ", 'case "$(command -v oneleaf)" in '))
        and "oneleaf merge-driver " in value
        and "git merge-file " in value
    )


def plan(
    entries: "Sequence[tuple[str, str]]", value: str, *, force: bool = False
) -> "list[KeyEdit] | None":
    """What to change so that the section holds ``value``; None for a foreign driver.

    entries: key and value of the section's lines in the local configuration.
    force: replace a foreign driver as well.

    The driver comes before the name, because a section without a driver makes git
    die in a merge. ``recursive`` goes: inner merges are the driver's own work.
    """
    drivers = [text for key, text in entries if key == DRIVER]
    if not force and not all(is_own(driver) for driver in drivers):
        return None
    edits: list[KeyEdit] = [] if drivers == [value] else [(DRIVER, value)]
    if [text for key, text in entries if key == NAME] != [DESCRIPTION]:
        edits.append((NAME, DESCRIPTION))
    known = (DRIVER, NAME)
    others = dict.fromkeys(key for key, _ in entries if key not in known)
    return edits + [(key, None) for key in others]


_PATHS_PER_CALL = 100  # Windows takes 32,767 characters on a command line


def local_entries() -> "list[tuple[str, str]]":
    """Key and value of the driver's section in this clone's own configuration."""
    pattern = "^" + SECTION.replace(".", r"\.") + r"\."
    raw = git.run("config", "--local", "-z", "--get-regexp", pattern, ok=(0, 1))
    pairs = (record.partition("\n") for record in git.decode(raw).split("\0") if record)
    return [(key, value) for key, _, value in pairs]


def write(edits: "Sequence[KeyEdit]") -> None:
    for key, value in edits:
        if value is None:
            git.run("config", "--local", "--unset-all", key)
        else:
            git.run("config", "--local", "--replace-all", key, value)


def effective(key: str) -> str:
    """What git itself takes for a key, from whichever file; "" for nothing."""
    return git.decode(git.run("config", "-z", "--get", key, ok=(0, 1))).rstrip("\0")


def usable_tool() -> "Tool | None":
    """The tool that runs now, None where git must find it by its name."""
    tool = this_tool()
    if tool is None or is_inside(tool, work_trees()):
        return None
    return tool


def work_trees() -> "list[str]":
    """The folders that a checkout of this repository, or of the one around it, fills."""
    lines = git.decode(git.run("worktree", "list", "--porcelain")).split("\n")
    folders = [line[9:] for line in lines if line.startswith("worktree ")]
    here = git.run(
        "rev-parse", "--show-toplevel", "--show-superproject-working-tree", ok=(0, 128)
    )
    return folders + [line for line in git.decode(here).split("\n") if line]


def config_of_work_tree(top: str) -> "Config":
    return configuration.parse(content(os.path.join(top, configuration.FILE)))


def content(path: str) -> "bytes | None":
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None


def lockfiles(top: str, config: "Config") -> "list[str]":
    if config.shared:
        spec = ":(top,literal)" + config.lockfile
    else:
        name = "".join("\\" + c if c in "*?[\\" else c for c in config.lockfile)
        spec = ":(top,glob)**/" + name
    raw = git.run("-C", top, "ls-files", "-z", "--full-name", "--", spec)
    return sorted({path for path in git.decode(raw).split("\0") if path})


def merge_attributes(top: str, paths: "Sequence[str]") -> "list[tuple[str, str]]":
    """(path, what git takes for its attribute ``merge``) for each of the paths."""
    answers: list[tuple[str, str]] = []
    for start in range(0, len(paths), _PATHS_PER_CALL):
        some = paths[start : start + _PATHS_PER_CALL]
        raw = git.run("-C", top, "check-attr", "-z", "merge", "--", *some)
        answers += attributes.parse_answers(raw)
    return answers


def example(config: "Config") -> str:
    return config.lockfile if config.shared else f"app/migrations/{config.lockfile}"


def overriding(top: str, path: str) -> "tuple[str, int, str] | None":
    """Where the line is that keeps a lockfile from the driver, if it can be found."""
    info = git.line("-C", top, "rev-parse", "--git-path", "info/attributes")
    info = os.path.join(top, info)
    names = attributes.candidates(path)
    files = [(shown(info, top), content(info) or b"")]
    files += [(name, content(os.path.join(top, name)) or b"") for name in names]
    return attributes.overriding(files)


def shown(path: str, top: str) -> str:
    try:
        return os.path.relpath(path, top).replace(os.sep, "/")
    except ValueError:  # on another drive of Windows
        return path.replace(os.sep, "/")


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
    parts = value.split("%")
    out, rest = [parts[0]], iter(parts[1:])
    for part in rest:
        if part == "":  # a doubled percent sign: the next part is text
            out += ["%", next(rest, "")]
        else:
            known = part[0] in words
            out.append(words[part[0]] + part[1:] if known else "%" + part)
    return "".join(out)
