"""The shape of the lives of workers, from lives with exact readings."""

import math
from dataclasses import replace
from typing import Any

import pytest

from leakgate.growth import thresholds
from leakgate.growth.decision import Shape, Window
from leakgate.growth.life_shape import Life, LivesShape, shape_of_lives

NOISE = thresholds.IN_FORCE.noise.heap
MB = 1_000_000.0
PARTS = 12


def life(*lows: float, begin_s: float = 0.0, life_s: float = 12.0, **fields: Any) -> Life:
    return replace(Life(begin_s, begin_s + life_s, lows), **fields)


def rising(per_part: float, *, begin_s: float = 0.0, **fields: Any) -> Life:
    return life(*(per_part * at for at in range(PARTS)), begin_s=begin_s, **fields)


def collected(kept: float, per_part: float) -> tuple[tuple[float, float, float], ...]:
    """Two collections late in a life after which this share of the growth since the warm-up remains."""
    first = 3 * per_part
    grown = [(share, share * PARTS * per_part) for share in (0.5, 0.9)]
    return tuple((share, value, first + kept * (value - first)) for share, value in grown)


def shape(*lives: Life) -> LivesShape:
    found = shape_of_lives(lives, NOISE)
    assert found is not None
    return found


def window(*lives: Life) -> Window:
    return shape(*lives).window


def test_the_parts_of_a_life_and_its_steps_after_the_warm_up() -> None:
    one = life(0.0, 1.0, 3.0, 6.0, 10.0, 15.0, 21.0, 28.0, begin_s=4.0, life_s=16.0)
    assert (one.part_s, one.warm) == (2.0, 2)
    assert one.steps() == [3.0, 4.0, 5.0, 6.0, 7.0]
    assert one.steps(2) == [5.0, 6.0, 7.0]
    assert one.grew() == 5.0 * 8
    assert one.grew(2) == 6.0 * 8


def test_only_collections_after_the_warm_up_count_and_the_growth_is_that_since_it() -> None:
    one = life(*range(8), collected=((0.249, 9.0, 8.0), (0.25, 12.0, 11.0), (0.6, 20.0, 15.0)))
    assert one.collected_after() == [(10.0, 9.0), (18.0, 13.0)]
    assert one.collected_after(2) == [(16.0, 11.0)]


def sustained(count: int = 3, per_part: float = 100_000.0, kept: float = 1.0, **fields: Any) -> list[Life]:
    return [
        rising(per_part * (1 + 0.01 * at), begin_s=12.0 * at, collected=collected(kept, per_part), **fields)
        for at in range(count)
    ]


def test_lives_that_rise_evenly_to_their_end_leak() -> None:
    found = window(*sustained())
    assert found.shape is Shape.SUSTAINED
    assert (found.start_s, found.end_s) == (0.0, 36.0)
    assert found.growth == pytest.approx(PARTS * 101_000.0)
    assert found.persistence == pytest.approx(1.0)
    assert found.steadiness == pytest.approx(1 / 1.01)


@pytest.mark.parametrize(("kept", "expected"), [(0.51, Shape.SUSTAINED), (0.49, Shape.FLAT)])
def test_half_of_the_growth_must_remain_after_collections(kept: float, expected: Shape) -> None:
    assert window(*sustained(kept=kept)).shape is expected


def test_half_of_the_growth_must_remain_too_where_all_collections_come_at_one_age() -> None:
    for kept, expected in ((0.51, Shape.SUSTAINED), (0.49, Shape.FLAT)):
        at_one_age = [replace(one, collected=one.collected[1:]) for one in sustained(4, kept=kept)]
        assert window(*at_one_age).shape is expected


def test_three_collections_are_too_few_and_four_are_enough() -> None:
    lives = sustained(2)
    assert window(*lives).shape is Shape.SUSTAINED
    assert window(lives[0], replace(lives[1], collected=lives[1].collected[1:])).shape is Shape.UNSTEADY


def test_one_life_and_seven_steps_are_too_few() -> None:
    assert shape_of_lives(sustained(1), NOISE) is None
    four = [life(0.0, 0.0, 1e5, 2e5, 3e5, begin_s=4.0 * at, life_s=4.0) for at in range(2)]
    assert shape_of_lives(four, NOISE) is None
    five = [life(0.0, 0.0, 1e5, 2e5, 3e5, 4e5, begin_s=4.0 * at, life_s=4.0) for at in range(2)]
    assert shape_of_lives(five, NOISE) is not None


