"""Readings are stored exactly, and numbers fit into their file."""

import math

from leakgate.archive.forms.form_fields import count, share, whole
from leakgate.archive.forms.series_form import readings
from leakgate.model.evidence import Series
from leakgate.model.metrics import Metric


def series(*values: float) -> Series:
    return Series(Metric.RSS, tuple(map(float, range(len(values)))), values)


def test_what_is_no_number_is_no_reading() -> None:
    form = readings(series(1.0, math.nan, math.inf, -1e19, 2.5))
    assert (form.t_s, form.values) == ([0.0, 4.0], [1.0, 2.5])


def test_settled_series_say_so() -> None:
    assert readings(series(1.0)).series(Metric.HEAP, settled=True) == Series(Metric.HEAP, (0.0,), (1.0,), settled=True)


def test_numbers_are_clamped_to_what_a_file_holds() -> None:
    assert (whole(10**30), whole(-math.inf), whole(2.9), count(-3)) == (10**18, -(10**18), 2, 0)
    assert (share(1.0000001), share(-0.1), share(math.nan)) == (1.0, 0.0, 0.0)
