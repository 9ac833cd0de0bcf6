"""The hook scripts that oneleaf writes itself, where no hook manager does.

They lie in the git directory and belong to this clone alone, so they may name the
oneleaf that wrote them; where that is gone they take the one on PATH.
"""

import os

from oneleaf.clone import lookup
from oneleaf.clone.protection import HOOK_TYPES
from oneleaf.errors import Refused
from oneleaf.repository import git
from oneleaf.shell import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from oneleaf.clone.registration import Tool

MARK = "# Written by `oneleaf init`; `oneleaf uninstall` takes it away."
_BY_NAME = 'case "$(command -v oneleaf)" in /*|?:/*) exec {words};; esac\n'
_GONE = (
    "echo \"oneleaf is gone: install it again, or take this hook away: rm '$0'\" >&2\n"
)


def script(kind: str, tool: "Tool | None") -> str:
    """The script of one hook type; with None for a tool it goes by name only.

    One without any oneleaf stops what its hook can stop, as a hook manager's would: a
    protection that is gone is not to go unseen. After the fact it only says so.
    """
    words = HOOK_TYPES[kind][2]
    text = f"#!/bin/sh\n{MARK}\n"
    if tool is not None:
        python, launcher = quoted(tool.python), quoted(tool.launcher)
        text += f"if test -x {python} && test -f {launcher}; then\n"
        text += f"  exec {python} -I -m {words}\nfi\n"
    text += _BY_NAME.format(words=words) + _GONE
    return text + f"exit {int(kind.startswith('pre'))}\n"


def is_own(text: bytes) -> bool:
    """Whether ``oneleaf init`` wrote a script, now or in another version or place."""
    return git.encode(MARK) in text.split(b"\n")


def plan(folder: str, tool: "Tool | None") -> "dict[str, str]":
    """Hook type -> script to write: where none is, or an own one with another text.

    folder: where git looks for hooks. Somebody else's script is never written over.
    """
    wanted = {kind: script(kind, tool) for kind in HOOK_TYPES}
    return {
        kind: text
        for kind, text in wanted.items()
        if _may_write(os.path.join(folder, kind), git.encode(text))
    }


def _may_write(path: str, wanted: bytes) -> bool:
    if not os.path.lexists(path):
        return True
    found = lookup.content(path)
    if found is None or os.path.islink(path) or not is_own(found):
        return False
    return found != wanted or not os.access(path, os.X_OK)


def write(folder: str, texts: "Mapping[str, str]") -> None:
    """Writes scripts, each whole or not at all. Raises Refused where it may not."""
    try:
        os.makedirs(folder, exist_ok=True)
        for kind, text in texts.items():
            path = os.path.join(folder, kind)
            with open(path + ".oneleaf", "wb", opener=_executable) as file:
                file.write(git.encode(text))
            os.replace(path + ".oneleaf", path)
    except OSError as error:
        msg = (
            f"the hooks in {folder} could not be written: {error.strerror}; mend that"
            " and run it again"
        )
        raise Refused(msg) from None


def _executable(path: str, flags: int) -> int:
    return os.open(path, flags, 0o777)


def own(folder: str) -> "list[str]":
    """The hook types whose script ``oneleaf init`` wrote."""
    return [
        kind
        for kind in HOOK_TYPES
        if is_own(lookup.content(os.path.join(folder, kind)) or b"")
    ]


def remove(folder: str, kinds: "Iterable[str]") -> None:
    """Takes scripts away. Raises Refused where it may not."""
    try:
        for kind in kinds:
            os.unlink(os.path.join(folder, kind))
    except OSError as error:
        msg = f"the hooks in {folder} could not be removed: {error.strerror}"
        raise Refused(msg) from None
