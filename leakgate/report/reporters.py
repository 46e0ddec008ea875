"""The registry of all reports that are pure functions of the gate's report: one file and one line each."""

from collections.abc import Callable
from typing import Final

from leakgate.model.report import GateReport
from leakgate.report import (
    brief_report,
    code_quality,
    html,
    json_report,
    junit,
    markdown,
    sarif,
    terminal,
    trend_exports,
)
from leakgate.report.formats import ReportFormat
from leakgate.report.style import Style

Reporter = Callable[[GateReport, Style], str]
"""Returns the whole text of a report, with a line break at the end; no I/O."""


REPORTERS: Final[dict[ReportFormat, Reporter]] = {
    ReportFormat.TERMINAL: terminal.render,
    ReportFormat.JSON: json_report.render,
    ReportFormat.JUNIT: junit.render,
    ReportFormat.MARKDOWN: markdown.render,
    ReportFormat.SARIF: sarif.render,
    ReportFormat.HTML: html.render,
    ReportFormat.JUNIT_STRICT: junit.render_strict,
    ReportFormat.CODE_QUALITY: code_quality.render,
    ReportFormat.BENCHER: trend_exports.render_bencher,
    ReportFormat.BENCHMARK: trend_exports.render_benchmark,
    ReportFormat.BRIEF: brief_report.render,
}


def render(report_format: ReportFormat, report: GateReport, style: Style) -> str:
    """Return the report in one format."""
    return REPORTERS[report_format](report, style)
