"""The judged quantities of a trial, and the resident memory that the counters do not explain."""

import pytest

from leakgate.growth import thresholds
from leakgate.growth.floors import Points
from leakgate.growth.signals import RecycledRole, Signal, exact_signals_of, signals_of
from leakgate.model.evidence import ProcessRole, ProcessTrack
from leakgate.model.metrics import Metric
from tests.helpers.trials import (
    MB,
    Collections,
    Curve,
    Garbage,
    flat,
    linear,
    plus,
    sampled,
    saw,
    series,
    track_from,
    trial_from,
    trial_of,
)


def signal(metric: Metric, signals: tuple[Signal, ...]) -> Signal:
    return next(one for one in signals if one.metric is metric)


def child(first_s: float, last_s: float, *, heap: Curve | None = None) -> ProcessTrack:
    return track_from(
        heap=sampled(heap, last_s, start_s=first_s + 0.1) if heap else None,
        resident=sampled(flat(20 * MB), last_s, start_s=first_s + 0.1),
        pid=200,
        role=ProcessRole.CHILD,
        first_s=first_s,
        last_s=last_s,
    )


def test_a_process_has_its_heap_its_native_memory_and_what_neither_explains() -> None:
    found = signals_of(trial_from(heap=flat(5 * MB), native=flat(3 * MB), resident=flat(20 * MB)))
    assert [(one.metric, one.exact) for one in found] == [
        (Metric.HEAP, True),
        (Metric.NATIVE, True),
        (Metric.ANON, False),
    ]
    assert set(signal(Metric.HEAP, found).points.values) == {5 * MB}
    assert set(signal(Metric.ANON, found).points.values) == {12 * MB}
    assert {one.begin_s for one in found} == {1.0}


def test_without_counters_resident_memory_is_taken_as_it_is() -> None:
    (only,) = signals_of(trial_from(resident=flat(20 * MB), resident_metric=Metric.RSS))
    assert only.metric is Metric.RSS
    assert set(only.points.values) == {20 * MB}
    assert only.noise == thresholds.IN_FORCE.noise.of(Metric.RSS)


def test_nothing_read_is_no_signal() -> None:
    assert signals_of(trial_from()) == ()


def test_counters_that_were_read_after_the_watch_only_are_left_out() -> None:
    late = sampled(flat(), 9.0, start_s=5.0)
    main = track_from(heap=late, native=late, resident=sampled(flat(), 2.0), last_s=9.0)
    assert [one.metric for one in signals_of(trial_of((main,), (), 2.0))] == [Metric.ANON]


def test_with_collections_only_what_follows_the_first_is_judged() -> None:
    found = signals_of(
        trial_from(heap=flat(5 * MB), garbage=Garbage(2 * MB, 9 * MB), collections=Collections(first_s=4.0))
    )
    heap = signal(Metric.HEAP, found)
    assert heap.begin_s == pytest.approx(4.0, abs=0.11)
    assert min(heap.points.between(heap.begin_s, 30.0).values) == 5 * MB
    assert sum(heap.points.settled) == 26


def test_a_count_that_begins_late_is_judged_from_there() -> None:
    late = track_from(heap=sampled(flat(), 30.0, start_s=20.0), last_s=30.0)
    (heap,) = signals_of(trial_of((late,), (), 30.0))
    assert heap.begin_s == 20.0


def test_resident_memory_below_the_high_water_mark_of_live_memory_is_explained() -> None:
    spike: Curve = lambda t: 60 * MB if 3 < t < 4 else 5 * MB  # noqa: E731 - a curve
    kept: Curve = lambda t: 80 * MB if t > 3 else 20 * MB  # noqa: E731 - free again, but still resident
    unexplained = signal(Metric.ANON, signals_of(trial_from(heap=spike, native=flat(0.0), resident=kept)))
    assert set(unexplained.points.between(5.0, 30.0).values) == {20 * MB}


