"""How long the start-up of a worker takes."""

import pytest

from leakgate.growth import thresholds
from leakgate.growth.start_up import start_up_s
from tests.helpers.trials import MB, Curve, flat, linear, plus, sampled, saw

HEAP = thresholds.IN_FORCE.noise.heap
KB = 1_000.0
LIFE_S = 4.0
IMPORTS = linear(8 * MB, until_s=1.0)
"""Imports that take the first second."""


@pytest.mark.parametrize("later", [flat(0.0), linear(50 * KB), linear(2 * MB), saw(100 * KB, 0.3)])
def test_imports_are_over_where_memory_grows_as_in_the_late_half(later: Curve) -> None:
    assert start_up_s(sampled(plus(IMPORTS, later), LIFE_S), HEAP) == pytest.approx(1.0, abs=0.2)


@pytest.mark.parametrize("memory", [flat(), linear(50 * KB), linear(8 * MB), linear(-50 * KB, level=MB)])
def test_a_worker_without_imports_has_no_start_up(memory: Curve) -> None:
    assert start_up_s(sampled(memory, LIFE_S), HEAP) == 0.0


def test_imports_that_take_most_of_a_life_are_not_known() -> None:
    assert start_up_s(sampled(linear(8 * MB, until_s=3.0), LIFE_S), HEAP) == 0.0


def test_few_readings_say_nothing() -> None:
    assert start_up_s(sampled(IMPORTS, LIFE_S, interval_s=2.0), HEAP) == 0.0
