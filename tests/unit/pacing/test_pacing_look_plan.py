"""The plan of a closer look and the limits of an early answer, from assessments with exact figures."""

from dataclasses import replace
from math import exp, inf
from pathlib import Path

import pytest

from leakgate.growth.assess import Assessment, Growth, Judgement, judge_growth
from leakgate.growth.floors import Points
from leakgate.growth.noise import BYTES_PER_BLOCK
from leakgate.growth.signals import RecycledRole, Signal
from leakgate.growth.slope import Slope
from leakgate.model.entry import ScriptEntry
from leakgate.model.evidence import Series, TrialOk
from leakgate.model.explanation import Explanation
from leakgate.model.metrics import Metric
from leakgate.model.step import ExplainPlan, KeepWatching
from leakgate.model.target import TargetSpec, TraceMode
from leakgate.model.work_record import WorkRecord
from leakgate.pacing import early_leak
from leakgate.pacing.early_leak import is_early_leak, is_perfectly_steady
from leakgate.pacing.look_plan import holders_only, plan_of
from leakgate.pacing.resource_pacer import ResourcePacer
from leakgate.pacing.settling import _lies_above, _rises, _rises_for_long
from tests.helpers.trials import KB, MB, flat, linear, sampled, trial_from
from tests.helpers.works import work_of

GROWING = judge_growth(trial_from(heap=linear(100 * KB), native=flat()))
AT_REST = judge_growth(trial_from(heap=flat(), native=flat()))


def leading(*, per_s: float = 100_000.0, recycled: RecycledRole | None = None, **window: float) -> Assessment:
    assert GROWING.leading is not None
    one = replace(GROWING.leading, slope=Slope(per_s, per_s, per_s))
    figures = {"steadiness": 1.0, "persistence": 1.0, "rested_s": 0.0, "surety": 9.0} | window
    signal = replace(one.signal, recycled=recycled)
    return replace(one, signal=signal, window=replace(one.window, **figures))  # type: ignore[arg-type]


def plan(
    one: Assessment | None,
    trace: TraceMode = TraceMode.AUTO,
    growth: Growth = Growth.GROWS,
    work: WorkRecord | None = None,
) -> ExplainPlan:
    judgement: Judgement = replace(GROWING, leading=one, growth=growth)
    found = plan_of(judgement, trace, work)
    assert found is not None
    return found


def test_a_look_takes_four_seconds_and_nine_if_growth_is_slow_or_uneven() -> None:
    assert plan(leading()).window_s == 4.0
    assert plan(leading(per_s=50_000.0)).window_s == 4.0
    assert plan(leading(per_s=49_999.0)).window_s == 9.0
    assert plan(leading(steadiness=0.6)).window_s == 4.0
    assert plan(leading(steadiness=0.59)).window_s == 9.0
    assert plan(None, TraceMode.ALWAYS, Growth.STEADY).window_s == 9.0


def test_a_leak_that_is_uneven_because_its_server_is_has_a_short_look() -> None:
    uneven = leading(steadiness=0.3)
    assert plan(uneven, work=work_of(1)).window_s == 4.0
    assert plan(uneven, work=work_of(1, per_s=lambda t, _route: 4_000.0 * exp(-t / 4))).window_s == 9.0


def test_a_fast_leak_that_is_not_steady_is_looked_at_once_if_one_holder_keeps_most_of_it() -> None:
    def enough(one: Assessment) -> float:
        return plan(one).enough_kept_per_s

    assert enough(leading()) == 0.0
    assert enough(leading(steadiness=0.5)) == 50_000.0
    assert enough(leading(per_s=49_999.0)) == inf
    native = leading(steadiness=0.5)
    native = replace(native, signal=replace(native.signal, metric=Metric.NATIVE))
    assert enough(native) == inf
    assert plan(leading(), TraceMode.NEVER).enough_kept_per_s == inf


def test_if_only_the_sum_of_all_processes_grows_the_fastest_process_is_asked() -> None:
    def of_process(pid: int, per_s: float) -> Assessment:
        one = leading(per_s=per_s)
        return replace(one, signal=replace(one.signal, pid=pid))

    tree = of_process(0, 300_000.0)
    assessments = (of_process(7, 2_000.0), of_process(8, 90_000.0), tree)
    found = plan_of(replace(GROWING, leading=tree, assessments=assessments), TraceMode.AUTO, None)
    assert found is not None
    assert (found.pids, found.blocks_per_s) == ((8,), 90_000.0 / BYTES_PER_BLOCK)
    at_rest = plan_of(replace(GROWING, leading=tree, assessments=(of_process(7, -1.0), tree)), TraceMode.AUTO, None)
    assert at_rest is not None
    assert at_rest.pids == ()


