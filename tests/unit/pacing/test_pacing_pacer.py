"""The next step while a script is watched: simulated runs, with curves instead of programs."""

import dataclasses
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from math import inf
from pathlib import Path
from typing import Any

import pytest

from leakgate.growth import thresholds
from leakgate.growth.assess import Growth, judge_growth
from leakgate.growth.noise import BYTES_PER_BLOCK
from leakgate.model.entry import ScriptEntry
from leakgate.model.evidence import EndReason, Series, TrialOk
from leakgate.model.explanation import Explanation, Frame, GrowthSite, Holder, RootKind
from leakgate.model.metrics import Metric
from leakgate.model.step import Conclude, ExplainPlan, KeepWatching, Settle
from leakgate.model.target import Budget, BudgetForm, TargetSpec, TraceMode
from leakgate.model.verdict import Expectation
from leakgate.pacing.early_leak import is_early_leak
from leakgate.pacing.pacer import MemoryPacer
from tests.helpers.trials import (
    KB,
    MAIN_PID,
    MB,
    Collections,
    Curve,
    Garbage,
    flat,
    linear,
    plus,
    saturating,
    saw,
    stairs,
    trial_from,
    wobble,
)
from tests.helpers.works import kept, work_of, worked
from tests.unit.growth.test_growth_lives import recycled

ENTRY = ScriptEntry(path=Path("/p/worker.py"))

STEP_S = 0.5
IN_FORCE = thresholds.IN_FORCE
FIGURES = IN_FORCE.pacing
LOOK_S = 4.0
"""How long a closer look takes."""


def target(**fields: Any) -> TargetSpec:
    return TargetSpec(name="worker", entry=ENTRY, python=Path("/p/python"), cwd=Path("/p"), **fields)


def until(trial: TrialOk, end_s: float, *, settle_s: float = 0.0) -> TrialOk:
    """The trial as it was known at a moment."""

    def cut(one: Series) -> Series:
        count = sum(t < end_s for t in one.t_s)
        return Series(one.metric, one.t_s[:count], one.values[:count], settled=one.settled)

    tracks = tuple(
        dataclasses.replace(track, last_s=end_s, series=tuple(map(cut, track.series))) for track in trial.processes
    )
    tree = tuple(map(cut, trial.tree))
    return dataclasses.replace(trial, processes=tracks, tree=tree, watched_s=end_s, longest_settle_s=settle_s)


def watch(
    pacer: MemoryPacer, heap: Curve, garbage: Garbage | None = None, *, since_s: float = 1.0
) -> Iterator[tuple[float, object]]:
    """(second, step) for as long as the pacer wants to look; collections happen from the first that it asks for."""
    longest_s = pacer.target.duration_s * FIGURES.extension + LOOK_S + 1
    asked = since_s > 1.0  # a watch that goes on
    collections = Collections(first_s=3.0) if asked else None
    whole = trial_from(end_s=longest_s, heap=heap, native=flat(), garbage=garbage, collections=collections)
    for tick in range(int(since_s / STEP_S), int(longest_s / STEP_S) + 1):
        now_s = tick * STEP_S
        step = pacer.next_step(until(whole, now_s))
        yield now_s, step
        if isinstance(step, Conclude):
            return
        if isinstance(step, Settle) and not asked:
            asked = True
            whole = trial_from(
                end_s=longest_s, heap=heap, native=flat(), garbage=garbage, collections=Collections(first_s=now_s)
            )


def conclusion(heap: Curve, garbage: Garbage | None = None, **fields: Any) -> tuple[float, Conclude]:
    now_s, step = list(watch(MemoryPacer(target(**fields)), heap, garbage))[-1]
    assert isinstance(step, Conclude)
    return now_s, step


def test_a_script_at_rest_is_called_healthy_early_without_a_collection() -> None:
    steps = list(watch(MemoryPacer(target()), flat()))
    assert steps[-1] == (18.0, Conclude(reason=EndReason.EARLY))
    assert {type(step) for _, step in steps[:-1]} == {KeepWatching}


def test_a_short_duration_is_not_cut_further() -> None:
    assert conclusion(flat(), duration_s=10.0) == (10.0, Conclude(reason=EndReason.DURATION))


