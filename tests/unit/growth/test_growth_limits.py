"""Limits of growth that single readings decide: windows, trends, standard errors, clocks."""

import math
from dataclasses import replace
from itertools import pairwise

import pytest

from leakgate.growth.assess import _checked_by_work, judge_growth
from leakgate.growth.decision import Shape, Window
from leakgate.growth.floors import Points
from leakgate.growth.lives import _end_per_s, _without_newborns
from leakgate.growth.significance import surety
from leakgate.growth.slope import theil_sen
from leakgate.growth.stretches import Stretch
from leakgate.growth.trends import trends_of
from leakgate.growth.work import MOST_ROUTES, SPARE_ROWS, WorkClock, _mixed, fit_routes
from leakgate.model.evidence import ProcessRole, ProcessTrack
from leakgate.model.explanation import Explanation
from leakgate.model.metrics import Metric
from leakgate.model.work_record import RouteCount, Turn, WorkRecord
from tests.helpers.trials import flat, linear, track_from, trial_from

LARGE = Explanation(window_s=4.0, traced_bytes=400_000, traced_large_bytes=400_000, native_bytes=400_000)


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


def test_work_is_asked_only_where_the_pace_changed() -> None:
    trial = trial_from(heap=linear(100_000.0), native=flat())
    leading = judge_growth(trial).leading
    assert leading is not None
    sustained, at_rest = leading.window, replace(leading.window, shape=Shape.FLAT)
    work = WorkRecord(routes=("/",), turns=())
    even = WorkClock((0.0, 30.0), (0.0, 300.0), work)
    slower = WorkClock((0.0, 15.0, 30.0), (0.0, 200.0, 250.0), work)
    faster = WorkClock((0.0, 15.0, 30.0), (0.0, 50.0, 250.0), work)

    def checked(window: Window, clock: WorkClock) -> Window:
        return _checked_by_work(window, leading.signal, 1.0, 30.0, clock)

    assert checked(at_rest, even) is at_rest
    assert checked(at_rest, faster) is at_rest
    assert checked(sustained, even) is sustained
    assert checked(sustained, slower) is sustained


def test_the_end_of_a_life_whose_readings_are_of_one_moment_is_not_known() -> None:
    assert _end_per_s(Points((1.0, 1.0, 1.0), (0.0, 5.0, 9.0))) is None
    assert _end_per_s(Points((0.0, 10.0), (0.0, 50.0))) == 5.0


@pytest.mark.parametrize(("last_s", "kept"), [(26.9, True), (27.0, False)])
def test_a_young_worker_that_is_alive_in_the_last_tenth_of_the_watch_is_left_out(last_s: float, *, kept: bool) -> None:
    def track(first_s: float, last_s: float) -> ProcessTrack:
        return track_from(role=ProcessRole.CHILD, first_s=first_s, last_s=last_s)

    ended = [track(0.0, 4.0), track(4.0, 8.0)]
    young = track(last_s - 1.0, last_s)
    assert (young in _without_newborns([*ended, young], 30.0)) is kept
    half = track(27.0, 29.0)
    assert half in _without_newborns([*ended, half], 30.0), "half as old as the others became"


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_wider_share_of_python_moves_between_the_trends_of_both_counters(sign: float) -> None:
    trial = trial_from(heap=flat(), native=linear(sign * 10_000.0, level=9e6), explanation=LARGE)
    trends = {one.metric: one for one in trends_of(trial, judge_growth(trial))}
    heap, native = trends[Metric.HEAP], trends[Metric.NATIVE]
    if sign > 0:
        assert heap.growth > 0
        assert native.growth == pytest.approx(0.0, abs=1.0)
    else:
        assert heap.growth == 0.0
        assert native.growth < 0
