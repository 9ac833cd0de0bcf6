"""What git knows of this clone: configuration, attributes, work trees.

The questions that ``install``, ``uninstall`` and ``status`` have in common. git is
asked for every path; no name below the git directory is put together here.
"""

import os

from oneleaf import config as configuration
from oneleaf.clone import attributes, registration
from oneleaf.repository import git

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from oneleaf.clone.registration import Edit, Tool
    from oneleaf.config import Config

_PATHS_PER_CALL = 100  # Windows takes 32,767 characters on a command line


def local_entries() -> "list[tuple[str, str]]":
    """The driver's section in this clone's own configuration, empty where it has none.

    Linked work trees share it. Raises OneleafError outside of a repository.
    """
    pattern = "^" + registration.SECTION.replace(".", r"\.") + r"\."
    raw = git.run("config", "--local", "-z", "--get-regexp", pattern, ok=(0, 1))
    return registration.parse_entries(raw)


def write(edits: "Sequence[Edit]") -> None:
    """Changes the local configuration. Raises GitError, also where another writes it."""
    for edit in edits:
        if edit.value is None:
            git.run("config", "--local", "--unset-all", edit.key)
        else:
            git.run("config", "--local", "--replace-all", edit.key, edit.value)


def effective(key: str) -> str:
    """What git itself takes for a key, from whichever file; "" for nothing.

    key: such as ``merge.oneleaf.driver``.
    """
    return git.decode(git.run("config", "-z", "--get", key, ok=(0, 1))).rstrip("\0")


def usable_tool() -> "Tool | None":
    """The tool that runs now, None where git must find it by its name.

    That is where it lies in a work tree of this repository, or of the one around it.
    """
    tool = registration.this_tool()
    if tool is None or registration.is_inside(tool, work_trees()):
        return None
    return tool


def work_trees() -> "list[str]":
    """The folders that a checkout of this repository, or of the one around it, fills.

    Absolute, as git prints them (git-worktree(1), git-rev-parse(1)).
    """
    lines = git.decode(git.run("worktree", "list", "--porcelain")).split("\n")
    folders = [line[9:] for line in lines if line.startswith("worktree ")]
    here = git.run(
        "rev-parse", "--show-toplevel", "--show-superproject-working-tree", ok=(0, 128)
    )
    return folders + [line for line in git.decode(here).split("\n") if line]


def config_of_work_tree(top: str) -> "Config":
    """The configuration beside the ``.gitattributes`` that is about to be written.

    Raises OneleafError for one that oneleaf cannot use.
    """
    return configuration.parse(content(os.path.join(top, configuration.FILE)))


def content(path: str) -> "bytes | None":
    """A file's bytes, None where there is none that can be read."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None


def lockfiles(top: str, config: "Config") -> "list[str]":
    """Paths of the lockfiles in the index, from the top, sorted."""
    if config.shared:
        spec = ":(top,literal)" + config.lockfile
    else:
        name = "".join("\\" + c if c in "*?[\\" else c for c in config.lockfile)
        spec = ":(top,glob)**/" + name
    raw = git.run("-C", top, "ls-files", "-z", "--full-name", "--", spec)
    return sorted({path for path in git.decode(raw).split("\0") if path})


def merge_attributes(top: str, paths: "Sequence[str]") -> "list[tuple[str, str]]":
    """(path, what git takes for its attribute ``merge``) for each of the paths.

    The values are those of git-check-attr(1): ``unspecified``, ``unset``, ``set``, a
    word.
    """
    answers: list[tuple[str, str]] = []
    for start in range(0, len(paths), _PATHS_PER_CALL):
        some = paths[start : start + _PATHS_PER_CALL]
        raw = git.run("-C", top, "check-attr", "-z", "merge", "--", *some)
        answers += attributes.parse_answers(raw)
    return answers


def example(config: "Config") -> str:
    """A path as a lockfile will have, where there is none yet."""
    return config.lockfile if config.shared else f"app/migrations/{config.lockfile}"


def overriding(top: str, path: str) -> "tuple[str, int, str] | None":
    """Where the line stands that keeps a lockfile from the driver, if it can be found.

    Its file, from the top, its number from 1 and its text; None where it was not found.
    """
    info = git.line("-C", top, "rev-parse", "--git-path", "info/attributes")
    info = os.path.join(top, info)
    names = attributes.candidates(path)
    files = [(shown(info, top), content(info) or b"")]
    files += [(name, content(os.path.join(top, name)) or b"") for name in names]
    return attributes.overriding(files)


def shown(path: str, top: str) -> str:
    """A path as a person reads it: from the top on, whole where that is not possible."""
    try:
        return os.path.relpath(path, top).replace(os.sep, "/")
    except ValueError:  # on another drive of Windows
        return path.replace(os.sep, "/")
