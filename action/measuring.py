"""The step of the Action that runs the scripts: inputs from the environment, ``leakgate run``, its status as an output.

It holds no token. What the runner gives to steps for talking to it is taken out of the environment before any script is
started, put back as it was when they have ended, and commands to the runner are switched off while a script's words may
reach the log. It always leaves results, also when it is told to end: then ``leakgate run`` is told in turn. The step
itself succeeds whatever the verdict is, so that the report is written before the job fails.
"""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from action.following import follow, say
from action.inputs import command_of, problems_of
from leakgate.archive.folder_names import RESULTS_NAME
from leakgate.github.command_files import command_files_kept
from leakgate.github.outputs import append_outputs
from leakgate.measure.guard import guarded
from leakgate.model.verdict import ExitCode
from leakgate.targets.environment import without_secrets


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
    problems = problems_of(env)
    if not problems and not env["LEAKGATE_RESULTS"]:
        return run(env, results, stopped)
    from action import other_results  # noqa: PLC0415 - see there

    if problems:
        return other_results.refuse(problems, results)
    return other_results.take(Path(env["GITHUB_WORKSPACE"], env["LEAKGATE_RESULTS"]), results)


def run(env: Mapping[str, str], results: Path, stopped: Event) -> ExitCode:
    """``leakgate run`` with the inputs as options; its status."""
    folder = Path(env["GITHUB_WORKSPACE"], env["LEAKGATE_WORKING_DIRECTORY"])
    ended = follow(command_of(env, results), folder, without_secrets(env), stopped)
    if not results.is_file():
        from action import other_results  # noqa: PLC0415 - see there

        config = str(folder / env["LEAKGATE_CONFIG"])
        return other_results.explain_none(None if stopped.is_set() else ended, config, results)
    if ended.status in list(ExitCode):
        return ExitCode(ended.status)
    # It was killed: by this step, because the job was cancelled, or by another process. Its results are not certain.
    return ExitCode.INTERRUPTED if stopped.is_set() else ExitCode.UNMEASURED


@contextmanager
def commands_stopped() -> Iterator[None]:
    """Nothing that is written meanwhile is a command to the runner: the word that ends this cannot be foreseen."""
    token = secrets.token_hex(16)
    say(f"::stop-commands::{token}\n")
    try:
        yield
    finally:
        say(f"\n::{token}::\n")
