"""Readings in files, stored exactly."""

import math
from typing import Final, Self

from pydantic import Field, model_validator

from leakgate.archive.forms.form_fields import LARGEST, Form, Number
from leakgate.model.evidence import Series
from leakgate.model.metrics import Metric

_MOST_READINGS: Final = 5_000_000
NO_LONGER_READ: Final = ("uss",)
"""Metrics of version 0.1.0 that leakgate no longer reads. They decided nothing; their readings are skipped."""


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
        """Return the value that this form stores."""
        return Series(metric, tuple(self.t_s), tuple(self.values), settled)


def readings(series: Series) -> SamplesForm:
    """Return all readings exactly, except those that are not finite or are beyond ``LARGEST``; these are left out."""
    if all(map(_all_storable, (series.t_s, series.values))):
        return SamplesForm(t_s=list(series.t_s), values=list(series.values))
    pairs = zip(series.t_s, series.values, strict=True)
    kept = [(t_s, value) for t_s, value in pairs if _storable(t_s) and _storable(value)]
    return SamplesForm(t_s=[t_s for t_s, _ in kept], values=[value for _, value in kept])


def _all_storable(values: tuple[float, ...]) -> bool:
    return all(map(math.isfinite, values)) and max(map(abs, values), default=0.0) <= LARGEST


def _storable(value: float) -> bool:
    return math.isfinite(value) and abs(value) <= LARGEST
