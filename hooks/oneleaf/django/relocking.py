"""Writes the lockfiles of apps whose migrations have just changed."""

from __future__ import annotations

import os
from dataclasses import dataclass

from oneleaf import applying
from oneleaf.applying import one_file
from oneleaf.django import on_disk, places
from oneleaf.errors import OneleafError, Refused
from oneleaf.planning.lockfiles import plan_relock
from oneleaf.shell import word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from oneleaf.planning.plan import Plan


@dataclass(frozen=True)
class Written:
    """A lockfile that was written. path: absolute."""

    path: str


@dataclass(frozen=True)
class Failed:
    """Why a lockfile was not written, and the command that mends it: one sentence."""

    reason: str


def relock(
    found: Mapping[str, str], touched: Collection[str]
) -> Iterator[Written | Failed]:
    """Brings the lockfiles of the apps ``touched`` in line with the files on disk.

    found: app label -> folder of its migrations, of all apps of the project. Each
    repository by itself, with its own configuration. Silent where a repository uses no
    lockfiles and where one is right already.
    """
    tops = places.tops(found.values())
    for top in sorted({tops[found[label]] for label in touched}):
        directories = {
            label: _relative(folder, top)
            for label, folder in found.items()
            if tops[folder] == top
        }
        labels = sorted(set(touched) & set(directories))
        try:
            yield from _relock(top, directories, labels)
        except (OneleafError, OSError) as error:
            yield failed(labels, error)
        except Exception as error:  # noqa: BLE001 - the migrations are written already
            yield failed(labels, f"{type(error).__name__}: {error}")


def _relative(folder: str, top: str) -> str:
    return os.path.relpath(folder, top).replace(os.sep, "/")


def _relock(
    top: str, directories: Mapping[str, str], labels: list[str]
) -> Iterator[Written | Failed]:
    state = on_disk.read(top, directories)
    plan = plan_relock(state, {directories[label] for label in labels})
    for app in plan.apps:
        if app.refused:
            yield failed([app.app], app.refused)
    yield from _write(top, plan)


def _write(top: str, plan: Plan) -> Iterator[Written | Failed]:
    files = {path: data for path, data in plan.files.items() if data is not None}
    for path, data in applying.differing(top, files).items():
        labels = [app.app for app in plan.apps if app.lockfile == path]
        try:
            one_file.write(top, path, data)
        except Refused as error:
            yield failed(labels, error)
        else:
            yield Written(os.path.join(top, path))


def failed(labels: Collection[str], reason: object) -> Failed:
    """Django's own files stand; what is missing is a lockfile."""
    whose = f"app{'s' if len(labels) > 1 else ''} {', '.join(labels)}"
    command = " ".join(["oneleaf lock", *map(word, labels)])
    return Failed(
        f"the lockfile of {whose} was not written: {reason}; mend that, stage the"
        f" migrations and run `{command}`"
    )
