"""Turns the options of a command into a run of the gate with config, baseline, progress and signals."""

import os
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile

from leakgate.archive.baseline_file import load_baseline
from leakgate.archive.forms.results_form import load_results
from leakgate.archive.read_results import read_results
from leakgate.archive.write_session import write_session
from leakgate.baseline.base_run import BaseRun, base_run_of
from leakgate.baseline.drift import drifts
from leakgate.baseline.git_history import read_history
from leakgate.cli.progress import progress_on_stderr
from leakgate.config.checkout import folder_in_repository
from leakgate.config.load_config import Config, Overrides, load_config, parse_fail_on
from leakgate.errors import OutputError, UsageError
from leakgate.gate import Assignment, Keep, Outcome, keep_nothing, run_gate
from leakgate.measure.guard import guarded
from leakgate.measure.jobs import auto_jobs
from leakgate.measure.surroundings import Surroundings
from leakgate.model.baseline import Baseline
from leakgate.model.report import GateReport
from leakgate.report.style import Detail
from leakgate.shards import assign, parse_shard, recorded_durations
from leakgate.verdict.policy import Policy

MOST_JOBS = 64
DRIFT_VERSIONS = 200
"""Most versions of the baseline that a run reads, the newest ones. For ten scripts this takes at most a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The options of a run on the command line."""

    config: Path
    names: tuple[str, ...] = ()
    duration_s: float | None = None
    python: Path | None = None
    shard: str | None = None
    durations: Path | None = None
    jobs: str = "1"
    fail_on: str | None = None
    baseline: Path | None = None
    no_baseline: bool = False
    compare_with: Path | None = None
    output: Path | None = None
    time_limit_s: float | None = None
    command: str = ""


def read_config(request: Request) -> Config:
    """Return the config with the options of the command line applied."""
    if request.baseline is not None and request.no_baseline:
        raise UsageError("--baseline and --no-baseline exclude each other")
    fail_on = parse_fail_on(part.strip() for part in request.fail_on.split(",")) if request.fail_on else None
    overrides = Overrides(
        duration_s=request.duration_s, baseline=request.baseline, fail_on=fail_on, python=request.python
    )
    return load_config(request.config, only=request.names, overrides=overrides)


def run_request(request: Request, detail: Detail) -> Outcome:
    """Run the gate. After Ctrl-C, SIGTERM or SIGHUP, the report contains the finished scripts."""
    if request.time_limit_s is not None and request.time_limit_s <= 0:
        raise UsageError("--time-limit must be above 0")
    config = read_config(request)
    other = other_run(request.compare_with, str(config.root))
    policy = replace(policy_of(config, compare=not request.no_baseline), base_run=other.baseline)
    drift = drift_notes(config.baseline, policy.baseline)  # before any script can change what git is
    jobs = parse_jobs(request.jobs)
    shard = parse_shard(request.shard, config.targets) if request.shard else None
    targets = assign(config.targets, shard, earlier_durations(request.durations)) if shard else config.targets
    keep = session_keeper(request.output)
    with guarded(), progress_on_stderr(targets, detail) as progress:
        outcome = run_gate(
            Assignment(
                targets=targets,
                policy=policy,
                jobs=jobs,
                keep=keep,
                config_path=str(config.path),
                folder=folder_in_repository(config.root, os.environ),
                command=request.command,
                partial=bool(request.names) or shard is not None,
                time_limit_s=request.time_limit_s or config.time_limit_s,
                surroundings=Surroundings(progress=progress),
            )
        )
    about = outcome.report.about
    about = replace(about, shard=shard, notes=(*about.notes, *other.notes, *drift))
    return replace(outcome, report=replace(outcome.report, about=about))


def drift_notes(path: Path, accepted: Baseline) -> tuple[str, ...]:
    """Return a sentence for each accepted figure that rose several times; nothing if git does not know the file."""
    if not accepted.environments:
        return ()
    try:
        history = read_history(path, DRIFT_VERSIONS)
    except UsageError:
        return ()
    return tuple(f"drift: {drift}" for drift in drifts(history.versions, accepted))


def other_run(results: Path | None, root: str) -> BaseRun:
    """Return the entries that the results of another run add to the baseline; none without such results."""
    return BaseRun(baseline=Baseline()) if results is None else base_run_of(read_report(results), root)


def earlier_durations(results: Path | None) -> dict[str, float]:
    """Return the seconds that each script took in an earlier run, by name; empty without its results."""
    return {} if results is None else recorded_durations(read_report(results))


def read_report(results: Path) -> GateReport:
    """Return the report of an earlier run, from its results.json or from a folder or zip file that contains it."""
    try:
        return load_results(read_results(results).decode("utf-8"), str(results))
    except UnicodeDecodeError:
        raise UsageError(f"{results} is not a results.json: it is not UTF-8 text") from None


def policy_of(config: Config, *, compare: bool = True) -> Policy:
    """Return the rules for the scripts of the config."""
    return Policy(
        baseline=load_baseline(config.baseline) if compare else Baseline(),
        baseline_path=str(config.baseline) if compare else "",
        configured=frozenset(config.every_name),
        suppressions=config.suppressions,
        fail_on=config.fail_on,
        root=str(config.root),
    )


def parse_jobs(text: str) -> int:
    """Return how many scripts run at the same time. Raises UsageError."""
    if text == "auto":
        return auto_jobs()
    if not text.isdecimal() or not 1 <= int(text) <= MOST_JOBS:
        raise UsageError(f"--jobs: {text!r} is neither auto nor a number from 1 to {MOST_JOBS}")
    return int(text)


def session_keeper(folder: Path | None) -> Keep:
    """Return a function that stores each session in the folder; without a folder, it stores nothing.

    Raises OutputError for a folder that cannot be written, before anything is measured.
    """
    if folder is None:
        return keep_nothing
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=folder, prefix=".leakgate-") as trial:
            trial.write(b"x")
    except (OSError, ValueError) as error:
        raise OutputError(
            f"--output {folder}: cannot be written: {getattr(error, 'strerror', None) or error}; nothing was run",
            hint="make room or choose another place",
        ) from None
    return partial(write_session, folder)
