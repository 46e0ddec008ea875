"""The step of the Action that runs the scripts: inputs from the environment, ``leakgate run``, its status as an output.

It holds no token. What the runner gives to steps for talking to it is taken out of the environment before any script is
started, and commands to the runner are switched off while a script's words may reach the log. The step itself succeeds
whatever the verdict is, so that the report is written before the job fails.
"""

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from leakgate.archive.forms.results_form import dump_results, load_results
from leakgate.archive.read_results import RESULTS_NAME, find_results, read_results
from leakgate.errors import LeakgateError, SessionError
from leakgate.github.outputs import append_outputs
from leakgate.model.report import GateReport
from leakgate.model.verdict import ExitCode
from leakgate.shards import merge
from leakgate.verdict.whole_run import rejudged

RUNNER_NAMES = frozenset(
    {"GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STATE", "GITHUB_STEP_SUMMARY"}
    | {"GITHUB_TOKEN", "GH_TOKEN", "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"}
)
RUNNER_PREFIXES = ("ACTIONS_", "INPUT_", "LEAKGATE_")
NAMED_OPTIONS = {
    "LEAKGATE_BASELINE": "--baseline",
    "LEAKGATE_COMPARE_WITH": "--compare-with",
    "LEAKGATE_FAIL_ON": "--fail-on",
    "LEAKGATE_DURATION": "--duration",
    "LEAKGATE_JOBS": "--jobs",
    "LEAKGATE_SHARD": "--shard",
}


def main(env: Mapping[str, str]) -> None:
    """Measure, or take what other jobs have measured, and hand on the results and the status."""
    folder = Path(env["RUNNER_TEMP"], f"leakgate-report-{secrets.token_hex(8)}")
    folder.mkdir(mode=0o700)
    results = folder / RESULTS_NAME
    given = env["LEAKGATE_RESULTS"]
    with commands_stopped():
        status = take(Path(env["GITHUB_WORKSPACE"], given), results) if given else run(env, results)
    outputs = {"exit-code": str(status)} | ({"json": str(results)} if results.is_file() else {})
    append_outputs(Path(env["GITHUB_OUTPUT"]), outputs)


def run(env: Mapping[str, str], results: Path) -> int:
    """``leakgate run`` with the inputs as options; its status."""
    folder = Path(env["GITHUB_WORKSPACE"], env["LEAKGATE_WORKING_DIRECTORY"])
    command = [sys.executable, "-I", "-B", "-m", "leakgate", "run", f"--json={results}", f"--python={interpreter(env)}"]
    command += options(env, folder)
    command += ["--", *(line.strip() for line in env["LEAKGATE_SCRIPTS"].splitlines() if line.strip())]
    if not folder.is_dir():
        say(f"error: working-directory {folder} is no folder\n")
        return ExitCode.USAGE
    status = follow(command, folder, scrubbed(env))
    if status in (ExitCode.PASS, ExitCode.FAIL) and not results.is_file():
        return ExitCode.BUG  # It ended before it could say anything, as Python itself does with 1.
    # A leakgate that was killed, such as by the kernel for want of memory, has measured nothing.
    return status if status in list(ExitCode) else ExitCode.UNMEASURED


def options(env: Mapping[str, str], folder: Path) -> list[str]:
    """The inputs that are given, as options of ``leakgate run``; durations only once an earlier run has left some."""
    given = {option: env[name] for name, option in NAMED_OPTIONS.items() if env[name]}
    # In full, so that the report can name it from the root of the repository.
    given["--config"] = str(folder / env["LEAKGATE_CONFIG"])
    if (durations := env["LEAKGATE_DURATIONS"]) and (folder / durations).exists():
        given["--durations"] = durations
    return [f"{option}={value}" for option, value in given.items()]


def follow(command: list[str], folder: Path, env: dict[str, str]) -> int:
    """Run a command, its words in the log as they come; its status. It sees no terminal: GitHub has none."""
    piped = subprocess.Popen(
        command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    with piped as process:
        for line in process.stdout or ():
            sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()
    return process.returncode


def take(given: Path, results: Path) -> int:
    """Read what other jobs left, as data that may be hostile, and join it where it is of several shards; its status."""
    try:
        report = join(given)
    except LeakgateError as error:
        say(f"error: {error.message!r}\n" + (f"hint: {error.hint}\n" if error.hint else ""))
        return ExitCode.USAGE
    results.write_text(dump_results(report), "utf-8")
    return report.exit_code


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


def interpreter(env: Mapping[str, str]) -> str:
    """The absolute path of the Python that runs the scripts. Links are kept: they make a virtual environment."""
    wanted = env["LEAKGATE_PYTHON"]
    for name in (wanted,) if wanted else ("python", "python3"):
        local = Path(env["GITHUB_WORKSPACE"], env["LEAKGATE_WORKING_DIRECTORY"], name)
        if os.sep in name or "/" in name:
            return str(local)
        if found := shutil.which(name):
            return found
    return wanted or sys.executable


def scrubbed(env: Mapping[str, str]) -> dict[str, str]:
    """The environment without tokens and without the runner's files, through which a script could forge a verdict."""
    return {
        name: value for name, value in env.items() if name not in RUNNER_NAMES and not name.startswith(RUNNER_PREFIXES)
    }


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


if __name__ == "__main__":
    main(os.environ)
