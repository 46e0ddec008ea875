"""Removes from the readings what a look at the heap has added to them, if the watch continued after it. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from leakgate.model.evidence import Series
from leakgate.model.metrics import METRICS, Nature

ENOUGH_S: Final = 3.0
"""Seconds. If the readings after a tracing window cover a shorter time, the readings before the window are kept,
because they are better evidence."""


OWN_S: Final = 10.0
"""Seconds before and after a look. The program's own growth rate is estimated from them. They are as long as the
longest look."""
FEW: Final = 5
"""The least number of readings in half of that time. With fewer readings, the rate is not known."""
Row = tuple[float, float]
"""Seconds, and the value."""


@dataclass(frozen=True, slots=True)
class Span:
    """The time of a look, in seconds since the start of the watch."""

    start_s: float
    end_s: float
    traced: bool = False
    """Whether allocations were traced."""


def undisturbed(series: Series, spans: Sequence[Span]) -> Series:
    """Return the series without the readings in ``spans``, and without the memory that the looks left.

    The memory that a probe needs for a look is freed afterwards, but stays resident. So the rise from before to after a
    span is subtracted from all later readings of resident memory. The program's own growth in that time is not
    subtracted. leakgate assumes that it was as fast as the slower of the rates before and after. Counters of memory in
    use have such a step only after allocations were traced, because the tracer keeps names and tables. This step looks
    the same as memory that the program allocated in that time, so the series of such a counter begins after the
    tracing.
    """
    if not spans:
        return series
    begin_s = _begin_s(series, spans) if METRICS[series.metric].nature is Nature.IN_USE else 0.0
    rows = [
        (t, value)
        for t, value in zip(series.t_s, series.values, strict=True)
        if t >= begin_s and not any(span.start_s <= t <= span.end_s for span in spans)
    ]
    if METRICS[series.metric].nature is Nature.RESIDENT:
        rows = _without_steps(rows, spans)
    return replace(series, t_s=tuple(t for t, _ in rows), values=tuple(value for _, value in rows))


def _without_steps(rows: list[Row], spans: Sequence[Span]) -> list[Row]:
    """Return the readings less the steps of all spans before them."""
    for number, span in enumerate(spans):
        before = [row for row in rows if row[0] < span.start_s]
        after = [row for row in rows if row[0] > span.end_s]
        if before and after:
            until_s = spans[number + 1].start_s if number + 1 < len(spans) else math.inf
            grew = _own_growth(before, [row for row in after if row[0] < until_s], after[0][0] - before[-1][0])
            left = max(0.0, after[0][1] - before[-1][1] - grew)
            rows = before + [(t, value - left) for t, value in after]
    return rows


def _own_growth(before: list[Row], after: list[Row], seconds: float) -> float:
    """Return the program's own growth in ``seconds``, at the slower of the rates before and after; 0 if not known."""
    rates = [_floor_per_s([row for row in before if row[0] >= before[-1][0] - OWN_S])]
    if after[-1][0] - after[0][0] >= ENOUGH_S:
        rates.append(_floor_per_s([row for row in after if row[0] <= after[0][0] + OWN_S]))
    return max(0.0, min(rates)) * seconds


def _floor_per_s(rows: list[Row]) -> float:
    """Return how fast the floor rose from the first half of the readings to the second, per second; 0 for too few."""
    half = len(rows) // 2
    if half < FEW or rows[-1][0] - rows[0][0] < ENOUGH_S:
        return 0.0
    early, late = min(value for _, value in rows[:half]), min(value for _, value in rows[half:])
    return 2 * (late - early) / (rows[-1][0] - rows[0][0])


def _begin_s(series: Series, spans: Sequence[Span]) -> float:
    last_s = series.t_s[-1] if series.t_s else 0.0
    return max((span.end_s for span in spans if span.traced and last_s - span.end_s >= ENOUGH_S), default=0.0)
