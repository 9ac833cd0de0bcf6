"""Findings for programs: one JSON object, version 1."""

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from oneleaf.checking.findings import Report


def render(report: "Report") -> str:
    """The report as JSON text. ASCII only, so that no path can break a terminal."""
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
