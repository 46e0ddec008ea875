"""The answer on growth for whole trials: which signal decides, and what kind of memory it is."""

import dataclasses

import pytest

from leakgate.growth.assess import Growth, judge_growth, slope_over
from leakgate.growth.floors import Points
from leakgate.model.evidence import ProcessRole, ProcessTrack, TrialOk
from leakgate.model.explanation import Explanation, Frame, GrowthSite
from leakgate.model.metrics import Metric
from leakgate.model.verdict import Kind
from tests.helpers.trials import (
    KB,
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
    stairs,
    track_from,
    trial_from,
    trial_of,
    wobble,
)

LEAK_PER_S = 50 * KB


def long_lived_child(heap: Curve | None, resident: Curve, end_s: float = 30.0) -> ProcessTrack:
    return track_from(
        heap=sampled(heap, end_s, start_s=1.0) if heap else None,
        native=sampled(flat(), end_s, start_s=1.0) if heap else None,
        resident=sampled(resident, end_s, start_s=1.0),
        pid=200,
        role=ProcessRole.CHILD,
        first_s=0.9,
        last_s=end_s,
    )


def quiet(heap: Curve | None = None, native: Curve | None = None, resident: Curve | None = None) -> TrialOk:
    return trial_from(heap=heap or flat(), native=native or flat(), resident=resident or flat(20 * MB))


@pytest.mark.parametrize(
    ("trial", "kind", "metric"),
    [
        (quiet(heap=linear(LEAK_PER_S)), Kind.PYTHON, Metric.HEAP),
        (quiet(heap=linear(4 * KB)), Kind.PYTHON, Metric.HEAP),
        (quiet(native=linear(LEAK_PER_S)), Kind.NATIVE, Metric.NATIVE),
        (quiet(native=linear(4 * KB)), Kind.NATIVE, Metric.NATIVE),
        (quiet(resident=linear(MB, level=20 * MB)), Kind.NATIVE, Metric.ANON),
        (quiet(heap=stairs(100 * KB, 5.0)), Kind.PYTHON, Metric.HEAP),
        (quiet(heap=linear(106 * KB, since_s=8.5)), Kind.PYTHON, Metric.HEAP),
        (trial_from(resident=linear(MB, level=20 * MB), resident_metric=Metric.RSS), Kind.NATIVE, Metric.RSS),
    ],
)
def test_leaks_grow(trial: TrialOk, kind: Kind, metric: Metric) -> None:
    judgement = judge_growth(trial)
    assert (judgement.growth, judgement.kind) == (Growth.GROWS, kind)
    assert judgement.leading is not None
    assert judgement.leading.signal.metric is metric
    assert judgement.warmup_s == judgement.leading.window.start_s


@pytest.mark.parametrize(
    "trial",
    [
        quiet(),
        quiet(heap=saw(20 * MB, 4.0)),
        quiet(heap=linear(MB, until_s=10.0), resident=linear(1.2 * MB, level=20 * MB, until_s=10.0)),
        quiet(heap=lambda t: 4 * MB + 30 * KB * wobble(t)),
        quiet(resident=lambda t: 20 * MB + 300 * KB * wobble(t)),
        quiet(heap=linear(-MB, level=50 * MB)),
        quiet(native=saw(60 * MB, 3.0), resident=linear(90 * MB, level=20 * MB, until_s=2.0)),
        quiet(native=flat(400 * MB), resident=linear(8 * MB, level=20 * MB)),
    ],
)
def test_healthy_programs_are_steady(trial: TrialOk) -> None:
    judgement = judge_growth(trial)
    assert (judgement.growth, judgement.kind, judgement.leading) == (Growth.STEADY, Kind.NONE, None)


def test_the_warm_up_of_a_healthy_program_ends_where_all_its_signals_are_flat() -> None:
    judgement = judge_growth(quiet(heap=linear(MB, until_s=4.0), native=linear(MB, until_s=9.0)))
    assert judgement.growth is Growth.STEADY
    assert 8.0 <= judgement.warmup_s <= 11.0


def test_a_file_that_is_mapped_and_read_does_not_grow() -> None:
    mapped = sampled(linear(2 * MB, level=20 * MB), 30.0)
    main = track_from(
        heap=sampled(flat(), 30.0),
        native=sampled(flat(), 30.0),
        resident=sampled(flat(9 * MB), 30.0),
        more=(series(Metric.RSS, mapped),),
        last_s=30.0,
    )
    assert judge_growth(trial_of((main,), (series(Metric.RSS, mapped),), 30.0)).growth is Growth.STEADY


