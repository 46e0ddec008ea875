"""The shape of a floor: curves whose answer is known."""

import pytest

from leakgate.growth import thresholds
from leakgate.growth.decision import Shape, Window, find_window, shape_of
from leakgate.growth.floors import Points
from leakgate.model.metrics import Metric
from tests.helpers.trials import KB, MB, Curve, flat, linear, plus, sampled, saturating, saw, stairs, wobble

HEAP = thresholds.IN_FORCE.noise.of(Metric.HEAP)
STEPS = ((8.0, 110 * KB), (12.2, 2 * MB), (15.9, 90 * KB))
"""Three rises, each in another quarter of a window that starts at 4.5 s and ends at 20 s."""


def window_of(curve: Curve, end_s: float = 30.0, begin_s: float = 1.0, interval_s: float = 0.1) -> Window:
    return find_window(sampled(curve, end_s, interval_s=interval_s), begin_s, end_s, HEAP)


@pytest.mark.parametrize("per_s", [2_600, 4_000, 10_000, 100_000, 10**6, 10**8])
@pytest.mark.parametrize("end_s", [8.0, 12.0, 20.0, 30.0, 60.0, 600.0])
def test_a_line_is_sustained_from_the_start(per_s: float, end_s: float) -> None:
    window = window_of(linear(per_s), end_s)
    assert (window.shape, window.start_s) == (Shape.SUSTAINED, 1.0)
    assert window.steadiness == pytest.approx(1.0, abs=0.25)
    assert window.persistence == pytest.approx(1.0, abs=0.25)


@pytest.mark.parametrize("per_s", [0, 100, 1_000, 1_900, -5_000, -(10**6)])
def test_a_line_within_noise_or_downwards_is_flat(per_s: float) -> None:
    assert window_of(linear(per_s)).shape is Shape.FLAT


@pytest.mark.parametrize("end_s", [12.0, 30.0, 60.0])
@pytest.mark.parametrize("full_s", [2.0, 4.0])
def test_a_cache_that_filled_up_is_flat_from_then_on(full_s: float, end_s: float) -> None:
    window = window_of(linear(MB, until_s=full_s), end_s)
    assert window.shape is Shape.FLAT
    assert window.start_s >= full_s - 1.5


@pytest.mark.parametrize("full_s", [20.0, 22.0, 24.0, 25.0])
def test_a_cache_that_filled_up_late_is_not_decided(full_s: float) -> None:
    assert window_of(linear(MB, until_s=full_s)).shape not in (Shape.FLAT, Shape.SUSTAINED)


@pytest.mark.parametrize("full_s", [20.0, 22.0, 24.0, 26.0])
def test_a_cache_that_filled_up_late_is_flat_when_one_looks_for_longer(full_s: float) -> None:
    assert window_of(linear(MB, until_s=full_s), 60.0).shape is Shape.FLAT


@pytest.mark.parametrize("rise", [2 * MB, 20 * MB, 200 * MB])
@pytest.mark.parametrize("time_constant_s", [4.0, 6.0, 8.0, 10.0, 12.0, 15.0])
def test_a_cache_that_fills_ever_slower_is_never_sustained(time_constant_s: float, rise: float) -> None:
    for end_s in (30.0, 45.0, 60.0):
        assert window_of(saturating(rise, time_constant_s), end_s).shape is not Shape.SUSTAINED


@pytest.mark.parametrize("time_constant_s", [1.0, 2.0, 2.5])
def test_a_cache_that_fills_ever_slower_is_flat_in_the_end(time_constant_s: float) -> None:
    assert window_of(saturating(2 * MB, time_constant_s)).shape is Shape.FLAT


@pytest.mark.parametrize(
    ("step", "every_s"), [(20 * KB, 3.0), (20 * KB, 5.0), (100 * KB, 5.0), (MB, 3.0), (MB, 5.0), (MB, 7.0)]
)
def test_a_leak_in_bursts_is_sustained(step: float, every_s: float) -> None:
    assert window_of(stairs(step, every_s)).shape is Shape.SUSTAINED