def test_the_probe_gets_the_growth_of_the_heap_in_blocks_and_whether_it_is_fast() -> None:
    def told(per_s: float, metric: Metric = Metric.HEAP) -> tuple[float, bool]:
        one = leading(per_s=per_s)
        found = plan(replace(one, signal=replace(one.signal, metric=metric)))
        return found.blocks_per_s, found.quick

    assert told(880 * BYTES_PER_BLOCK) == (880, True)
    assert told(10 * BYTES_PER_BLOCK) == (10, False)
    assert told(49_999.0)[1] is False
    assert told(-10.0 * BYTES_PER_BLOCK) == (0, False)
    assert told(880 * BYTES_PER_BLOCK, Metric.NATIVE) == (0, False)


def test_a_look_lasts_for_longer_than_a_rest_but_for_twelve_seconds_at_most() -> None:
    assert plan(leading(rested_s=5.0)).window_s == pytest.approx(1.3 * 5.0)
    assert plan(leading(rested_s=60.0)).window_s == 12.0


def role(work_s: float) -> RecycledRole:
    return RecycledRole(
        parent=1, command="job", pids=(2, 3), lives=2, life_s=work_s + 1.0, pooled=True, grew=1.0, start_up_s=1.0
    )


def test_a_look_at_workers_that_are_replaced_takes_a_quarter_of_the_life_after_their_start_up() -> None:
    found = plan(leading(recycled=role(8.0)))
    assert (found.window_s, found.life_s, found.start_up_s) == (2.0, 9.0, 1.0)
    assert plan(leading(recycled=role(80.0))).window_s == 4.0


def test_a_look_at_the_holders_takes_two_seconds_and_traces_nothing() -> None:
    one = leading()
    found = holders_only(plan(one), one)
    assert found is not None
    assert (found.window_s, found.trace, found.native) == (2.0, False, False)
    resting = holders_only(plan(one), leading(rested_s=4.0))
    assert resting is not None
    assert resting.window_s == pytest.approx(1.3 * 4.0)
    assert holders_only(None, one) is None


def test_native_memory_is_sampled_if_more_than_a_fifth_of_the_growth_is_outside_of_python() -> None:
    def of_counter(metric: Metric, per_s: float) -> Assessment:
        one = leading(per_s=per_s)
        return replace(one, signal=replace(one.signal, metric=metric))

    def sampled_(heap: float, native: float) -> bool:
        assessments = (of_counter(Metric.HEAP, heap), of_counter(Metric.NATIVE, native))
        found = plan_of(replace(GROWING, assessments=assessments), TraceMode.AUTO, None)
        assert found is not None
        return found.native

    assert not sampled_(80_000.0, 20_000.0)
    assert sampled_(79_000.0, 21_000.0)
    assert not sampled_(80_000.0, -90_000.0)


def test_memory_at_rest_is_looked_at_only_if_that_is_always_wanted() -> None:
    assert plan_of(AT_REST, TraceMode.AUTO, None) is None
    always = plan_of(AT_REST, TraceMode.ALWAYS, None)
    assert always is not None
    assert (always.trace, always.native) == (True, True)
    undecided = plan(leading(), growth=Growth.UNDECIDED)
    assert undecided.pids == (leading().signal.pid,)
    assert plan_of(replace(GROWING, leading=None, growth=Growth.UNDECIDED), TraceMode.AUTO, None) is None
    assert not plan(leading(), TraceMode.NEVER).trace


@pytest.mark.parametrize(
    ("figures", "early"),
    [
        ({}, True),
        ({"persistence": 0.8}, True),
        ({"persistence": 0.79}, False),
        ({"surety": 5.0}, True),
        ({"surety": 4.99}, False),
        ({"rested_s": 4.5}, True),
        ({"rested_s": 4.6}, False),
        ({"start_s": 10.5}, True),
        ({"start_s": 10.6}, False),
        ({"per_s": 50_000.0}, True),
        ({"per_s": 49_999.0}, False),
    ],
)
def test_an_early_answer_needs_each_of_its_figures(figures: dict[str, float], *, early: bool) -> None:
    one = leading(per_s=figures.get("per_s", 100_000.0))
    window = {"start_s": 3.0, "end_s": 30.0} | {name: value for name, value in figures.items() if name != "per_s"}
    one = replace(one, window=replace(one.window, **window))  # type: ignore[arg-type]
    assert is_early_leak(one, None, now_s=30.0, duration_s=30.0) is early


