"""A repository that is gone afterwards, for objects that git makes on the way.

It lies in a temporary folder and borrows the objects of this one
(gitrepository-layout(5), "objects/info/alternates"): what git writes, it writes there.
It has neither this one's configuration nor its attributes, so no merge driver and no
filter runs in it; what git knows of history beside the commits it has: where a shallow
clone ends, grafts, and replacements (git(1), ``GIT_SHALLOW_FILE``, ``GIT_GRAFT_FILE``;
git-replace(1)).
"""

import os
import tempfile
from contextlib import contextmanager

from oneleaf.repository import git

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_KEPT = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_EXEC_PATH",
    "GIT_NO_LAZY_FETCH",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OPTIONAL_LOCKS",
)
# What the user may have told git about merging (git-config(1), "merge.*", "diff.*").
_SETTINGS = (
    r"^(diff\.rename(s|limit)|merge\.(rename(s|limit)|directoryrenames|conflictstyle))$"
)


@contextmanager
def repository(like: str) -> "Iterator[dict[str, str]]":
    """The environment in which git works in the temporary repository.

    like: any id of this repository, which tells the hash it uses.
    """
    places = [os.path.abspath(place) for place in _places()]
    with tempfile.TemporaryDirectory(prefix="oneleaf-") as folder:
        os.makedirs(os.path.join(folder, "objects", "info"))
        os.mkdir(os.path.join(folder, "refs"))
        _write(folder, "HEAD", "ref: refs/heads/none\n")
        _write(folder, "config", _CONFIG if len(like) == 40 else _CONFIG + _SHA256)
        _write(folder, "packed-refs", _replacements())
        _write(folder, os.path.join("objects", "info", "alternates"), places[0] + "\n")
        yield _environment(folder, places)


_CONFIG = "[core]\n\trepositoryformatversion = 1\n\tbare = true\n"
_SHA256 = "[extensions]\n\tobjectformat = sha256\n"


def _places() -> "list[str]":
    """The folder of the objects, the file of the shallow commits, that of the grafts."""
    words = ("--git-path", "objects", "--git-path", "shallow", "--git-path")
    return git.line("rev-parse", *words, "info/grafts").split("\n")


def _replacements() -> str:
    """The refs that replace objects, as git stores refs in one file."""
    flag = "--format=%(objectname) %(refname)"
    return git.decode(git.run("for-each-ref", flag, "refs/replace/"))


def _environment(folder: str, places: "list[str]") -> "dict[str, str]":
    own = {
        "GIT_DIR": folder,
        "GIT_INDEX_FILE": os.path.join(folder, "index"),
        "GIT_SHALLOW_FILE": places[1],
        "GIT_GRAFT_FILE": places[2],
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_ATTR_NOSYSTEM": "1",
        "XDG_CONFIG_HOME": folder,  # where git looks for the user's own attributes
    }
    kept = {
        name: value
        for name, value in git.environment().items()
        if not name.startswith("GIT_") or name in _KEPT
    }
    return {**kept, **own, **_settings()}


def _settings() -> "dict[str, str]":
    """What the user set about merging, as git takes it from its environment."""
    command = ("config", "-z", "--get-regexp", _SETTINGS)
    _, out = git.run_code(*command, ok=(0, 1))
    entries = git.decode(out).split("\0")[:-1]
    found = {"GIT_CONFIG_COUNT": str(len(entries))}
    for number, entry in enumerate(entries):
        key, newline, value = entry.partition("\n")
        found[f"GIT_CONFIG_KEY_{number}"] = key
        found[f"GIT_CONFIG_VALUE_{number}"] = value if newline else "true"
    return found


def _write(folder: str, name: str, text: str) -> None:
    with open(os.path.join(folder, name), "wb") as file:
        file.write(git.encode(text))
