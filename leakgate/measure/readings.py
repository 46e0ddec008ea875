"""Readings over time in bounded memory: a long watch keeps its whole course, with only the extremes of older parts."""

import math
from array import array
from typing import Final

from leakgate.model.evidence import Series
from leakgate.model.metrics import Metric

RECENT: Final = 1024
"""Number of the newest readings that are always kept unchanged."""
OLDER: Final = 4096
"""Largest number of points to which older readings are thinned."""


class Readings:
    """A series to which readings are added. Its memory is bounded, and its floors and peaks stay exact.

    If there are many readings, the older ones are divided into buckets of equal numbers of readings. Only the lowest
    and the highest reading of each bucket are kept, in their order. If there are too many points, the buckets double
    in size. So every part of the past has the same resolution, with its minima and maxima.
    """

    def __init__(self, metric: Metric, *, settled: bool = False, recent: int = RECENT, older: int = OLDER) -> None:
        self._metric = metric
        self._settled = settled
        self._recent_limit = recent
        self._older_limit = older
        self._bucket = 1
        self._older_t = array("d")
        self._older_v = array("d")
        self._recent_t = array("d")
        self._recent_v = array("d")
        self._series: Series | None = None

    def __len__(self) -> int:
        return len(self._older_t) + len(self._recent_t)

    @property
    def newest_s(self) -> float:
        """Time of the newest reading, which is never thinned; minus infinity if there is none."""
        return self._recent_t[-1] if self._recent_t else -math.inf

    def append(self, t_s: float, value: float) -> None:
        """Add the next reading. Times must not decrease."""
        self._recent_t.append(t_s)
        self._recent_v.append(value)
        self._series = None
        if len(self._recent_t) >= 2 * self._recent_limit + self._bucket:
            self._age()

    def series(self) -> Series:
        """Return the readings so far. The value is cached until a reading is added."""
        if self._series is None:
            t_s = (*self._older_t, *self._recent_t)
            self._series = Series(self._metric, t_s, (*self._older_v, *self._recent_v), self._settled)
        return self._series

    def _age(self) -> None:
        count = max(1, self._recent_limit // self._bucket) * self._bucket
        t_s, values = self._recent_t[:count], self._recent_v[:count]
        del self._recent_t[:count], self._recent_v[:count]
        if self._bucket > 1:
            t_s, values = _extremes(t_s, values, self._bucket)
        self._older_t.extend(t_s)
        self._older_v.extend(values)
        while len(self._older_t) > self._older_limit:
            points = 4  # two buckets of two points each, or, the first time, four readings
            self._bucket = self._bucket * 2 if self._bucket > 1 else points
            self._older_t, self._older_v = _extremes(self._older_t, self._older_v, points)


def _extremes(t_s: "array[float]", values: "array[float]", size: int) -> tuple["array[float]", "array[float]"]:
    """Return the lowest and the highest of every ``size`` points, in the order of time."""
    kept_t, kept_v = array("d"), array("d")
    for start in range(0, len(t_s), size):
        part = range(start, min(start + size, len(t_s)))
        lowest, highest = min(part, key=values.__getitem__), max(part, key=values.__getitem__)
        for index in sorted((lowest, highest)):
            kept_t.append(t_s[index])
            kept_v.append(values[index])
    return kept_t, kept_v