def test_a_leak_is_looked_at_before_it_ends_early_and_is_explained() -> None:
    now_s, step = conclusion(linear(100 * KB))
    assert (now_s, step.reason, step.extended, step.revocable) == (16.5, EndReason.EARLY, False, True)
    assert step.explain is not None
    assert step.explain.blocks_per_s == pytest.approx(100 * KB / BYTES_PER_BLOCK, rel=0.01)
    assert step.explain.quick
    plan = ExplainPlan(
        window_s=FIGURES.trace_s,
        native=False,
        pids=(MAIN_PID,),
        blocks_per_s=step.explain.blocks_per_s,
        quick=True,
        enough_kept_per_s=0.0,
    )
    assert step.explain == plan
    assert step.check == replace(plan, window_s=FIGURES.check_s, trace=False)


def test_a_fast_leak_is_looked_at_once_also_when_the_duration_is_over() -> None:
    now_s, step = conclusion(linear(100 * KB), duration_s=10.0)
    assert step.explain is not None
    assert (now_s, step.reason, step.explain.enough_kept_per_s) == (10.0, EndReason.DURATION, 0.0)
    assert step.check is not None


@pytest.mark.parametrize(("native", "sampled"), [(0.0, False), (20 * KB, False), (30 * KB, True), (400 * KB, True)])
def test_native_memory_is_sampled_only_where_it_grows(native: float, *, sampled: bool) -> None:
    trial = trial_from(end_s=30.0, heap=linear(100 * KB), native=linear(native) if native else flat())
    plan = MemoryPacer(target()).last_look(trial)
    assert plan is not None
    assert plan.native is sampled


def test_a_planted_leak_ends_early_without_a_closer_look() -> None:
    assert conclusion(linear(100 * KB), expect=Expectation.LEAK)[1].check is None


SLOW = 20 * KB
"""Too slow for an early answer: only the end of the duration brings one."""

SITE = GrowthSite(frames=(Frame("worker.py", 3, "load"),), grew_bytes=9_000, grew_blocks=1, bytes_per_s=1.0, share=1.0)
HOLDER = Holder(path="w.CACHE", root="module w", container_type="dict", length=90, grew_per_min=90.0)

KEEPS_LITTLE = dataclasses.replace(HOLDER, kept_bytes_per_s=9_000.0)
"""It keeps a tenth of the growth: a cache that is full by now may have made the rest."""


def found(*holders: Holder) -> Explanation:
    return Explanation(window_s=4.0, sites=(SITE,), holders=holders)


@pytest.mark.parametrize(
    ("explanation", "heap", "stands"),
    [
        (found(HOLDER), linear(100 * KB), True),
        (found(HOLDER), stairs(MB, 3.0), True),
        (found(), linear(100 * KB), True),  # nothing holds it, but the rise is perfectly steady
        (found(), lambda t: 60 * KB * t + 4 * KB * t * t, False),
        (found(dataclasses.replace(HOLDER, bound=500)), linear(100 * KB), False),
        (found(dataclasses.replace(HOLDER, evicts=True)), linear(100 * KB), False),
        (found(HOLDER, dataclasses.replace(HOLDER, evicts=True)), linear(100 * KB), False),
        (found(KEEPS_LITTLE), linear(100 * KB), False),
        (found(KEEPS_LITTLE, dataclasses.replace(KEEPS_LITTLE, kept_bytes_per_s=40_000.0)), linear(100 * KB), True),
        (found(dataclasses.replace(KEEPS_LITTLE, root_kind=RootKind.TASKS)), linear(100 * KB), True),
        (Explanation(window_s=0.0, holders=(HOLDER,)), linear(100 * KB), True),
        (None, linear(100 * KB), True),  # nothing could be looked at: a perfectly steady rise has to do
        (None, lambda t: 60 * KB * t + 4 * KB * t * t, False),
    ],
)
def test_an_early_answer_stands_where_what_holds_the_memory_has_no_bound(
    explanation: Explanation | None, heap: Curve, *, stands: bool
) -> None:
    pacer = MemoryPacer(target())
    early_s, step = list(watch(pacer, heap))[-1]
    assert isinstance(step, Conclude)
    assert step.reason is EndReason.EARLY
    assert pacer.confirms(explanation) is stands
    first = explanation.holders[0] if explanation is not None and explanation.holders else HOLDER
    bounded = first.bound is not None or first.evicts
    if not stands:
        end_s, _ = list(watch(pacer, heap, since_s=early_s + LOOK_S))[-1]
        assert end_s == (60.0 if bounded else 30.0) + LOOK_S


