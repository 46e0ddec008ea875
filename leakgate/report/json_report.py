"""The report as `results.json`, from which every other report can be made again."""

from leakgate.archive.forms.results_form import dump_results
from leakgate.model.report import GateReport
from leakgate.report.style import Style


def render(report: GateReport, style: Style) -> str:
    """Return the stored form of the report; it does not depend on the style."""
    del style
    return dump_results(report)
