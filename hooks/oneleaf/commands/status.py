"""``oneleaf status``: is this clone protected, and what is missing?"""

import os
import sys

from oneleaf import applying
from oneleaf.arguments import REPORT_FORMAT, Options, Verb
from oneleaf.checking import rules
from oneleaf.checking import state as states
from oneleaf.checking.findings import Finding, Report
from oneleaf.checking.state import Case
from oneleaf.clone import attributes, driver, hooks, protection
from oneleaf.clone.protection import Facts
from oneleaf.errors import OneleafError
from oneleaf.git import git
from oneleaf.output.report import render, wants_color
from oneleaf.output.terminal import GREEN, RED, YELLOW, escape, painted
from oneleaf.upstream import published

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from oneleaf.clone.protection import Guard
    from oneleaf.config import Config


VERB = Verb(
    "status",
    "",
    "Says whether this clone is protected: the merge driver and whether it answers, the\n"
    "attribute of every lockfile, the lockfiles, the hook types, and the settings of git\n"
    "that decide in silence. Each row that is not ok names the command that mends it.\n"
    "Ends with 1 where something that protects is missing.",
    (REPORT_FORMAT,),
    (("oneleaf status", "what is missing in this clone"),),
)

_LOCKFILE_CODES = ("OL201", "OL202", "OL203", "OL204")


def run(options: Options) -> int:
    """Prints the rows; 0 where nothing that protects is missing, else 1."""
    rows = protection.rows(look())
    protected = protection.is_protected(rows)
    output_format = options.text("--output-format", "text")
    color = options.text("--color", "auto")
    if output_format == "json":
        text = render_json(rows, protected=protected)
    elif output_format == "text":
        colored = wants_color(color)
        text = render_text(rows, colored=colored, protected=protected)
    else:
        text = render(as_report(rows), output_format, color)
    sys.stdout.write(text)
    return int(not protected)


def look() -> Facts:
    """Everything about this clone that protects it, or does not."""
    top = applying.top_level()
    facts = Facts()
    facts.settings = _settings()
    value = facts.settings.get(driver.DRIVER, "")
    if driver.is_own(value):
        facts.answers = driver.ask(value)
    config = _judge_lockfiles(facts)
    _ask_attributes(facts, top, config)
    _look_at_hooks(facts, top)
    common = git.line("rev-parse", "--git-path", "rr-cache")
    recorded = facts.settings.get("rerere.enabled")
    facts.rerere_used = (
        os.path.isdir(common) if recorded is None else recorded.lower() != "false"
    )
    facts.upstream = _upstream(config)
    return facts


def _settings() -> "dict[str, str]":
    """Every setting's last value, which is the one git takes."""
    raw = git.decode(git.run("config", "-z", "--list"))
    pairs = (record.partition("\n") for record in raw.split("\0") if record)
    return {key: value for key, _, value in pairs}


def _judge_lockfiles(facts: Facts) -> "Config":
    """The lockfiles in the index, as ``check`` judges them; returns the configuration."""
    with git.Objects() as objects:
        state = states.of_index(objects)
        project, config = state.project, state.config
        found = rules.run(Case(state))
    facts.apps = sum(1 for app in project.apps if app.migrations)
    if project.shared_lockfile:
        used = project.shared_lockfile[1] is not None
    else:
        used = any(app.lockfile is not None for app in project.apps)
    stale = [finding for finding in found if finding.code in _LOCKFILE_CODES]
    facts.lockfiles = stale if used else None
    return config


def _ask_attributes(facts: Facts, top: str, config: "Config") -> None:
    paths = driver.lockfiles(top, config) or [driver.example(config)]
    answers = driver.merge_attributes(top, paths)
    facts.attributes = dict(answers)
    facts.line = attributes.line(config)
    astray = attributes.not_ours(answers)
    if astray:
        facts.overriding = driver.overriding(top, astray[0][0])
    names = ("-C", top, "status", "--porcelain", "-z", "--", attributes.FILE)
    facts.attributes_committed = not git.run(*names).strip(b"\0")


def _look_at_hooks(facts: Facts, top: str) -> None:
    folder = hooks.directory(top)
    facts.occupied = hooks.occupied(folder)
    facts.hooks = hooks.running(top, folder)
    facts.configured = hooks.configured(top)
    facts.manager = hooks.manager(top, folder)
    facts.hooks_directory = hooks.place_of_scripts(top, folder)


def _upstream(config: "Config") -> str:
    try:
        found = published.find_upstreams(config.upstream, os.environ)
    except OneleafError:
        return ""
    return ", ".join(each.name for each in found)


_COLORS = {"ok": GREEN, "missing": RED, "risk": YELLOW}
_SEVERITIES = {"missing": "error", "risk": "warning"}
# First word of a row's name -> the file where it is mended, for those who ask for one.
_PLACES = {
    "hook": ".pre-commit-config.yaml",
    "attribute": ".gitattributes",
    "lockfiles": ".gitattributes",
    "upstream": "pyproject.toml",
}
_ELSEWHERE = ".git/config"


def render_text(rows: "Sequence[Guard]", *, colored: bool, protected: bool) -> str:
    """A line per row: state, name, and what there is to say; below it the cure."""
    width = max(len(row.name) for row in rows)
    lines = []
    for row in rows:
        state = painted(row.state.ljust(7), _COLORS[row.state], colored=colored)
        lines.append(f"{state}  {row.name.ljust(width)}  {escape(row.text)}")
        if row.command:
            lines.append(f"    hint: {escape(row.command)}")
    lines.append(
        "this clone is protected" if protected else "this clone is NOT protected"
    )
    return "".join(line + "\n" for line in lines)


def render_json(rows: "Sequence[Guard]", *, protected: bool) -> str:
    """The same as one JSON object, version 1; ASCII only."""
    import json

    listed = [
        {"name": r.name, "state": r.state, "text": r.text, "command": r.command or None}
        for r in rows
    ]
    answer = {"version": 1, "protected": protected, "rows": listed}
    return json.dumps(answer, indent=2) + "\n"


def as_report(rows: "Sequence[Guard]") -> Report:
    """The rows that are not ok, each at the file that has to do with it."""
    found = [
        Finding(
            "status-" + row.name.replace(" ", "-").lower(),
            "",
            (_PLACES.get(row.name.partition(" ")[0], _ELSEWHERE), 1),
            (),
            f"{row.name}: {row.text}",
            row.command,
            _SEVERITIES[row.state],
        )
        for row in rows
        if row.state in _SEVERITIES
    ]
    return Report("clone", 0, 0, found)
