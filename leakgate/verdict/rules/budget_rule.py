"""The budgets of the user, compared with the measurements."""

from collections.abc import Iterable, Iterator
from typing import assert_never

from leakgate.model.metrics import METRICS, Metric, Unit
from leakgate.model.report import Finding, Trend
from leakgate.model.target import Budget, BudgetForm
from leakgate.model.units import RATE_PERIODS, format_change, format_count, format_each, format_rate, format_size
from leakgate.model.verdict import Verdict
from leakgate.verdict.case import Evidence

COVERED_BY: dict[Metric, tuple[Metric, ...]] = {
    Metric.HEAP: (Metric.HEAP, Metric.RSS),
    Metric.NATIVE: (Metric.NATIVE, Metric.RSS),
    Metric.ANON: (Metric.RSS,),
    Metric.RSS: (Metric.RSS,),
}
"""The budgets that allow growth of a metric: resident memory includes the others."""


def exceeded(budget: Budget, evidence: Evidence) -> str | None:
    """A sentence that says by how much the budget is exceeded; None when it is kept or its metric was not measured."""
    trend = evidence.trend(budget.metric)
    if trend is None:
        return None
    title = METRICS[budget.metric].title
    match budget.form:
        case BudgetForm.PEAK:
            over = trend.peak > budget.limit
            text = _peaked(budget, trend.peak)
        case BudgetForm.RATE:
            over = trend.low_per_s > budget.limit
            text = f"{title} grows by {format_rate(trend.per_s, _period(budget))}, over its budget of {budget.text}"
        case BudgetForm.GROWTH:
            growth = growth_over_duration(trend, evidence)
            counted = METRICS[budget.metric].unit is Unit.COUNT
            over = growth > budget.limit
            grew = f"+{format_count(growth)}" if counted else format_change(growth)
            text = f"{title} grew by {grew}, over its budget of {budget.text}"
        case BudgetForm.ITERATION:
            over, text = _each_exceeded(budget, trend)
        case _:
            assert_never(budget.form)
    return text if over else None


def ceilings_exceeded(budgets: Iterable[Budget], peak_bytes: float) -> Iterator[Finding]:
    """A finding for each ceiling of resident memory that a peak exceeds, for targets without trends."""
    for budget in budgets:
        if budget.metric is Metric.RSS and budget.form is BudgetForm.PEAK and peak_bytes > budget.limit:
            yield Finding(
                rule="peak",
                verdict=Verdict.OVER_BUDGET,
                message=_peaked(budget, peak_bytes),
                hint="use less memory, or raise the budget if this is intended",
                metric=Metric.RSS,
                where=budget.origin,
            )


def _peaked(budget: Budget, peak_bytes: float) -> str:
    title = METRICS[budget.metric].title
    return f"{title} peaked at {format_size(peak_bytes)}, over its ceiling of {budget.text}"


def _each_exceeded(budget: Budget, trend: Trend) -> tuple[bool, str]:
    """Growth per request: exceeded if the lower end of the interval is above the limit, and growth is above noise."""
    rate, title = trend.per_iteration, METRICS[budget.metric].title
    if rate is None:
        return False, ""
    unit = budget.text.rpartition("/")[2].strip()
    counted = METRICS[budget.metric].unit is Unit.COUNT
    grows = f"{rate.estimate:+,.3g}/{unit}" if counted else f"{format_each(rate.estimate)}/{unit}"
    over = rate.low > budget.limit and trend.growth > trend.noise
    return over, f"{title} grows by {grows}, over its budget of {budget.text}"


def _period(budget: Budget) -> str:
    """The period in which the user wrote a rate, so that both can be compared at a glance: ``s``, ``min`` or ``h``."""
    period = budget.text.rpartition("/")[2].strip()
    return period if period in RATE_PERIODS else "s"


def is_measured(budget: Budget, evidence: Evidence) -> bool:
    """Whether a budget could be checked. A program that has not loaded asyncio has no tasks, so that budget is kept."""
    trend = evidence.trend(budget.metric)
    if trend is not None:
        return budget.form is not BudgetForm.ITERATION or trend.per_iteration is not None
    return budget.metric is Metric.TASKS and any(track.probed for track in evidence.trial.processes)


def growth_over_duration(trend: Trend, evidence: Evidence) -> float:
    """Growth, scaled down to the duration that the user set if the script was watched for longer."""
    duration_s, watched_s = evidence.target.duration_s, evidence.trial.watched_s
    if 0 < duration_s < watched_s:
        return trend.growth * duration_s / watched_s
    return trend.growth


def allowance(evidence: Evidence) -> tuple[Budget, ...]:
    """Return the growth budgets for the signal that grows if all of them are kept; else an empty tuple."""
    leading = evidence.judgement.leading
    if leading is None:
        return ()
    covering = tuple(
        budget
        for metric in COVERED_BY[_what_grows(leading.signal.metric, evidence)]
        for budget in evidence.target.budgets
        if budget.metric is metric and budget.form is not BudgetForm.PEAK and is_measured(budget, evidence)
    )
    return () if any(exceeded(budget, evidence) for budget in covering) else covering


def _what_grows(metric: Metric, evidence: Evidence) -> Metric:
    """The metric as users know it: blocks above 512 bytes, taken from the C allocator, belong to the heap."""
    heap, native = evidence.trend(Metric.HEAP), evidence.trend(Metric.NATIVE)
    if metric is Metric.NATIVE and heap is not None and native is not None and heap.growth > native.growth:
        return Metric.HEAP
    return metric
