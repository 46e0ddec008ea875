"""Floors, and the slope through them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakgate.growth.assess import slope_over
from leakgate.growth.floors import Points, floors, merge
from leakgate.growth.slope import Slope, theil_sen
from leakgate.model.evidence import Series
from leakgate.model.metrics import Metric
from tests.helpers.trials import KB, flat, linear, plus, sampled, saw


def test_points_between_includes_the_start_and_leaves_out_the_end() -> None:
    points = Points((1.0, 2.0, 3.0), (10.0, 20.0, 30.0), settled=(False, True, False))
    assert points.between(1.0, 3.0) == Points((1.0, 2.0), (10.0, 20.0), (False, True))


def test_merge_orders_readings_of_all_series_by_time_and_scales_them() -> None:
    plain = Series(Metric.BLOCKS, (1.0, 3.0), (5.0, 7.0))
    settled = Series(Metric.BLOCKS, (2.0,), (4.0,), settled=True)
    assert merge(plain, settled, scale=2.0) == Points((1.0, 2.0, 3.0), (10.0, 8.0, 14.0), (False, True, False))
    assert merge() == Points((), ())


def test_a_floor_is_the_lowest_reading_of_its_sub_window() -> None:
    found = floors(sampled(saw(100.0, 1.0, level=50.0), 8.0), 0.0, 8.0, 4)
    assert found is not None
    assert found.t_s == (1.0, 3.0, 5.0, 7.0)
    assert found.values == pytest.approx((50.0,) * 4, abs=1.0)


def test_a_sub_window_with_too_few_readings_has_no_floor() -> None:
    points = Points((0.0, 0.1, 0.2, 1.0, 1.1), (1.0,) * 5)
    assert floors(points, 0.0, 2.0, 2) is None


def test_uncertainty_is_the_distance_to_the_third_lowest_reading() -> None:
    points = Points((0.0, 0.1, 0.2, 0.3), (9.0, 5.0, 6.0, 8.0))
    found = floors(points, 0.0, 1.0, 1)
    assert found is not None
    assert found.uncertainty == 3.0


def test_two_readings_without_garbage_bound_the_uncertainty() -> None:
    points = Points((0.0, 0.1, 0.2, 0.3), (9.0, 5.0, 6.0, 90.0), (False, True, True, False))
    found = floors(points, 0.0, 1.0, 1)
    assert found is not None
    assert found.uncertainty == 1.0


def test_one_reading_without_garbage_bounds_nothing() -> None:
    points = Points((0.0, 0.1, 0.2), (9.0, 5.0, 60.0), (False, True, False))
    found = floors(points, 0.0, 1.0, 1)
    assert found is not None
    assert found.uncertainty == 55.0


def test_the_slope_of_a_line_is_exact_and_its_interval_is_narrow() -> None:
    slope = theil_sen(sampled(linear(3.0), 10.0))
    assert (slope.per_s, slope.low, slope.high) == pytest.approx((3.0, 3.0, 3.0), rel=1e-3)


def test_one_outlier_does_not_move_the_slope() -> None:
    values = [2.0 * t for t in range(12)]
    values[5] = 1_000.0
    slope = theil_sen(Points(tuple(map(float, range(12))), tuple(values)))
    assert slope.per_s == pytest.approx(2.0)
    assert slope.low <= 2.0 <= slope.high


@pytest.mark.parametrize("points", [Points((), ()), Points((1.0,), (5.0,)), Points((1.0, 1.0), (5.0, 9.0))])
def test_too_few_moments_have_no_slope(points: Points) -> None:
    assert theil_sen(points) == Slope(0.0, 0.0, 0.0)


def test_the_interval_of_few_points_is_that_of_all_pairs() -> None:
    slope = theil_sen(Points((0.0, 1.0, 2.0, 3.0), (0.0, 1.0, 5.0, 6.0)))
    assert (slope.low, slope.high) == (1.0, 4.0)


def test_the_slope_over_a_window_ignores_what_is_above_the_floor() -> None:
    points = sampled(plus(linear(10 * KB, level=0.0), saw(500 * KB, 1.0, level=0.0)), 30.0)
    assert slope_over(points, 1.0, 30.0).per_s == pytest.approx(10 * KB, rel=0.1)


def test_the_slope_over_a_window_needs_readings() -> None:
    assert slope_over(sampled(flat(), 3.0), 10.0, 20.0) == Slope(0.0, 0.0, 0.0)
    few = sampled(linear(5.0), 9.0, start_s=0.0, interval_s=1.0)  # enough for two floors only
    assert slope_over(few, 0.0, 9.0).per_s == pytest.approx(5.0, rel=0.2)


@given(
    st.lists(st.floats(-1e9, 1e9), min_size=4, max_size=40),
    st.floats(-1e6, 1e6),
    st.integers(1, 4),
)
def test_floors_move_with_the_readings(values: list[float], shift: float, count: int) -> None:
    times = tuple(index * 1.0 for index in range(len(values)))
    before = floors(Points(times, tuple(values)), 0.0, len(values) * 1.0, count)
    after = floors(Points(times, tuple(v + shift for v in values)), 0.0, len(values) * 1.0, count)
    assert (before is None) == (after is None)
    if before is not None and after is not None:
        assert after.values == pytest.approx([v + shift for v in before.values], abs=1e-3)
        assert before.uncertainty >= 0
