"""The verdict on a script that ran as one process after another: its peaks, and whether each run needs more."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median
from typing import Final

from leakgate.model.evidence import ProcessRun, SuiteEvidence
from leakgate.model.metrics import Metric
from leakgate.model.report import Finding, TargetResult, Trend
from leakgate.model.session_record import Session
from leakgate.model.target import BudgetForm, TargetSpec
from leakgate.model.units import format_duration, format_size
from leakgate.model.verdict import Verdict
from leakgate.verdict.rules.budget_rule import ceilings_exceeded
from leakgate.verdict.rules.registry import worst_first
from leakgate.verdict.rules.regression_rule import higher_peak

LEAST_TO_COMPARE: Final = 7
"""With fewer runs, a rise from run to run may be chance. The first run is left out; the other six rise by chance in one
of 720 series (6 factorial), and seldom by ``LEAST_STEP_BYTES``."""
LEAST_STEP_BYTES: Final = 262_144
"""Bytes. A smaller mean rise from run to run does not count: Python and the C library take memory from the system in
pieces of this size."""


def judge_runs(session: Session, suite: SuiteEvidence) -> TargetResult:
    """The result of a script that was run as one process after another."""
    findings = worst_first(tuple(_findings(session, suite)))
    worst = findings[0]
    return TargetResult(
        target=session.target,
        measurement=session.measurement,
        verdict=worst.verdict,
        reason=worst.message,
        hint=worst.hint,
        trends=_trends(suite.runs),
        findings=tuple(one for one in findings if one.verdict is not Verdict.OK),
    )


def _findings(session: Session, suite: SuiteEvidence) -> Iterable[Finding]:
    peaks = [run.peak_bytes for run in suite.runs if run.peak_bytes]
    if not peaks:
        yield Finding(
            rule="unmeasured",
            verdict=Verdict.ERROR,
            message=f"each of {len(suite.runs)} runs ended before its memory could be read",
            hint="let one run do more of its work",
        )
        return
    yield from ceilings_exceeded(session.target.budgets, max(peaks))
    yield from _unchecked(session.target)
    worse = higher_peak(session.baseline, median(peaks), session.target.tolerance)
    if worse is not None:
        yield worse
    step = rise_of_each_run(peaks)
    if step:
        yield Finding(
            rule="growth",
            verdict=Verdict.LEAK,
            message=f"each of {len(peaks)} runs needs more memory than the one before: +{format_size(step)} a run",
            hint="something that it keeps from run to run grows: files, a database, a cache on disk",
            metric=Metric.RSS,
        )
    yield Finding(rule="growth", verdict=Verdict.OK, message=f"{_all_is_well(suite.runs, peaks)} ({suite.apart})")


def rise_of_each_run(peaks: Sequence[float]) -> float:
    """Bytes by which the peak rises from run to run, if it rises every time; else 0.

    The first run fills caches on disk, such as compiled modules, and is left out.
    """
    later = peaks[1:]
    if len(peaks) < LEAST_TO_COMPARE or any(after <= before for before, after in pairwise(later)):
        return 0.0
    step = (later[-1] - later[0]) / (len(later) - 1)
    return step if step >= LEAST_STEP_BYTES else 0.0


def _unchecked(target: TargetSpec) -> Iterable[Finding]:
    """A finding for each budget of this script that needs the readings of one process."""
    for budget in target.budgets:
        if budget.form is not BudgetForm.PEAK and budget.origin is not None:
            yield Finding(
                rule="budget",
                verdict=Verdict.INCONCLUSIVE,
                message=f"the budget of {budget.text} was not checked: every run had its own process",
                hint="limit `peak` instead",
                metric=budget.metric,
                where=budget.origin,
            )


def _all_is_well(runs: Sequence[ProcessRun], peaks: Sequence[float]) -> str:
    took = format_duration(median(run.seconds for run in runs))
    what = f"{len(runs)} runs of {took} one after another, peak {format_size(min(peaks))} to {format_size(max(peaks))}"
    if len(peaks) < LEAST_TO_COMPARE:
        return f"{what}; {LEAST_TO_COMPARE} are needed to see growth from run to run"
    return f"{what}; no growth from run to run above {format_size(LEAST_STEP_BYTES)}"


def _trends(runs: Sequence[ProcessRun]) -> tuple[Trend, ...]:
    """Resident memory as a trend, for reports and the baseline: its peak is that of all runs."""
    peaks = [float(run.peak_bytes) for run in runs if run.peak_bytes]
    if not peaks:
        return ()
    spread = max(peaks) - min(peaks)
    return (
        Trend(
            metric=Metric.RSS,
            start=peaks[0],
            end=peaks[-1],
            peak=max(peaks),
            growth=peaks[-1] - peaks[0],
            per_s=0.0,
            low_per_s=0.0,
            high_per_s=0.0,
            noise=max(spread, float(LEAST_STEP_BYTES)),
        ),
    )
