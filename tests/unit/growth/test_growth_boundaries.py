"""The exact limits of the figures that decide, and values that no other test distinguishes."""

import math
from dataclasses import replace

import pytest

from leakgate.growth import least_squares, thresholds
from leakgate.growth.assess import Assessment, _weight, _window_by_work, judge_growth
from leakgate.growth.counts import BLOCKS, RULE, _scatter, _steady_rise, _windows, judge_counts
from leakgate.growth.decision import Shape, _shape_of_floors, find_window, shape_of
from leakgate.growth.floors import Floors
from leakgate.growth.life_shape import Life, _shape_after, _without_garbage
from leakgate.growth.lives import judge_roles
from leakgate.growth.noise import BYTES_PER_BLOCK
from leakgate.growth.routes import TURN_NOISE, _factors, _noise
from leakgate.growth.significance import surety
from leakgate.growth.sizes import MIN_BLOCKS, MIN_PLACED, BlockSizes, block_scale, block_sizes
from leakgate.growth.start_up import start_up_s
from leakgate.growth.stretches import Stretch
from leakgate.growth.trends import _share_out
from leakgate.growth.work import FLOORS, WorkClock, _lowest
from leakgate.model.explanation import Explanation, Frame, GrowthSite, TypeGrowth
from leakgate.model.metrics import Metric
from leakgate.model.report import Trend
from leakgate.model.verdict import Kind
from leakgate.model.work_record import IterationRate, WorkRecord
from tests.helpers.trials import KB, MB, flat, linear, sampled, trial_from, worker_track

HEAP = thresholds.IN_FORCE.noise.heap
JUDGED = judge_growth(trial_from(heap=linear(100 * KB), native=flat()))
NO_WORK = WorkRecord(routes=("/",), turns=())


def leading() -> Assessment:
    assert JUDGED.leading is not None
    return JUDGED.leading


def with_growth(monkeypatch: pytest.MonkeyPatch, **figures: float) -> None:
    changed = replace(thresholds.IN_FORCE.growth, **figures)  # type: ignore[arg-type]
    monkeypatch.setattr(thresholds, "IN_FORCE", replace(thresholds.IN_FORCE, growth=changed))


def test_a_rise_below_its_swings_is_suspected_from_exactly_that_many_standard_errors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lows = Floors((0.0, 5.0, 10.0, 15.0, 20.0), (0.0, 30 * KB, 50 * KB, 80 * KB, 100 * KB), uncertainty=90 * KB)
    sure = surety(lows.values)
    with_growth(monkeypatch, suspected_errors=sure)
    assert _shape_of_floors(lows, 0.0, 20.0, HEAP).shape is Shape.UNSTEADY
    with_growth(monkeypatch, suspected_errors=math.nextafter(sure, math.inf))
    assert _shape_of_floors(lows, 0.0, 20.0, HEAP).shape is Shape.FLAT


def test_the_share_at_rest_is_one_of_the_time_since_the_watch_began() -> None:
    points = sampled(flat(), 30.0)
    assert shape_of(points, 18.5, 30.0, HEAP, begin_s=1.3).shape is Shape.FLAT
    assert shape_of(points, 18.5, 30.0, HEAP, begin_s=1.2).shape is Shape.SLOWING


def test_an_exact_counter_weighs_as_much_as_resident_memory_that_grows_eight_times_as_fast() -> None:
    exact = leading()
    resident = replace(exact, signal=replace(exact.signal, exact=False))
    assert _weight(exact) == pytest.approx(8.0 * _weight(resident))


def test_a_window_by_work_starts_where_the_same_window_by_time_starts_if_the_pace_is_even() -> None:
    signal = replace(leading().signal, points=sampled(lambda t_s: 5 * MB + 100 * KB * max(0.0, t_s - 10.0), 30.0))
    clock = WorkClock((0.0, 30.0), (0.0, 300.0), NO_WORK)
    by_time = find_window(signal.points, 1.0, 30.0, signal.noise)
    by_work = _window_by_work(signal, 1.0, 30.0, clock)
    assert by_time.start_s > 5.0
    assert by_work.shape is by_time.shape
    assert (by_work.start_s, by_work.end_s) == pytest.approx((by_time.start_s, by_time.end_s))


def test_windows_of_counts_are_16_16_32_64_long_and_the_rest_is_one_if_it_is_long_enough() -> None:
    assert _windows(4 + 15, RULE) == []
    assert _windows(4 + 16, RULE) == [(4, 20)]
    assert _windows(4 + 64, RULE) == [(4, 20), (20, 36), (36, 68)]
    assert _windows(4 + 64 + 15, RULE) == [(4, 20), (20, 36), (36, 68)]
    assert _windows(4 + 64 + 16, RULE) == [(4, 20), (20, 36), (36, 68), (68, 84)]
    assert _windows(4 + 128, RULE) == [(4, 20), (20, 36), (36, 68), (68, 132)]


