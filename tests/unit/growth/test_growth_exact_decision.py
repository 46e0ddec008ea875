"""The decision at its exact limits: floors, rests and standard errors that just reach a figure, or just do not."""

import math
from dataclasses import replace
from statistics import median

import pytest

from leakgate.growth import thresholds
from leakgate.growth.assess import Assessment, judge_growth
from leakgate.growth.decision import (
    Shape,
    Window,
    _has_paused,
    _is_at_rest,
    _pauses,
    _quiet_rise,
    _shape_of_floors,
    shape_of,
)
from leakgate.growth.floors import Floors, Points
from leakgate.growth.significance import surety
from leakgate.growth.slope import Z_95, theil_sen
from leakgate.growth.students_t import quantile
from leakgate.growth.work import WorkClock, _straight, per_iteration
from leakgate.model.metrics import Metric
from leakgate.model.work_record import WorkRecord
from tests.helpers.trials import KB, flat, linear, sampled, trial_from

NOISE = thresholds.IN_FORCE.noise.of(Metric.HEAP)
SPAN_S = 20.0
ALLOWED = NOISE.allowed(SPAN_S)


def with_growth(monkeypatch: pytest.MonkeyPatch, **figures: object) -> None:
    changed = replace(thresholds.IN_FORCE.growth, **figures)  # type: ignore[arg-type]
    monkeypatch.setattr(thresholds, "IN_FORCE", replace(thresholds.IN_FORCE, growth=changed))


def judged(*rises: float) -> Window:
    """The shape of five floors over twenty seconds, with these four rises between them."""
    values = tuple(sum(rises[:at]) for at in range(5))
    return _shape_of_floors(Floors((0.0, 5.0, 10.0, 15.0, 20.0), values, uncertainty=0.0), 0.0, SPAN_S, NOISE)


def test_a_rise_of_exactly_the_noise_is_flat() -> None:
    quarter = ALLOWED / 4
    assert judged(quarter, quarter, quarter, quarter).shape is Shape.FLAT
    assert judged(quarter, quarter, quarter + 1, quarter + 1).shape is not Shape.FLAT
    assert judged(ALLOWED / 2, ALLOWED / 4, ALLOWED / 8, ALLOWED / 8).shape is Shape.FLAT, "also if it slows down"
    assert judged(ALLOWED / 2, ALLOWED / 4, ALLOWED / 8, ALLOWED / 8 + 1).shape is Shape.SLOWING


@pytest.mark.parametrize(("late", "shape"), [(75 * KB, Shape.SUSTAINED), (74 * KB, Shape.SLOWING)])
def test_the_late_half_keeps_three_quarters_of_the_early_half(late: float, shape: Shape) -> None:
    assert judged(100 * KB, 100 * KB, late, late).shape is shape


def test_the_middle_of_an_odd_number_of_rises_is_in_neither_half() -> None:
    values = (0.0, 100 * KB, 200 * KB, 500 * KB, 575 * KB, 650 * KB)
    lows = Floors((0.0, 4.0, 8.0, 12.0, 16.0, 20.0), values, uncertainty=0.0)
    assert _shape_of_floors(lows, 0.0, SPAN_S, NOISE).persistence == 0.75


def test_a_floor_without_an_early_rise_persists_if_it_rises_late() -> None:
    assert judged(0.0, 0.0, 5.0, 5.0).persistence == 1.0
    at_rest = judged(0.0, 0.0, 0.0, 0.0)
    assert (at_rest.persistence, at_rest.steadiness, at_rest.growth) == (0.0, 0.0, 0.0)


def test_a_rise_is_sure_from_exactly_that_many_standard_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    points = sampled(lambda t_s: 100 * KB * t_s + 150 * KB * math.sin(t_s), 30.0)

    def shape() -> Window:
        return shape_of(points, 0.0, 30.0, NOISE, begin_s=0.0)

    with_growth(monkeypatch, scales=(8,), standard_errors=0.0)
    sure = shape().surety
    assert 2.0 < sure < 100.0
    with_growth(monkeypatch, standard_errors=sure)
    assert shape().shape is Shape.SUSTAINED
    with_growth(monkeypatch, standard_errors=math.nextafter(sure, math.inf), suspected_errors=sure)
    assert (shape().shape, shape().unproven, shape().suspected) == (Shape.UNSTEADY, True, True)
    with_growth(monkeypatch, suspected_errors=math.nextafter(sure, math.inf))
    assert (shape().unproven, shape().suspected) == (False, True)


@pytest.mark.parametrize(("start_s", "shape"), [(24.0, Shape.SUSTAINED), (24.1, Shape.UNSTEADY)])
def test_a_rise_lasts_for_six_seconds_at_least(start_s: float, shape: Shape) -> None:
    points = sampled(linear(100 * KB), 30.0, interval_s=0.05)
    assert shape_of(points, start_s, 30.0, NOISE, begin_s=18.0).shape is shape


