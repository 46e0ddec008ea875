"""Axes and lines of the charts as numbers and path data: pure functions, no markup.

A plot's own coordinates are integers from 0 to ``FULL`` in both directions, y downwards. So the path of a line is
compact, and exact enough for the page's script to read the values back from it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from leakgate.model.metrics import Unit
from leakgate.model.units import SIZE_UNITS

FULL: Final = 10_000
_TIME_STEPS_S: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400)
_MARGIN: Final = 0.06
FOLDED: Final = 0.07
"""The largest part of the width for the time before the judged part, and for the time after it."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Axis:
    """A range of values (or seconds) and its place in the plot."""

    low: float
    high: float

    def part(self, value: float) -> float:
        """Return the position of a value: 0 at ``low``, 1 at ``high``; a value out of range lies outside 0 to 1."""
        return (value - self.low) / (self.high - self.low)


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """Seconds and their place in the plot: linear between its stops, so that parts of a run can be folded."""

    stops: tuple[tuple[float, float], ...]
    """(seconds, part of the width), both rising, from (0, 0) to (end, 1)."""

    def part(self, seconds: float) -> float:
        """Return the position of a time: 0 at the left edge, 1 at the right; a time outside the run is on an edge."""
        for (from_s, left), (to_s, right) in pairwise(self.stops):
            if seconds < to_s:
                return left + (right - left) * max(0.0, seconds - from_s) / (to_s - from_s)
        return 1.0


def time_axis(warm_s: float, watched_s: float, end_s: float) -> TimeAxis:
    """Return the axis of a run whose judged part, from ``warm_s`` to ``watched_s``, fills the width.

    The times before and after it are drawn to the same scale if they are short, otherwise folded into a small part.
    """
    judged_s = watched_s - warm_s
    if judged_s <= 0:
        return TimeAxis(((0.0, 0.0), (end_s, 1.0)))
    # Folded parts leave the rest of the width to the judged part; a part shorter than its fold takes less.
    scale = (1.0 - FOLDED * (warm_s > 0) - FOLDED * (end_s > watched_s)) / judged_s
    before, after = (min(FOLDED, seconds * scale) for seconds in (warm_s, end_s - watched_s))
    inner = ((warm_s, before), (watched_s, 1.0 - after))
    edges = ((0.0, 0.0), *(stop for stop in inner if 0.0 < stop[0] < end_s), (end_s, 1.0))
    return TimeAxis(edges)


def value_axis(values: Sequence[float], *, least_span: float) -> Axis:
    """Return an axis that shows all values with a margin. Below ``least_span``, noise would look like growth."""
    lowest, highest = min(values), max(values)
    span = max(highest - lowest, least_span, 1.0)
    centre = (lowest + highest) / 2
    bottom = min(lowest, centre - span / 2) - span * _MARGIN
    if lowest >= 0:
        bottom = max(0.0, bottom)
    return Axis(bottom, max(highest, bottom + span) + span * 2 * _MARGIN)


def value_ticks(axis: Axis, *, at_most: int = 4) -> tuple[float, ...]:
    """Return round values within the axis, 1, 2, 2.5 or 5 times a power of ten apart."""
    raw = (axis.high - axis.low) / at_most
    magnitude = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * magnitude for factor in (1, 2, 2.5, 5, 10) if factor * magnitude >= raw)
    first, last = math.ceil(axis.low / step), math.floor(axis.high / step)
    return tuple(index * step for index in range(first, last + 1))


def tick_label(value: float, unit: Unit) -> str:
    """Return a round value without unnecessary digits: ``80 MB``, ``1,250,000``."""
    if unit is Unit.COUNT:
        return f"{value:,.10g}"
    name = next((name for name in ("GB", "MB", "KB") if abs(value) >= SIZE_UNITS[name]), "B")
    return f"{value / SIZE_UNITS[name]:.10g} {name}"


def time_ticks(end_s: float, start_s: float = 0.0, *, at_most: int = 6) -> tuple[float, ...]:
    """Return round times from ``start_s`` to ``end_s``."""
    long_s = end_s - start_s
    step = next((step for step in _TIME_STEPS_S if long_s / step <= at_most), None)
    if step is None:
        step = math.ceil(long_s / at_most / _TIME_STEPS_S[-1]) * _TIME_STEPS_S[-1]
    return tuple(float(step * index) for index in range(math.ceil(start_s / step), math.floor(end_s / step) + 1))


def time_label(seconds: float) -> str:
    """Return a round time as text: ``0``, ``15 s``, ``2 m``, ``1 h 30 m``."""
    whole = round(seconds)
    parts = (
        f"{whole // 3600} h" * (whole >= 3600),
        f"{whole % 3600 // 60} m" * (whole % 3600 >= 60),
        f"{whole % 60} s" * (whole % 60 > 0),
    )
    return " ".join(filter(None, parts)) or "0"


def path(points: Sequence[Point], time: TimeAxis, value: Axis) -> str:
    """Return the line through the points as SVG path data: an absolute start, then integer steps without error."""
    placed = [_place(point, time, value) for point in points]
    (x, y), steps = placed[0], []
    for next_x, next_y in placed[1:]:
        steps.append(f"{next_x - x} {next_y - y}")
        x, y = next_x, next_y
    start = f"M{placed[0][0]} {placed[0][1]}"
    return f"{start}l{' '.join(steps)}" if steps else start


def _place(point: Point, time: TimeAxis, value: Axis) -> tuple[int, int]:
    return round(time.part(point[0]) * FULL), round((1 - value.part(point[1])) * FULL)


def percent(part: float) -> str:
    """Return a part of the plot's width or height as a coordinate."""
    return f"{part * 100:.2f}%"
