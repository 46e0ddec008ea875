"""The scripts in the log of a GitHub Actions step: one foldable group each, noteworthy scripts first."""

from typing import Final

from leakgate.model.report import GateReport, TargetResult
from leakgate.report.escape import log_text, one_line, workflow_data
from leakgate.report.number_words import plural
from leakgate.report.script_order import noteworthy
from leakgate.report.script_words import memory, status
from leakgate.report.terminal import explanation_text

MOST_GROUPS: Final = 100
"""The largest number of groups; the job summary and the HTML report have all scripts."""
_WIDTH: Final = 110


def log_groups(report: GateReport) -> str:
    """Return workflow commands and text; no text of a script can end a group or be a command."""
    first = noteworthy(report)
    names = {result.target.name for result in first}
    ordered = (*first, *(result for result in report.results if result.target.name not in names))
    groups = [_group(report, result) for result in ordered[:MOST_GROUPS]]
    left = len(ordered) - len(groups)
    return "".join(groups) + (f"and {plural(left, 'more script')}: see the job summary\n" if left else "")


def _group(report: GateReport, result: TargetResult) -> str:
    title = workflow_data(one_line(f"{result.target.name}: {status(result)}, {memory(result)}", 200))
    parts = [one_line(result.reason), f"hint: {one_line(result.hint)}" if result.hint else ""]
    parts.append(explanation_text(report, result, _WIDTH))
    body = log_text("\n".join(filter(None, parts)))
    return f"::group::{title}\n{body}\n::endgroup::\n"
