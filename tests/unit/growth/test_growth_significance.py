"""The significance of a rise: Student's test, as standard errors of a normal distribution."""

import math
import random

import pytest

from leakgate.growth.significance import surety


def walk(seed: int, steps: int, drift: float = 0.0) -> list[float]:
    chance = random.Random(seed)  # noqa: S311 - no secret
    values = [0.0]
    for _ in range(steps):
        values.append(values[-1] + chance.gauss(drift, 1.0))
    return values


@pytest.mark.parametrize("values", [[], [1.0], [1.0, 2.0, 3.0], [3.0, 2.0, 1.0, 0.0], [5.0, 5.0, 5.0, 5.0, 5.0]])
def test_too_few_values_and_values_that_do_not_rise_are_not_sure(values: list[float]) -> None:
    assert surety(values) == 0.0


def test_a_line_is_sure_beyond_all_doubt() -> None:
    assert surety([0.0, 1.0, 2.0, 3.0]) == math.inf
    assert surety([0.0, 1.0, 2.0, 3.0], lags=3) == math.inf


@pytest.mark.parametrize(
    ("values", "expected"),
    [  # steps 1, 2, 3: t = 2 * sqrt(3) = 3.46 with 2 degrees of freedom, which is as rare as 1.79 standard deviations
        ([0.0, 1.0, 3.0, 6.0], 1.79),
        # steps 1, 2, 3, 1, 2, 3: t = 2 * sqrt(6) / 0.894 = 5.48 with 5 degrees of freedom: 2.99
        ([0.0, 1.0, 3.0, 6.0, 7.0, 9.0, 12.0], 2.99),
    ],
)
def test_few_steps_must_rise_more_evenly_to_be_as_sure(values: list[float], expected: float) -> None:
    assert surety(values) == pytest.approx(expected, abs=0.03)


@pytest.mark.parametrize("steps", [3, 7, 15])
def test_random_steps_pass_as_seldom_as_the_normal_distribution_says(steps: int) -> None:
    """One walk in 44 exceeds two standard errors, however few its steps are."""
    passed = sum(surety(walk(seed, steps)) >= 2.0 for seed in range(4000))
    assert 4000 / 44 * 0.7 <= passed <= 4000 / 44 * 1.3


def test_bursts_are_as_sure_as_the_rise_that_they_make_together() -> None:
    """Steps that make up for each other scatter less in the long run than each of them does."""
    bursts = [float(3 * (index // 3)) for index in range(17)]
    assert surety(bursts, lags=3) > 1.5 * surety(bursts)


def test_steps_that_go_on_as_the_last_did_are_less_sure() -> None:
    slow = [sum(1.0 + math.sin(index / 2.5) for index in range(end)) for end in range(17)]
    assert surety(slow, lags=3) < surety(slow)
