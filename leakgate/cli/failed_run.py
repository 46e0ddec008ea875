"""Reports of a run that ends before it measured anything, so that no older report is mistaken for one of this run."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from leakgate.cli.failure import report_error, status_of
from leakgate.cli.reports import write_files
from leakgate.cli.wanted_reports import Wanted
from leakgate.config.checkout import folder_in_repository
from leakgate.errors import ConfigError, LeakgateError, OutputError
from leakgate.model.report import GateReport, RunProblem
from leakgate.verdict.whole_run import failed_run


@contextlib.contextmanager
def failures_reported(wanted: Wanted, *, config: Path | None = None, command: str = "") -> Iterator[None]:
    """If the block raises, write the requested reports and raise the exception again."""
    try:
        yield
    except (Exception, KeyboardInterrupt) as error:
        # If the error is a path that cannot be written, the caller reports it; it must not appear twice.
        _write(
            wanted, report_of_failure(error, config=config, command=command), tell=not isinstance(error, OutputError)
        )
        raise


def report_of_failure(error: BaseException, *, config: Path | None = None, command: str = "") -> GateReport:
    """Return the report of a run that ended with an exception. Each problem of a config is a problem of the report."""
    path = "" if config is None else str(config)
    report = failed_run(_problems(error), status_of(error), config_path=path, command=command)
    if config is None:
        return report
    root = config.absolute().parent
    about = replace(report.about, root=str(root), folder=folder_in_repository(root, os.environ))
    return replace(report, about=about)


def _problems(error: BaseException) -> tuple[RunProblem, ...]:
    match error:
        case ConfigError():
            return tuple(RunProblem(message=one.message, where=one.where) for one in error.problems)
        case LeakgateError():
            return (RunProblem(message=error.message, hint=error.hint),)
        case KeyboardInterrupt():
            return ()
        case _:
            return (RunProblem(message=f"{type(error).__name__}: the log has the text for a bug report"),)


def _write(wanted: Wanted, report: GateReport, *, tell: bool) -> None:
    for trouble in write_files(report, wanted):
        if tell and isinstance(trouble, OutputError):
            report_error(trouble)