def test_holders_that_keep_little_of_the_growth_make_an_early_answer_doubtful() -> None:
    pacer = MemoryPacer(target())
    early_s, _ = list(watch(pacer, linear(100 * KB)))[-1]
    assert not pacer.confirms(found(KEEPS_LITTLE))
    end_s, step = list(watch(pacer, linear(100 * KB), since_s=early_s + LOOK_S))[-1]
    assert isinstance(step, Conclude)
    assert (end_s, step.reason) == (30.0 + LOOK_S, EndReason.DURATION)


@pytest.mark.parametrize(
    ("explanation", "stands"),
    [
        (None, False),  # the probe counted, and then was silent
        (found(), True),
        (Explanation(window_s=4.0, holders=(HOLDER,)), True),
        (Explanation(window_s=4.0), False),
        (Explanation(window_s=4.0, holders=(dataclasses.replace(HOLDER, grew_per_min=0.0),)), False),
        (Explanation(window_s=4.0, sites=(dataclasses.replace(SITE, grew_bytes=900),)), True),
        (Explanation(window_s=4.0, sites=(dataclasses.replace(SITE, grew_bytes=700),)), False),
        (Explanation(window_s=4.0, sites=(SITE,), live_blocks=11), True),
        (Explanation(window_s=4.0, sites=(SITE,), live_blocks=9), False),  # new blocks only replaced older ones
    ],
)
def test_an_answer_is_taken_back_where_nothing_grew_while_it_was_explained(
    explanation: Explanation | None, *, stands: bool
) -> None:
    pacer = MemoryPacer(target())
    _, step = list(watch(pacer, linear(SLOW)))[-1]
    assert isinstance(step, Conclude)
    assert step.revocable
    assert pacer.agrees(explanation) is stands
    if not stands:
        now_s, step = list(watch(pacer, linear(SLOW), since_s=30.0 + LOOK_S))[-1]
        assert isinstance(step, Conclude)
        assert (now_s, step.revocable, step.extended) == (60.0 + LOOK_S, False, True)


@pytest.mark.parametrize(("live_blocks", "stands"), [(24, False), (25, True)])
def test_new_blocks_that_replace_older_ones_do_not_confirm_an_answer(live_blocks: int, *, stands: bool) -> None:
    """A queue that became full before the trace: each new entry replaces one from before the trace."""
    pacer = MemoryPacer(target())
    assert isinstance(list(watch(pacer, linear(SLOW)))[-1][1], Conclude)
    full = Explanation(window_s=1.6, sites=(SITE,), traced_blocks=100, live_blocks=live_blocks)
    assert pacer.agrees(full) is stands


@pytest.mark.parametrize(("live_blocks", "stands"), [(9, False), (11, True)])
def test_a_few_tasks_more_do_not_confirm_an_answer(live_blocks: int, *, stands: bool) -> None:
    """Four entries in 4 s: the blocks that are alive must have become more, too."""
    pacer = MemoryPacer(target())
    assert isinstance(list(watch(pacer, linear(SLOW)))[-1][1], Conclude)
    few = dataclasses.replace(HOLDER, grew_per_min=60.0)
    assert pacer.agrees(Explanation(window_s=4.0, sites=(SITE,), holders=(few,), live_blocks=live_blocks)) is stands


def test_after_tracing_counters_are_watched_before_the_program_is_called_healthy() -> None:
    pacer = MemoryPacer(target())
    ends = linear(SLOW, until_s=30.0)
    assert list(watch(pacer, ends))[-1][0] == 30.0
    assert not pacer.agrees(Explanation(window_s=4.0))
    now_s, step = list(watch(pacer, ends, since_s=40.0))[-1]
    assert isinstance(step, Conclude)
    assert now_s >= 40.0 + FIGURES.rewatch_s