def test_growth_of_resident_memory_with_live_memory_is_charged_to_the_counter() -> None:
    judgement = judge_growth(quiet(heap=linear(LEAK_PER_S), resident=linear(LEAK_PER_S, level=20 * MB)))
    assert judgement.leading is not None
    assert judgement.leading.signal.metric is Metric.HEAP
    assert [one.window.shape.value for one in judgement.assessments] == ["sustained", "flat", "flat"]


def test_resident_memory_leads_where_it_grows_far_faster_than_what_is_counted() -> None:
    judgement = judge_growth(quiet(heap=linear(4 * KB), resident=linear(4 * MB, level=20 * MB)))
    assert judgement.leading is not None
    assert judgement.leading.signal.metric is Metric.ANON


@pytest.mark.parametrize(
    ("kind", "per_s", "leads"),
    [
        (Kind.NATIVE, 400 * KB, True),
        (Kind.NATIVE, 90 * KB, False),  # less than what the counters see
        (Kind.PYTHON, 400 * KB, False),  # the explanation found Python's memory only
    ],
)
def test_mapped_memory_leads_where_the_explanation_found_it_to_be_most_of_the_growth(
    kind: Kind, per_s: float, *, leads: bool
) -> None:
    place = GrowthSite(frames=(Frame("worker.py", 3, "load"),), grew_bytes=9, grew_blocks=1, bytes_per_s=1.0, share=0.6)
    trial = quiet(heap=linear(100 * KB), native=flat(), resident=linear(100 * KB + per_s, level=20 * MB))
    explained = Explanation(window_s=4.0, sites=(dataclasses.replace(place, kind=kind),))
    assert judge_growth(trial).kind is Kind.PYTHON
    judgement = judge_growth(dataclasses.replace(trial, explanation=explained))
    assert judgement.leading is not None
    assert (judgement.leading.signal.metric, judgement.kind) == (
        (Metric.ANON, Kind.NATIVE) if leads else (Metric.HEAP, Kind.PYTHON)
    )


def test_cyclic_garbage_looks_like_a_leak_until_it_is_collected() -> None:
    before = trial_from(heap=flat(), native=flat(), garbage=Garbage(100 * KB, 50 * MB))
    after = trial_from(
        heap=flat(), native=flat(), garbage=Garbage(100 * KB, 50 * MB), collections=Collections(first_s=3.0)
    )
    assert judge_growth(before).growth is Growth.GROWS
    assert judge_growth(after).growth is Growth.STEADY


@pytest.mark.parametrize("per_s", [4 * KB, 10 * KB, LEAK_PER_S])
@pytest.mark.parametrize("garbage", [Garbage(20 * KB, 20 * MB), Garbage(MB, 4 * MB), Garbage(10 * MB, 300 * MB)])
def test_a_leak_beneath_garbage_grows_once_it_is_collected(garbage: Garbage, per_s: float) -> None:
    trial = trial_from(heap=linear(per_s), native=flat(), garbage=garbage, collections=Collections(first_s=2.5))
    assert judge_growth(trial).growth is Growth.GROWS


@pytest.mark.parametrize("garbage", [Garbage(MB, 3 * MB), Garbage(5 * MB, 4 * MB)])
def test_a_leak_beneath_a_fast_collector_grows_without_being_asked(garbage: Garbage) -> None:
    trial = trial_from(heap=linear(LEAK_PER_S), native=flat(), garbage=garbage)
    assert judge_growth(trial).growth is Growth.GROWS


def test_a_child_that_leaks_is_found_by_its_own_counters() -> None:
    child = long_lived_child(linear(LEAK_PER_S), linear(LEAK_PER_S, level=12 * MB))
    tree = (series(Metric.RSS, sampled(linear(LEAK_PER_S, level=32 * MB), 30.0)),)
    judgement = judge_growth(trial_from(heap=flat(), resident=flat(20 * MB), children=(child,), tree=tree))
    assert (judgement.growth, judgement.kind) == (Growth.GROWS, Kind.CHILD)
    assert judgement.leading is not None
    assert judgement.leading.signal.pid == 200


def test_a_child_without_a_probe_is_judged_by_its_resident_memory() -> None:
    child = long_lived_child(None, linear(MB, level=12 * MB))
    judgement = judge_growth(trial_from(heap=flat(), resident=flat(20 * MB), children=(child,)))
    assert (judgement.growth, judgement.kind) == (Growth.GROWS, Kind.CHILD)


