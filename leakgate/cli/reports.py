"""The reports that the user asked for: one on the terminal, and files."""

import sys

from leakgate.cli.console import say, show, style_of
from leakgate.cli.failure import report_bug, report_error
from leakgate.cli.wanted_reports import Wanted
from leakgate.errors import LeakgateError
from leakgate.model.report import GateReport
from leakgate.model.verdict import ExitCode
from leakgate.report.sink import require_writable
from leakgate.report.terminal import render as render_terminal


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


def write_files(report: GateReport, wanted: Wanted) -> tuple[Exception, ...]:
    """Render and write every requested report; return the errors."""
    if not wanted.paths:
        return ()
    from leakgate.cli import report_files  # noqa: PLC0415 - many runs write no report

    return report_files.write_files(report, wanted)


def try_paths(wanted: Wanted) -> None:
    """Raise OutputError if a report cannot be written, before anything is measured.

    The modules of the reports are loaded as well: a run that is interrupted has little time for its reports.
    """
    require_writable(wanted.paths.values())
    if wanted.paths:
        from leakgate.cli import report_files  # noqa: PLC0415 - many runs write no report

        report_files.load_reporters(wanted)


def _show_report(report: GateReport, wanted: Wanted) -> tuple[Exception, ...]:
    stream = sys.stderr if wanted.takes_stdout else sys.stdout
    write = say if wanted.takes_stdout else show
    try:
        write(render_terminal(report, style_of(stream, wanted.detail)))
    except Exception as trouble:  # noqa: BLE001 - the files must still be written
        return (trouble,)
    return ()
