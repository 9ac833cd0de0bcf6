"""Findings for people: one line each, and below it the command that mends it."""

from oneleaf.output.escape import escape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from oneleaf.checking.findings import Finding
    from oneleaf.output.report import Report

_BOLD, _RED, _YELLOW, _PLAIN = "\033[1m", "\033[1;31m", "\033[1;33m", "\033[0m"


def render(report: "Report", *, colored: bool) -> str:
    """``path:line: CODE message`` per finding; a hint once where neighbours share it."""
    lines: list[str] = []
    findings = report.findings
    for index, finding in enumerate(findings, 1):
        lines.append(_line(finding, colored=colored))
        if index == len(findings) or findings[index].hint != finding.hint:
            lines.append(f"    hint: {escape(finding.hint)}")
    if len(findings) > 1:
        lines.append(f"{len(findings)} findings")
    return "".join(line + "\n" for line in lines)


def _line(finding: "Finding", *, colored: bool) -> str:
    place = f"{escape(finding.path)}:{finding.line}"
    message = escape(finding.message)
    if not colored:
        return f"{place}: {finding.code} {message}"
    red = _RED if finding.severity == "error" else _YELLOW
    return f"{_BOLD}{place}{_PLAIN}: {red}{finding.code}{_PLAIN} {message}"