def test_blocks_that_were_handed_out_and_are_touched_bit_by_bit_are_explained() -> None:
    touched = linear(8 * MB, level=10 * MB)
    found = signals_of(trial_from(heap=flat(5 * MB), native=flat(400 * MB), resident=touched))
    assert len(set(signal(Metric.ANON, found).points.values)) == 1


def test_what_is_resident_beyond_all_that_the_allocator_handed_out_is_not_explained() -> None:
    found = signals_of(trial_from(heap=flat(5 * MB), native=flat(3 * MB), resident=linear(MB, level=20 * MB)))
    values = signal(Metric.ANON, found).points.values
    assert values[-1] - values[0] == pytest.approx(29.8 * MB)


def test_live_memory_that_is_freed_and_taken_again_may_leave_holes() -> None:
    quiet = signals_of(trial_from(heap=flat(), native=flat(), resident=flat(30 * MB)))
    churning = signals_of(trial_from(heap=flat(), native=saw(6 * MB, 3.0), resident=flat(30 * MB)))
    assert signal(Metric.ANON, quiet).noise == thresholds.IN_FORCE.noise.of(Metric.ANON)
    assert signal(Metric.ANON, churning).noise.at_least == pytest.approx(6 * MB, rel=0.05)


def test_what_a_warm_up_frees_once_leaves_no_holes_later() -> None:
    startup: Curve = lambda t: 90 * MB if t < 5 else 5 * MB  # noqa: E731 - a curve
    found = signals_of(trial_from(heap=startup, native=flat(), resident=flat(120 * MB)))
    assert signal(Metric.ANON, found).noise == thresholds.IN_FORCE.noise.of(Metric.ANON)


def test_only_a_heap_counter_explains_too() -> None:
    found = signals_of(trial_from(heap=flat(5 * MB), resident=flat(20 * MB)))
    assert set(signal(Metric.ANON, found).points.values) == {15 * MB}


def test_readings_of_resident_memory_before_the_first_count_use_the_first() -> None:
    main = track_from(heap=Points((2.0, 3.0), (8.0, 9.0)), resident=Points((1.0, 2.5, 3.0), (10.0,) * 3), last_s=4.0)
    assert signal(Metric.ANON, signals_of(trial_of((main,), (), 4.0))).points.values == (2.0, 2.0, 1.0)


@pytest.mark.parametrize(
    ("first_s", "last_s", "is_judged"),
    [(0.5, 30.0, True), (15.0, 30.0, True), (20.0, 30.0, False), (0.5, 20.0, False), (3.0, 4.0, False)],
)
def test_only_long_lived_children_are_judged(first_s: float, last_s: float, *, is_judged: bool) -> None:
    trial = trial_from(heap=flat(), resident=flat(20 * MB), children=(child(first_s, last_s, heap=linear(MB)),))
    assert (200 in {one.pid for one in signals_of(trial)}) is is_judged


def test_with_children_the_sum_of_the_tree_is_judged_too() -> None:
    trial = trial_from(
        heap=flat(),
        resident=flat(20 * MB),
        children=(child(0.5, 30.0),),
        tree=(series(Metric.RSS, sampled(flat(40 * MB), 30.0)),),
    )
    tree = signals_of(trial)[-1]
    assert (tree.pid, tree.role, tree.metric, tree.exact) == (0, ProcessRole.CHILD, Metric.RSS, False)


def test_a_childs_signals_begin_with_it() -> None:
    trial = trial_from(heap=flat(), children=(child(12.0, 30.0, heap=plus(flat(), flat())),))
    starts = {one.begin_s for one in signals_of(trial) if one.pid == 200}
    assert all(start >= 12.0 for start in starts)


def test_the_exact_signals_are_those_of_all_signals() -> None:
    trial = trial_from(heap=linear(MB), native=saw(6 * MB, 3.0), resident=flat(30 * MB))
    assert exact_signals_of(trial) == tuple(one for one in signals_of(trial) if one.exact)


def test_the_work_of_a_worker_begins_after_its_start_up() -> None:
    role = RecycledRole(parent=1, command="job", pids=(2,), lives=2, life_s=9.0, pooled=True, grew=1.0, start_up_s=2.0)
    assert role.work_s == 7.0
