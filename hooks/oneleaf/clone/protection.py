"""Is this clone protected? Facts of a clone in, rows out, each with its cure.

Pure. ``missing`` is a protection that is not there; ``risk`` is a setting, or a hook
type beyond the blocking ones, that makes the others weaker. Only ``missing`` counts
against the clone.
"""

from oneleaf.clone import driver
from oneleaf.output.terminal import counted
from oneleaf.shell import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from oneleaf.checking.findings import Finding


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
    upstream: name of the upstream branch, "" where nothing tells it.
    """

    __slots__ = (
        "answers",
        "apps",
        "attributes",
        "attributes_committed",
        "configured",
        "hooks",
        "hooks_directory",
        "line",
        "lockfiles",
        "manager",
        "occupied",
        "overriding",
        "rerere_used",
        "settings",
        "upstream",
    )

    def __init__(self) -> None:
        self.settings: Mapping[str, str] = {}
        self.answers = ""
        self.attributes: Mapping[str, str] = {}
        self.overriding: tuple[str, int, str] | None = None
        self.attributes_committed = True
        self.rerere_used = False
        self.hooks: Mapping[str, str] = {}
        self.manager = ""
        self.occupied: Sequence[str] = ()
        self.configured: Sequence[str] = ()
        self.hooks_directory = ".git/hooks"
        self.line = ""
        self.lockfiles: Sequence[Finding] | None = ()
        self.apps = 0
        self.upstream = ""


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


class Row:
    """One line of the answer.

    name: what it is about; state: ``ok``, ``missing`` or ``risk``; text: a phrase;
    command: what mends it, "" where nothing is to be mended.
    """

    __slots__ = ("command", "name", "state", "text")

    def __init__(self, name: str, state: str, text: str, command: str = "") -> None:
        self.name = name
        self.state = state
        self.text = text
        self.command = command


def rows(facts: Facts) -> "list[Row]":
    """Everything that protects, in the order in which one would mend it.

    facts: what was found in the clone; nothing else is asked.
    """
    return [
        _driver(facts),
        *_recursive(facts),
        _attribute(facts),
        _lockfiles(facts),
        *hooks(facts),
        *_settings(facts),
        _upstream(facts),
    ]


def is_protected(found: "Sequence[Row]") -> bool:
    """Whether nothing that protects is missing."""
    return all(row.state != MISSING for row in found)


def _driver(facts: Facts) -> Row:
    """The half in git's configuration."""
    value = facts.settings.get(driver.DRIVER, "")
    prefix = driver.SECTION + "."
    if not value:
        half = any(key.startswith(prefix) for key in facts.settings)
        text = (
            "half a section, without a driver: git dies in every merge of a lockfile"
            if half
            else "not registered in this clone: lockfiles are merged as text"
        )
        return Row("merge driver", MISSING, text, "oneleaf install")
    if not driver.is_own(value):
        text = f"something else is registered: {value}"
        return Row("merge driver", MISSING, text, "oneleaf install --force")
    if facts.answers == "driver":
        return Row("merge driver", OK, "registered, and it answers")
    text = (
        "registered, but the tool is gone or broken: lockfiles are merged as text"
        if facts.answers == "text"
        else "registered, but the command fails"
    )
    return Row("merge driver", MISSING, text, "oneleaf install")


def _recursive(facts: Facts) -> "Iterator[Row]":
    key = driver.SECTION + ".recursive"
    if key in facts.settings:
        text = f"{facts.settings[key]} merges the merge bases instead of the driver"
        yield Row(key, RISK, text, f"git config --unset-all {key}")


