"""When to ask for a full collection: it tells cyclic garbage from what stays, and holds the program while it lasts."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from leakgate.analysis.signals import Signal, signals_of
from leakgate.model.evidence import TrialOk
from leakgate.model.metrics import Metric

FIRST_SUSPICION_S: Final = 2.5
AGES_S: Final = (4.0, 2.0, 0.0)
"""How far back one looks for growth that a collection should confirm: it rose from each stretch to the next."""
SETTLE_EVERY_S: Final = 1.0
PAUSE_SHARE: Final = 25.0
"""Between two collections lies this many times what the slowest of them took: at most 4 % of the time."""
LONG_PAUSE_S: Final = 0.03
"""Collections that take longer are asked for with reserve."""
PAUSE_PER_BYTE_S: Final = 1.2e-9
"""What a collection is expected to take before one was seen: 190 ms for 2 million objects of 80 bytes."""
LONG_AGES_S: Final = (8.0, 6.0, 4.0, 2.0, 1.0, 0.0)
"""A large heap is loaded for seconds; only what rises for longer than that is worth a long pause."""
RECENT_S: Final = 1.0
"""What is in use now is the lowest of this long."""


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
    if long and now_s < LONG_AGES_S[0]:
        return False
    return any(_rises(signal, now_s, LONG_AGES_S if long else AGES_S) for signal in exact)


def _expected_s(exact: list[Signal]) -> float:
    heaps = (signal.points.values[-1] for signal in exact if signal.metric is Metric.HEAP)
    return PAUSE_PER_BYTE_S * max(heaps, default=0.0)


def _rises(signal: Signal, now_s: float, ages_s: Sequence[float]) -> bool:
    """Whether the floor rose from each stretch of time to the next."""
    stretches = [signal.points.between(now_s - older, now_s - newer).values for older, newer in pairwise(ages_s)]
    if not all(stretches):
        return False
    rises = [min(after) - min(before) for before, after in pairwise(stretches)]
    spans_s = [older - newer for older, newer in pairwise(ages_s)]
    return all(rise > signal.noise.per_s * span_s for rise, span_s in zip(rises, spans_s, strict=False))


def _lies_above(signal: Signal, now_s: float) -> bool:
    """Whether more is in use than the last collection left, by more than noise."""
    points = signal.points
    left = [(t, value) for t, value, settled in zip(points.t_s, points.values, points.settled, strict=True) if settled]
    if not left:
        return False
    at_s, floor = left[-1]
    newest = [value for t, value in zip(points.t_s, points.values, strict=True) if t > max(at_s, now_s - RECENT_S)]
    return bool(newest) and min(newest) - floor > signal.noise.allowed(now_s - at_s)
