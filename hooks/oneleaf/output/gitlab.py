"""Findings as GitLab's code quality report: one JSON array.

The form is that of GitLab's "Code Quality", "Code Quality report format".
"""

import hashlib
import json

from oneleaf.git import git
from oneleaf.output.terminal import escape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from oneleaf.checking.findings import Finding, Report

_SEVERITIES = {"error": "major", "warning": "minor", "note": "info"}


def render(report: "Report") -> str:
    """The report as JSON text, ASCII only; ``[]`` where nothing was found."""
    taken: set[str] = set()
    entries = [_entry(finding, taken) for finding in report.findings]
    return json.dumps(entries, indent=2) + "\n"


def _entry(finding: "Finding", taken: "set[str]") -> "dict[str, object]":
    place = {"line": finding.line, "column": 1}
    return {
        "check_name": finding.code,
        # GitLab shows no check_name.
        "description": f"{finding.code}: {escape(finding.message)}",
        "severity": _SEVERITIES[finding.severity],
        "fingerprint": _fingerprint(finding, taken),
        "location": {
            "path": _storable(finding.path),
            "positions": {"begin": place, "end": dict(place)},
        },
    }


def _fingerprint(finding: "Finding", taken: "set[str]") -> str:
    """What tells a finding from others, and knows it again when its line moves.

    taken: the fingerprints given so far; this one is added.
    """
    text = "\0".join((finding.code, finding.path, finding.message))
    found = hashlib.sha256(git.encode(text)).hexdigest()
    while found in taken:
        found = hashlib.sha256(found.encode()).hexdigest()
    taken.add(found)
    return found


def _storable(path: str) -> str:
    """A path as JSON can hold it: GitLab's readers refuse half characters."""
    return git.encode(path).decode("utf-8", "replace")