def test_a_rise_of_just_the_quiet_share_is_a_pause() -> None:
    assert _pauses([2.0, 1.0, 3.0], 1.0) == [0, 1, 0]
    assert _pauses([1.0, 1.0], 1.0) == [2]
    assert _quiet_rise([4.0, 4.0, 4.0, 4.0]) == thresholds.IN_FORCE.growth.quiet * 4.0
    assert _quiet_rise([]) == 0.0


def bursts(*rests: int, end: int) -> list[float]:
    """Floors that rise by 10 after each rest of so many sub-windows, and rest at the end."""
    floors = [0.0]
    for rest in rests:
        floors += [floors[-1]] * rest + [floors[-1] + 10.0]
    return floors + [floors[-1]] * end


@pytest.mark.parametrize(("end", "paused"), [(3, False), (4, True)])
def test_the_rest_at_the_end_may_be_longer_by_one_sub_window(end: int, *, paused: bool) -> None:
    assert _has_paused(bursts(0, 2, 2, end=end)) is paused
    assert _has_paused(bursts(9, 2, 2, end=end)) is paused, "the rest before the first burst does not count"


@pytest.mark.parametrize(("before", "end", "rests"), [((1, 2, 2, 2), 4, False), ((0, 2, 2, 2), 5, True)])
def test_memory_that_rose_before_rests_for_clearly_longer_than_before(
    before: tuple[int, ...], end: int, *, rests: bool
) -> None:
    lows = bursts(*before, end=end)
    assert len(lows) == thresholds.IN_FORCE.growth.fine_scales[0], "one for each fine sub-window"
    points = Points(
        tuple(at + part / 5 for at in range(len(lows)) for part in range(5)),
        tuple(100 * KB * low for low in lows for _ in range(5)),
    )
    assert _is_at_rest(Window(Shape.FLAT, 16.0 - end, 16.0, allowed=KB), points, 0.0) is rests


def test_values_that_do_not_rise_are_not_sure_and_equal_steps_are_as_sure_as_can_be() -> None:
    assert surety([0.0, 1.0, 0.0, 1.0, 0.0]) == 0.0
    assert surety([0.0, 1.0, 2.0, 3.0]) == math.inf
    assert surety([0.0, 1.0, 2.0]) == 0.0, "two steps are too few"
    assert 0.0 < surety([0.0, 1.0, 2.0, 4.0]) < math.inf


def test_the_interval_of_a_slope_leaves_out_as_many_slopes_as_sens_formula_says() -> None:
    values = (0.0, 3.0, 5.0, 11.0, 12.0, 19.0, 20.0, 31.0)
    points = Points(tuple(map(float, range(8))), values)
    slopes = sorted((values[j] - values[i]) / (j - i) for i in range(8) for j in range(i + 1, 8))
    spread = Z_95 * math.sqrt(8 * 7 * 21 / 18)
    left_out = int((28 - spread) / 2)
    assert left_out == 6
    found = theil_sen(points)
    assert (found.low, found.per_s, found.high) == (slopes[left_out], median(slopes), slopes[27 - left_out])


@pytest.mark.parametrize(("free", "value"), [(0, 9.0), (1, 9.0), (2, 5.0), (3, 5.0), (4, 2.0), (99, 2.0)])
def test_degrees_of_freedom_between_two_entries_take_the_larger_value(free: int, value: float) -> None:
    assert quantile(((1, 9.0), (2, 5.0), (4, 2.0)), free) == value


def assessment() -> Assessment:
    found = judge_growth(trial_from(heap=flat(), native=flat())).assessments[0]
    assert found.window.shape is Shape.FLAT
    return found


def test_a_sensitivity_is_coarse_above_ten_times_the_noise() -> None:
    one = assessment()
    limit = 10.0 * NOISE.per_s
    assert not replace(one, window=replace(one.window, unseen_per_s=limit)).is_coarse
    assert replace(one, window=replace(one.window, unseen_per_s=limit + 1)).is_coarse


def test_work_of_one_moment_and_work_that_stands_still_have_no_rate() -> None:
    work = WorkRecord(routes=("/",), turns=())
    jump = WorkClock((0.0, 5.0, 5.0, 10.0), (0.0, 50.0, 80.0, 100.0), work)
    assert jump.at(4.9999) == pytest.approx(50.0, abs=0.01)
    assert jump.at(5.0) == 80.0
    still = WorkClock((0.0, 10.0), (70.0, 70.0), work)
    points = sampled(linear(100 * KB), 10.0)
    assert per_iteration(points, still, 1.0, 9.0) is None
    assert _straight([(float(at), 1.0) for at in range(10)], still) is None
    even = WorkClock((0.0, 10.0), (0.0, 100.0), work)
    assert _straight([(float(at), 10.0 * at) for at in range(7)], even) is None, "too few points"
    rate = _straight([(float(at), 20.0 * at) for at in range(8)], even)
    assert rate is not None
    assert rate.estimate == pytest.approx(2.0)
