"""What the chart of a script shows: series, trends, floors and limits. Values in, values out; no markup."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Final

from leakgate.growth.floors import Points, floors
from leakgate.model.evidence import ProcessRole, ProcessTrack, TrialFailed
from leakgate.model.metrics import METRICS, Metric, Unit
from leakgate.model.report import TargetResult, Trend
from leakgate.model.target import Budget, BudgetForm
from leakgate.model.units import format_rate
from leakgate.model.verdict import Kind
from leakgate.report.escape import one_line
from leakgate.report.html.scale import Point
from leakgate.report.script_words import main_trend
from leakgate.report.shown_readings import readings_of, shown_readings

FLOORS: Final = 6
"""How many floors are marked: enough to see whether growth continues, few enough to distinguish them."""
_SETTLED: Final = 60
"""The largest number of readings right after a collection that are marked."""
_LONGEST_COMMAND: Final = 60
_SHORTEST_FAILED_S: Final = 2.0
"""Seconds. A script that failed earlier has no chart, because its readings show only the start-up."""
_FEWEST: Final = 3
"""The least number of readings for a panel; fewer make no line."""
_ALWAYS: Final = (Metric.RSS, Metric.HEAP, Metric.NATIVE)


@dataclass(frozen=True, slots=True)
class Phases:
    """The boundaries of a run: end of the warm-up, end of the judged part, end of the readings, in seconds."""

    warm_s: float
    watched_s: float
    end_s: float
    explained: bool


@dataclass(frozen=True, slots=True)
class LimitLine:
    """A line with which growth is compared."""

    label: str
    ends: tuple[Point, Point]


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One metric over time."""

    title: str
    what: str
    unit: Unit
    readings: tuple[Point, ...]
    settled: tuple[Point, ...] = ()
    floors: tuple[Point, ...] = ()
    trend: Trend | None = None
    middle: float = 0.0
    """The value of the trend in the middle of the measured window."""
    budgets: tuple[LimitLine, ...] = ()
    accepted: LimitLine | None = None
    deciding: bool = False
    """Whether the verdict is about this metric; then its panel comes first and is higher."""


def phases(result: TargetResult) -> Phases | None:
    """Return when the phases of the run ended; None if there is nothing to draw."""
    trial = result.measurement.trial
    series = [*trial.tree, *(one for process in trial.processes for one in process.series)]
    end_s = max((one.t_s[-1] for one in series if one.t_s and math.isfinite(one.t_s[-1])), default=0.0)
    if end_s <= 0:
        return None
    if isinstance(trial, TrialFailed):
        return Phases(0.0, end_s, end_s, explained=False) if end_s >= _SHORTEST_FAILED_S else None
    watched_s = min(trial.watched_s or end_s, end_s)
    return Phases(min(result.warmup_s, watched_s), watched_s, end_s, explained=trial.explanation is not None)


def panels(result: TargetResult, when: Phases, points: int) -> tuple[Panel, ...]:
    """Return the panels: the metric that decides; RSS, heap, native memory; metrics with a budget; the growing child.

    A panel has at most ``points`` readings. They are thinned here once, and everything drawn is made from them.
    """
    named = {budget.metric for budget in result.target.budgets} | {finding.metric for finding in result.findings}
    deciding = main_trend(result)
    first = (deciding.metric,) if deciding is not None else ()
    found: list[Panel] = []
    for metric in dict.fromkeys((*first, *_ALWAYS, *(metric for metric in Metric if metric in named))):
        readings, source = shown_readings(result, metric, points)
        if len(readings) >= _FEWEST:
            settled, _ = shown_readings(result, metric, _SETTLED, settled=True)
            panel = _judged(result, metric, readings, settled, source, when)
            found.append(replace(panel, deciding=metric in first))
    child = _growing_child(result)
    if child is not None:
        found += _child_panels(child, when, points)
    return tuple(found)


def _growing_child(result: TargetResult) -> ProcessTrack | None:
    """Return the child process that the leaks name, if the growth is in a child; otherwise None."""
    if result.kind is not Kind.CHILD:
        return None
    pids = [part.site.pid for leak in result.leaks for part in leak.parts]
    children = [process for process in result.measurement.trial.processes if process.role is ProcessRole.CHILD]
    return next((child for pid in pids for child in children if child.pid == pid), None)


def _judged(
    result: TargetResult,
    metric: Metric,
    readings: tuple[Point, ...],
    settled: tuple[Point, ...],
    source: str,
    when: Phases,
) -> Panel:
    trend = result.trend(metric)
    info = METRICS[metric]
    lows = _floors(sorted((*readings, *settled)), when)
    middle = _middle(trend, lows, when) if trend else 0.0
    start = (when.warm_s, middle - trend.per_s * (when.watched_s - when.warm_s) / 2) if trend else None
    return Panel(
        title=info.title,
        what=f"{info.meaning}{source}",
        unit=info.unit,
        readings=readings,
        settled=settled,
        floors=lows,
        trend=trend,
        middle=middle,
        budgets=tuple(_limits(result, metric, start, when)),
        accepted=_accepted(result, metric, start, when),
    )


def _child_panels(child: ProcessTrack, when: Phases, points: int) -> list[Panel]:
    return [
        Panel(
            title=f"{METRICS[metric].title} of child {child.pid}",
            what=one_line(child.command, _LONGEST_COMMAND),
            unit=METRICS[metric].unit,
            readings=readings,
            settled=readings_of(child.series, metric, _SETTLED, settled=True),
            floors=_floors(readings, when),
        )
        for metric in _ALWAYS
        if (readings := readings_of(child.series, metric, points))
    ]


def _floors(readings: Sequence[Point], when: Phases) -> tuple[Point, ...]:
    times, values = zip(*readings, strict=True)
    found = floors(Points(times, values), when.warm_s, when.watched_s, FLOORS)
    return tuple(zip(found.t_s, found.values, strict=True)) if found else ()


def _middle(trend: Trend, lows: tuple[Point, ...], when: Phases) -> float:
    """Return the value in the middle of the window for which a line of the trend's slope fits the floors best."""
    if not lows:
        return (trend.start + trend.end) / 2
    at_s = (when.warm_s + when.watched_s) / 2
    return median(value + trend.per_s * (at_s - t) for t, value in lows)


def _limits(result: TargetResult, metric: Metric, start: Point | None, when: Phases) -> list[LimitLine]:
    return [
        limit
        for budget in result.target.budgets
        if budget.metric is metric and (limit := _limit(budget, start, when)) is not None
    ]


def _limit(budget: Budget, start: Point | None, when: Phases) -> LimitLine | None:
    match budget.form:
        case BudgetForm.PEAK:
            return LimitLine(f"peak budget {budget.text}", ((0.0, budget.limit), (when.end_s, budget.limit)))
        case BudgetForm.GROWTH if start:
            top = start[1] + budget.limit
            return LimitLine(f"budget +{budget.text}", ((when.warm_s, top), (when.watched_s, top)))
        case BudgetForm.RATE if start:
            return LimitLine(f"budget {budget.text}", (start, _ahead(start, budget.limit, when)))
    return None


def _accepted(result: TargetResult, metric: Metric, start: Point | None, when: Phases) -> LimitLine | None:
    """Return the slope of live memory that the baseline accepted."""
    if metric is not Metric.HEAP or start is None or result.baseline is None:
        return None
    rate = result.baseline.growth_bytes_per_s
    return LimitLine(f"baseline {format_rate(rate)}", (start, _ahead(start, rate, when)))


def _ahead(start: Point, per_s: float, when: Phases) -> Point:
    return when.watched_s, start[1] + per_s * (when.watched_s - start[0])
