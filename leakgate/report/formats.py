"""The formats in which a report can be had, and how a command line asks for each. Adding one: docs/extending.md."""

from enum import StrEnum
from typing import Final


class ReportFormat(StrEnum):
    """A form in which a report can be had."""

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
    ReportFormat.JSON: "Write results.json; - is stdout.",
    ReportFormat.JUNIT: "Write JUnit XML.",
    ReportFormat.MARKDOWN: "Write a summary for a pull request.",
    ReportFormat.SARIF: "Write SARIF 2.1.0.",
    ReportFormat.HTML: "Write one HTML page that opens offline.",
    ReportFormat.JUNIT_STRICT: "Write JUnit XML that the strict schemas of Jenkins and Ant take: no file and line.",
    ReportFormat.CODE_QUALITY: "Write a code quality report of GitLab.",
    ReportFormat.BENCHER: "Write the figures for Bencher.",
    ReportFormat.BENCHMARK: "Write the figures for github-action-benchmark (customSmallerIsBetter).",
    ReportFormat.BRIEF: "Write a short JSON, as for a coding agent: what failed, where, and what to type next.",
}
"""Formats that a command writes to a file, with the help of the option ``--FORMAT FILE``, dashes for underscores."""
