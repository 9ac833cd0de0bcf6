"""The way of a report to the renderer that was asked for, and whether in colour."""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from oneleaf.checking.findings import Report


def render(
    report: "Report", output_format: str, color: str, *, notes: bool = True
) -> str:
    """The report as text to print.

    output_format: a choice of ``arguments.REPORT_FORMAT``; the module of this room that
    is called after it renders it. color: ``auto``, ``always`` or ``never``; only the
    text for people has colours. notes: whether it has findings of that severity, which
    every other format has.
    """
    name = f"oneleaf.output.{output_format}_report"
    __import__(name)
    renderer = sys.modules[name]
    if output_format == "text":
        return str(renderer.render(report, colored=wants_color(color), notes=notes))
    return str(renderer.render(report))


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
    from oneleaf.output import colors

    return colors.understood()
