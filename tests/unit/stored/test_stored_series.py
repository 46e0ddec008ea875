"""Readings: kept exactly, or thinned so that no minimum and no maximum is lost."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from leakgate.model.evidence import Series
from leakgate.model.metrics import Metric
from leakgate.stored.fields import count, share, whole
from leakgate.stored.series import readings, thinned


def series(*values: float) -> Series:
    return Series(Metric.RSS, tuple(map(float, range(len(values)))), values)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(-5, 5).map(float), max_size=300))
def test_thinning_keeps_the_ends_the_extremes_and_the_order(values: list[float]) -> None:
    whole_series = series(*values)
    short = thinned(whole_series, 20)
    assert len(short) <= 20
    assert list(short.t_s) == sorted(set(short.t_s))
    assert set(zip(short.t_s, short.values, strict=True)) <= set(zip(whole_series.t_s, values, strict=True))
    assert thinned(short, 20) == short
    if values:
        assert (short.values[0], short.values[-1]) == (values[0], values[-1])
        assert (min(short.values), max(short.values)) == (min(values), max(values))


def test_thinning_keeps_the_floor_of_every_stretch() -> None:
    saw = series(*(float(i % 100) for i in range(60_000)))
    short = thinned(saw)
    assert len(short) == 600
    for start in range(0, 60_000, 1_000):
        stretch = [value for t, value in zip(short.t_s, short.values, strict=True) if start <= t < start + 1_000]
        assert min(stretch) == 0.0
        assert max(stretch) == 99.0


def test_what_is_no_number_is_no_reading() -> None:
    form = readings(series(1.0, math.nan, math.inf, -1e19, 2.5))
    assert (form.t_s, form.values) == ([0.0, 4.0], [1.0, 2.5])


def test_settled_series_say_so() -> None:
    assert readings(series(1.0)).series(Metric.HEAP, settled=True) == Series(Metric.HEAP, (0.0,), (1.0,), settled=True)


def test_numbers_are_clamped_to_what_a_file_holds() -> None:
    assert (whole(10**30), whole(-math.inf), whole(2.9), count(-3)) == (10**18, -(10**18), 2, 0)
    assert (share(1.0000001), share(-0.1), share(math.nan)) == (1.0, 0.0, 0.0)
