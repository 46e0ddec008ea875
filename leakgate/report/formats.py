"""The formats of a report, and the option of each. docs/extending.md says how to add one."""

from enum import StrEnum
from typing import Final


class ReportFormat(StrEnum):
    """A format of a report."""

    TERMINAL = "terminal"
    JSON = "json"
    JUNIT = "junit"
    MARKDOWN = "markdown"
    SARIF = "sarif"
    HTML = "html"
    JUNIT_STRICT = "junit_strict"
    CODE_QUALITY = "code_quality"
    BENCHER = "bencher"
    BENCHMARK = "benchmark"
    BRIEF = "brief"


FILE_FORMATS: Final[dict[ReportFormat, str]] = {
    ReportFormat.JSON: "Write results.json, the whole result as JSON.",
    ReportFormat.JUNIT: "Write JUnit XML.",
    ReportFormat.MARKDOWN: "Write a summary for a pull request.",
    ReportFormat.SARIF: "Write SARIF 2.1.0.",
    ReportFormat.HTML: "Write one HTML page that opens offline.",
    ReportFormat.JUNIT_STRICT: "Write JUnit XML for the strict schemas of Jenkins and Ant, without file and line.",
    ReportFormat.CODE_QUALITY: "Write a GitLab code quality report.",
    ReportFormat.BENCHER: "Write the figures for Bencher.",
    ReportFormat.BENCHMARK: "Write the figures for github-action-benchmark (customSmallerIsBetter).",
    ReportFormat.BRIEF: "Write a short JSON for coding agents: what failed, where, and the next commands.",
}
"""The formats that a command writes to a file, and the help of the option ``--FORMAT FILE`` (``_`` becomes ``-``)."""
