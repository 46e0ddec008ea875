"""The step of the Action that runs the scripts: inputs from the environment, ``leakgate run``, its status as an output.

It holds no token. What the runner gives to steps for talking to it is taken out of the environment before any script is
started, put back as it was when they have ended, and commands to the runner are switched off while a script's words may
reach the log. It always leaves results, also when it is told to end: then ``leakgate run`` is told in turn. The step
itself succeeds whatever the verdict is, so that the report is written before the job fails.
"""

import os
import secrets
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from action.following import Ended, follow
from action.inputs import command_of, problems_of
from leakgate.archive.forms.results_form import dump_results, load_results
from leakgate.archive.read_results import RESULTS_NAME, find_results, read_results
from leakgate.errors import LeakgateError, SessionError
from leakgate.github.command_files import command_files_kept
from leakgate.github.outputs import append_outputs
from leakgate.measure.guard import guarded
from leakgate.model.report import GateReport, RunProblem
from leakgate.model.verdict import ExitCode
from leakgate.shards import merge
from leakgate.targets.environment import without_secrets
from leakgate.verdict.whole_run import failed_run, rejudged


def main(env: Mapping[str, str], stopped: Event) -> None:
    """Measure, or take what other jobs have measured, and hand on the results and the status.

    ``stopped`` is set by the first signal: the job was cancelled or is out of time.
    """
    folder = Path(env["RUNNER_TEMP"], f"leakgate-report-{secrets.token_hex(8)}")
    folder.mkdir(mode=0o700)
    results = folder / RESULTS_NAME
    with commands_stopped(), command_files_kept(env), guarded():
        status = obtain(env, results, stopped)
    append_outputs(Path(env["GITHUB_OUTPUT"]), {"exit-code": str(int(status)), "json": str(results)})


def obtain(env: Mapping[str, str], results: Path, stopped: Event) -> ExitCode:
    """Leave a ``results.json`` whatever happens; the status that belongs to it."""
    if problems := problems_of(env):
        for problem in problems:
            say(f"error: {problem}\n")
        return leave(failed_run(problems, ExitCode.USAGE), results)
    if env["LEAKGATE_RESULTS"]:
        return take(Path(env["GITHUB_WORKSPACE"], env["LEAKGATE_RESULTS"]), results)
    return run(env, results, stopped)


def run(env: Mapping[str, str], results: Path, stopped: Event) -> ExitCode:
    """``leakgate run`` with the inputs as options; its status."""
    folder = Path(env["GITHUB_WORKSPACE"], env["LEAKGATE_WORKING_DIRECTORY"])
    ended = follow(command_of(env, results), folder, without_secrets(env), stopped)
    if not results.is_file():
        config = str(folder / env["LEAKGATE_CONFIG"])
        if stopped.is_set():
            return leave(failed_run((), ExitCode.INTERRUPTED, config_path=config), results)
        return leave(nothing_left(ended, config), results)
    if ended.status in list(ExitCode):
        return ExitCode(ended.status)
    # It was killed: by this step, because the job was cancelled, or by another process. Its results are not certain.
    return ExitCode.INTERRUPTED if stopped.is_set() else ExitCode.UNMEASURED


def nothing_left(ended: Ended, config: str) -> GateReport:
    """The report where ``leakgate run`` left none."""
    if ended.status == ExitCode.USAGE:
        problem = RunProblem(message=f"leakgate refused an input: {ended.last_words}")
        return failed_run((problem,), ExitCode.USAGE, config_path=config)
    problem = RunProblem(
        message=f"leakgate ended with status {ended.status} before it could report: {ended.last_words}",
        hint="the log of the step that measures says more; was the machine out of memory?",
    )
    # Python itself ends with 1 where leakgate could not begin.
    code = ExitCode.BUG if ended.status in (ExitCode.PASS, ExitCode.FAIL, ExitCode.BUG) else ExitCode.UNMEASURED
    return failed_run((problem,), code, config_path=config)


def take(given: Path, results: Path) -> ExitCode:
    """Read what other jobs left, as data that may be hostile, and join it where it is of several shards; its status."""
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
    """The one report of a file, folder or zip, or of the shards in a folder. Raises LeakgateError."""
    whole = not given.is_dir() or (given / RESULTS_NAME).exists()
    paths = (given,) if whole else find_results(given)
    reports = []
    for path in paths:
        try:
            reports.append(load_results(read_results(path).decode("utf-8"), path.name))
        except UnicodeDecodeError:
            raise SessionError(f"{path} is no text") from None
    return rejudged(reports[0]) if len(reports) == 1 and reports[0].about.shard is None else merge(reports)


def leave(report: GateReport, results: Path) -> ExitCode:
    """Write the results; the status of the report."""
    results.write_text(dump_results(report), "utf-8")
    return report.exit_code


@contextmanager
def commands_stopped() -> Iterator[None]:
    """Nothing that is written meanwhile is a command to the runner: the word that ends this cannot be foreseen."""
    token = secrets.token_hex(16)
    say(f"::stop-commands::{token}\n")
    try:
        yield
    finally:
        say(f"\n::{token}::\n")


def say(text: str) -> None:
    """Write to the log at once, for the scripts' words come from other processes."""
    sys.stdout.write(text)
    sys.stdout.flush()
