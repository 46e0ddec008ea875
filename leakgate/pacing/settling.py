"""When to ask for a full collection. It separates cyclic garbage from memory that stays, but it stops the program."""

from bisect import bisect_left
from dataclasses import replace
from itertools import pairwise

from leakgate.growth import thresholds
from leakgate.growth.decision import Shape
from leakgate.growth.floors import floors
from leakgate.growth.lives import RoleAnswer, judge_roles
from leakgate.growth.signals import Signal, exact_signals_of
from leakgate.model.evidence import Series, TrialOk
from leakgate.model.metrics import Metric


def should_settle(so_far: TrialOk, asked_s: float) -> bool:
    """Whether to ask for a full collection now. ``asked_s``: when leakgate last asked for one.

    leakgate asks for a short collection when a counter rises, and regularly from then on, because a reading after a
    collection is comparable only with other such readings. It asks for a long collection when a counter has risen for
    longer, and again only while more memory is in use than the last collection left: a heap at rest is not interrupted.
    """
    now_s, seen_s = so_far.watched_s, so_far.longest_settle_s
    if now_s < _figures().first_suspicion_s or now_s - asked_s < max(
        _figures().every_s, _figures().pause_share * seen_s
    ):
        return False
    replaced = any(_is_open(answer, now_s) for answer in judge_roles(so_far))
    exact = exact_signals_of(_recent(so_far))
    begun = any(any(signal.points.settled) for signal in exact)
    long = (seen_s if begun else _expected_s(exact)) > _figures().long_pause_s
    if begun:
        return not long or any(_lies_above(signal, now_s) for signal in exact) or replaced
    return replaced or any(_rises_for_long(signal, now_s) if long else _rises(signal, now_s) for signal in exact)


def _recent(so_far: TrialOk) -> TrialOk:
    """Return the evidence without the older readings, which no rule here uses.

    So the cost does not grow during a long watch.
    """
    since_s = so_far.watched_s - max(_figures().suspicion_s, _figures().long_suspicion_s, _figures().recent_s)
    return replace(
        so_far,
        processes=tuple(
            replace(track, series=tuple(_since(series, since_s) for series in track.series))
            for track in so_far.processes
        ),
    )


def _since(series: Series, since_s: float) -> Series:
    """Return the readings since a time, and of those after a collection at least the last one."""
    first = bisect_left(series.t_s, since_s)
    if series.settled:
        first = min(first, max(0, len(series) - 1))
    return replace(series, t_s=series.t_s[first:], values=series.values[first:])


def _expected_s(exact: tuple[Signal, ...]) -> float:
    heaps = (signal.points.values[-1] for signal in exact if signal.metric is Metric.HEAP)
    return _figures().pause_per_byte_s * max(heaps, default=0.0)


def _rises(signal: Signal, now_s: float) -> bool:
    since_s, half_s = now_s - _figures().suspicion_s, _figures().suspicion_s / 2
    before = signal.points.between(since_s, since_s + half_s).values
    after = signal.points.between(since_s + half_s, now_s).values
    return bool(before and after) and min(after) - min(before) > signal.noise.per_s * half_s


def _is_open(answer: RoleAnswer, now_s: float) -> bool:
    """Whether workers that are replaced may leak.

    Only collections in several of their lives can distinguish garbage from a leak. Lives that have just begun give no
    evidence yet, so the newest readings of a role may be some seconds old.
    """
    return answer.window.shape is not Shape.FLAT or _rises(answer.signal, now_s)


def _rises_for_long(signal: Signal, now_s: float) -> bool:
    """Whether the floor rose from each stretch of time to the next, by more than noise and swings, and still rises."""
    lows = floors(
        signal.points,
        max(0.0, now_s - _figures().long_suspicion_s),
        now_s,
        _figures().long_stretches,
    )
    before, last = signal.points.between(now_s - 2, now_s - 1).values, signal.points.between(now_s - 1, now_s).values
    if now_s < _figures().long_suspicion_s or lows is None or not before or not last:
        return False
    stretch_s = _figures().long_suspicion_s / _figures().long_stretches
    total = lows.values[-1] - lows.values[0]
    mean_per_s = total / (_figures().long_suspicion_s - stretch_s)
    return (
        total > thresholds.IN_FORCE.growth.clear_of_uncertainty * lows.uncertainty
        and all(after - low > signal.noise.per_s * stretch_s for low, after in pairwise(lows.values))
        and min(last) - min(before) > _figures().still * mean_per_s
    )


def _lies_above(signal: Signal, now_s: float) -> bool:
    """Whether more is in use than the last collection left, by more than noise."""
    points = signal.points
    left = [(t, value) for t, value, settled in zip(points.t_s, points.values, points.settled, strict=True) if settled]
    if not left:
        return False
    at_s, floor = left[-1]
    newest = [
        value for t, value in zip(points.t_s, points.values, strict=True) if t > max(at_s, now_s - _figures().recent_s)
    ]
    return bool(newest) and min(newest) - floor > signal.noise.allowed(now_s - at_s)


def _figures() -> thresholds.SettlingThresholds:
    return thresholds.IN_FORCE.settling
