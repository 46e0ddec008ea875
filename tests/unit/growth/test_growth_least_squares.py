"""Least squares with outliers, compared with estimates and standard errors that were computed by hand."""

import math
import random

import pytest

from leakgate.growth.least_squares import Fit, fit
from leakgate.growth.students_t import T_95, T_SURE, quantile

HUBER = 3 * 1.4826


def test_unknowns_of_different_size_that_depend_on_each_other_are_found_exactly() -> None:
    wanted = [2.0, -0.5, 7.0]
    rows = [[1.0, 1_000.0, 0.0], [0.0, 2_000.0, 1.0], [3.0, 0.0, 5.0], [1.0, 1.0, 1.0], [2.0, 1.0, 3.0]]
    found = fit(rows, [sum(a * b for a, b in zip(row, wanted, strict=True)) for row in rows])
    assert [one.value for one in found] == pytest.approx(wanted)
    assert [one.error for one in found] == pytest.approx([0.0, 0.0, 0.0], abs=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_any_unknowns_are_found_where_nothing_is_noise(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - no secret
    wanted = [chance.uniform(-5, 5) for _ in range(4)]
    rows = [[chance.choice((0.0, chance.uniform(0, 100))) for _ in range(4)] for _ in range(20)]
    found = fit(rows, [sum(a * b for a, b in zip(row, wanted, strict=True)) for row in rows])
    assert [one.value for one in found] == pytest.approx(wanted)


def test_the_standard_error_is_that_of_white_with_the_correction_for_few_rows() -> None:
    rows = [[1.0, 0.0]] * 4 + [[0.0, 2.0]] * 4
    first, second = fit(rows, [1.0, 2.0, 3.0, 4.0, 2.0, 4.0, 6.0, 8.0])
    assert (first.value, second.value) == pytest.approx((2.5, 2.5))
    # residuals 1.5, 0.5, 0.5, 1.5: each weighs 1/4; 8 rows and 2 unknowns
    error = math.sqrt(8 / 6 * 5 / 16)
    assert (first.error, second.error) == pytest.approx((error, error))


def test_an_outlier_pulls_with_a_limited_force() -> None:
    (found,) = fit([[1.0]] * 10, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 100.0])
    # at the estimate m the residuals 0 - m to 8 - m and the limit cancel out; their median is 2.5
    assert found.value == pytest.approx((36 + HUBER * 2.5) / 9, abs=0.01)


def test_rows_are_outliers_only_beside_rows_of_the_same_unknowns() -> None:
    quiet, loud = [(at - 4) / 100 for at in range(9)], [10.0 * at for at in range(10)]
    first, second = fit([[1.0, 0.0]] * 10 + [[0.0, 1.0]] * 10, [*quiet, 10.0, *loud])
    assert second.value == pytest.approx(45.0)
    # a tenth of the usual deviation of all rows, which is 5, is the smallest that counts
    assert first.value == pytest.approx(HUBER * 0.5 / 9, abs=0.01)


def test_two_rows_are_too_few_to_know_their_own_noise() -> None:
    rows = [[1.0, 0.0]] * 9 + [[0.0, 1.0]] * 2
    first, second = fit(rows, [*(float(at - 4) for at in range(9)), 0.0, 4.0])
    assert first.value == pytest.approx(0.0)
    assert second.value == pytest.approx(2.0)


def test_what_the_rows_do_not_determine_has_no_error_that_could_be_trusted() -> None:
    unknown = (Fit(0.0, math.inf), Fit(0.0, math.inf))
    assert fit([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]], [1.0, 2.0, 3.0]) == unknown
    assert fit([[1.0, 0.0], [2.0, 0.0], [3.0, 0.0]], [1.0, 2.0, 3.0]) == unknown
    assert fit([[2.0, 0.0], [0.0, 4.0]], [2.0, 4.0]) == (Fit(1.0, math.inf), Fit(1.0, math.inf))


@pytest.mark.parametrize(
    ("free", "of_95", "of_sure"),
    [(0, 12.71, 318.0), (1, 12.71, 318.0), (4, 2.78, 7.17), (5, 2.78, 7.17), (6, 2.45, 5.21), (9_999, 1.98, 3.17)],
)
def test_between_two_degrees_of_freedom_the_larger_value_holds(free: int, of_95: float, of_sure: float) -> None:
    assert (quantile(T_95, free), quantile(T_SURE, free)) == (of_95, of_sure)
