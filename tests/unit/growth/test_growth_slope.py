"""The slope of floors, and its interval by Sen's method."""

import pytest

from leakgate.growth.floors import Points
from leakgate.growth.slope import theil_sen

STEEPER = tuple(float(at * at) for at in range(10))
"""All 45 slopes of its pairs (``i + j``) are known."""


def points(*values: float) -> Points:
    return Points(tuple(float(at) for at in range(len(values))), values)


def test_the_slope_is_the_median_of_all_pairs_and_one_outlier_does_not_move_it() -> None:
    assert theil_sen(points(0, 2, 4, 90, 8, 10, 12)).per_s == 2.0


def test_the_interval_is_that_of_sen() -> None:
    slopes = sorted(i + j for i in range(10) for j in range(i + 1, 10))
    found = theil_sen(points(*STEEPER))
    # 1.96 * sqrt(10 * 9 * 25 / 18) = 21.9 of the 45 slopes lie between the ends of the interval.
    assert (found.low, found.per_s, found.high) == (slopes[11], slopes[22], slopes[33])


@pytest.mark.parametrize("values", [(), (5.0,)])
def test_fewer_than_two_points_have_no_slope(values: tuple[float, ...]) -> None:
    found = theil_sen(points(*values))
    assert (found.per_s, found.low, found.high) == (0.0, 0.0, 0.0)
