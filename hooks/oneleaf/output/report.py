"""What a check found, and its way to the renderer that was asked for."""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from oneleaf.findings import Finding

FORMATS = ("text", "json")


class Report:
    """The outcome of a check.

    state: ``index``, ``commit:SHA`` or ``merge:SHA+SHA``.
    apps, migrations: how many were looked at.
    """

    __slots__ = ("apps", "findings", "migrations", "state")

    def __init__(
        self, state: str, apps: int, migrations: int, findings: "Sequence[Finding]"
    ) -> None:
        self.state = state
        self.apps = apps
        self.migrations = migrations
        self.findings = findings


def render(report: Report, output_format: str, color: str) -> str:
    """The report in one of ``FORMATS``; color is ``auto``, ``always`` or ``never``."""
    if output_format == "json":
        from oneleaf.output import json_report

        return json_report.render(report)
    from oneleaf.output import text_report

    return text_report.render(report, colored=wants_color(color))


def exit_code(report: Report) -> int:
    """1 where a finding is an error, else 0."""
    return int(any(finding.severity == "error" for finding in report.findings))


def wants_color(when: str) -> bool:
    """Whether to colour standard output (no-color.org; FORCE_COLOR; TERM=dumb)."""
    if when != "auto":
        return when == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return os.environ.get("TERM") != "dumb" and sys.stdout.isatty()
