"""The reports that go to files: all are rendered first, then written, so that one bad path stops no other."""

import os
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from leakgate.cli.console import say, show
from leakgate.cli.local_change import local_review
from leakgate.cli.source_excerpts import read_excerpts
from leakgate.cli.wanted_reports import Wanted
from leakgate.config.checkout import CHECKOUTS
from leakgate.errors import OutputError
from leakgate.model.report import GateReport
from leakgate.report.escape import one_line
from leakgate.report.formats import ReportFormat
from leakgate.report.reporters import render, reporter_of
from leakgate.report.reviewed_lines import reviewed_places
from leakgate.report.sink import Output, write_all
from leakgate.report.style import SUMMARY, Style
from leakgate.targets.repository import checkout_of

LONGEST_PATH = 1_000


def file_style(env: Mapping[str, str]) -> Style:
    """Return the style of report files: at most the size of a job summary, paths from the root of the CI's checkout."""
    roots = (env.get(name, "") for name in CHECKOUTS)
    return Style(bounds=SUMMARY, source_root=next(filter(None, roots), ""))


def _repository(style: Style) -> Path:
    """The root of the repository, or the working directory if the root is not known."""
    return Path(style.source_root) if style.source_root else checkout_of(Path.cwd()) or Path.cwd()


def load_reporters(wanted: Wanted) -> None:
    """Load the modules of the requested reports."""
    for report_format in wanted.paths:
        reporter_of(report_format)


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


def _report_written(wanted: Wanted, path: str) -> None:
    if not wanted.quiet:
        say(f"wrote {one_line(path, LONGEST_PATH)}")
