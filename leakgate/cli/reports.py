"""The reports that the user asked for: all are rendered first, then written, so that one bad path stops no other."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from leakgate.cli.console import say, show, style_of
from leakgate.cli.failure import report_bug, report_error
from leakgate.cli.local_change import local_review
from leakgate.cli.source_excerpts import read_excerpts
from leakgate.config.checkout import CHECKOUTS, checkout_of
from leakgate.errors import LeakgateError, OutputError, UsageError
from leakgate.model.report import GateReport
from leakgate.model.verdict import ExitCode
from leakgate.report.escape import one_line
from leakgate.report.formats import ReportFormat
from leakgate.report.reporters import render
from leakgate.report.reviewed_lines import reviewed_places
from leakgate.report.sink import Output, require_writable, write_all
from leakgate.report.style import SUMMARY, Detail, Style
from leakgate.report.terminal import render as render_terminal

STDOUT = "-"
LONGEST_PATH = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The reports that the user asked for."""

    paths: Mapping[ReportFormat, str] = field(default_factory=dict)
    """A path, or ``-`` for stdout, for each requested format."""
    quiet: bool = False
    verbose: bool = False

    def __post_init__(self) -> None:
        if list(self.paths.values()).count(STDOUT) > 1:
            raise UsageError("only one report can go to stdout", hint="give the others a path")
        if self.quiet and self.verbose:
            raise UsageError("--quiet and --verbose exclude each other")

    @property
    def detail(self) -> Detail:
        """How much the terminal report shows."""
        if self.quiet:
            return Detail.QUIET
        return Detail.VERBOSE if self.verbose else Detail.NORMAL

    @property
    def takes_stdout(self) -> bool:
        """Whether a report goes to stdout; then the terminal report goes to stderr."""
        return STDOUT in self.paths.values()


def publish(report: GateReport, wanted: Wanted, mishaps: tuple[Exception, ...] = ()) -> ExitCode:
    """Show the report, write the files, print other errors, and return the exit code.

    A file that cannot be written is a usage error, but never hides that the gate fails. If any step hit a bug, the exit
    code is that of a bug.
    """
    trouble = [*mishaps, *_show_report(report, wanted), *write_files(report, wanted)]
    statuses = [report_error(one) if isinstance(one, LeakgateError) else report_bug(one) for one in trouble]
    if ExitCode.BUG in statuses:
        return ExitCode.BUG
    return statuses[0] if statuses and report.exit_code is ExitCode.PASS else report.exit_code


def file_style(env: Mapping[str, str]) -> Style:
    """Return the style of report files: at most the size of a job summary, paths from the root of the CI's checkout."""
    roots = (env.get(name, "") for name in CHECKOUTS)
    return Style(bounds=SUMMARY, source_root=next(filter(None, roots), ""))


def _repository(style: Style) -> Path:
    """The root of the repository, or the working directory if the root is not known."""
    return Path(style.source_root) if style.source_root else checkout_of(Path.cwd()) or Path.cwd()


def write_files(report: GateReport, wanted: Wanted) -> tuple[Exception, ...]:
    """Render and write every requested report; return the errors.

    A report that cannot be rendered (a bug) or written does not stop the other reports.
    """
    style = file_style(os.environ)
    if not report.excerpts and {ReportFormat.HTML, ReportFormat.JSON} & wanted.paths.keys():
        report = replace(report, excerpts=read_excerpts(report, _repository(style)))
    if ReportFormat.MARKDOWN in wanted.paths:
        places = reviewed_places(report, style.source_root)
        style = replace(style, review=local_review(_repository(style), places, os.environ))
    outputs: list[Output] = []
    trouble: list[Exception] = []
    for report_format, path in wanted.paths.items():
        try:
            outputs.append(Output(path, render(report_format, report, style)))
        except Exception as bug:  # noqa: BLE001 - a bug in one reporter must not cost the others
            trouble.append(bug)
    try:
        for text in write_all(tuple(outputs), partial(_report_written, wanted)):
            show(text)
    except OutputError as error:
        trouble.append(error)
    return tuple(trouble)


def try_paths(wanted: Wanted) -> None:
    """Raise OutputError if a report cannot be written, before anything is measured."""
    require_writable(wanted.paths.values())


def _report_written(wanted: Wanted, path: str) -> None:
    if not wanted.quiet:
        say(f"wrote {one_line(path, LONGEST_PATH)}")


def _show_report(report: GateReport, wanted: Wanted) -> tuple[Exception, ...]:
    stream = sys.stderr if wanted.takes_stdout else sys.stdout
    write = say if wanted.takes_stdout else show
    try:
        write(render_terminal(report, style_of(stream, wanted.detail)))
    except Exception as trouble:  # noqa: BLE001 - the files must still be written
        return (trouble,)
    return ()
