"""The window of an explanation is counted in repetitions: as many as the looks need, however fast the machine is."""

from array import array
from typing import Any

import pytest

from leakgate.checking import runner
from leakgate.growth.counts import RULE


def readings(blocks: int, native: int) -> Any:
    result = runner("engine").RepeatResult()
    result.repetitions = RULE.looks()[-1]
    result.readings = {
        "blocks": [1_000 + blocks * call for call in range(result.repetitions)],
        "native": [5_000 + native * call for call in range(result.repetitions)],
    }
    return result


@pytest.mark.parametrize(("blocks", "native", "needed"), [(2, 8, False), (2, 200, True), (0, 200, True), (0, 0, True)])
def test_native_places_are_searched_only_where_native_memory_grows_by_itself(
    blocks: int, native: int, *, needed: bool
) -> None:
    """The search reads a counter at each call of a function: it is slow, and a list that grows does not need it."""
    window = runner("window")
    assert window.needs_native(window.rising_counters(readings(blocks, native))) is needed


@pytest.mark.parametrize(
    ("rising", "each_s", "calls"),
    [
        ({"blocks": 1.0}, 0.0001, 60),
        ({"blocks": 18.0}, 0.0001, 60),
        ({"blocks": 1 / 16}, 0.0001, 960),
        ({"native": 64.0}, 0.0001, 156),
        ({"native": 4.0}, 0.0001, 2_000),
        ({"blocks": 1.0, "threads": 1 / 16}, 0.0001, 320),
        ({"containers": 8.0}, 0.0001, 2_000),
        ({"blocks": 1.0, "native": 8.0, "containers": 8.0}, 0.0001, 60),
        ({"blocks": 1.0, "native": 80.0, "containers": 8.0}, 0.0001, 125),
        ({"blocks": 1.0}, 0.1, 30),
        ({"blocks": 1.0}, 2.0, 20),
        ({}, 0.0001, 60),
    ],
)
def test_a_window_has_as_many_repetitions_as_its_slowest_counter_needs(
    rising: dict[str, float], each_s: float, calls: int
) -> None:
    assert runner("window").calls_in_window(rising, each_s) == calls


def test_each_repetition_moves_the_clock_by_the_same_step_and_a_wait_of_zero_needs_none() -> None:
    window = runner("window")
    clock, moments, called = window._CallClock(), array("d", [0.0] * 100), []
    began_s = clock.now_s
    made = window._drive(iter([0.0, 0.5, 0.0, 0.25]), lambda: called.append(1), clock, moments, 0.125)
    assert made == len(called) == 6
    assert [round(moment - began_s, 3) for moment in moments[:made]] == [0.125, 0.25, 0.375, 0.5, 0.625, 0.75]


def test_a_repetition_that_fails_ends_the_window() -> None:
    window = runner("window")
    failures = iter([None, None, "it failed"])
    made = window._drive(iter([9.0]), lambda: next(failures), window._CallClock(), array("d", [0.0] * 9), 0.1)
    assert made == 2
