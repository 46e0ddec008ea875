"""The formats of a report, and the option of each. docs/extending.md says how to add one."""

from enum import StrEnum
from typing import Final, Self


class ReportFormat(StrEnum):
    """A format of a report: its name, and the help of the option that writes it to a file; empty for the terminal."""

    help: str

    TERMINAL = "terminal"
    JSON = "json", "Write results.json, the whole result as JSON."
    JUNIT = "junit", "Write JUnit XML."
    MARKDOWN = "markdown", "Write a summary for a pull request."
    SARIF = "sarif", "Write SARIF 2.1.0."
    HTML = "html", "Write one HTML page that opens offline."
    JUNIT_STRICT = "junit_strict", "Write JUnit XML for the strict schemas of Jenkins and Ant, without file and line."
    CODE_QUALITY = "code_quality", "Write a GitLab code quality report."
    BENCHER = "bencher", "Write the figures for Bencher."
    BENCHMARK = "benchmark", "Write the figures for github-action-benchmark (customSmallerIsBetter)."
    BRIEF = "brief", "Write a short JSON for coding agents: what failed, where, and the next commands."

    def __new__(cls, name: str, option_help: str = "") -> Self:
        """Make the member from its name and its help."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.help = option_help
        return member


FILE_FORMATS: Final[dict[ReportFormat, str]] = {one: one.help for one in ReportFormat if one.help}
"""The formats that a command writes to a file, and the help of the option ``--FORMAT FILE`` (``_`` becomes ``-``)."""
