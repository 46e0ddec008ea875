"""Turns the options of a command into a run of the gate with config, baseline, progress and signals."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile

from leakgate.archive.baseline_file import load_baseline
from leakgate.cli.options import require_positive
from leakgate.cli.progress import progress_on_stderr
from leakgate.config.checkout import folder_in_repository
from leakgate.config.load_config import Config, Overrides, load_config
from leakgate.config.option_values import parse_fail_on
from leakgate.errors import OutputError, UsageError
from leakgate.gate import Assignment, Keep, Outcome, keep_nothing, run_gate, temporary_folder
from leakgate.measure.guard import guarded
from leakgate.measure.jobs import auto_jobs
from leakgate.measure.surroundings import Surroundings
from leakgate.model.baseline import Baseline
from leakgate.report.style import Detail
from leakgate.shards import assign, parse_shard
from leakgate.verdict.policy import Policy

MOST_JOBS = 64


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
    require_positive("--time-limit", request.time_limit_s)
    config = read_config(request)
    policy = policy_of(config, compare=not request.no_baseline)
    earlier = earlier_of(request, config, policy.baseline)  # before any script can change what git is
    policy = replace(policy, base_run=earlier.base_run)
    jobs = parse_jobs(request.jobs)
    shard = parse_shard(request.shard, config.targets) if request.shard else None
    targets = assign(config.targets, shard, earlier.durations_s) if shard else config.targets
    keep = session_keeper(request.output)
    with guarded() as folder, progress_on_stderr(targets, detail) as progress:
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
                folder_for_logs=partial(temporary_folder, folder),
            )
        )
    about = outcome.report.about
    about = replace(about, shard=shard, notes=(*about.notes, *earlier.notes))
    return replace(outcome, report=replace(outcome.report, about=about))


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """What a run takes from results of other runs, and from earlier versions of the baseline."""

    base_run: Baseline = field(default_factory=Baseline)
    """Entries that the results of another run add to the baseline."""
    durations_s: Mapping[str, float] = field(default_factory=dict)
    """How long each script was watched in an earlier run, by name."""
    notes: tuple[str, ...] = ()


def earlier_of(request: Request, config: Config, accepted: Baseline) -> Earlier:
    """Return what the run takes from other runs. ``accepted``: the content of the baseline file."""
    durations = request.durations if request.shard else None
    if request.compare_with is None and durations is None and not accepted.environments:
        return Earlier()
    from leakgate.cli import earlier_runs  # noqa: PLC0415 - reads results and git; many runs have neither

    other = earlier_runs.other_run(request.compare_with, str(config.root))
    return Earlier(
        base_run=other.baseline,
        durations_s=earlier_runs.earlier_durations(durations),
        notes=(*other.notes, *earlier_runs.drift_notes(config.baseline, accepted)),
    )


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
        with TemporaryFile(dir=folder, prefix=".leakgate-") as trial:
            trial.write(b"x")
    except (OSError, ValueError) as error:
        raise OutputError(
            f"--output {folder}: cannot be written: {getattr(error, 'strerror', None) or error}; nothing was run",
            hint="make room or choose another place",
        ) from None
    from leakgate.archive.write_session import write_session  # noqa: PLC0415 - many runs store no session

    return partial(write_session, folder)