def test_ever_more_children_show_in_the_sum_of_the_tree_only() -> None:
    passing = tuple(
        track_from(
            resident=sampled(flat(10 * MB), 30.0, start_s=2.0 * n),
            pid=200 + n,
            role=ProcessRole.CHILD,
            first_s=2.0 * n,
            last_s=30.0,
        )
        for n in range(10, 14)
    )
    tree = (series(Metric.RSS, sampled(linear(5 * MB, level=20 * MB), 30.0)),)
    judgement = judge_growth(trial_from(heap=flat(), resident=flat(20 * MB), children=passing, tree=tree))
    assert (judgement.growth, judgement.kind) == (Growth.GROWS, Kind.CHILD)
    assert judgement.leading is not None
    assert judgement.leading.signal.pid == 0


def test_short_lived_children_do_not_make_a_script_grow() -> None:
    passing = tuple(
        track_from(
            resident=sampled(linear(9 * MB, level=10 * MB), 2.0 * n + 1.5, start_s=2.0 * n),
            pid=200 + n,
            role=ProcessRole.CHILD,
            first_s=2.0 * n,
            last_s=2.0 * n + 1.5,
        )
        for n in range(14)
    )
    tree = (series(Metric.RSS, sampled(lambda t: 20 * MB + 12 * MB * (t % 2 < 1.5), 30.0)),)
    trial = trial_from(heap=flat(), native=flat(), resident=flat(20 * MB), children=passing, tree=tree)
    assert judge_growth(trial).growth is Growth.STEADY


@pytest.mark.parametrize("end_s", [0.0, 0.5, 1.2, 1.5])
def test_too_little_was_read(end_s: float) -> None:
    judgement = judge_growth(trial_from(end_s=end_s, heap=flat(), native=flat(), resident=flat()))
    assert judgement.growth is Growth.UNMEASURED
    assert judgement.leading is None


def test_nothing_was_read() -> None:
    assert judge_growth(trial_from()).growth is Growth.UNMEASURED


def test_a_cache_that_still_fills_is_not_decided_and_named() -> None:
    judgement = judge_growth(quiet(heap=linear(MB, until_s=22.0)))
    assert (judgement.growth, judgement.kind) == (Growth.UNDECIDED, Kind.NONE)
    assert judgement.leading is not None
    assert judgement.leading.signal.metric is Metric.HEAP


def test_pages_that_wobble_do_not_keep_the_answer_open_where_live_memory_is_counted() -> None:
    wild: Curve = plus(linear(2 * MB, level=20 * MB, until_s=22.0))
    assert judge_growth(quiet(resident=wild)).growth is Growth.STEADY
    without = trial_from(resident=wild, resident_metric=Metric.RSS)
    assert judge_growth(without).growth is Growth.UNDECIDED


@pytest.mark.parametrize(("since_s", "growth"), [(21.0, Growth.UNDECIDED), (29.0, Growth.STEADY)])
def test_resident_memory_that_starts_to_rise_late_keeps_the_answer_open(since_s: float, growth: Growth) -> None:
    """The rise is too short to be called a leak, and steady to the end. A rise in the last second cannot be seen."""
    late = plus(flat(20 * MB), linear(300 * KB, since_s=since_s, level=0.0))
    assert judge_growth(quiet(resident=late)).growth is growth
    ended = plus(flat(20 * MB), linear(300 * KB, since_s=since_s - 6.0, until_s=25.0, level=0.0))
    assert judge_growth(quiet(resident=ended)).growth is Growth.STEADY, "it has ended"


@pytest.mark.parametrize(("large", "growth"), [(10 * MB, Growth.UNDECIDED), (2 * MB, Growth.STEADY)])
def test_a_large_rise_that_no_counter_sees_keeps_the_answer_open(large: int, growth: Growth) -> None:
    """An allocator of its own copies a table: resident memory rises, falls by the old copy, and rises further."""

    def copies(t: float) -> float:
        return 20 * MB + large * (0.0 if t < 8 else 0.7 if t < 15 else 0.3 if t < 22 else 1.0)

    judgement = judge_growth(quiet(heap=flat(9 * MB), native=flat(3 * MB), resident=copies))
    assert judgement.growth is growth


@pytest.mark.parametrize(("largest", "growth"), [(30 * MB, Growth.UNDECIDED), (2 * MB, Growth.STEADY)])
def test_a_table_that_is_copied_and_grows_is_not_at_rest_because_of_its_swings(largest: int, growth: Growth) -> None:
    """Old copies are freed late and all at once, so that resident memory swings by more and more."""

    def copies(t: float) -> float:
        return 20 * MB + largest * t / 30 * (0.3 + 0.7 * (t % 7.3) / 7.3)

    trial = quiet(heap=flat(9 * MB), native=flat(3 * MB), resident=copies)
    assert judge_growth(trial).growth is growth


