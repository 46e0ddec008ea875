"""When leakgate asks for a full collection, which pauses the program."""

import dataclasses

import pytest

from leakgate.growth import thresholds
from leakgate.model.evidence import TrialOk
from leakgate.model.metrics import Metric
from leakgate.pacing.settling import should_settle
from tests.helpers.trials import KB, MB, Collections, Curve, flat, linear, plus, saw, trial_from
from tests.unit.growth.test_growth_lives import recycled

FIGURES = thresholds.IN_FORCE.settling
NEVER = float("-inf")
LARGE = 160 * MB
"""Two million objects: a collection of them takes long."""
LONG_S = 0.19


def at(
    now_s: float,
    heap: Curve,
    *,
    native: Curve | None = None,
    collections: Collections | None = None,
    pause_s: float = 0.0,
) -> TrialOk:
    trial = trial_from(end_s=now_s, heap=heap, native=native or flat(), collections=collections)
    return dataclasses.replace(trial, longest_settle_s=pause_s)


def test_a_heap_at_rest_is_never_collected() -> None:
    assert not any(should_settle(at(now_s, flat()), NEVER) for now_s in (2.5, 5.0, 20.0, 60.0))


@pytest.mark.parametrize("per_s", [20 * KB, 100 * KB, MB])
def test_what_rises_in_a_small_heap_is_collected_at_once(per_s: float) -> None:
    asked = [now_s / 2 for now_s in range(2, 10) if should_settle(at(now_s / 2, linear(per_s)), NEVER)]
    assert asked[0] == FIGURES.first_suspicion_s


def test_native_memory_that_rises_is_a_reason_too() -> None:
    assert should_settle(at(5.0, flat(), native=linear(100 * KB)), NEVER)


def test_once_begun_short_collections_go_on_for_readings_are_compared_with_their_like() -> None:
    begun = at(10.0, flat(), collections=Collections(first_s=3.0), pause_s=0.005)
    assert should_settle(begun, 10.0 - FIGURES.every_s)
    assert not should_settle(begun, 10.0 - FIGURES.every_s / 2)


def test_long_collections_are_rare() -> None:
    leaking = at(10.0, linear(MB, level=LARGE), collections=Collections(first_s=3.0), pause_s=LONG_S)
    assert should_settle(leaking, 10.0 - FIGURES.pause_share * LONG_S)
    assert not should_settle(leaking, 10.0 - 0.9 * FIGURES.pause_share * LONG_S)


@pytest.mark.parametrize("loaded_s", [2.0, 4.0, 6.0])
def test_a_large_heap_that_is_being_loaded_is_left_alone(loaded_s: float) -> None:
    loading = linear(LARGE / loaded_s, until_s=loaded_s)
    assert not any(should_settle(at(now_s / 2, loading), NEVER) for now_s in range(2, 60))


def test_young_garbage_of_a_large_heap_is_no_reason() -> None:
    young = plus(linear(2 * KB, level=LARGE), saw(100 * KB, 0.37))
    assert not any(should_settle(at(now_s / 2, young), NEVER) for now_s in range(2, 120))


def test_a_large_heap_that_rises_for_long_is_collected() -> None:
    rising = linear(100 * KB, level=LARGE)
    asked = [now_s / 2 for now_s in range(2, 30) if should_settle(at(now_s / 2, rising), NEVER)]
    assert asked[0] == FIGURES.long_suspicion_s


def test_a_large_heap_that_a_collection_found_at_rest_is_left_alone() -> None:
    resting = plus(flat(LARGE), saw(10 * KB, 0.7))
    collections = Collections(first_s=3.0, every_s=100.0)
    seconds = [float(now_s) for now_s in range(4, 60)]
    assert not any(should_settle(at(now_s, resting, collections=collections, pause_s=LONG_S), 3.0) for now_s in seconds)


@pytest.mark.parametrize("per_s", [4 * KB, 100 * KB])
def test_a_large_heap_that_rises_after_a_collection_is_collected_again(per_s: float) -> None:
    rising = linear(per_s, level=LARGE)
    assert should_settle(at(12.0, rising, collections=Collections(3.0, 100.0), pause_s=LONG_S), 3.0)


def test_a_collection_that_has_just_been_made_says_nothing_yet() -> None:
    rising = linear(MB, level=LARGE)
    assert not should_settle(at(9.05, rising, collections=Collections(8.98, 100.0), pause_s=LONG_S), NEVER)


def test_nothing_is_asked_for_where_nothing_is_counted() -> None:
    assert not should_settle(trial_from(end_s=9.0, resident=linear(MB)), NEVER)


def test_what_has_no_reading_after_a_collection_is_no_reason_for_a_long_one() -> None:
    rising = at(12.0, flat(LARGE), native=linear(MB), collections=Collections(3.0, 100.0), pause_s=LONG_S)
    (main,) = rising.processes
    kept = tuple(one for one in main.series if not (one.settled and one.metric is Metric.NATIVE))
    assert should_settle(rising, 3.0)
    assert not should_settle(dataclasses.replace(rising, processes=(dataclasses.replace(main, series=kept),)), 3.0)


@pytest.mark.parametrize(("share", "asked"), [(0.9, False), (1.1, True)])
def test_a_large_heap_is_collected_only_while_it_still_rises_at_its_mean_rate(share: float, *, asked: bool) -> None:
    now_s = FIGURES.long_suspicion_s + 4
    before = linear(MB, level=LARGE, until_s=now_s - 2)
    slower = linear(share * FIGURES.still * MB, level=0.0, since_s=now_s - 2)
    assert should_settle(at(now_s, plus(before, slower), pause_s=LONG_S), NEVER) is asked


@pytest.mark.parametrize(("memory", "asks"), [(linear(50 * KB), True), (flat(), False)])
def test_workers_that_are_replaced_are_collected_while_they_may_leak(memory: Curve, *, asks: bool) -> None:
    """The newest worker has just begun: the lives that have ended decide."""
    assert should_settle(recycled(memory, life_s=4.0, end_s=18.0), NEVER) is asks