def test_the_scatter_of_floors_counts_from_the_first_judged_reading() -> None:
    values = [0] * RULE.warm + [50] * RULE.window + [43] * RULE.window
    assert _scatter(values, len(values), RULE) == 7


def rises_by(*steps: int) -> list[int]:
    """Readings of eight windows; the first two are left out as warm-up, and these are the steps from then on."""
    floors = [0, 0, *(sum(steps[:at]) for at in range(len(steps) + 1))]
    return [0] * RULE.warm + [floor for floor in floors for _ in range(RULE.window)]


def test_the_late_steps_of_an_odd_number_leave_out_the_middle_one() -> None:
    fading, lasting = rises_by(10, 10, 5, 5, 5), rises_by(10, 10, 6, 6, 6)
    assert _steady_rise(fading, len(fading), RULE) is None
    assert _steady_rise(lasting, len(lasting), RULE) == pytest.approx(38 / (5 * RULE.window))


def test_a_rise_that_is_not_steady_has_the_mean_rate_between_its_floors() -> None:
    values = [0] * RULE.warm + [0] * RULE.window + [160] * RULE.window
    values += [170] * RULE.window + [180] * RULE.window
    found = judge_counts({BLOCKS: values}, len(values), final=False, confirming=False).counter(BLOCKS)
    assert found is not None
    assert found.state == "open"
    assert found.per_call == pytest.approx(170 / (2 * RULE.window))


def life(*grown: float, collected: tuple[tuple[float, float, float], ...] = (), begin_s: float = 0.0) -> Life:
    """A life of twelve seconds, whose twelve parts have this memory from the end of the warm-up on."""
    return Life(begin_s, begin_s + 12.0, (0.0,) * (12 - len(grown)) + grown, collected)


def test_collections_at_different_growth_are_compared_with_each_other() -> None:
    def kept(*pairs: tuple[float, float]) -> Shape:
        return _without_garbage([life(0.0, collected=tuple((0.9, *pair) for pair in pairs))], 0)

    apart = ((3.0, 0.5), (3.0, 0.5), (5.0, 1.6), (5.0, 1.6))
    assert kept(*apart) is Shape.SUSTAINED, "0.55 of each further byte remains"
    near = ((3.01, 0.5), (3.01, 0.5), (5.0, 1.6), (5.0, 1.6))
    assert kept(*near) is Shape.FLAT, "0.26 of the growth remains"


def test_lives_whose_late_growth_is_not_known_well_are_not_at_rest() -> None:
    early = [15 * KB * at for at in range(1, 5)]

    def shape(late: float) -> Shape:
        lives = [
            life(0.0, *early, *(60 * KB + sign * late * at for at in range(1, 5)), begin_s=12.0 * number)
            for number, sign in enumerate((-1, 1, -1, 1))
        ]
        found = _shape_after(lives, HEAP, 0)
        assert found is not None
        return found.window.shape

    assert shape(5 * KB) is Shape.UNSTEADY
    assert shape(1 * KB) is Shape.FLAT


def site(small: int = 0, large: int = 0) -> GrowthSite:
    return GrowthSite(
        frames=(Frame(file="a.py", line=1, function="f"),),
        grew_bytes=100 * small + 1_000 * large,
        grew_blocks=small + large,
        large_bytes=1_000 * large,
        large_blocks=large,
        bytes_per_s=1.0,
        share=1.0,
        kind=Kind.PYTHON,
    )


def test_the_sizes_of_small_and_large_blocks_need_enough_of_both() -> None:
    def sizes(small: int, large: int) -> BlockSizes | None:
        return block_sizes(Explanation(window_s=3.0, sites=(site(small, large),)))

    assert sizes(MIN_PLACED, MIN_PLACED) == BlockSizes(small=100.0, large=1_000.0)
    assert sizes(MIN_PLACED - 1, MIN_PLACED) is None
    assert sizes(MIN_PLACED, MIN_PLACED - 1) is None


def test_fifty_objects_are_enough_for_the_size_of_a_block() -> None:
    one = TypeGrowth(name="T", grew_count=MIN_BLOCKS, count_per_min=1.0, bytes_each=24.0)
    assert block_scale(Explanation(window_s=3.0, types=(one,))) == pytest.approx(24.0 / BYTES_PER_BLOCK)


