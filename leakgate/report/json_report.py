"""The report as `results.json`: the hub that every other report can be made from again."""

from leakgate.archive.forms.results_form import dump_results
from leakgate.model.report import GateReport
from leakgate.report.style import Style


def render(report: GateReport, style: Style) -> str:
    """The stored form of the report; it looks the same everywhere."""
    del style
    return dump_results(report)
