"""Findings for people: one line each, and below it the command that mends it."""

from oneleaf.checking.findings import ERROR, NOTE, WARNING
from oneleaf.output.colors import BOLD, RED, YELLOW, painted
from oneleaf.output.escape import escape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from oneleaf.checking.findings import Finding, Report


_COLORS = {ERROR: RED, WARNING: YELLOW, NOTE: BOLD}


def render(report: "Report", *, colored: bool, notes: bool) -> str:
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
