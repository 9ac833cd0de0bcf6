"""Applies a plan in a process of its own, in which the n-th effect goes wrong.

    python faulty_child.py FAULT N PLAN

FAULT is ``kill`` (SIGKILL before the effect), ``half`` (SIGKILL in the middle of a
write, with half of it on disk), or the name of an errno (``ENOSPC``), which the effect
raises instead; with a ``+`` behind it so does every later effect of that kind. PLAN is
a marshalled (files, moves, expected, stage). Prints how many effects there were.

An effect is anything that changes the disk, or starts a process that does.
"""

import errno
import marshal
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "hooks"))

from oneleaf import applying
from oneleaf.errors import OneleafError, Refused
from oneleaf.planning.plan import Plan

# What a full disk fails, and what missing rights do.
NEEDS_SPACE = ("open", "write", "fsync", "mkdir")
NEEDS_RIGHTS = ("open", "mkdir", "rename", "replace", "unlink", "chmod")
EFFECTS = (*NEEDS_SPACE, "rename", "replace", "unlink", "chmod", "posix_spawnp")


class Faults:
    """Counts effects, and lets one go wrong."""

    def __init__(self, fault: str, at: int) -> None:
        self.fault = fault.rstrip("+")
        self.lasting = fault.endswith("+")
        self.at = at
        self.count = 0

    def wrap(self, name: str) -> None:
        real = getattr(os, name)

        def effect(*args: Any, **kwargs: Any) -> Any:
            if name == "open" and not args[1] & os.O_CREAT:
                return real(*args, **kwargs)
            if self.applies_to(name):
                self.count += 1
                if self.count == self.at or (self.lasting and self.count > self.at):
                    self.go_wrong(name, real, args)
            return real(*args, **kwargs)

        setattr(os, name, effect)

    def applies_to(self, name: str) -> bool:
        kinds = {
            "half": ("write",),
            "ENOSPC": NEEDS_SPACE,
            "EACCES": NEEDS_RIGHTS,
        }
        return name in kinds.get(self.fault, EFFECTS)

    def go_wrong(self, name: str, real: Callable[..., Any], args: Any) -> None:
        if self.fault not in ("kill", "half"):
            number = getattr(errno, self.fault)
            raise OSError(number, os.strerror(number))
        if self.fault == "half":
            real(args[0], bytes(args[1])[: len(args[1]) // 2])
        os.kill(os.getpid(), signal.Signals["SIGKILL"])


def command(files: Any, moves: Any, expected: Any, stage: bool) -> None:
    """What a verb that writes does: recover, then plan, then apply."""
    top = applying.top_level()
    said = applying.recover(top)
    if said:
        print(said)
    # A plan that changes no content changes modes.
    if files == expected or any(
        applying_content(top, path) != data for path, data in files.items()
    ):
        applying.apply(
            top, Plan((), files, moves=moves, expected=expected), stage=stage
        )


def applying_content(top: str, path: str) -> bytes | None:
    place = Path(top, path)
    return place.read_bytes() if place.exists() else None


def main() -> int:
    fault, at, plan = sys.argv[1:]
    faults = Faults(fault, int(at))
    values = marshal.loads(Path(plan).read_bytes())
    for name in EFFECTS:
        faults.wrap(name)
    code = 0
    try:
        command(*values)
    except Refused as error:
        print(f"refused: {error}")
        code = 1
    except OneleafError as error:
        print(f"said: {error}")
        code = 2
    print(f"effects {faults.count}")
    return code


if __name__ == "__main__":
    sys.exit(main())
