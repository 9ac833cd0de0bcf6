"""Findings as SARIF 2.1.0, the form that code scanning services read.

Source: the OASIS standard "Static Analysis Results Interchange Format (SARIF) Version
2.1.0"; sections are named beside what they ask for.
"""

import json

from oneleaf import __version__
from oneleaf.checking.findings import CODES
from oneleaf.git import git
from oneleaf.output.terminal import escape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from oneleaf.checking.findings import Finding, Report

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_HOME = "https://github.com/oneleaf/django-oneleaf"
# What a URI's path may hold as it is (RFC 3986, "Unreserved Characters", and "/").
_PLAIN = frozenset(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/"
)


def render(report: "Report") -> str:
    """The report as JSON text, ASCII only, with one run and a rule for each code."""
    rules = {code: _rule(code, *described) for code, described in CODES.items()}
    for finding in report.findings:
        if finding.code not in rules:
            found = finding.code, finding.name, finding.severity
            rules[finding.code] = _rule(*found)
    at = {code: index for index, code in enumerate(rules)}
    driver = {
        "name": "oneleaf",
        "version": __version__,
        "informationUri": _HOME,
        "rules": list(rules.values()),
    }
    results = [_result(finding, at[finding.code]) for finding in report.findings]
    log = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }
    return json.dumps(log, indent=2) + "\n"


def _rule(code: str, name: str, severity: str) -> "dict[str, object]":
    """A reportingDescriptor (3.49)."""
    return {
        "id": code,
        "name": name,
        "shortDescription": {"text": name.replace("-", " ")},
        "defaultConfiguration": {"level": severity},
    }


def _result(finding: "Finding", rule: int) -> "dict[str, object]":
    """A result (3.27); the level's words are ours (3.27.10)."""
    place = {
        "artifactLocation": {"uri": uri(finding.path)},
        "region": {"startLine": finding.line},
    }
    return {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": finding.severity,
        "message": {"text": f"{escape(finding.message)}\nhint: {escape(finding.hint)}"},
        "locations": [{"physicalLocation": place}],
    }


def uri(path: str) -> str:
    """A path in the repository as a relative reference (3.4.3; RFC 3986, 4.2).

    Any byte that a path may hold survives; a first part with a colon is no scheme.
    """
    data = git.encode(path)
    return "".join(chr(b) if b in _PLAIN else f"%{b:02X}" for b in data)
