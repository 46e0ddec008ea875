"""How much each metric grew over the judged window, in the numbers that reports and budgets use."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from leakgate.growth import thresholds
from leakgate.growth.assess import Judgement, slope_over
from leakgate.growth.floors import Points, floors, merge
from leakgate.growth.signals import Signal, raw
from leakgate.growth.sizes import block_scale, large_share
from leakgate.growth.slope import Slope
from leakgate.growth.work import WorkClock, clock_of, per_iteration, per_iteration_of_course
from leakgate.model.evidence import TrialOk
from leakgate.model.metrics import COUNTED, METRICS, Metric, Source
from leakgate.model.report import Trend
from leakgate.model.work_record import IterationRate


def trends_of(trial: TrialOk, judgement: Judgement) -> tuple[Trend, ...]:
    """The trends of RSS, heap and native memory over the judged window, and of counted resources.

    Heap is live blocks times their mean size, which a tracing window measures; large Python objects come from the C
    allocator, so the share of native growth that was traced is counted as heap, not as native.
    """
    span = _Span(judgement.warmup_s, judgement.end_s, clock_of(trial.work))
    found = [_of_tree(trial, Metric.RSS, span)]
    exact = [one.signal for one in judgement.assessments if one.signal.exact]
    heap = _sum(Metric.HEAP, [s for s in exact if s.metric is Metric.HEAP], span, block_scale(trial.explanation))
    native = _sum(Metric.NATIVE, [s for s in exact if s.metric is Metric.NATIVE], span, 1.0)
    found += _share_out(heap, native, large_share(trial) or 0.0)
    pids = {one.signal.pid for one in judgement.assessments}
    for metric in COUNTED:
        by_probe = METRICS[metric].source is Source.PROBE
        found.append(_of_processes(trial, metric, pids, span) if by_probe else _of_tree(trial, metric, span))
    return tuple(trend for trend in found if trend is not None)


@dataclass(frozen=True, slots=True)
class _Span:
    """The judged window, and the work that was done in it if it was counted."""

    start_s: float
    end_s: float
    clock: WorkClock | None

    def since(self, start_s: float) -> "_Span":
        """The same window, but not before ``start_s``."""
        return replace(self, start_s=max(self.start_s, start_s))


def _of_tree(trial: TrialOk, metric: Metric, span: _Span) -> Trend | None:
    series = raw(trial.tree, metric)
    if series is None:
        return None
    noise = thresholds.IN_FORCE.noise.of(metric).allowed(span.end_s - span.start_s) if metric is Metric.RSS else 0.0
    points = merge(series)
    # Readings after the watch do not count: tracing needs memory of its own.
    peak = max(points.between(0.0, span.end_s).values or series.values)
    return _trend(metric, points, span, noise, peak)


def _trend(metric: Metric, points: Points, span: _Span, noise: float, peak: float, *, is_course: bool = False) -> Trend:
    """``is_course``: the points are the sum over the lives of workers that are replaced, and not readings."""
    rate = per_iteration_of_course if is_course else per_iteration
    slope = slope_over(points, span.start_s, span.end_s)
    first, last = _ends(points, span.start_s, span.end_s)
    return Trend(
        metric=metric,
        start=first,
        end=last,
        peak=peak,
        growth=last - first,
        per_s=slope.per_s,
        low_per_s=slope.low,
        high_per_s=slope.high,
        noise=noise,
        per_iteration=rate(points, span.clock, span.start_s, span.end_s) if span.clock is not None else None,
    )


def _ends(points: Points, start_s: float, end_s: float) -> tuple[float, float]:
    """The floor of the first and of the last eighth of the window; of quarters or halves if readings are rare."""
    for count in (8, 4, 2):
        lows = floors(points, start_s, end_s, count)
        if lows is not None:
            return lows.values[0], lows.values[-1]
    inside = points.between(start_s, end_s).values or points.values
    return (min(inside), min(inside)) if inside else (0.0, 0.0)


def _of_processes(trial: TrialOk, metric: Metric, pids: AbstractSet[int], span: _Span) -> Trend | None:
    """The sum over the judged processes of what each of their probes counts."""
    parts = [
        _trend(metric, merge(series), span.since(track.first_s), 0.0, max(series.values))
        for track in trial.processes
        if track.pid in pids and (series := raw(track.series, metric)) is not None
    ]
    return _added(metric, parts)


def _sum(metric: Metric, signals: list[Signal], span: _Span, scale: float) -> Trend | None:
    parts = [
        _trend(
            metric,
            signal.points,
            span.since(signal.begin_s),
            signal.noise.allowed(span.end_s - span.start_s) / scale,
            max(signal.points.values),
            is_course=signal.recycled is not None,
        )
        for signal in signals
    ]
    return _added(metric, parts, scale)


def _added(metric: Metric, parts: list[Trend], scale: float = 1.0) -> Trend | None:
    if not parts:
        return None
    return Trend(
        metric=metric,
        start=scale * sum(part.start for part in parts),
        end=scale * sum(part.end for part in parts),
        peak=scale * sum(part.peak for part in parts),
        growth=scale * sum(part.growth for part in parts),
        per_s=scale * sum(part.per_s for part in parts),
        low_per_s=scale * sum(part.low_per_s for part in parts),
        high_per_s=scale * sum(part.high_per_s for part in parts),
        noise=scale * sum(part.noise for part in parts),
        per_iteration=_added_rates([(part.per_iteration, scale) for part in parts]),
    )


def _added_rates(parts: list[tuple[IterationRate | None, float]]) -> IterationRate | None:
    """The sum of rates, each times its factor; None if one of them is not known."""
    rates = [(rate, factor) for rate, factor in parts if rate is not None]
    if len(rates) < len(parts):
        return None
    return IterationRate(
        sum(rate.estimate * factor for rate, factor in rates),
        sum(rate.low * factor for rate, factor in rates),
        sum(rate.high * factor for rate, factor in rates),
    )


def _share_out(heap: Trend | None, native: Trend | None, share: float) -> list[Trend | None]:
    if heap is None or native is None or share <= 0 or native.growth <= 0:
        return [heap, native]
    python = _shifted(heap, native, share)
    return [python, _shifted(native, native, -share)]


def _shifted(trend: Trend, other: Trend, share: float) -> Trend:
    moved = Slope(other.per_s * share, other.low_per_s * share, other.high_per_s * share)
    end = trend.end + other.growth * share
    return Trend(
        metric=trend.metric,
        start=trend.start,
        end=end,
        # It is not known when the large objects peaked, but they exist at the end.
        peak=max(end, trend.peak + other.growth * share),
        growth=trend.growth + other.growth * share,
        per_s=trend.per_s + moved.per_s,
        low_per_s=trend.low_per_s + moved.low,
        high_per_s=trend.high_per_s + moved.high,
        noise=trend.noise,
        per_iteration=_added_rates([(trend.per_iteration, 1.0), (other.per_iteration, share)]),
    )