@pytest.mark.parametrize(
    ("explanation", "stands"),
    [
        (Explanation(window_s=4.0, sites=(SITE,), native_bytes=3_000), True),
        (
            Explanation(window_s=4.0, sites=(SITE,), native_bytes=600),
            False,
        ),  # entries replaced: their frees are untraced
        (Explanation(window_s=4.0, sites=(SITE,), holders=(HOLDER,)), True),
        (Explanation(window_s=0.0, sites=(SITE,)), True),
        (Explanation(window_s=4.0, native_bytes=15_000), False),
        (Explanation(window_s=4.0, native_bytes=17_000), True),
        (Explanation(window_s=0.0), False),
    ],
)
def test_native_growth_is_confirmed_by_what_the_allocator_counted(explanation: Explanation, *, stands: bool) -> None:
    pacer = MemoryPacer(target())
    assert isinstance(pacer.next_step(trial_from(end_s=30.0, heap=flat(), native=linear(SLOW))), Conclude)
    assert pacer.agrees(explanation) is stands


def test_growth_that_no_probe_counts_need_not_be_explained() -> None:
    pages = trial_from(end_s=30.0, resident=linear(MB), resident_metric=Metric.RSS)
    pacer = MemoryPacer(target())
    step = pacer.next_step(pages)
    assert isinstance(step, Conclude)
    assert pacer.agrees(None)
    assert pacer.agrees(found())
    assert pacer.agrees(Explanation(window_s=4.0)), "no trace sees it, and it rises like a line"


def test_pages_that_rise_ever_less_are_watched_on_where_a_trace_finds_nothing() -> None:
    pacer = MemoryPacer(target())
    step = pacer.next_step(trial_from(end_s=30.0, resident=saturating(60 * MB, 60.0), resident_metric=Metric.RSS))
    assert isinstance(step, Conclude)
    assert not pacer.agrees(Explanation(window_s=4.0))


def test_an_answer_that_may_not_be_traced_is_not_taken_back() -> None:
    for heap in (linear(SLOW), linear(100 * KB)):
        assert not conclusion(heap, trace=TraceMode.NEVER)[1].revocable


def test_nothing_is_concluded_from_the_moment_after_a_closer_look() -> None:
    pacer = MemoryPacer(target())
    assert list(watch(pacer, linear(SLOW)))[-1][0] == 30.0
    pacer.confirms(found(HOLDER))
    steps = list(watch(pacer, linear(SLOW), since_s=40.0))
    assert steps[-1][0] == 40.0 + FIGURES.fresh_s


def test_an_early_answer_of_health_needs_no_closer_look() -> None:
    pacer = MemoryPacer(target())
    _, step = list(watch(pacer, flat()))[-1]
    assert isinstance(step, Conclude)
    assert step.check is None


@pytest.mark.parametrize(
    ("explanation", "end_s"),
    [
        (found(HOLDER), 30.0),
        (found(dataclasses.replace(HOLDER, evicts=True)), 60.0 + LOOK_S),
        (found(HOLDER, dataclasses.replace(HOLDER, evicts=True)), 30.0),
        (found(dataclasses.replace(HOLDER, bound=9)), 60.0 + LOOK_S),
        (None, 30.0),
    ],
)
def test_a_cache_that_may_still_fill_is_watched_for_longer(explanation: Explanation | None, end_s: float) -> None:
    pacer = MemoryPacer(target())
    now_s, step = list(watch(pacer, linear(SLOW)))[-1]
    assert isinstance(step, Conclude)
    assert (now_s, step.reason) == (30.0, EndReason.DURATION)
    assert step.check is not None
    if not pacer.confirms(explanation):
        now_s, step = list(watch(pacer, linear(SLOW), since_s=30.0 + LOOK_S))[-1]
        assert isinstance(step, Conclude)
    assert (now_s, step.explain is not None) == (end_s, True)


def uneven(t: float) -> float:
    return 20 * KB * t + 0.7 * KB * t * t


