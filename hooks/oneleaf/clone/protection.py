"""Is this clone protected? Facts of a clone in, rows out, each with its cure.

Pure. ``missing`` is a protection that is not there; ``risk`` is a setting, or a hook
type beyond the blocking ones, that makes the others weaker. Only ``missing`` counts
against the clone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from oneleaf.checking.findings import Finding
from oneleaf.clone import attributes, driver
from oneleaf.output.terminal import counted
from oneleaf.shell import Step, quoted


@dataclass(slots=True)
class Facts:
    """What was found in the clone.

    settings: git's configuration from all files, keys as git prints them; the last
        value of each.
    answers: whether the registered command answered as the driver does: ``driver``,
        ``text`` where only its last resort did, ``nothing``; "" where it was not asked.
    attributes: lockfile -> what git takes for its attribute ``merge``.
    overriding: file, number and text of the line that keeps a lockfile away.
    line: the line that sends lockfiles to the driver.
    attributes_committed: whether ``.gitattributes`` is in the index as it lies here.
    rerere_used: whether git records resolutions here.
    hooks: hook type -> who runs oneleaf there: ``pre-commit``, ``prek``, ``lefthook``,
        ``script``, or "" for nobody.
    manager: the hook manager in use, ``pre-commit``, ``prek``, ``lefthook`` or
        ``husky``, else "".
    occupied: the hook types that have a script, whatever it runs.
    configured: hook ids of oneleaf in the manager's configuration.
    hooks_directory: where git looks for hooks.
    lockfiles: the findings on lockfiles in the index; None where none is in use.
    apps: how many apps with migrations the index holds.
    upstream: name of the upstream branch, "" where it is unknown.
    """

    settings: Mapping[str, str] = field(default_factory=dict)
    answers: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    overriding: tuple[str, int, str] | None = None
    attributes_committed: bool = True
    rerere_used: bool = False
    hooks: Mapping[str, str] = field(default_factory=dict)
    manager: str = ""
    occupied: Sequence[str] = ()
    configured: Sequence[str] = ()
    hooks_directory: str = ".git/hooks"
    line: str = ""
    lockfiles: Sequence[Finding] | None = ()
    apps: int = 0
    upstream: str = ""


OK, MISSING, RISK = "ok", "missing", "risk"

_CHECK = "check-django-migrations"
_REGISTER = "register-oneleaf-merge-driver"
_REPORT = "report-django-migrations"

# Hook type -> (whether it can stop a bad state, ids that serve it, what a script runs).
HOOK_TYPES = {
    "pre-commit": (True, (_CHECK,), "oneleaf check"),
    "pre-merge-commit": (True, (_CHECK,), "oneleaf check"),
    "pre-push": (True, (_CHECK,), "oneleaf check --pre-push"),
    "prepare-commit-msg": (
        False,
        ("check-django-migrations-in-rebase",),
        'oneleaf check --prepare-commit-msg "$1"',
    ),
    "post-checkout": (False, (_REGISTER, _REPORT), "oneleaf install --hook"),
    "post-merge": (False, (_REPORT, _REGISTER), "oneleaf advise"),
    "post-rewrite": (False, (_REPORT, _REGISTER), "oneleaf advise"),
}


@dataclass(frozen=True, slots=True)
class Guard:
    """One row of the answer: something that protects, and how it is.

    name: what it is about; state: ``ok``, ``missing`` or ``risk``; text: a phrase;
    command: what mends it, "" where nothing is to be mended.
    """

    name: str
    state: str
    text: str
    command: str = ""


def rows(facts: Facts) -> list[Guard]:
    return [
        _driver(facts),
        *_recursive(facts),
        _attribute(facts),
        _lockfiles(facts),
        *hooks(facts),
        *_settings(facts),
        _upstream(facts),
    ]


def is_protected(found: Sequence[Guard]) -> bool:
    return all(row.state != MISSING for row in found)


def _driver(facts: Facts) -> Guard:
    value = facts.settings.get(driver.DRIVER, "")
    if not value:
        half = any(key.startswith(driver.SECTION + ".") for key in facts.settings)
        text = (
            "half a section, without a driver: git dies in every merge of a lockfile"
            if half
            else "not registered in this clone: lockfiles are merged as text"
        )
        return Guard("merge driver", MISSING, text, Step("oneleaf install"))
    if not driver.is_own(value):
        text = f"something else is registered: {value}"
        return Guard("merge driver", MISSING, text, Step("oneleaf install --force"))
    if facts.answers == "driver":
        return Guard("merge driver", OK, "registered, and it answers")
    text = (
        "registered, but the tool is gone or broken: lockfiles are merged as text"
        if facts.answers == "text"
        else "registered, but the command fails"
    )
    return Guard("merge driver", MISSING, text, Step("oneleaf install"))


def _recursive(facts: Facts) -> Iterator[Guard]:
    key = driver.SECTION + ".recursive"
    if key in facts.settings:
        text = f"{facts.settings[key]} merges the merge bases instead of the driver"
        yield Guard(key, RISK, text, Step("git config --unset-all", key))


def _attribute(facts: Facts) -> Guard:
    name = "attribute"
    astray = attributes.not_ours(tuple(facts.attributes.items()))
    if astray:
        path, value = astray[0]
        more = f", and {len(astray) - 1} more" if len(astray) > 1 else ""
        if facts.overriding is None or value == "unspecified":
            text = f"{path} is not sent to the driver{more}"
            return Guard(name, MISSING, text, Step("oneleaf install"))
        file, number, line = facts.overriding
        text = f"{path} is merged as {value}, by line {number} of {file}: {line}{more}"
        # The last line that matches decides: one below the other mends it.
        cure = f"echo {quoted(facts.line)} >> {quoted(file)}"
        here = file == ".gitattributes"
        return Guard(name, MISSING, text, Step("oneleaf install") if here else cure)
    if not facts.attributes_committed:
        text = ".gitattributes is not committed: other clones do not have the line"
        return Guard(name, RISK, text, Step("git add .gitattributes"))
    return Guard(name, OK, "git sends every lockfile to the driver")


def _lockfiles(facts: Facts) -> Guard:
    name = "lockfiles"
    if not facts.apps:
        return Guard(name, OK, "no app with migrations in the index")
    if facts.lockfiles is None:
        text = f"none, for {counted(facts.apps, 'app')}: two branches can add to one app unseen"
        return Guard(name, MISSING, text, Step("oneleaf lock --init"))
    if facts.lockfiles:
        others = len(facts.lockfiles) - 1
        text = facts.lockfiles[0].message + (f", and {others} more" if others else "")
        return Guard(name, MISSING, text, Step("oneleaf check --all"))
    return Guard(name, OK, "every app's names its leaf node")


def hooks(facts: Facts) -> Iterator[Guard]:
    for kind, (blocks, ids, script) in HOOK_TYPES.items():
        name = f"hook {kind}"
        by = facts.hooks.get(kind, "")
        if by:
            text = f"runs oneleaf, by {'a script' if by == 'script' else by}"
            yield Guard(name, OK, text)
            continue
        yield Guard(name, MISSING if blocks else RISK, *_idle(facts, kind, ids, script))


def _idle(
    facts: Facts, kind: str, ids: tuple[str, ...], script: str
) -> tuple[str, str]:
    text = "does not run oneleaf"
    if facts.settings.get("core.hookspath") or (
        not facts.manager and kind in facts.occupied
    ):
        place = quoted(f"{facts.hooks_directory}/{kind}")
        write = f"echo {quoted(script)}"
        if kind not in facts.occupied:  # Windows runs no script without a first line
            write = f"printf '%s\\n' '#!/bin/sh' {quoted(script)}"
        return text, f"{write} >> {place} && chmod +x {place}"
    if not facts.manager:
        return text, Step("oneleaf init")
    if facts.manager == "husky":
        return f"{text}: git does not look into .husky yet", Step("npm install")
    if facts.manager == "lefthook":
        text += f": give it a job `{script}` in the configuration, then install"
        return text, Step("lefthook install")
    install = Step(f"{facts.manager} install -t", kind)
    if any(i in facts.configured for i in ids):
        return f"{ids[0]} is configured, but not installed", install
    return f"{text}: add the hook id {ids[0]}, then install", install


def _settings(facts: Facts) -> Iterator[Guard]:
    get = facts.settings.get
    if _is_true(get("rerere.autoupdate")) and facts.rerere_used:
        text = "stages resolutions of earlier conflicts, which may be of another app"
        yield Guard(
            "rerere.autoupdate", RISK, text, Step("git config rerere.autoupdate false")
        )
    if _is_true(get("merge.directoryrenames")):
        text = "moves migrations that were added to a renamed folder without asking"
        command = Step("git config merge.directoryRenames conflict")
        yield Guard("merge.directoryRenames", RISK, text, command)
    default = get("merge.default")
    if default and default not in ("text", "oneleaf"):
        text = f"{default} merges every file that no attribute speaks of"
        yield Guard("merge.default", RISK, text, Step("git config merge.default text"))
    path = get("core.hookspath")
    if path:
        runs = any(facts.hooks.get(kind) for kind in HOOK_TYPES)
        text = f"hooks are looked for in {path}"
        if runs:
            yield Guard("core.hooksPath", OK, text)
        else:
            text += ", where pre-commit installs none and nothing runs oneleaf"
            yield Guard(
                "core.hooksPath", RISK, text, Step("git config --unset core.hooksPath")
            )


def _is_true(value: str | None) -> bool:
    """git's booleans (git-config(1), "Values"); a key without a value is true."""
    return value is not None and value.lower() in ("true", "yes", "on", "1", "")


def _upstream(facts: Facts) -> Guard:
    if facts.upstream:
        return Guard("upstream", OK, f"published is what {facts.upstream} has")
    text = "no branch is known to be published: chains cannot be told apart"
    return Guard("upstream", RISK, text, Step("git remote set-head origin --auto"))