@pytest.mark.parametrize(("ends", "expected"), [(0.61, Shape.SUSTAINED), (0.59, Shape.SLOWING)])
def test_the_last_tenth_must_keep_three_fifths_of_the_late_rate(ends: float, expected: Shape) -> None:
    late_per_s = 101_000.0
    assert window(*sustained(end_per_s=ends * late_per_s)).shape is expected
    some = sustained()
    some[0] = replace(some[0], end_per_s=ends * late_per_s)
    assert window(*some).shape is expected, "lives without a known end do not count"


def test_lives_at_rest_are_flat_and_what_their_scatter_hides_is_said() -> None:
    found = window(*(life(*[MB] * PARTS, begin_s=12.0 * at) for at in range(3)))
    assert (found.shape, found.growth, found.steadiness) == (Shape.FLAT, 0.0, 0.0)
    span_s = 8.0  # eight steps of a second after the warm-up
    assert found.allowed == pytest.approx(NOISE.allowed(span_s))
    assert found.unseen_per_s == pytest.approx(NOISE.allowed(span_s) / span_s)


def ended(*grown: float) -> Window:
    """Lives that end with these amounts, evenly over the parts after the warm-up."""
    return window(
        *(
            life(*[0.0] * 3, *(amount * (at + 1) / 9 for at in range(9)), begin_s=12.0 * number)
            for number, amount in enumerate(grown)
        )
    )


def test_what_a_scatter_hides_follows_from_the_median_and_its_standard_error() -> None:
    found = ended(-100_000.0, -20_000.0, 0.0, 20_000.0, 100_000.0)
    # eight of nine steps are judged; the median absolute deviation is 8/9 of 20,000
    error = 1.4826 * math.sqrt(math.pi / 2) * 20_000.0 * 8 / 9 / math.sqrt(5)
    hidden = thresholds.IN_FORCE.growth.clear_of_uncertainty * error
    assert found.unseen_per_s * 8.0 == pytest.approx(max(hidden, NOISE.allowed(8.0)))
    assert hidden > NOISE.allowed(8.0)


def test_a_rise_within_the_scatter_of_the_lives_is_allowed() -> None:
    found = ended(-900_000.0, 0.0, 900_000.0)
    deviation = 800_000.0  # 8/9 of 900,000
    expected = thresholds.IN_FORCE.growth.clear_of_uncertainty * deviation / math.sqrt(3)
    assert found.allowed == pytest.approx(expected)
    assert found.shape is Shape.UNSTEADY, "so much scatter hides a leak"


def test_lives_that_only_warm_up_grow_by_their_late_rate() -> None:
    lows = [0.0, 2e5, 4e5, 6e5, 8e5, 8.5e5, *[8.6e5] * 6]
    found = shape(*(life(*lows, begin_s=12.0 * at) for at in range(4)))
    assert (found.window.shape, found.only_late) == (Shape.FLAT, True)
    assert found.window.growth == 0.0


def test_a_leak_after_a_long_warm_up_is_found_by_a_longer_one() -> None:
    lows = [0.0, 3e6, 6e6, 9e6, 1.2e7, 1.5e7, 1.8e7, *(1.8e7 + 1e5 * at for at in range(1, 10))]
    clean = tuple((share, 1.8e7 + 1e6 * share, 1.8e7 + 1e6 * share) for share in (0.75, 0.95))
    found = shape(*(life(*lows, begin_s=16.0 * at, life_s=16.0, collected=clean) for at in range(4)))
    assert found.window.shape is Shape.SUSTAINED
    assert found.later == 2, "the first warm-up after which all steps are equal"
    assert found.window.growth == pytest.approx(1e5 * 16, rel=0.15)


def test_a_life_of_which_only_the_late_half_counts_grows_by_that_rate_over_all_its_time() -> None:
    one = life(0.0, 9.0, 18.0, 20.0, 22.0, 24.0, 26.0, 28.0, life_s=16.0)
    late = LivesShape(Window(Shape.FLAT, 0.0, 16.0), only_late=True)
    assert late.grew(one) == pytest.approx(2.0 / 2.0 * 16.0)
    assert replace(late, only_late=False).grew(one) == pytest.approx(2.0 * 8)