def faster_at_the_end(t: float) -> float:
    """No part rises by clearly less than the others, but the late half by 1.4 times as much as the early one."""
    return SLOW * t + SLOW * max(0.0, t - 22.0)


def slower_at_the_end(t: float) -> float:
    """No part rises by clearly less than the others, but the late half by 0.8 times as much as the early one."""
    return SLOW * t - 0.2 * SLOW * max(0.0, t - 16.0)


def with_a_lull_in_each_half(t: float) -> float:
    """Both halves rise by the same amount, but not throughout."""
    return SLOW * (t - sum(0.6 * min(max(0.0, t - lull_s), 3.0) for lull_s in (8.0, 20.0)))


@pytest.mark.parametrize(
    ("explanation", "heap", "stands"),
    [
        (None, linear(SLOW), True),
        (None, uneven, False),
        (None, faster_at_the_end, False),
        (None, slower_at_the_end, False),
        (None, with_a_lull_in_each_half, False),
        (found(), uneven, False),
        (found(HOLDER), uneven, True),
    ],
)
def test_what_nothing_holds_may_have_been_loaded_just_now(
    explanation: Explanation | None, heap: Curve, *, stands: bool
) -> None:
    pacer = MemoryPacer(target())
    now_s, step = list(watch(pacer, heap))[-1]
    assert isinstance(step, Conclude)
    assert (now_s, step.reason) == (30.0, EndReason.DURATION)
    assert pacer.confirms(explanation) is stands


def test_native_memory_has_no_holder_and_needs_none() -> None:
    pacer = MemoryPacer(target())
    step = pacer.next_step(trial_from(end_s=30.0, heap=flat(), native=uneven))
    assert isinstance(step, Conclude)
    assert pacer.confirms(None)


def test_a_planted_leak_is_no_surprise_that_needs_a_closer_look() -> None:
    assert conclusion(linear(SLOW), expect=Expectation.LEAK)[1].check is None
    budget = Budget(Metric.RSS, BudgetForm.RATE, MB, "1MB/s")
    assert conclusion(linear(SLOW), budgets=(budget,))[1].check is None


def test_a_slow_leak_is_watched_to_the_end_and_traced_for_longer() -> None:
    now_s, step = conclusion(linear(5 * KB))
    assert (now_s, step.reason) == (30.0, EndReason.DURATION)
    assert step.explain is not None
    blocks_per_s = step.explain.blocks_per_s
    assert blocks_per_s == pytest.approx(5 * KB / BYTES_PER_BLOCK, rel=0.01)
    plan = ExplainPlan(window_s=FIGURES.trace_slow_s, native=False, pids=(MAIN_PID,), blocks_per_s=blocks_per_s)
    assert step.explain == plan


@pytest.mark.parametrize(("every_s", "end_s"), [(0.5, 16.5), (4.0, 28.5)])
def test_few_bursts_are_no_reason_to_end_early(every_s: float, end_s: float) -> None:
    assert conclusion(stairs(300 * KB, every_s))[0] == end_s


@pytest.mark.parametrize("every_s", [4.0, 8.0, 12.0])
def test_a_leak_in_bursts_is_looked_at_for_longer_than_it_rests(every_s: float) -> None:
    pacer = MemoryPacer(target(duration_s=60.0))
    step = pacer.next_step(trial_from(end_s=60.0, heap=stairs(3 * MB, every_s), native=flat()))
    assert isinstance(step, Conclude)
    assert step.check is not None
    assert step.explain is not None
    assert step.check.window_s >= min(every_s - 1.0, FIGURES.longest_look_s)
    assert max(step.check.window_s, FIGURES.trace_s) <= step.explain.window_s <= FIGURES.longest_look_s


def test_how_much_it_grows_in_all_is_known_at_the_end_only() -> None:
    budget = Budget(Metric.HEAP, BudgetForm.GROWTH, MB, "1MB")
    assert conclusion(linear(100 * KB), budgets=(budget,))[0] == 30.0


