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


FILE_FORMATS: Final[dict[ReportFormat, str]] = {
    ReportFormat.JSON: "Write results.json; - is stdout.",
    ReportFormat.JUNIT: "Write JUnit XML.",
    ReportFormat.MARKDOWN: "Write a summary for a pull request.",
    ReportFormat.SARIF: "Write SARIF 2.1.0.",
    ReportFormat.HTML: "Write one HTML page that opens offline.",
}
"""Formats that a command writes to a file, with the help of the option ``--FORMAT FILE``."""
