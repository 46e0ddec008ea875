"""How long the start-up of a worker takes."""

import pytest

from leakgate.growth import thresholds
from leakgate.growth.floors import Points
from leakgate.growth.start_up import start_up_s

NOISE = thresholds.IN_FORCE.noise.heap
KB = 1_000.0


def started(loads: float, until_s: float, per_s: float, *, life_s: float = 20.0, begin_s: float = 3.0) -> float:
    """The start-up that is found in a life that loads so many bytes evenly, and then grows; ten readings a second."""
    ages = [at / 10 for at in range(int(10 * life_s) + 1)]
    values = [loads * min(1.0, age / until_s) + per_s * age for age in ages]
    return start_up_s(Points(tuple(begin_s + age for age in ages), tuple(values)), NOISE)


def test_the_start_up_ends_when_a_tenth_of_what_it_adds_is_missing() -> None:
    assert started(10_000 * KB, 4.0, 0.0) == pytest.approx(3.6, abs=0.11)
    assert started(10_000 * KB, 4.0, 20 * KB) == pytest.approx(3.6, abs=0.11)
    assert started(10_000 * KB, 4.0, 20 * KB, begin_s=0.0) == pytest.approx(3.6, abs=0.11)


def test_a_life_that_only_grows_has_no_start_up() -> None:
    assert started(0.0, 1.0, 50 * KB) == 0.0
    assert started(0.0, 1.0, 0.0) == 0.0


def test_a_start_up_within_noise_is_none() -> None:
    allowed = NOISE.allowed(20.0)
    assert started(0.99 * allowed, 2.0, 0.0) == 0.0
    assert started(1.01 * allowed, 2.0, 0.0) > 0.0


def test_a_start_up_of_more_than_half_of_the_life_is_not_told_from_growth() -> None:
    assert started(10_000 * KB, 9.0, 0.0) == pytest.approx(8.1, abs=0.11)
    assert started(10_000 * KB, 14.0, 0.0) == 0.0


def test_garbage_during_the_start_up_is_not_counted() -> None:
    ages = [at / 10 for at in range(201)]
    loads = [10_000 * KB * min(1.0, age / 4.0) for age in ages]
    garbage = [9_000 * KB if 10 <= at < 20 else 0.0 for at in range(201)]
    found = start_up_s(Points(tuple(ages), tuple(map(sum, zip(loads, garbage, strict=True)))), NOISE)
    assert found == pytest.approx(3.6, abs=0.11)


def test_a_life_without_time_has_none() -> None:
    assert start_up_s(Points((1.0, 1.0), (0.0, 9.0)), NOISE) == 0.0