@pytest.mark.parametrize("full_s", [14.0, 18.0, 22.0, 25.0])
def test_a_cache_that_fills_for_long_is_not_called_a_leak(full_s: float) -> None:
    pacer = MemoryPacer(target())
    heap = linear(MB, until_s=full_s)
    looked_s = list(watch(pacer, heap))[-1][0]
    assert not pacer.confirms(found(dataclasses.replace(HOLDER, bound=9_000)))
    now_s, step = list(watch(pacer, heap, since_s=looked_s + LOOK_S))[-1]
    assert isinstance(step, Conclude)
    assert step.explain is None
    assert step.extended is (now_s - LOOK_S > 31.5)


def test_an_undecided_script_is_watched_for_longer_and_then_explained() -> None:
    now_s, step = conclusion(saturating(20 * MB, 12.0))
    assert now_s == 60.0
    assert step.extended
    assert step.explain is not None


def test_an_undecided_answer_that_rests_on_pages_alone_is_not_explained() -> None:
    pages = trial_from(end_s=20.0, resident=saturating(90 * MB, 8.0), resident_metric=Metric.RSS)
    step = MemoryPacer(target(duration_s=10.0)).next_step(pages)
    assert step == Conclude(reason=EndReason.DURATION, extended=True)


def test_a_backlog_that_shrinks_has_its_time() -> None:
    assert conclusion(lambda t: max(4 * MB, 40 * MB - 2 * MB * t))[0] > 18.0


def test_a_swing_that_would_hide_a_slow_leak_has_its_time() -> None:
    assert conclusion(saw(10 * MB, 7.0))[0] == 30.0


@pytest.mark.parametrize("heap", [stairs(MB, 7.0), plus(saw(MB, 3.0), linear(10 * KB)), linear(20 * KB, since_s=12.0)])
def test_leaks_that_need_patience_are_found(heap: Curve) -> None:
    now_s, step = conclusion(heap)
    assert now_s <= 45.0
    assert step.explain is not None


def test_garbage_is_told_from_a_leak_by_collections() -> None:
    steps = list(watch(MemoryPacer(target()), flat(), Garbage(MB, 60 * MB)))
    asked = [now_s for now_s, step in steps if isinstance(step, Settle)]
    assert asked[0] == 2.5
    assert all(later - earlier >= thresholds.IN_FORCE.settling.every_s for earlier, later in pairwise(asked))
    assert steps[-1] == (18.0, Conclude(reason=EndReason.EARLY))


def test_collections_that_take_long_are_rare() -> None:
    leaking = trial_from(heap=linear(MB), native=flat(), collections=Collections(first_s=3.0))
    pacer = MemoryPacer(target())
    pause_s = 0.2
    asked = [
        tick * STEP_S
        for tick in range(6, 33)
        if isinstance(pacer.next_step(until(leaking, tick * STEP_S, settle_s=pause_s)), Settle)
    ]
    assert asked == [3.0, 8.0, 13.0]  # then there is enough for a closer look
    assert asked[1] - asked[0] == thresholds.IN_FORCE.settling.pause_share * pause_s


@pytest.mark.parametrize("trial", [trial_from(resident=linear(MB)), trial_from(heap=flat(), native=linear(KB))])
def test_there_is_nothing_to_collect_where_no_counter_rises(trial: TrialOk) -> None:
    pacer = MemoryPacer(target())
    assert {type(pacer.next_step(until(trial, tick * STEP_S))) for tick in range(2, 20)} == {KeepWatching}


def test_suspicion_needs_readings_before_and_after() -> None:
    silent = trial_from(end_s=1.5, heap=linear(MB), native=flat())
    assert MemoryPacer(target()).next_step(dataclasses.replace(silent, watched_s=6.0)) == KeepWatching()


def test_without_a_duration_the_watch_has_no_end() -> None:
    trial = trial_from(end_s=90.0, heap=linear(100 * KB), native=flat())
    pacer = MemoryPacer(target(duration_s=0.0))
    steps = {type(pacer.next_step(until(trial, float(now_s)))) for now_s in range(1, 90, 10)}
    assert steps == {KeepWatching, Settle}