def _attribute(facts: Facts) -> Row:
    """The half in ``.gitattributes``."""
    name = "attribute"
    astray = {
        path: value for path, value in facts.attributes.items() if value != "oneleaf"
    }
    if astray:
        path, value = next(iter(astray.items()))
        more = f", and {len(astray) - 1} more" if len(astray) > 1 else ""
        if facts.overriding is None or value == "unspecified":
            text = f"{path} is not sent to the driver{more}"
            return Row(name, MISSING, text, "oneleaf install")
        file, number, line = facts.overriding
        text = f"{path} is merged as {value}, by line {number} of {file}: {line}{more}"
        # The last line that matches decides: one below the other mends it.
        cure = f"echo {quoted(facts.line)} >> {quoted(file)}"
        here = file == ".gitattributes"
        return Row(name, MISSING, text, "oneleaf install" if here else cure)
    if not facts.attributes_committed:
        text = ".gitattributes is not committed: other clones do not have the line"
        return Row(name, RISK, text, "git add .gitattributes")
    return Row(name, OK, "git sends every lockfile to the driver")


def _lockfiles(facts: Facts) -> Row:
    name = "lockfiles"
    if not facts.apps:
        return Row(name, OK, "no app with migrations in the index")
    if facts.lockfiles is None:
        text = f"none, for {counted(facts.apps, 'app')}: two branches can add to one app unseen"
        return Row(name, MISSING, text, "oneleaf lock --init")
    if facts.lockfiles:
        more = (
            f", and {len(facts.lockfiles) - 1} more" if len(facts.lockfiles) > 1 else ""
        )
        return Row(
            name, MISSING, facts.lockfiles[0].message + more, "oneleaf check --all"
        )
    return Row(name, OK, "every app's names its leaf node")


def hooks(facts: Facts) -> "Iterator[Row]":
    """A row for each hook type; only the blocking ones count as missing."""
    for kind, (blocks, ids, script) in HOOK_TYPES.items():
        name = f"hook {kind}"
        by = facts.hooks.get(kind, "")
        if by:
            yield Row(
                name, OK, f"runs oneleaf, by {'a script' if by == 'script' else by}"
            )
            continue
        yield Row(name, MISSING if blocks else RISK, *_idle(facts, kind, ids, script))


def _idle(
    facts: Facts, kind: str, ids: "tuple[str, ...]", script: str
) -> "tuple[str, str]":
    """Why a hook does not run oneleaf, and the command of whoever keeps the hooks."""
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
        return text, "oneleaf init"
    if facts.manager == "husky":
        return f"{text}: git does not look into .husky yet", "npm install"
    if facts.manager == "lefthook":
        text += f": give it a job `{script}` in the configuration, then install"
        return text, "lefthook install"
    install = f"{facts.manager} install -t {kind}"
    if any(i in facts.configured for i in ids):
        return f"{ids[0]} is configured, but not installed", install
    return f"{text}: add the hook id {ids[0]}, then install", install


def _settings(facts: Facts) -> "Iterator[Row]":
    """Settings of git's that decide in silence."""
    get = facts.settings.get
    if _is_true(get("rerere.autoupdate")) and facts.rerere_used:
        text = "stages resolutions of earlier conflicts, which may be of another app"
        yield Row("rerere.autoupdate", RISK, text, "git config rerere.autoupdate false")
    if _is_true(get("merge.directoryrenames")):
        text = "moves migrations that were added to a renamed folder without asking"
        command = "git config merge.directoryRenames conflict"
        yield Row("merge.directoryRenames", RISK, text, command)
    default = get("merge.default")
    if default and default not in ("text", "oneleaf"):
        text = f"{default} merges every file that no attribute speaks of"
        yield Row("merge.default", RISK, text, "git config merge.default text")
    path = get("core.hookspath")
    if path:
        runs = any(facts.hooks.get(kind) for kind in HOOK_TYPES)
        text = f"hooks are looked for in {path}"
        if runs:
            yield Row("core.hooksPath", OK, text)
        else:
            text += ", where pre-commit installs none and nothing runs oneleaf"
            yield Row("core.hooksPath", RISK, text, "git config --unset core.hooksPath")


def _is_true(value: "str | None") -> bool:
    """git's booleans (git-config(1), "Values"); a key without a value is true."""
    return value is not None and value.lower() in ("true", "yes", "on", "1", "")


def _upstream(facts: Facts) -> Row:
    if facts.upstream:
        return Row("upstream", OK, f"published is what {facts.upstream} has")
    text = "no branch is known to be published: chains cannot be told apart"
    return Row("upstream", RISK, text, "git remote set-head origin --auto")
