"""Readings in files: exact in a session, thinned in results."""

import math
from typing import Final, Self

from pydantic import Field, model_validator

from leakgate.model.evidence import Series
from leakgate.model.metrics import Metric
from leakgate.stored.fields import LARGEST, Form, Number

POINTS: Final = 600
"""The most readings of one metric in results: more than a chart has pixels to show."""
_MOST_READINGS: Final = 5_000_000


class SamplesForm(Form):
    """Readings of one metric in the order of time."""

    t_s: list[Number] = Field(max_length=_MOST_READINGS, description="seconds since the script was started")
    values: list[Number] = Field(max_length=_MOST_READINGS)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if len(self.t_s) != len(self.values):
            raise ValueError(f"{len(self.t_s)} times for {len(self.values)} values")
        if any(earlier > later for earlier, later in zip(self.t_s, self.t_s[1:], strict=False)):
            raise ValueError("times are not in order")
        return self

    def series(self, metric: Metric, *, settled: bool) -> Series:
        """The domain's value."""
        return Series(metric, tuple(self.t_s), tuple(self.values), settled)


def readings(series: Series) -> SamplesForm:
    """All readings, exactly. One that is no finite number, or beyond ``LARGEST``, is no reading and left out."""
    pairs = list(zip(series.t_s, series.values, strict=True))
    if not all(_storable(t_s) and _storable(value) for t_s, value in pairs):
        pairs = [(t_s, value) for t_s, value in pairs if _storable(t_s) and _storable(value)]
    return SamplesForm(t_s=[t_s for t_s, _ in pairs], values=[value for _, value in pairs])


def _storable(value: float) -> bool:
    return math.isfinite(value) and abs(value) <= LARGEST


def thinned(series: Series, points: int = POINTS) -> Series:
    """At most ``points`` readings: the first, the last, and of each equal run between them the lowest and highest.

    Minima are what leakgate judges and maxima are peaks, so neither is averaged away. Thinning twice changes nothing.
    """
    if len(series) <= points:
        return series
    kept = {0, len(series) - 1}
    runs = (points - 2) // 2
    inner = len(series) - 2
    for run in range(runs):
        indices = range(1 + run * inner // runs, 1 + (run + 1) * inner // runs)
        kept.add(min(indices, key=series.values.__getitem__))
        kept.add(max(indices, key=series.values.__getitem__))
    order = sorted(kept)
    return Series(
        series.metric,
        tuple(series.t_s[index] for index in order),
        tuple(series.values[index] for index in order),
        series.settled,
    )