@pytest.mark.parametrize("figure", ["early_errors", "early_kept_rate", "early_per_s", "early_leak_share"])
def test_an_early_answer_needs_at_least_the_figures(figure: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of these figures is the least value that is enough: with a higher figure, the watch continues."""
    trial = trial_from(end_s=20.0, heap=plus(linear(100 * KB), lambda t: 10 * KB * wobble(t)), native=flat())
    leading = judge_growth(trial, warmup_s=None).leading
    assert leading is not None
    reached = {
        "early_errors": leading.window.surety,
        "early_kept_rate": leading.window.persistence,
        "early_per_s": leading.slope.low,
        "early_leak_share": 20.0 / 30.0,
    }[figure]

    def concludes(value: Any) -> bool:
        pacing = dataclasses.replace(FIGURES, **{figure: value})
        monkeypatch.setattr(thresholds, "IN_FORCE", dataclasses.replace(IN_FORCE, pacing=pacing))
        return isinstance(MemoryPacer(target()).next_step(trial), Conclude)

    assert (concludes(reached), concludes(reached * (1 + 1e-9))) == (True, False)


def test_the_last_look_explains_what_grows() -> None:
    pacer = MemoryPacer(target(duration_s=0.0))
    assert pacer.last_look(trial_from(heap=linear(100 * KB), native=flat())) is not None
    assert pacer.last_look(trial_from(heap=flat(), native=flat())) is None


def test_too_little_is_not_decided_until_the_time_is_over_twice() -> None:
    pacer = MemoryPacer(target(duration_s=1.0))
    assert not isinstance(pacer.next_step(trial_from(end_s=1.0, heap=flat())), Conclude)
    assert pacer.next_step(trial_from(end_s=2.0)) == Conclude(reason=EndReason.DURATION, extended=True)


def test_tracing_can_be_asked_for_always_and_never() -> None:
    _, always = conclusion(flat(), trace=TraceMode.ALWAYS)
    assert always.explain == ExplainPlan(window_s=FIGURES.trace_slow_s, trace=True)
    _, never = conclusion(linear(100 * KB), trace=TraceMode.NEVER)
    assert never.explain is not None
    assert (never.explain.window_s, never.explain.trace) == (FIGURES.trace_s, False)
    assert never.explain.enough_kept_per_s == inf


def test_the_configured_warm_up_is_not_judged_while_watching() -> None:
    now_s, step = conclusion(linear(MB, until_s=9.0), warmup_s=10.0)
    assert (now_s, step.explain) == (29.0, None)  # rest from 10 s on, at 35 % of the time


@pytest.mark.parametrize("heap", [flat(), linear(100 * KB), saturating(MB, 2.0), stairs(MB, 5.0)])
def test_the_conclusion_is_that_of_the_same_evidence_judged_again(heap: Curve) -> None:
    now_s, step = conclusion(heap)
    grows = judge_growth(trial_from(end_s=now_s, heap=heap, native=flat())).growth is Growth.GROWS
    assert grows is (step.explain is not None)


def test_pages_that_came_late_do_not_delay_the_answer_of_health() -> None:
    late = plus(flat(30 * MB), linear(20 * MB, since_s=7.0, until_s=7.1, level=0.0))
    trial = until(trial_from(end_s=30.0, heap=flat(), native=flat(), resident=late), 18.5)
    assert any(
        one.signal.metric is Metric.ANON and one.window.start_s > 18.5 * FIGURES.early_start_share
        for one in judge_growth(trial).assessments
    )
    assert isinstance(MemoryPacer(target(duration_s=30.0)).next_step(trial), Conclude)


def test_workers_that_are_replaced_are_asked_for_a_share_of_their_life() -> None:
    pacer = MemoryPacer(target(duration_s=20.0))
    step = pacer.next_step(recycled(linear(50 * KB), life_s=3.0, end_s=20.0))
    assert isinstance(step, Conclude)
    assert step.explain is not None
    assert step.explain.life_s == pytest.approx(3.0, rel=0.1)
    assert step.explain.window_s <= thresholds.IN_FORCE.pacing.share_of_life * step.explain.life_s
    if step.check is not None:
        assert step.check.life_s == step.explain.life_s
    assert pacer.confirms(None), "no worker lived for long enough to answer"
    assert pacer.agrees(None), "the counters of all lives decide, because no worker can be traced"


def test_a_server_whose_swings_could_hide_a_leak_is_watched_for_longer() -> None:
    trial = worked(work_of(1, end_s=20.5), saw(6 * MB, 20.0), end_s=20.5)
    assert judge_growth(trial).growth is Growth.STEADY
    assert not isinstance(MemoryPacer(target(duration_s=20.0)).next_step(trial), Conclude)
    uncounted = dataclasses.replace(trial, work=None)
    assert isinstance(MemoryPacer(target(duration_s=20.0)).next_step(uncounted), Conclude)


def test_pages_that_rise_to_the_end_of_a_short_watch_keep_it_open_although_the_counters_are_at_rest() -> None:
    """The start-up takes 3 s of 8. What is left is too short for a rise of resident memory to be called a leak."""
    start_up = linear(5 * MB, until_s=3.0)

    def after(resident: Curve, growth: Growth) -> object:
        trial = trial_from(end_s=8.0, heap=flat(), native=flat(), resident=plus(start_up, resident))
        assert judge_growth(trial).growth is growth
        return MemoryPacer(target(duration_s=8.0)).next_step(trial)

    assert not isinstance(after(linear(400 * KB, since_s=3.0), Growth.UNDECIDED), Conclude)
    assert isinstance(after(flat(), Growth.STEADY), Conclude)
    twice = trial_from(end_s=16.0, heap=flat(), native=flat(), resident=plus(start_up, linear(400 * KB, since_s=3.0)))
    assert judge_growth(twice).growth is Growth.GROWS


@pytest.mark.parametrize(("per_s", "duration_s", "first_s"), [(600, 20.0, 8.0), (600, 30.0, 12.0), (200, 20.0, 11.0)])
def test_a_server_that_answered_many_requests_is_judged_earlier(per_s: int, duration_s: float, first_s: float) -> None:
    """With 200 requests a second, too few were answered before the time at which any program is judged."""
    work = work_of(1, per_s=lambda _t, _route: float(per_s))
    trial = worked(work, linear(100 * KB))
    pacer = MemoryPacer(target(duration_s=duration_s))
    ticks = (tick * STEP_S for tick in range(2, 40))
    found = ((now_s, pacer.next_step(until_served(trial, now_s))) for now_s in ticks)
    now_s, step = next((now_s, step) for now_s, step in found if isinstance(step, Conclude))
    assert step.explain is not None
    assert (now_s, step.reason, step.explain.enough_kept_per_s) == (first_s, EndReason.EARLY, 0.0)
    assert step.check is not None, "a look at the holders comes first, as in every early answer of a leak"


def until_served(trial: TrialOk, end_s: float) -> TrialOk:
    """What was known of a server at a moment."""
    assert trial.work is not None
    turns = tuple(turn for turn in trial.work.turns if turn.to_s <= end_s)
    return dataclasses.replace(until(trial, end_s), work=dataclasses.replace(trial.work, turns=turns))


@pytest.mark.parametrize(("routes", "early"), [(3, True), (5, False)])
def test_a_server_with_many_routes_is_judged_when_each_had_some_turns(routes: int, *, early: bool) -> None:
    """After 8 s, each of three routes had five turns, and each of five routes had three."""
    work = work_of(routes, per_s=lambda _t, _route: 1_500.0)
    leading = judge_growth(until_served(worked(work, linear(100 * KB)), 8.0)).leading
    assert leading is not None
    assert is_early_leak(leading, work, now_s=8.0, duration_s=20.0) is early
    assert is_early_leak(leading, work, now_s=11.0, duration_s=20.0)


@pytest.mark.parametrize(("bytes_each", "fast"), [(40.0, False), (60.0, True)])
def test_a_leak_of_a_server_is_fast_if_each_request_keeps_enough(bytes_each: float, *, fast: bool) -> None:
    work = work_of(1, per_s=lambda _t, _route: 300.0)
    trial = worked(work, kept(work, {0: bytes_each}))
    assert isinstance(MemoryPacer(target()).next_step(until_served(trial, 20.0)), Conclude) is fast
