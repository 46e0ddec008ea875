"""Every report that is a pure function of the gate's report: one member, one line, one file each."""

from collections.abc import Callable
from enum import StrEnum
from typing import Final

from leakgate.model.report import GateReport
from leakgate.report import html, json_report, junit, markdown, sarif, terminal
from leakgate.report.style import Style

Reporter = Callable[[GateReport, Style], str]
"""The whole text of a report, ended by a line break; no I/O."""


class ReportFormat(StrEnum):
    """A form in which a report can be had."""

    TERMINAL = "terminal"
    JSON = "json"
    MARKDOWN = "markdown"
    JUNIT = "junit"
    SARIF = "sarif"
    HTML = "html"


REPORTERS: Final[dict[ReportFormat, Reporter]] = {
    ReportFormat.TERMINAL: terminal.render,
    ReportFormat.JSON: json_report.render,
    ReportFormat.MARKDOWN: markdown.render,
    ReportFormat.JUNIT: junit.render,
    ReportFormat.SARIF: sarif.render,
    ReportFormat.HTML: html.render,
}


def render(report_format: ReportFormat, report: GateReport, style: Style) -> str:
    """The report in one format."""
    return REPORTERS[report_format](report, style)
