"""Thinned readings: no minimum and no maximum is lost."""

from hypothesis import given, settings
from hypothesis import strategies as st

from leakgate.growth.thinning import thinned
from leakgate.model.evidence import Series
from leakgate.model.metrics import Metric


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
    short = thinned(saw, 600)
    assert len(short) == 600
    for start in range(0, 60_000, 1_000):
        stretch = [value for t, value in zip(short.t_s, short.values, strict=True) if start <= t < start + 1_000]
        assert min(stretch) == 0.0
        assert max(stretch) == 99.0