def test_a_configured_warm_up_is_kept() -> None:
    trial = quiet(heap=linear(MB, until_s=11.0))
    assert judge_growth(trial, warmup_s=12.0).growth is Growth.STEADY
    assert judge_growth(trial, warmup_s=12.0).warmup_s == 12.0
    assert judge_growth(trial, warmup_s=2.0).growth is not Growth.STEADY
    assert judge_growth(quiet(heap=linear(LEAK_PER_S)), warmup_s=5.0).warmup_s == 5.0


def test_what_was_read_while_explaining_does_not_count() -> None:
    trial = trial_from(end_s=40.0, heap=linear(9 * MB, since_s=30.0), native=flat())
    assert judge_growth(dataclasses.replace(trial, watched_s=30.0)).growth is Growth.STEADY


def window(*, large: int, native: int, traced: int = 900_000) -> Explanation:
    return Explanation(window_s=4.0, traced_bytes=traced, traced_large_bytes=large, native_bytes=native)


@pytest.mark.parametrize(
    ("explanation", "kind"),
    [
        (window(large=880_000, native=900_000), Kind.PYTHON),
        (window(large=400_000, native=900_000), Kind.PYTHON),
        (window(large=100_000, native=900_000), Kind.NATIVE),
        (window(large=0, native=900_000), Kind.NATIVE),
        (window(large=90_000, native=-5_000), Kind.PYTHON),
        (window(large=300, native=900), Kind.NATIVE),  # next to nothing grew there
        (Explanation(window_s=0.0), Kind.NATIVE),
        (None, Kind.NATIVE),
    ],
)
def test_tracing_tells_large_python_objects_from_an_extensions_memory(
    explanation: Explanation | None, kind: Kind
) -> None:
    trial = trial_from(heap=flat(), native=linear(MB), resident=linear(MB, level=20 * MB), explanation=explanation)
    assert judge_growth(trial).kind is kind


@pytest.mark.parametrize("kind", [Kind.PYTHON, Kind.NATIVE])
def test_where_more_came_and_went_than_stayed_the_place_that_grew_tells_the_kind(kind: Kind) -> None:
    grew = GrowthSite(
        frames=(Frame("app.py", 1, "serve"),), grew_bytes=190_000, grew_blocks=300, bytes_per_s=MB, share=0.7, kind=kind
    )
    explained = dataclasses.replace(window(large=-130_000, native=-110_000, traced=-36_000), sites=(grew,))
    assert judge_growth(trial_from(heap=flat(), native=linear(MB), explanation=explained)).kind is kind
    little = dataclasses.replace(explained, sites=(dataclasses.replace(grew, grew_bytes=300),))
    assert judge_growth(trial_from(heap=flat(), native=linear(MB), explanation=little)).kind is Kind.NATIVE


@pytest.mark.parametrize(("heap", "kind"), [(flat(0.0), Kind.PYTHON), (flat(), Kind.NATIVE), (None, Kind.PYTHON)])
def test_where_python_has_no_allocator_of_its_own_all_that_was_traced_is_large(heap: Curve | None, kind: Kind) -> None:
    explained = window(large=0, native=900_000, traced=880_000)
    assert judge_growth(trial_from(heap=heap, native=linear(MB), explanation=explained)).kind is kind


@pytest.mark.parametrize(("heap_per_s", "kind"), [(20 * KB, Kind.NATIVE), (400 * KB, Kind.PYTHON)])
def test_small_objects_count_beside_an_extensions_memory(heap_per_s: float, kind: Kind) -> None:
    trial = trial_from(heap=linear(heap_per_s), native=linear(400 * KB), explanation=window(large=0, native=900_000))
    assert judge_growth(trial).kind is kind


@pytest.mark.parametrize(
    ("threads", "kind"), [(linear(2.0, level=1.0), Kind.PYTHON), (flat(4.0), Kind.NATIVE), (None, Kind.NATIVE)]
)
def test_threads_that_pile_up_are_pythons(threads: Curve | None, kind: Kind) -> None:
    tree = (series(Metric.THREADS, sampled(threads, 30.0)),) if threads else ()
    trial = trial_from(heap=flat(), native=flat(), resident=linear(MB, level=20 * MB), tree=tree)
    assert judge_growth(trial).kind is kind


def test_a_slope_rests_on_as_many_floors_as_the_readings_allow() -> None:
    steps = (0.0, 9.0, 9.0, 9.0)  # two floors would give 4.5 KB/s
    rows = [
        (10.0 * at + each, 4 * MB + 10 * step * KB) for at, step in enumerate(steps) for each in (1.0, 2.0, 3.0, 4.0)
    ]
    points = Points(tuple(t_s for t_s, _ in rows), tuple(value for _, value in rows), (False,) * len(rows))
    assert slope_over(points, 0.0, 40.0).per_s == pytest.approx(1.5 * KB)
    assert slope_over(points, 0.0, 4.0).per_s == 0.0
