"""Results that do not come from ``leakgate run`` in this step.

They are results of other jobs, or a report that says why there are none. This module is loaded only when it is needed,
because the codec of results takes a quarter of a second to load.
"""

import os
from pathlib import Path

from action.following import Ended, say
from leakgate.archive.folder_names import RESULTS_NAME
from leakgate.archive.forms.results_form import dump_results, load_results
from leakgate.archive.read_results import find_results, read_results
from leakgate.errors import LeakgateError, SessionError
from leakgate.model.report import GateReport, RunProblem
from leakgate.model.verdict import ExitCode
from leakgate.shards import merge
from leakgate.verdict.whole_run import failed_run, rejudged


def refuse(problems: tuple[RunProblem, ...], results: Path) -> ExitCode:
    """Print what is wrong with the inputs, write results that contain it, and return the status."""
    for problem in problems:
        say(f"error: {problem}\n")
    return leave(failed_run(problems, ExitCode.USAGE), results)


def explain_none(ended: Ended | None, config: str, results: Path) -> ExitCode:
    """Write results if ``leakgate run`` wrote none, and return the status.

    ``ended`` is None if the job was cancelled.
    """
    if ended is None:
        return leave(failed_run((), ExitCode.INTERRUPTED, config_path=config), results)
    return leave(nothing_left(ended, config), results)


def nothing_left(ended: Ended, config: str) -> GateReport:
    """Return the report for a run in which ``leakgate run`` wrote none."""
    if ended.status == ExitCode.USAGE:
        problem = RunProblem(message=f"leakgate refused an input: {ended.last_words}")
        return failed_run((problem,), ExitCode.USAGE, config_path=config)
    problem = RunProblem(
        message=f"leakgate ended with status {ended.status} before it could report: {ended.last_words}",
        hint="the log of the step that measures says more; was the machine out of memory?",
    )
    # Python itself ends with 1 if leakgate could not start.
    code = ExitCode.BUG if ended.status in (ExitCode.PASS, ExitCode.FAIL, ExitCode.BUG) else ExitCode.UNMEASURED
    return failed_run((problem,), code, config_path=config)


def take(given: Path, results: Path) -> ExitCode:
    """Read the results of other jobs as data that may be hostile.

    Results of several shards are merged. Return the status.
    """
    if not os.path.lexists(given) or (given.is_dir() and not any(given.iterdir())):
        problem = RunProblem(
            message=f"there are no results in {given.name}: the job that measures was ended before it could leave any",
            hint="its log says why; if it was not ended, see whether `results` names what was downloaded",
        )
        return leave(failed_run((problem,), ExitCode.UNMEASURED), results)
    try:
        return leave(join(given), results)
    except LeakgateError as error:
        say(f"error: {error.message!r}\n" + (f"hint: {error.hint}\n" if error.hint else ""))
        problem = RunProblem(message=f"no results to report: {error.message}", hint=error.hint)
        return leave(failed_run((problem,), ExitCode.USAGE), results)


def join(given: Path) -> GateReport:
    """Return the report in a file, folder or zip, or the merged report of the shards in a folder.

    Raises LeakgateError.
    """
    whole = not given.is_dir() or (given / RESULTS_NAME).exists()
    paths = (given,) if whole else find_results(given)
    reports = []
    for path in paths:
        try:
            reports.append(load_results(read_results(path).decode("utf-8"), path.name))
        except UnicodeDecodeError:
            raise SessionError(f"{path} is not text") from None
    return rejudged(reports[0]) if len(reports) == 1 and reports[0].about.shard is None else merge(reports)


def leave(report: GateReport, results: Path) -> ExitCode:
    """Write the results, and return the status of the report."""
    results.write_text(dump_results(report), "utf-8")
    return report.exit_code