@pytest.mark.parametrize(("every_s", "end_s"), [(7.0, 12.0), (7.0, 20.0), (7.0, 26.0), (8.0, 26.0), (9.0, 30.0)])
def test_pauses_between_bursts_are_not_rest(every_s: float, end_s: float) -> None:
    assert window_of(stairs(MB, every_s), end_s, begin_s=2.5).shape is not Shape.FLAT


@pytest.mark.parametrize(("every_s", "least_s", "most_s"), [(0.5, 0.0, 0.0), (5.0, 2.0, 5.0), (7.0, 4.0, 7.0)])
def test_a_leak_in_bursts_tells_how_long_it_rests(every_s: float, least_s: float, most_s: float) -> None:
    assert least_s <= window_of(stairs(100 * KB, every_s)).rested_s <= most_s


@pytest.mark.parametrize(("since_s", "per_s"), [(8.5, 4 * KB), (8.5, 106 * KB), (12.0, 10 * KB), (15.0, 10 * KB)])
def test_a_leak_that_starts_late_is_sustained_from_about_there(since_s: float, per_s: float) -> None:
    window = window_of(linear(per_s, since_s=since_s), 36.0)
    assert window.shape is Shape.SUSTAINED
    assert window.start_s <= since_s + 2.0


@pytest.mark.parametrize("period_s", [0.7, 3.0, 4.0, 7.0])
def test_a_sawtooth_is_flat(period_s: float) -> None:
    assert window_of(saw(MB, period_s)).shape is Shape.FLAT


@pytest.mark.parametrize("period_s", [0.7, 3.0, 7.0])
def test_a_leak_beneath_a_sawtooth_is_sustained(period_s: float) -> None:
    assert window_of(plus(saw(MB, period_s), linear(50 * KB))).shape is Shape.SUSTAINED


def test_what_hides_in_a_swing_is_said_to_be_hidden() -> None:
    window = window_of(plus(saw(10 * MB, 7.0), linear(10 * KB)))
    assert window.shape is not Shape.SUSTAINED
    assert window.allowed > 20 * 10 * KB  # a leak of 10 KB/s was not excluded


def test_a_step_load_is_flat_after_the_step() -> None:
    window = window_of(linear(30 * MB, since_s=6.0, until_s=6.2))
    assert window.shape is Shape.FLAT
    assert window.start_s > 5.0


def test_one_late_jump_is_no_growth_that_goes_on() -> None:
    jump = plus(linear(300.0), linear(10 * MB, since_s=23.0, until_s=23.1, level=0.0))
    assert window_of(jump).shape is not Shape.SUSTAINED


@pytest.mark.parametrize("jump_s", [11.0, 12.0, 14.0])
def test_swings_that_line_up_around_a_jump_are_no_steady_rise(jump_s: float) -> None:
    jump = linear(20 * MB, since_s=jump_s, until_s=jump_s + 0.1, level=0.0)
    assert window_of(plus(saw(300 * KB, 1.55), linear(2 * KB), jump), 20.0).shape is not Shape.SUSTAINED


@pytest.mark.parametrize("last_s", [36.0, 39.7])
def test_three_bursts_may_be_chance_and_are_watched_for_longer(last_s: float) -> None:
    bursts = ((8.0, 300 * KB), (16.0, 310 * KB), (26.5, 600 * KB))
    pool = plus(*(linear(10 * size, since_s=at_s, until_s=at_s + 0.1, level=0.0) for at_s, size in bursts))
    assert shape_of(sampled(pool, last_s), 4.3, last_s, HEAP, begin_s=2.8).shape is Shape.UNSTEADY


def test_swings_after_the_end_of_loading_do_not_hide_that_it_ended() -> None:
    """Floors, in KB, of a program that loads for a minute and then works in memory that comes and goes."""
    lows = (172, 210, 173, 176, 189, 203, 217, 231, 245, 259, 272, 283, 289, 306, 283, 283)

    def loading(t: float) -> float:
        return 10 * KB * lows[min(15, max(0, int((t - 9.0) / 5.25)))]

    assert shape_of(sampled(loading, 93.0), 9.0, 93.0, HEAP, begin_s=9.0).shape is not Shape.SUSTAINED


