"""What a check found, and its way to the renderer that was asked for."""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from oneleaf.checking.findings import Finding

# Format -> the module in this room that renders it.
_RENDERERS = {
    "text": "text_report",
    "json": "json_report",
    "github": "github_report",
    "gitlab": "gitlab_report",
    "sarif": "sarif_report",
}
FORMATS = tuple(_RENDERERS)


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
    """The report in one of ``FORMATS``; color is ``auto``, ``always`` or ``never``.

    Only the text for people has colours. A renderer is imported when it is asked for,
    and for people not at all where there is nothing to say: that is most commits.
    """
    if output_format == "text" and not report.findings:
        return ""
    name = f"oneleaf.output.{_RENDERERS[output_format]}"
    __import__(name)
    renderer = sys.modules[name]
    if output_format == "text":
        return str(renderer.render(report, colored=wants_color(color)))
    return str(renderer.render(report))


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
