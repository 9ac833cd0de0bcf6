"""The system check: what ``oneleaf check --all`` finds, said by ``manage.py check``.

It runs only where it is asked for. A conflict is a normal state for an hour, and a
check that runs in front of every command would keep ``migrate``, ``runserver`` and
``makemigrations --merge`` from working in the very hour they are needed.

It never raises, and says nothing where there is nothing to judge: without git, outside
a repository, in an image that holds no ``.git``.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from contextvars import ContextVar

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Warning  # noqa: A004 - its name

from oneleaf.django import commands, places
from oneleaf.errors import OneleafError
from oneleaf.output.terminal import escape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any

    from django.apps import AppConfig

    from oneleaf.checking.findings import Finding

TAG = "oneleaf"
_wanted: ContextVar[bool] = ContextVar("oneleaf check wanted", default=False)


@contextlib.contextmanager
def wanted() -> Iterator[None]:
    """Inside, ``report`` reports."""
    token = _wanted.set(True)
    try:
        yield
    finally:
        _wanted.reset(token)


def report(
    app_configs: Sequence[AppConfig] | None = None, **_kwargs: Any
) -> list[CheckMessage]:
    """The findings, of these apps or of all; [] where nobody asked.

    As django.core.checks calls it.
    """
    if not _wanted.get():
        return []
    try:
        top = _top()
        messages = [_message(f) for f in _of(_findings(top), app_configs, top)]
    except Exception as error:  # noqa: BLE001 - a check must not take Django down
        messages = [_unknown(error)]
    return [*messages, *_hidden()]


def _top() -> str:
    module = sys.modules.get(getattr(settings, "SETTINGS_MODULE", None) or "")
    file = getattr(module, "__file__", None)
    beside = places.repository(os.path.dirname(file)) if file else ""
    return beside or places.repository(os.getcwd())


def _findings(top: str) -> Sequence[Finding]:
    from oneleaf.arguments import parse
    from oneleaf.checking import state
    from oneleaf.commands import check
    from oneleaf.git import git

    if not top:
        return ()
    with _in(top), contextlib.redirect_stderr(io.StringIO()):
        try:
            git.require_repository()
        except git.GitError:
            raise
        except OneleafError:  # no git, or a `.git` that leads nowhere
            return ()
        with git.Objects() as objects:
            options = parse(check.VERB, ["--all"])
            return check.check(state.of_index(objects), options).findings


@contextlib.contextmanager
def _in(folder: str) -> Iterator[None]:
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def _of(
    findings: Iterable[Finding], app_configs: Sequence[AppConfig] | None, top: str
) -> list[Finding]:
    if app_configs is None:
        return list(findings)
    labels = {app.label for app in app_configs}
    folders = tuple(os.path.realpath(app.path) + os.sep for app in app_configs)
    return [
        finding
        for finding in findings
        if finding.app in labels
        or os.path.join(os.path.realpath(top), finding.path).startswith(folders)
    ]


def _message(finding: Finding) -> CheckMessage:
    kind = {"error": Error, "warning": Warning, "note": Info}[finding.severity]
    return kind(
        escape(finding.message),
        hint=escape(finding.hint),
        obj=f"{escape(finding.path)}:{finding.line}",
        id=f"oneleaf.{finding.code}",
    )


def _unknown(error: Exception) -> CheckMessage:
    what = str(error) if isinstance(error, OneleafError) else repr(error)
    return Warning(
        f"the migrations were not checked: {escape(' '.join(what.split()))}",
        hint="run `oneleaf check --all` to see more",
        obj="oneleaf",
        id="oneleaf.W001",
    )


def _hidden() -> Iterator[CheckMessage]:
    """Commands of ours that another app's hide, so that they write no lockfile."""
    for name in ("makemigrations", "squashmigrations"):
        package = commands.hidden_by(name)
        if package:
            yield Warning(
                f"`{name}` of {package} is used, not oneleaf's: it writes no lockfiles",
                hint=f'put "{commands.APP}" above {package!r} in INSTALLED_APPS',
                obj="oneleaf",
                id="oneleaf.W002",
            )