@pytest.mark.parametrize(
    ("sizes", "shape"), [((600, 600, 600, 600), Shape.SUSTAINED), ((400, 200, 700, 1200), Shape.UNSTEADY)]
)
def test_rare_steps_of_unequal_size_are_no_bursts_of_a_leak(sizes: tuple[int, ...], shape: Shape) -> None:
    steps = zip((6.9, 14.1, 18.3, 22.2), sizes, strict=True)
    pool = plus(*(linear(10 * size * KB, since_s=at_s, until_s=at_s + 0.1, level=0.0) for at_s, size in steps))
    assert shape_of(sampled(pool, 32.0), 3.0, 32.0, HEAP, begin_s=3.0).shape is shape


def test_two_steps_beside_a_jump_are_no_steady_rise() -> None:
    steps = plus(*(linear(10 * size, since_s=at_s, until_s=at_s + 0.1, level=0.0) for at_s, size in STEPS))
    assert shape_of(sampled(steps, 20.0), 4.5, 20.0, HEAP, begin_s=1.0).shape is not Shape.SUSTAINED


@pytest.mark.parametrize("per_s", [10 * KB, 100 * KB])
def test_a_leak_goes_on_beneath_a_table_that_doubles(per_s: float) -> None:
    table = linear(20 * MB, since_s=17.0, until_s=17.1, level=0.0)
    assert window_of(plus(linear(per_s), table)).shape is Shape.SUSTAINED


def test_late_imports_are_flat_after_the_last() -> None:
    imports = plus(
        *(linear(5 * MB, since_s=at_s, until_s=at_s + 0.3, level=0.0) for at_s in (3.0, 5.5, 8.0, 10.5)),
    )
    assert window_of(imports).shape is Shape.FLAT


def test_a_backlog_that_is_worked_off_does_not_hide_the_leak_beneath() -> None:
    backlog: Curve = lambda t: max(0.0, 40 * MB - 4 * MB * t)  # noqa: E731 - a curve
    window = window_of(plus(linear(50 * KB), backlog))
    assert window.shape is Shape.SUSTAINED
    assert window.start_s >= 6.0


def test_memory_that_only_shrinks_is_flat() -> None:
    assert window_of(linear(-MB, level=60 * MB)).shape is Shape.FLAT


def test_a_machine_that_slows_down_does_not_hide_a_leak() -> None:
    slower = plus(linear(100 * KB, until_s=15.0), linear(50 * KB, since_s=15.0, level=0.0))
    assert window_of(slower).shape is Shape.SUSTAINED


def test_a_slow_creep_that_decelerates_is_not_sustained() -> None:
    assert window_of(saturating(120 * KB, 20.0)).shape is not Shape.SUSTAINED


def test_noise_on_a_slow_leak() -> None:
    noisy = plus(linear(4 * KB), lambda t: 20 * KB * (1 + wobble(t)))
    assert window_of(noisy).shape is Shape.SUSTAINED


def test_noise_alone() -> None:
    assert window_of(lambda t: MB * (1 + wobble(t))).shape is Shape.FLAT


def test_a_rise_that_is_steady_but_small_against_its_swings_is_not_decided() -> None:
    points = sampled(linear(5 * KB), 20.0)
    swinging = Points(points.t_s, tuple(v + 200 * KB * (i % 20 > 0) for i, v in enumerate(points.values)))
    window = shape_of(swinging, 1.0, 20.0, HEAP, begin_s=1.0)
    assert window.shape is Shape.UNSTEADY
    assert window.growth < window.allowed


def test_a_configured_warm_up_is_the_only_start_that_is_tried() -> None:
    points = sampled(linear(MB, until_s=8.0), 30.0)
    assert find_window(points, 10.0, 30.0, HEAP, fixed_start=True).shape is Shape.FLAT
    early = find_window(points, 3.0, 30.0, HEAP, fixed_start=True)
    assert (early.shape, early.start_s) == (Shape.SLOWING, 3.0)


