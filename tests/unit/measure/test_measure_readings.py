"""Readings in bounded memory."""

import math

from hypothesis import given
from hypothesis import strategies as st

from leakgate.measure.readings import Readings
from leakgate.model.metrics import Metric


def test_few_readings_stay_as_they_are() -> None:
    readings = Readings(Metric.RSS)
    for n in range(300):
        readings.append(n * 0.1, float(n))
    series = readings.series()
    assert series.values == tuple(map(float, range(300)))
    assert (series.metric, series.settled) == (Metric.RSS, False)


def test_the_value_is_made_once_until_something_is_added() -> None:
    readings = Readings(Metric.BLOCKS, settled=True)
    readings.append(1.0, 2.0)
    first = readings.series()
    assert readings.series() is first
    assert first.settled
    readings.append(2.0, 3.0)
    assert len(readings.series()) == len(readings) == 2


@given(
    st.lists(st.floats(-1e9, 1e9, allow_nan=False), min_size=1, max_size=900),
    st.integers(1, 20),
    st.integers(4, 40),
)
def test_thinning_keeps_extremes_order_and_bounds(values: list[float], recent: int, older: int) -> None:
    readings = Readings(Metric.RSS, recent=recent, older=older)
    for n, value in enumerate(values):
        readings.append(float(n), value)
    series = readings.series()
    assert min(series.values) == min(values)
    assert max(series.values) == max(values)
    assert list(series.t_s) == sorted(series.t_s)
    assert all(values[int(t)] == value for t, value in zip(series.t_s, series.values, strict=True))
    assert series.values[-1] == values[-1]
    buckets = max(1.0, 4 * len(values) / older)
    assert len(series) <= older + 2 * recent + 2 * buckets


def test_ten_hours_keep_an_even_resolution_and_their_floors() -> None:
    readings = Readings(Metric.RSS)
    total = 360_000
    for n in range(total):
        readings.append(n * 0.1, 1000.0 + n * 0.001 + 50 * abs(math.sin(n)))
    series = readings.series()
    assert len(series) < 7_000
    tenths = [sum(1 for t in series.t_s if part <= t / (total * 0.01) < part + 1) for part in range(10)]
    assert min(tenths[:9]) > 0.5 * max(tenths[:9])
    for part in range(10):
        low, high = part * total // 10, (part + 1) * total // 10
        floor = min(1000.0 + n * 0.001 + 50 * abs(math.sin(n)) for n in range(low, high))
        kept = min(v for t, v in zip(series.t_s, series.values, strict=True) if low * 0.1 <= t < high * 0.1)
        assert kept - floor < 0.5
