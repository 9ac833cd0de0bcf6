"""Findings as annotations: one GitHub workflow command each.

The form is that of GitHub's "Workflow commands for GitHub Actions"; how values are
escaped is the rule of its actions toolkit (``packages/core/src/command.ts``).
"""

from oneleaf.git import git
from oneleaf.output.terminal import escape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from oneleaf.checking.findings import Finding, Report


# Severity -> the workflow command, the most severe first.
_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def render(report: "Report") -> str:
    """A line per finding, errors first: GitHub shows ten of a kind in each step.

    The message repeats the place and the hint: the log of the step keeps it, also of
    those that are not shown.
    """
    if not report.findings:
        return ""
    top = _top()
    ordered = sorted(report.findings, key=lambda f: list(_COMMANDS).index(f.severity))
    return "".join(_command(finding, top) + "\n" for finding in ordered)


def _command(finding: "Finding", top: str) -> str:
    kind = _COMMANDS[finding.severity]
    properties = {
        "title": f"oneleaf ({finding.code})",
        "file": top + finding.path,
        "line": str(finding.line),
        "endLine": str(finding.line),
    }
    given = ",".join(
        f"{name}={escape_property(escape(value))}" for name, value in properties.items()
    )
    place = f"{escape(finding.path)}:{finding.line}"
    text = f"{place}: {finding.code} {escape(finding.message)}"
    text += f"\n  hint: {escape(finding.hint)}"
    return f"::{kind} {given}::{escape_data(text)}"


def _top() -> str:
    """The top of the work tree with a slash; "" where there is none.

    GitHub takes a relative path as one in the workspace, and a repository may be
    checked out below it.
    """
    code, out = git.run_code("rev-parse", "--show-toplevel", ok=(0, 128))
    top = git.decode(out).rstrip("\n")
    return top + "/" if code == 0 and top else ""


def escape_data(text: str) -> str:
    """The text of a command: it ends with its line. % is escaped too."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escape_property(text: str) -> str:
    """The value of a property: it ends with a comma or a colon, too.

    Both as ``escapeData`` and ``escapeProperty`` of GitHub's toolkit do.
    """
    return escape_data(text).replace(":", "%3A").replace(",", "%2C")