def test_the_bytes_of_a_counter_follow_from_both_sizes_or_from_the_usual_size() -> None:
    def factors(**window: object) -> tuple[tuple[Metric, float], ...]:
        explanation = Explanation(window_s=3.0, **window)  # type: ignore[arg-type]
        return _factors(trial_from(heap=flat(), native=flat(), explanation=explanation))

    both = (site(20, 20),)
    totals = {"traced_large_bytes": 30_000, "native_bytes": 60_000}
    assert factors(sites=both, **totals) == ((Metric.BLOCKS, 100.0), (Metric.NATIVE, 1.0 - 0.5 * 100.0 / 1_000.0))
    assert factors(sites=both)[1] == (Metric.NATIVE, 1.0), "the share of large blocks is not known"
    assert factors(**totals)[1] == (Metric.NATIVE, 1.0), "the sizes are not known"


def test_the_noise_of_a_route_is_that_of_its_time_or_of_its_turns() -> None:
    slow, fast = Stretch((5.0, 5.0), 0.0, 40.0), Stretch((5.0, 5.0), 0.0, 1.0)
    assert _noise(0, [slow]) == HEAP.per_s * 20.0
    assert _noise(0, [fast, fast, Stretch((0.0, 5.0), 0.0, 1.0)]) == TURN_NOISE * 2


def test_lows_without_enough_readings_are_no_marks() -> None:
    assert _lowest(sampled(flat(), 30.0, interval_s=5.0), 0.0, 30.0) == []
    assert len(_lowest(sampled(flat(), 30.0), 0.0, 30.0)) == FLOORS


def test_rows_without_outliers_are_fitted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    solved: list[int] = []
    solve = least_squares._solve

    def counted(*arguments: object) -> list[float]:
        solved.append(1)
        return solve(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(least_squares, "_solve", counted)
    rows, values = [(1.0,), (2.0,), (3.0,), (4.0,)], [2.0, 4.1, 5.9, 8.0]
    assert least_squares.fit(rows, values)[0].value == pytest.approx(2.0, rel=0.01)
    assert len(solved) == 1


@pytest.mark.parametrize(("leak_per_s", "over_s"), [(0.0, 1.0), (0.5, 0.9)])
def test_the_start_up_is_over_when_memory_grows_as_at_the_end(leak_per_s: float, over_s: float) -> None:
    points = sampled(lambda t_s: 10 * MB * min(1.0, t_s) + leak_per_s * MB * max(0.0, t_s - 1.0), 10.0)
    assert start_up_s(points, HEAP) == pytest.approx(over_s, abs=0.15)


def trend(growth: float, per_s: float, each: IterationRate | None, *, peak: float = 0.0) -> Trend:
    return Trend(
        metric=Metric.NATIVE,
        start=1_000.0,
        end=1_000.0 + growth,
        peak=peak,
        growth=growth,
        per_s=per_s,
        low_per_s=0.9 * per_s,
        high_per_s=1.1 * per_s,
        noise=7.0,
        per_iteration=each,
    )


def test_pythons_share_of_native_growth_moves_with_all_of_its_figures() -> None:
    heap = trend(100.0, 10.0, IterationRate(1.0, 0.5, 1.5), peak=1_150.0)
    native = trend(200.0, 20.0, IterationRate(4.0, 2.0, 6.0), peak=1_400.0)
    python, rest = _share_out(heap, native, 0.25)
    assert python == replace(
        heap,
        end=1_150.0,
        peak=1_200.0,
        growth=150.0,
        per_s=15.0,
        low_per_s=9.0 + 4.5,
        high_per_s=11.0 + 5.5,
        per_iteration=IterationRate(2.0, 1.0, 3.0),
    )
    assert rest is not None
    assert (rest.end, rest.growth, rest.per_s, rest.low_per_s) == pytest.approx((1_150.0, 150.0, 15.0, 13.5))


def test_nothing_moves_without_a_share_or_without_native_growth() -> None:
    heap = trend(100.0, 10.0, IterationRate(1.0, 0.5, 1.5))
    unknown = trend(200.0, 20.0, None)
    assert _share_out(heap, unknown, 0.0) == [heap, unknown]
    at_rest = trend(0.0, 20.0, IterationRate(4.0, 2.0, 6.0))
    assert _share_out(heap, at_rest, 0.5) == [heap, at_rest]
    assert _share_out(None, at_rest, 0.5) == [None, at_rest]
    assert _share_out(heap, None, 0.5) == [heap, None]


def test_the_answer_on_a_role_is_that_of_its_newest_worker() -> None:
    workers = tuple(worker_track(200 + at, linear(50 * KB), 1.0 + 4 * at, 4.0) for at in range(6))
    (answer,) = judge_roles(trial_from(end_s=30.0, heap=flat(), children=workers))
    assert answer.signal.pid == 205
