"""The step of the Action that runs the scripts with ``leakgate run``.

Inputs come from the environment; the status is an output. It holds no token. Before any script is started, the runner's
command files are removed from the environment. When the scripts have ended, these files get their earlier content back.
Commands to the runner are switched off while output of scripts may reach the log. The step always leaves results, also
if it is stopped: it then stops ``leakgate run``. The step itself succeeds for every verdict, so that the report is
written before the job fails.
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
    """Measure, or use the results of other jobs, and pass on the results and the status.

    The first signal sets ``stopped``: the job was cancelled or its time is over.
    """
    folder = Path(env["RUNNER_TEMP"], f"leakgate-report-{secrets.token_hex(8)}")
    folder.mkdir(mode=0o700)
    results = folder / RESULTS_NAME
    with commands_stopped(), command_files_kept(env), guarded():
        status = obtain(env, results, stopped)
    append_outputs(Path(env["GITHUB_OUTPUT"]), {"exit-code": str(int(status)), "json": str(results)})


def obtain(env: Mapping[str, str], results: Path, stopped: Event) -> ExitCode:
    """Write a ``results.json`` in every case, and return its status."""
    problems = problems_of(env)
    if not problems and not env["LEAKGATE_RESULTS"]:
        return run(env, results, stopped)
    from action import other_results  # noqa: PLC0415 - see there

    if problems:
        return other_results.refuse(problems, results)
    return other_results.take(Path(env["GITHUB_WORKSPACE"], env["LEAKGATE_RESULTS"]), results)


def run(env: Mapping[str, str], results: Path, stopped: Event) -> ExitCode:
    """Run ``leakgate run`` with the inputs as options, and return its status."""
    folder = Path(env["GITHUB_WORKSPACE"], env["LEAKGATE_WORKING_DIRECTORY"])
    ended = follow(command_of(env, results), folder, without_secrets(env), stopped)
    if not results.is_file():
        from action import other_results  # noqa: PLC0415 - see there

        config = str(folder / env["LEAKGATE_CONFIG"])
        return other_results.explain_none(None if stopped.is_set() else ended, config, results)
    if ended.status in list(ExitCode):
        return ExitCode(ended.status)
    # It was killed by this step, because the job was cancelled, or by another process. Its results may be incomplete.
    return ExitCode.INTERRUPTED if stopped.is_set() else ExitCode.UNMEASURED


@contextmanager
def commands_stopped() -> Iterator[None]:
    """Switch off commands to the runner until the block ends.

    Scripts cannot guess the word that switches them on again.
    """
    token = secrets.token_hex(16)
    say(f"::stop-commands::{token}\n")
    try:
        yield
    finally:
        say(f"\n::{token}::\n")
