"""A report in the format that was asked for: text and JSON here, the others by name."""

import os
import sys

from oneleaf.checking.findings import ERROR, NOTE, WARNING
from oneleaf.output.terminal import BOLD, RED, YELLOW, escape, painted, understood

TYPE_CHECKING = False
if TYPE_CHECKING:
    from oneleaf.checking.findings import Finding, Report


def render(
    report: "Report", output_format: str, color: str, *, notes: bool = True
) -> str:
    """The report as text to print.

    output_format: a choice of ``arguments.REPORT_FORMAT``; the module of this room that
    is called after it renders it. color: ``auto``, ``always`` or ``never``; only the
    text for people has colours. notes: whether it has findings of that severity, which
    every other format has.
    """
    if output_format == "text":
        return render_text(report, colored=wants_color(color), notes=notes)
    if output_format == "json":
        return render_json(report)
    name = f"oneleaf.output.{output_format}"
    __import__(name)
    return str(sys.modules[name].render(report))


def wants_color(when: str) -> bool:
    """Whether to colour standard output.

    when: ``always``, ``never`` or ``auto``; then the environment decides (no-color.org,
    ``FORCE_COLOR``, ``TERM=dumb``), and at last whether it is a terminal.
    """
    if when != "auto":
        return when == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    if os.environ.get("TERM") == "dumb" or not sys.stdout.isatty():
        return False
    return understood()


_COLORS = {ERROR: RED, WARNING: YELLOW, NOTE: BOLD}


def render_text(report: "Report", *, colored: bool, notes: bool) -> str:
    """``path:line: CODE message`` per finding; a hint once where neighbours share it."""
    lines: list[str] = []
    findings = [f for f in report.findings if notes or f.severity != NOTE]
    for index, finding in enumerate(findings, 1):
        lines.append(_line(finding, colored=colored))
        if index == len(findings) or findings[index].hint != finding.hint:
            lines.append(f"    hint: {escape(finding.hint)}")
    if len(findings) > 1:
        lines.append(f"{len(findings)} findings")
    return "".join(line + "\n" for line in lines)


def _line(finding: "Finding", *, colored: bool) -> str:
    color = _COLORS[finding.severity]
    place = painted(f"{escape(finding.path)}:{finding.line}", BOLD, colored=colored)
    code = painted(finding.code, color, colored=colored)
    return f"{place}: {code} {escape(finding.message)}"


def render_json(report: "Report") -> str:
    """The report as JSON text. ASCII only, so that no path can break a terminal."""
    import json

    return (
        json.dumps(
            {
                "version": 1,
                "state": report.state,
                "apps": report.apps,
                "migrations": report.migrations,
                "findings": [
                    {
                        "code": finding.code,
                        "name": finding.name,
                        "severity": finding.severity,
                        "app": finding.app,
                        "path": finding.path,
                        "line": finding.line,
                        "migrations": list(finding.migrations),
                        "message": finding.message,
                        "hint": finding.hint,
                    }
                    for finding in report.findings
                ],
            },
            indent=2,
        )
        + "\n"
    )
