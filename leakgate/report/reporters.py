"""The registry of all reports that are pure functions of the gate's report: one file and one line each.

The module of a reporter is loaded when its report is written: to load all of them takes longer than most runs judge.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Final

from leakgate.model.report import GateReport
from leakgate.report.formats import ReportFormat
from leakgate.report.style import Style

Reporter = Callable[[GateReport, Style], str]
"""Returns the whole text of a report, with a line break at the end; no I/O."""


REPORTERS: Final[dict[ReportFormat, str]] = {
    ReportFormat.TERMINAL: "terminal.render",
    ReportFormat.JSON: "json_report.render",
    ReportFormat.JUNIT: "junit.render",
    ReportFormat.MARKDOWN: "markdown.render",
    ReportFormat.SARIF: "sarif.render",
    ReportFormat.HTML: "html.render",
    ReportFormat.JUNIT_STRICT: "junit.render_strict",
    ReportFormat.CODE_QUALITY: "code_quality.render",
    ReportFormat.BENCHER: "trend_exports.render_bencher",
    ReportFormat.BENCHMARK: "trend_exports.render_benchmark",
    ReportFormat.BRIEF: "brief_report.render",
}
"""The module in `leakgate.report` and the function of each format."""


def render(report_format: ReportFormat, report: GateReport, style: Style) -> str:
    """Return the report in one format."""
    return reporter_of(report_format)(report, style)


def reporter_of(report_format: ReportFormat) -> Reporter:
    """Load and return the reporter of a format."""
    module, _, function = REPORTERS[report_format].partition(".")
    reporter: Reporter = getattr(import_module(f"leakgate.report.{module}"), function)
    return reporter
