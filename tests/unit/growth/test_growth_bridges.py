"""A gap in the middle of a watch, left by a closer look, does not change the answer by itself."""

import pytest

from leakgate.growth import thresholds
from leakgate.growth.decision import Shape, find_window
from leakgate.growth.floors import LOW_OF, Points, bridged, floors
from leakgate.model.metrics import Metric

TICKS = tuple(round(0.1 * tick, 1) for tick in range(10, 301))


def with_gap(level: float, per_s: float, gap: tuple[float, float], *, until_s: float = 30.0) -> Points:
    times = tuple(t for t in TICKS if not gap[0] < t < gap[1])
    return Points(times, tuple(level + per_s * min(t, until_s) for t in times))


def test_few_readings_and_readings_without_a_gap_stay_as_they_are() -> None:
    few = Points((0.0, 9.0), (1.0, 2.0))
    assert bridged(few) is few
    whole = Points(TICKS, tuple(map(float, TICKS)))
    assert bridged(whole) is whole


def test_readings_that_are_rare_have_no_gap() -> None:
    rare = Points(tuple(2.0 * n for n in range(20)), (5.0,) * 20)
    assert bridged(rare) is rare


def test_a_gap_is_bridged_from_low_to_low() -> None:
    times = tuple(round(0.1 * tick, 1) for tick in (*range(10), *range(60, 70)))
    values = (*(9.0,) * 8, 1.0, 9.0, *(9.0,) * 3, 3.0, *(9.0,) * 6)
    line = [value for t, value in zip(*_columns(bridged(Points(times, values))), strict=True) if 0.9 < t < 6.0]
    assert len(line) == 25
    assert all(1.0 < value < 3.0 for value in line)
    assert line == sorted(line)


def _columns(points: Points) -> tuple[tuple[float, ...], tuple[float, ...]]:
    assert len(points.t_s) == len(points.values) == len(points.settled)
    assert list(points.t_s) == sorted(points.t_s)
    return points.t_s, points.values


@pytest.mark.parametrize("gap", [(11.0, 13.5), (11.0, 18.0), (14.9, 21.0)])
def test_a_leak_is_still_a_leak_and_rest_is_still_rest(gap: tuple[float, float]) -> None:
    noise = thresholds.IN_FORCE.noise.of(Metric.HEAP)
    leak = bridged(with_gap(5e6, 200e3, gap))
    assert find_window(leak, 1.0, 30.0, noise).shape is Shape.SUSTAINED
    assert find_window(bridged(with_gap(5e6, 0.0, gap)), 1.0, 30.0, noise).shape is Shape.FLAT
    full = bridged(with_gap(5e6, 200e3, gap, until_s=12.0))
    assert find_window(full, 1.0, 30.0, noise).shape is not Shape.SUSTAINED


def test_every_sub_window_has_a_floor_then() -> None:
    points = with_gap(5e6, 200e3, (11.0, 18.0))
    assert floors(points, 1.0, 30.0, 8) is None
    assert floors(bridged(points), 1.0, 30.0, 8) is not None
    assert LOW_OF > 1
