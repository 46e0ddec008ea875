"""Runs a script that cannot be repeated inside one process as one process after another, and watches each of them."""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Self

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
"""The script runs at least this often, even if that takes longer than the duration. Each run may take the whole
duration."""
MOST_RUNS: Final = 20
"""The largest number of runs, also if they are short."""
_INTERVAL_S: Final = 0.02
"""Seconds between two readings: a process that runs for half a second then has about 25 of them."""


@dataclass(frozen=True, slots=True)
class ProcessRuns:
    """The results of the runs."""

    runs: tuple[ProcessRun, ...]
    failed: TrialFailed | None = None
    """The run that failed, which is the last one; None if none failed."""


class _UntilItEnds:
    """Watches a script until it has ended, or for ``limit_s`` seconds."""

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s

    def next_step(self, so_far: TrialOk) -> Step:
        """Keep watching until the limit. Nothing is judged during the run."""
        return KeepWatching() if so_far.watched_s < self._limit_s else Conclude(reason=EndReason.DURATION)

    def confirms(self, explanation: Explanation | None) -> bool:
        """Return True: there are no early answers to withdraw."""
        del explanation
        return True

    agrees = confirms

    def last_look(self, so_far: TrialOk) -> ExplainPlan | None:
        """Return None: nothing is explained."""
        del so_far
        return None


class _NothingToExplain:
    """An explainer for runs that are never explained."""

    def reader_of(self, watched: TrialOk) -> Self:
        del watched
        return self

    def explanation_of(self, answers: tuple[RawExplanation, ...]) -> None:
        del answers

    def needs_native(self, answers: tuple[RawExplanation, ...]) -> bool:
        del answers
        return False


def run_one_after_another(spec: TargetSpec, *, logs: Path, surroundings: Surroundings) -> ProcessRuns:
    """Run the script repeatedly, each time in a new process, for its duration.

    Raises OutputError if the logs cannot be written.
    """
    alone = replace(spec, repeat=False, interval_s=min(spec.interval_s, _INTERVAL_S))
    runs: list[ProcessRun] = []
    until = time.monotonic() + spec.duration_s
    surroundings.progress.phase(spec, "one run after another")
    while len(runs) < MOST_RUNS and (len(runs) < LEAST_RUNS or time.monotonic() < until):
        trial = run_trial(
            alone,
            pacer=_UntilItEnds(spec.duration_s),
            explainer=_NothingToExplain(),
            logs=logs,
            surroundings=replace(surroundings, progress=NoProgress()),
        )
        failed = _failure(trial, spec)
        if failed is not None:
            return ProcessRuns(tuple(runs), failed)
        runs.append(_run_of(trial))
    return ProcessRuns(tuple(runs))


def _failure(trial: Trial, spec: TargetSpec) -> TrialFailed | None:
    """Return why a run failed; None if it counts. A short run that ended with status 0 counts."""
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