@pytest.mark.parametrize(
    "points",
    [Points((), ()), Points((1.5,), (1.0,)), sampled(linear(MB), 1.2), sampled(linear(MB), 3.0, interval_s=1.0)],
)
def test_too_few_readings_are_unknown(points: Points) -> None:
    window = find_window(points, 1.0, 3.0, HEAP)
    assert (window.shape, window.growth) == (Shape.UNKNOWN, 0.0)


@pytest.mark.parametrize(
    ("per_s_at_the_end", "shape"),
    [(2**17, Shape.UNSTEADY), (2**17 - 1_000, Shape.SLOWING)],
)
def test_a_rise_that_keeps_all_of_its_rate_does_not_slow_down(per_s_at_the_end: int, shape: Shape) -> None:
    """A rise in the last third of a watch is too short to be sustained. The late half decides what it is called."""
    slope = plus(linear(2**17, until_s=25.0), linear(per_s_at_the_end, since_s=25.0))
    points = sampled(slope, 30.0, interval_s=0.125)  # steps that floating point numbers hold exactly
    window = shape_of(points, 20.0, 30.0, HEAP, begin_s=0.0)
    assert (window.shape, window.persistence == 1.0) == (shape, per_s_at_the_end == 2**17)


@pytest.mark.parametrize(("per_s", "shows"), [(4.9, False), (5.0, False), (5.1, True)])
def test_a_rise_shows_if_it_exceeds_what_is_allowed_over_the_whole_window(per_s: float, *, shows: bool) -> None:
    assert Window(Shape.FLAT, 10.0, 30.0, allowed=100.0).would_show(per_s) is shows


@pytest.mark.parametrize(("start_s", "shape"), [(18.0, Shape.FLAT), (18.1, Shape.SLOWING)])
def test_rest_counts_from_two_fifths_of_the_watch(start_s: float, shape: Shape) -> None:
    """Every curve looks flat in a short window: 12 of 30 s are enough, and less is not."""
    assert shape_of(sampled(flat(), 30.0), start_s, 30.0, HEAP, begin_s=0.0).shape is shape


def test_a_rise_that_was_watched_too_briefly_is_not_decided() -> None:
    window = window_of(linear(MB), 6.0)
    assert window.shape is Shape.UNSTEADY
    assert window.growth > 0


@pytest.mark.parametrize("interval_s", [0.05, 0.1, 0.25, 0.5])
@pytest.mark.parametrize(("curve", "shape"), [(linear(50 * KB), Shape.SUSTAINED), (flat(), Shape.FLAT)])
def test_the_interval_of_reading_does_not_matter(curve: Curve, shape: Shape, interval_s: float) -> None:
    assert window_of(curve, interval_s=interval_s).shape is shape


def test_readings_too_sparse_for_fine_sub_windows_are_judged_by_coarse_ones() -> None:
    assert window_of(linear(50 * KB), interval_s=1.5).shape is Shape.SUSTAINED


def test_an_undecided_window_tells_the_whole_rise() -> None:
    window = window_of(saturating(20 * MB, 8.0))
    assert (window.shape, window.start_s) == (Shape.SLOWING, 1.0)
    assert window.growth > 10 * MB


def test_a_rise_that_speeds_up_by_fits_and_starts_is_unsteady() -> None:
    levels = (0.0, 3.0, 0.5, 2.0, 9.0)
    window = find_window(sampled(lambda t: MB * levels[int(t // 6)], 30.0), 0.1, 30.0, HEAP, fixed_start=True)
    assert window.shape is Shape.UNSTEADY
    assert window.persistence >= 1.0


@pytest.mark.parametrize("end_s", [20.0, 30.0, 60.0])
def test_a_quiet_floor_hides_no_more_than_noise(end_s: float) -> None:
    assert window_of(flat(), end_s).unseen_per_s == pytest.approx(HEAP.per_s, rel=0.02)


def test_a_rising_floor_hides_as_much_as_it_may_rise() -> None:
    assert window_of(linear(100 * KB)).unseen_per_s == pytest.approx(100 * KB, rel=0.02)
