"""The shape of lives at its exact limits, and workers that are just long-lived, busy or numerous enough."""

from dataclasses import replace

import pytest

from leakgate.growth import thresholds
from leakgate.growth.decision import Shape, Window
from leakgate.growth.floors import Points
from leakgate.growth.life_shape import Life, LivesShape, _kept_rate, _shape_after, shape_of_lives
from leakgate.growth.lives import lives_of
from leakgate.growth.signals import is_long_lived
from leakgate.growth.start_up import start_up_s
from leakgate.model.evidence import ProcessRole
from tests.helpers.trials import KB, MB, track_from

NOISE = thresholds.IN_FORCE.noise.heap
FIGURES = thresholds.IN_FORCE.lives
STEPS_S = 8.0
"""Seconds of the eight steps that are judged in a life of twelve parts of a second each."""
ALLOWED = NOISE.allowed(STEPS_S)


def alike(early: float, late: float, *, kept: float = 1.0, ends: float | None = None) -> Window:
    """Three equal lives of twelve parts: four early steps and four late ones after the warm-up."""
    grown = [early * at for at in range(5)] + [4 * early + late * at for at in range(1, 5)]
    collected = ((0.5, 100.0 * KB, kept * 100.0 * KB), (1.0, 100.0 * KB, kept * 100.0 * KB))
    one = Life(0.0, 12.0, (0.0, 0.0, 0.0, *grown), collected, end_per_s=ends)
    found = _shape_after([replace(one, begin_s=12.0 * at, end_s=12.0 * at + 12.0) for at in range(3)], NOISE, 0)
    assert found is not None
    return found.window


def test_lives_that_grow_by_exactly_the_noise_are_at_rest() -> None:
    step = ALLOWED / 8
    assert alike(step, step).shape is Shape.FLAT
    assert alike(step + 1, step + 1).shape is not Shape.FLAT


def test_lives_whose_late_half_grows_by_exactly_the_noise_have_warmed_up() -> None:
    step = ALLOWED / 8
    assert alike(2 * step, step).shape is Shape.FLAT
    assert alike(2 * step, step + 1).shape is Shape.SLOWING


@pytest.mark.parametrize(("late", "shape"), [(75 * KB, Shape.SUSTAINED), (74 * KB, Shape.SLOWING)])
def test_the_late_half_of_lives_keeps_three_quarters(late: float, shape: Shape) -> None:
    assert alike(100 * KB, late).shape is shape


def test_lives_that_rise_only_late_persist() -> None:
    assert alike(0.0, 100 * KB).persistence == 1.0
    assert alike(0.0, 0.0).persistence == 0.0


@pytest.mark.parametrize(("ends", "shape"), [(60 * KB, Shape.SUSTAINED), (59 * KB, Shape.SLOWING)])
def test_the_end_of_a_life_keeps_three_fifths_of_the_late_rate(ends: float, shape: Shape) -> None:
    assert FIGURES.kept_at_end * 100 * KB == 60 * KB
    assert alike(100 * KB, 100 * KB, ends=ends).shape is shape


@pytest.mark.parametrize(("kept", "shape"), [(0.5, Shape.SUSTAINED), (0.49, Shape.FLAT)])
def test_half_of_the_growth_is_enough_after_collections_at_one_age(kept: float, shape: Shape) -> None:
    assert alike(100 * KB, 100 * KB, kept=kept).shape is shape


def test_the_share_that_must_be_kept_is_that_of_each_second_between_the_halves() -> None:
    usual = thresholds.IN_FORCE.growth.kept_rate
    one = Life(0.0, 12.0, tuple(map(float, range(12))))
    assert _kept_rate(one, 0) == usual
    assert _kept_rate(one, 4) == pytest.approx(usual ** (2 / 4)), "four steps instead of eight"
    assert _kept_rate(one, 3) == pytest.approx(usual ** (3 / 4)), "five steps: the late half has three"
    assert _kept_rate(replace(one, start_up_s=4.0), 0) == pytest.approx(usual ** (12 / 16))


def test_short_lives_are_laid_over_each_other_reading_by_reading() -> None:
    def brief(begin_s: float, level: float) -> Points:
        times = tuple(0.1 * at for at in range(6))
        return Points(
            tuple(begin_s + t_s for t_s in times), tuple(level + 1_000.0 * t_s for t_s in times), (False,) * 6
        )

    (one,) = lives_of([brief(8.0 * number, 50_000.0 * number) for number in range(4)])
    assert one.lows == pytest.approx((50.0, 200.0, 300.0, 450.0))


def test_lives_are_laid_over_each_other_unless_more_than_half_are_long_enough() -> None:
    def life(life_s: float, count: int, begin_s: float) -> Points:
        times = tuple(begin_s + life_s * at / (count - 1) for at in range(count))
        return Points(times, tuple(float(at) for at in range(count)), (False,) * count)

    long = [life(10.0, 100, 10.0 * at) for at in range(2)]
    short = [life(0.3, 4, 30.0 + at) for at in range(2)]
    (whole, _), (laid_over, _) = FIGURES.parts
    assert [len(one.lows) for one in lives_of([*long, short[0]])] == [whole, whole]
    assert [len(one.lows) for one in lives_of([*long, *short])] == [laid_over, laid_over]


@pytest.mark.parametrize(
    ("first_s", "last_s", "expected"),
    [(0.0, 27.0, True), (0.0, 26.9, False), (15.0, 27.0, True), (15.1, 27.0, False)],
)
def test_a_child_is_long_lived_from_two_fifths_of_the_watch_on(
    first_s: float, last_s: float, *, expected: bool
) -> None:
    track = track_from(role=ProcessRole.CHILD, first_s=first_s, last_s=last_s)
    assert is_long_lived(track, 30.0) is expected


@pytest.mark.parametrize(("later", "shape"), [(5, Shape.SUSTAINED), (6, Shape.SLOWING)])
def test_three_steps_must_remain_after_a_longer_warm_up(later: int, shape: Shape) -> None:
    """Eight steps are judged after the usual warm-up; so many of them are the end of a start-up."""
    steps = [10 * MB] * later + [100 * KB] * (8 - later)
    lows = (0.0, 0.0, 0.0, *(sum(steps[:at]) for at in range(9)))
    one = Life(0.0, 12.0, lows, tuple((share, lows[-1], lows[-1]) for share in (0.8, 1.0)))
    found = shape_of_lives([replace(one, begin_s=12.0 * at, end_s=12.0 * at + 12.0) for at in range(4)], NOISE)
    assert found is not None
    assert found.window.shape is shape


def test_first_readings_within_the_noise_are_no_start_up() -> None:
    within = NOISE.allowed(10.0)

    def over_s(rise: float) -> float:
        times = tuple(0.25 * at for at in range(41))
        return start_up_s(Points(times, tuple(5 * MB + (rise if t_s >= 1.0 else 0.0) for t_s in times)), NOISE)

    assert over_s(within) == 0.0
    assert over_s(within + 1) == 1.0


def test_a_life_that_is_shorter_than_the_warm_up_of_the_others_grows_by_its_last_step() -> None:
    one = Life(0.0, 8.0, (0.0, 0.0, 1.0, 3.0, 6.0, 10.0, 15.0, 21.0))
    shape = LivesShape(Window(Shape.SUSTAINED, 0.0, 8.0), later=99)
    assert shape.grew(one) == 6.0 * 8
