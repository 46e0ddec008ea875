"""When to ask for a full collection: it tells cyclic garbage from what stays, and holds the program while it lasts."""

from itertools import pairwise
from typing import Final

from leakgate.growth.decision import CLEAR_OF_UNCERTAINTY
from leakgate.growth.floors import floors
from leakgate.growth.signals import Signal, signals_of
from leakgate.model.evidence import TrialOk
from leakgate.model.metrics import Metric

FIRST_SUSPICION_S: Final = 2.5
SUSPICION_S: Final = 4.0
"""How far back one looks for growth that a collection should confirm."""
SETTLE_EVERY_S: Final = 1.0
PAUSE_SHARE: Final = 25.0
"""Between two collections lies this many times what the slowest of them took: at most 4 % of the time."""
LONG_PAUSE_S: Final = 0.03
"""Collections that take longer are asked for with reserve."""
PAUSE_PER_BYTE_S: Final = 1.2e-9
"""What a collection is expected to take before one was seen: 190 ms for 2 million objects of 80 bytes."""
LONG_SUSPICION_S: Final = 8.0
"""A large heap is loaded for seconds; only what rises for longer than that, and still does, is worth a long pause."""
LONG_STRETCHES: Final = 4
STILL: Final = 0.25
"""A rise goes on where its last second brought this share of the mean."""
RECENT_S: Final = 4.0
"""What is in use now is the lowest of this long: young garbage comes and goes."""


def should_settle(so_far: TrialOk, asked_s: float) -> bool:
    """Whether a collection is worth its pause now; ``asked_s``: when one was asked for last.

    A short one is asked for when a counter rises, and then again and again, for readings are comparable only with
    their like. A long one is asked for when a counter rises for longer, and again only while what is in use lies above
    what the last one left: a heap at rest is left alone.
    """
    now_s, seen_s = so_far.watched_s, so_far.longest_settle_s
    if now_s < FIRST_SUSPICION_S or now_s - asked_s < max(SETTLE_EVERY_S, PAUSE_SHARE * seen_s):
        return False
    exact = [signal for signal in signals_of(so_far) if signal.exact]
    begun = any(any(signal.points.settled) for signal in exact)
    long = (seen_s if begun else _expected_s(exact)) > LONG_PAUSE_S
    if begun:
        return not long or any(_lies_above(signal, now_s) for signal in exact)
    return any(_rises_for_long(signal, now_s) if long else _rises(signal, now_s) for signal in exact)


def _expected_s(exact: list[Signal]) -> float:
    heaps = (signal.points.values[-1] for signal in exact if signal.metric is Metric.HEAP)
    return PAUSE_PER_BYTE_S * max(heaps, default=0.0)


def _rises(signal: Signal, now_s: float) -> bool:
    half_s = SUSPICION_S / 2
    before = signal.points.between(now_s - SUSPICION_S, now_s - half_s).values
    after = signal.points.between(now_s - half_s, now_s).values
    return bool(before and after) and min(after) - min(before) > signal.noise.per_s * half_s


def _rises_for_long(signal: Signal, now_s: float) -> bool:
    """Whether the floor rose from each stretch of time to the next, clear of noise and swings, and still does."""
    lows = floors(signal.points, max(0.0, now_s - LONG_SUSPICION_S), now_s, LONG_STRETCHES)
    before, last = signal.points.between(now_s - 2, now_s - 1).values, signal.points.between(now_s - 1, now_s).values
    if now_s < LONG_SUSPICION_S or lows is None or not before or not last:
        return False
    stretch_s = LONG_SUSPICION_S / LONG_STRETCHES
    total = lows.values[-1] - lows.values[0]
    mean_per_s = total / (LONG_SUSPICION_S - stretch_s)
    return (
        total > CLEAR_OF_UNCERTAINTY * lows.uncertainty
        and all(after - low > signal.noise.per_s * stretch_s for low, after in pairwise(lows.values))
        and min(last) - min(before) > STILL * mean_per_s
    )


def _lies_above(signal: Signal, now_s: float) -> bool:
    """Whether more is in use than the last collection left, by more than noise."""
    points = signal.points
    left = [(t, value) for t, value, settled in zip(points.t_s, points.values, points.settled, strict=True) if settled]
    if not left:
        return False
    at_s, floor = left[-1]
    newest = [value for t, value in zip(points.t_s, points.values, strict=True) if t > max(at_s, now_s - RECENT_S)]
    return bool(newest) and min(newest) - floor > signal.noise.allowed(now_s - at_s)
