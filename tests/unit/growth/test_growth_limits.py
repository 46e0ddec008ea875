"""Limits of growth that single readings decide: windows, trends, surety, clocks."""

import math
from dataclasses import replace
from itertools import pairwise

import pytest

from leakgate.growth.decision import Shape, Window
from leakgate.growth.floors import Points
from leakgate.growth.significance import surety
from leakgate.growth.slope import theil_sen
from leakgate.growth.stretches import Stretch
from leakgate.growth.work import MOST_ROUTES, SPARE_ROWS, WorkClock, _mixed, fit_routes
from leakgate.model.work_record import RouteCount, Turn, WorkRecord


def test_steps_that_depend_on_each_other_are_less_sure() -> None:
    """Two large steps and two small ones in turn: the covariance at one step of distance is positive."""
    steps = [3.0, 3.0, 1.0, 1.0] * 6
    values = [sum(steps[:at]) for at in range(len(steps) + 1)]
    mean, count = 2.0, len(steps)
    errors = [step - mean for step in steps]
    near = sum(a * b for a, b in pairwise(errors)) / count
    variance = sum(error * error for error in errors) / count + 2 * (1 - 1 / 2) * near
    t = mean * math.sqrt((count - 1) / variance)
    free = count - 1
    expected = (8 * free + 1) / (8 * free + 3) * math.sqrt(free * math.log1p(t * t / free))
    assert surety(values, lags=1) == pytest.approx(expected)
    assert surety(values, lags=1) < surety(values)


def test_no_more_lags_are_used_than_there_are_steps() -> None:
    values = [0.0, 1.0, 3.0, 6.0]
    assert surety(values, lags=99) == surety(values, lags=1)


def test_two_points_have_an_interval_of_one_slope() -> None:
    found = theil_sen(Points((0.0, 2.0), (0.0, 4.0)))
    assert (found.per_s, found.low, found.high) == (2.0, 2.0, 2.0)
    three = theil_sen(Points((0.0, 1.0, 2.0), (0.0, 1.0, 4.0)))
    assert (three.low, three.per_s, three.high) == (1.0, 2.0, 3.0)


def test_points_of_one_moment_have_no_slope_between_them() -> None:
    assert theil_sen(Points((1.0, 1.0, 2.0), (0.0, 9.0, 9.0))).per_s == 4.5


def test_a_window_would_show_a_rise_beyond_what_it_allows() -> None:
    window = Window(Shape.FLAT, 10.0, 20.0, allowed=100.0)
    assert not window.would_show(10.0)
    assert window.would_show(10.1)
    assert not replace(window, fell=100.0).sank
    assert replace(window, fell=101.0).sank


def test_a_clock_of_work_goes_evenly_between_its_points() -> None:
    clock = WorkClock((1.0, 3.0, 5.0), (0.0, 40.0, 50.0), WorkRecord(routes=("/",), turns=()))
    assert [clock.at(t_s) for t_s in (0.0, 1.0, 1.5, 3.0, 4.0, 5.0, 9.0)] == [0.0, 0.0, 10.0, 40.0, 45.0, 50.0, 50.0]
    assert [clock.when(done) for done in (-1.0, 10.0, 40.0, 45.0, 50.0, 99.0)] == [1.0, 1.5, 3.0, 4.0, 5.0, 5.0]
    assert clock.slowed(1.0, 5.0)
    assert not clock.sped_up(1.0, 5.0)


@pytest.mark.parametrize(("second", "slowed"), [(70.0, False), (69.9, True), (0.0, False)])
def test_a_server_slows_down_if_it_does_less_than_seven_tenths_in_the_second_half(
    second: float, *, slowed: bool
) -> None:
    work = WorkRecord(routes=("/",), turns=())
    clock = WorkClock((0.0, 1.0, 2.0), (0.0, 100.0, 100.0 + second), work)
    assert clock.slowed(0.0, 2.0) is slowed
    mirrored = WorkClock((0.0, 1.0, 2.0), (0.0, second, 100.0 + second), work)
    assert mirrored.sped_up(0.0, 2.0) is (second < 70.0)


def test_routes_are_fitted_from_three_more_stretches_than_routes_on() -> None:
    def stretches(count: int, routes: int) -> list[Stretch]:
        return [Stretch(tuple(float(route == at % routes) for route in range(routes)), 1.0, 1.0) for at in range(count)]

    assert len(fit_routes(stretches(2 + SPARE_ROWS, 2), 2)) == 2
    assert fit_routes(stretches(1 + SPARE_ROWS, 2), 2) == ()
    assert fit_routes(stretches(900, MOST_ROUTES + 1), MOST_ROUTES + 1) == ()


def test_the_growth_of_a_mix_of_routes_is_that_of_each_by_its_share_of_the_requests() -> None:
    rows = [Stretch((3.0, 0.0), 30.0 + swing, 1.0) for swing in (-3.0, -1.0, 1.0, 3.0)]
    rows += [Stretch((0.0, 1.0), 50.0 + swing, 1.0) for swing in (-3.0, -1.0, 1.0, 3.0)]
    work = WorkRecord(routes=("/a", "/b"), turns=(Turn(0.0, 1.0, (RouteCount(0, 1, 0),)),))
    found = _mixed(work, rows)
    assert found is not None
    assert found.estimate == pytest.approx(0.75 * 10.0 + 0.25 * 50.0)
    # each value has the error sqrt(8 / 6 * 20) / 4 / weight, and six degrees of freedom remain
    error = math.sqrt(8 / 6 * 20) / 4
    both = math.hypot(0.75 * error / 3, 0.25 * error)
    assert (found.low, found.high) == pytest.approx((20.0 - 2.45 * both, 20.0 + 2.45 * both))