@pytest.mark.parametrize(
    ("now_s", "duration_s", "early"), [(11.0, 20.0, True), (10.9, 10.0, False), (16.5, 30.0, True), (16.4, 30.0, False)]
)
def test_an_early_answer_needs_its_time(now_s: float, duration_s: float, *, early: bool) -> None:
    one = leading(start_s=1.0, end_s=now_s)
    assert is_early_leak(one, None, now_s=now_s, duration_s=duration_s) is early


@pytest.mark.parametrize(
    ("steadiness", "persistence", "steady"),
    [
        (0.85, 1.0, True),
        (0.84, 1.0, False),
        (1.0, 0.85, True),
        (1.0, 0.84, False),
        (1.0, 1.17, True),
        (1.0, 1.18, False),
    ],
)
def test_a_perfectly_steady_rise_keeps_its_pace_everywhere(
    steadiness: float, persistence: float, *, steady: bool
) -> None:
    assert is_perfectly_steady(leading(steadiness=steadiness, persistence=persistence).window) is steady


def signal_of(points: Points) -> Signal:
    return replace(leading().signal, points=points)


@pytest.mark.parametrize(("early_s", "late_s", "rises"), [(6.1, 8.1, True), (5.9, 8.1, False), (6.1, 7.9, False)])
def test_a_rise_is_suspected_from_the_last_four_seconds(early_s: float, late_s: float, *, rises: bool) -> None:
    assert _rises(signal_of(Points((early_s, late_s), (0.0, MB))), 10.0) is rises


@pytest.mark.parametrize(("every_s", "rises"), [(2.0, True), (4.0, False)])
def test_a_large_heap_must_rise_in_each_of_four_stretches_of_two_seconds(every_s: float, *, rises: bool) -> None:
    points = sampled(lambda t_s: MB * ((t_s + 1.0) // every_s), 20.0)
    assert _rises_for_long(signal_of(points), 20.0) is rises
    assert not _rises_for_long(signal_of(points.between(0.0, 7.9)), 7.9)


@pytest.mark.parametrize(("low_s", "above"), [(15.9, True), (16.1, False)])
def test_the_memory_in_use_now_is_the_lowest_of_four_seconds(low_s: float, *, above: bool) -> None:
    times = (5.0, low_s, 17.0, 19.0)
    points = Points(times, (0.0, 0.0, MB, MB), (True, False, False, False))
    assert _lies_above(signal_of(points), 20.0) is above


def test_resources_that_pile_up_are_looked_at_for_five_seconds() -> None:
    class NoLook:
        """A pacing of memory that wants no look."""

        def next_step(self, so_far: TrialOk) -> KeepWatching:
            raise NotImplementedError

        def last_look(self, so_far: TrialOk) -> None:
            return None

        def confirms(self, explanation: Explanation | None) -> bool:
            raise NotImplementedError

        def agrees(self, explanation: Explanation | None) -> bool:
            raise NotImplementedError

    piled = trial_from(heap=flat(), native=flat())
    descriptors = Series(Metric.FDS, tuple(map(float, range(30))), tuple(map(float, range(30))))
    piled = replace(piled, tree=(*piled.tree, descriptors))
    target = TargetSpec(name="worker", entry=ScriptEntry(path=Path("w.py")), python=Path("python"), cwd=Path())
    found = ResourcePacer(NoLook(), target).last_look(piled)
    assert found is not None
    assert (found.window_s, found.resources, found.trace, found.holders) == (5.0, True, False, False)


@pytest.mark.parametrize(
    ("requests", "per_s", "fast"), [(2_000.0, 10_000.0, True), (1_999.0, 10_000.0, False), (2_000.0, 9_999.0, False)]
)
def test_growth_with_each_of_many_requests_is_fast(
    monkeypatch: pytest.MonkeyPatch, requests: float, per_s: float, *, fast: bool
) -> None:
    """Fifty bytes for each of two thousand requests in ten seconds."""
    monkeypatch.setattr(early_leak, "requests_in", lambda _work, _window: requests)
    assert early_leak.is_fast(leading(start_s=5.0, end_s=15.0), per_s, None) is fast
