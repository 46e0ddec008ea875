"""Readings over time in little memory: a long watch keeps its whole course, older parts as extremes only."""

import math
from array import array
from typing import Final

from leakgate.model.evidence import Series
from leakgate.model.metrics import Metric

RECENT: Final = 1024
"""At least so many of the newest readings are kept as they are."""
OLDER: Final = 4096
"""Older ones are thinned to at most so many points."""


class Readings:
    """A series that grows. Its memory is bounded; floors and peaks are exact however long it becomes.

    When there are many readings, the older ones are cut in buckets of equal numbers of readings, of which only the
    lowest and the highest are kept, in their order; the buckets double when there are too many. So every part of the
    past keeps the same resolution, its minima and its maxima.
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
        """The time of the newest reading, which is never thinned out; before the first one, long ago."""
        return self._recent_t[-1] if self._recent_t else -math.inf

    def append(self, t_s: float, value: float) -> None:
        """Take the next reading; times must not go back."""
        self._recent_t.append(t_s)
        self._recent_v.append(value)
        self._series = None
        if len(self._recent_t) >= 2 * self._recent_limit + self._bucket:
            self._age()

    def series(self) -> Series:
        """The readings so far as a value; made once for as long as nothing is added."""
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
    """The lowest and the highest of every ``size`` points, in the order of time."""
    kept_t, kept_v = array("d"), array("d")
    for start in range(0, len(t_s), size):
        part = range(start, min(start + size, len(t_s)))
        lowest, highest = min(part, key=values.__getitem__), max(part, key=values.__getitem__)
        for index in sorted((lowest, highest)):
            kept_t.append(t_s[index])
            kept_v.append(values[index])
    return kept_t, kept_v
