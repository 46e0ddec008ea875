"""Which reports a command was asked for: rendered all first, then written, so that one bad path costs no other."""

import sys
from dataclasses import dataclass, replace

from leakgate.cli.terminal import say, show, style_of
from leakgate.errors import OutputError, UsageError
from leakgate.model.report import GateReport
from leakgate.model.verdict import ExitCode
from leakgate.report.registry import ReportFormat, render
from leakgate.report.sink import Output, write_all
from leakgate.report.style import SUMMARY, Detail, Style
from leakgate.report.terminal import render as render_terminal

STDOUT = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The reports that the user asked for: a path or ``-`` for each format, None for none."""

    json: str | None = None
    junit: str | None = None
    markdown: str | None = None
    sarif: str | None = None
    html: str | None = None
    quiet: bool = False
    verbose: bool = False

    def __post_init__(self) -> None:
        if len([path for _, path in self.paths() if path == STDOUT]) > 1:
            raise UsageError("only one report can go to stdout", hint="give the others a path")
        if self.quiet and self.verbose:
            raise UsageError("--quiet and --verbose exclude each other")

    def paths(self) -> tuple[tuple[ReportFormat, str], ...]:
        """Each asked format with its path."""
        asked = (
            (ReportFormat.JSON, self.json),
            (ReportFormat.JUNIT, self.junit),
            (ReportFormat.MARKDOWN, self.markdown),
            (ReportFormat.SARIF, self.sarif),
            (ReportFormat.HTML, self.html),
        )
        return tuple((report_format, path) for report_format, path in asked if path is not None)

    @property
    def detail(self) -> Detail:
        """How much the terminal is to say."""
        if self.quiet:
            return Detail.QUIET
        return Detail.VERBOSE if self.verbose else Detail.NORMAL

    @property
    def takes_stdout(self) -> bool:
        """Whether a report goes to stdout, so that the terminal's report has to go to stderr."""
        return any(path == STDOUT for _, path in self.paths())


def publish(report: GateReport, wanted: Wanted) -> ExitCode:
    """Show the report, write the files, and give the status that leakgate ends with.

    A file that cannot be written is an error of usage, but never hides that the gate fails.
    """
    stream = sys.stderr if wanted.takes_stdout else sys.stdout
    write = say if wanted.takes_stdout else show
    write(render_terminal(report, style_of(stream, wanted.detail)))
    style = replace(Style(), bounds=SUMMARY)
    outputs = tuple(Output(path, render(report_format, report, style)) for report_format, path in wanted.paths())
    try:
        for text in write_all(outputs):
            show(text)
    except OutputError as error:
        say(f"error: {error.message}")
        if error.hint:
            say(f"hint: {error.hint}")
        return report.exit_code if report.exit_code is not ExitCode.PASS else ExitCode.USAGE
    return report.exit_code
