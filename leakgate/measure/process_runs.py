"""A script that cannot be repeated inside one process: run it as one process after another, and watch each one."""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from leakgate.measure.surroundings import Surroundings
from leakgate.measure.trial import run_trial
from leakgate.model.evidence import EndReason, FailureReason, ProcessRun, Trial, TrialFailed, TrialOk
from leakgate.model.explain_raw import RawExplanation
from leakgate.model.explanation import Explanation
from leakgate.model.metrics import Metric
from leakgate.model.step import Conclude, ExplainPlan, KeepWatching, Step
from leakgate.model.target import TargetSpec
from leakgate.model.units import format_duration
from leakgate.ports import NoProgress

LEAST_RUNS: Final = 3
"""Runs that are made even where they take longer than the duration; a run may then take the whole duration."""
MOST_RUNS: Final = 20
_INTERVAL_S: Final = 0.02
"""Between two readings: a process of half a second then has two dozen of them."""


@dataclass(frozen=True, slots=True)
class ProcessRuns:
    """What the runs gave."""

    runs: tuple[ProcessRun, ...]
    failed: TrialFailed | None = None
    """The run that failed; it is the last one."""


class _UntilItEnds:
    """Watches a script until it has ended, or for ``limit_s`` seconds."""

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s

    def next_step(self, so_far: TrialOk) -> Step:
        """Nothing is judged during the run."""
        return KeepWatching() if so_far.watched_s < self._limit_s else Conclude(reason=EndReason.DURATION)

    def confirms(self, explanation: Explanation | None) -> bool:
        """There are no early answers."""
        del explanation
        return True

    agrees = confirms

    def last_look(self, so_far: TrialOk) -> ExplainPlan | None:
        """Nothing is explained."""
        del so_far
        return None


def _explain_nothing(answers: tuple[RawExplanation, ...], watched: TrialOk) -> None:
    del answers, watched


def run_one_after_another(spec: TargetSpec, *, logs: Path, surroundings: Surroundings) -> ProcessRuns:
    """Run the script again and again, each time in a new process, for its duration. Raises OutputError for the logs."""
    alone = replace(spec, repeat=False, interval_s=min(spec.interval_s, _INTERVAL_S))
    runs: list[ProcessRun] = []
    until = time.monotonic() + spec.duration_s
    surroundings.progress.phase(spec, "one run after another")
    while len(runs) < MOST_RUNS and (len(runs) < LEAST_RUNS or time.monotonic() < until):
        trial = run_trial(
            alone,
            pacer=_UntilItEnds(spec.duration_s),
            explainer=_explain_nothing,
            logs=logs,
            surroundings=replace(surroundings, progress=NoProgress()),
        )
        failed = _failure(trial, spec)
        if failed is not None:
            return ProcessRuns(tuple(runs), failed)
        runs.append(_run_of(trial))
    return ProcessRuns(tuple(runs))


def _failure(trial: Trial, spec: TargetSpec) -> TrialFailed | None:
    """Why a run does not count; a short one that ended with status 0 does."""
    if isinstance(trial, TrialFailed):
        return None if trial.reason is FailureReason.TOO_SHORT and trial.exit_code == 0 else trial
    if trial.ending.reason is EndReason.EXITED:
        return None
    message = f"it did not end within its duration of {format_duration(spec.duration_s)}"
    hint = "`repeat` is for scripts that end by themselves: take it out, or raise `duration` above one run"
    if trial.ending.reason is EndReason.INTERRUPTED:
        message, hint = f"interrupted after {format_duration(trial.ending.at_s)}", ""
    return TrialFailed(
        reason=FailureReason.TOO_SHORT,
        message=message,
        hint=hint,
        processes=trial.processes,
        tree=trial.tree,
        at_s=trial.ending.at_s,
    )


def _run_of(trial: Trial) -> ProcessRun:
    resident = next((series for series in trial.tree if series.metric is Metric.RSS), None)
    seconds = trial.ending.at_s if isinstance(trial, TrialOk) else trial.at_s
    values = () if resident is None else resident.values
    return ProcessRun(seconds=seconds, peak_bytes=round(max(values, default=0)))
