"""Growth with every request: on the clock of the work, and route by route."""

import math
from dataclasses import replace

import pytest

from leakgate.growth.assess import Growth, _window_by_work, judge_growth, steadiness_by_work
from leakgate.growth.decision import find_window
from leakgate.growth.least_squares import fit
from leakgate.growth.noise import BYTES_PER_BLOCK
from leakgate.growth.routes import routes_of
from leakgate.growth.signals import signals_of
from leakgate.growth.thinning import thinned_work
from leakgate.growth.trends import trends_of
from leakgate.growth.work import clock_of
from leakgate.model.evidence import TrialOk
from leakgate.model.explanation import Explanation, Frame, GrowthSite
from leakgate.model.metrics import Metric
from leakgate.model.work_record import IterationRate, RouteGrowth, RouteVerdict, WorkRecord
from tests.helpers.trials import KB, MB, Collections, Garbage, linear, plus, trial_from, wobble
from tests.helpers.works import kept, work_of, worked
from tests.unit.growth.test_growth_lives import recycled


def rate_of(trial: TrialOk, metric: Metric = Metric.HEAP) -> IterationRate:
    found = {one.metric: one for one in trends_of(trial, judge_growth(trial))}[metric].per_iteration
    assert found is not None
    return found


def routes(trial: TrialOk) -> tuple[RouteGrowth, ...]:
    return routes_of(trial, judge_growth(trial))


def leaking(found: tuple[RouteGrowth, ...]) -> list[str]:
    return [one.route for one in found if one.verdict is RouteVerdict.LEAK]


def test_the_clock_stands_still_between_turns() -> None:
    work = work_of(2)
    clock = clock_of(work)
    assert clock is not None
    first, second = work.turns[:2]

    assert clock.at(0.0) == 0
    assert clock.at((first.from_s + first.to_s) / 2) == pytest.approx(first.sent / 2)
    assert clock.at(first.to_s) == clock.at(second.from_s) == first.sent
    assert clock.at(1000.0) == work.sent


def test_the_clock_gives_the_moment_at_which_so_much_was_done() -> None:
    work = work_of(2)
    clock = clock_of(work)
    assert clock is not None
    first, second = work.turns[:2]

    assert clock.when(-1.0) == clock.t_s[0]
    assert clock.when(first.sent / 2) == pytest.approx((first.from_s + first.to_s) / 2)
    assert clock.when(first.sent + second.sent / 2) == pytest.approx((second.from_s + second.to_s) / 2)
    assert clock.when(work.sent) == clock.when(2.0 * work.sent) == clock.t_s[-1]


def test_without_work_there_is_no_clock() -> None:
    assert clock_of(None) is None
    assert clock_of(WorkRecord(routes=("GET /",), turns=())) is None


@pytest.mark.parametrize("routes", [1, 5])
def test_bytes_a_request_are_the_same_on_a_slower_machine(routes: int) -> None:
    slow = work_of(routes, per_s=lambda _t, _route: 300.0)
    fast = work_of(routes)
    for work in (slow, fast):
        found = rate_of(worked(work, kept(work, {0: 500.0})))
        assert found.estimate == pytest.approx(500.0 / routes, rel=0.03)
        assert found.low <= found.estimate <= found.high


def test_bytes_a_request_take_the_measured_size_of_a_block() -> None:
    work = work_of(1)
    heap = kept(work, {0: 500.0})
    usual = rate_of(worked(work, heap))
    heavy = rate_of(worked(work, heap, explanation=Explanation(window_s=3.0, traced_blocks=100, traced_bytes=16_000)))
    doubled = [2 * one for one in (usual.estimate, usual.low, usual.high)]
    assert [heavy.estimate, heavy.low, heavy.high] == pytest.approx(doubled)


def test_a_server_that_slows_down_because_it_leaks_is_steady_on_this_clock() -> None:
    work = work_of(1, per_s=lambda t, _route: 1000.0 / (1 + t / 5))
    found = rate_of(worked(work, kept(work, {0: 500.0})))

    assert found.estimate == pytest.approx(500.0, rel=0.02)


def test_a_leak_that_slows_its_server_down_is_still_a_leak() -> None:
    work = work_of(1, per_s=lambda t, _route: 4_000.0 * math.exp(-t / 8))
    trial = worked(work, kept(work, {0: 500.0}))
    by_time = type(trial)(processes=trial.processes, tree=trial.tree, ending=trial.ending, watched_s=trial.watched_s)

    assert judge_growth(by_time).growth is Growth.UNDECIDED
    assert judge_growth(trial).growth is Growth.GROWS


def test_a_cache_that_fills_while_its_server_slows_down_is_no_leak() -> None:
    work = work_of(1, per_s=lambda t, _route: 4_000.0 * math.exp(-t / 8))
    clock = clock_of(work)
    assert clock is not None
    full = plus(lambda t: 4e6 + 2e6 * (1 - math.exp(-clock.at(t) / (work.sent / 6))))

    assert judge_growth(worked(work, full)).growth is not Growth.GROWS


def test_a_cache_that_fills_while_its_server_speeds_up_is_no_leak() -> None:
    entries = 20_000.0
    work = work_of(1, per_s=lambda t, _route: entries / (32.0 - t))
    clock = clock_of(work)
    assert clock is not None
    trial = worked(work, plus(lambda t: 4e6 + 3e6 * (1 - math.exp(-clock.at(t) / entries))))
    by_time = type(trial)(processes=trial.processes, tree=trial.tree, ending=trial.ending, watched_s=trial.watched_s)

    assert judge_growth(by_time).growth is Growth.GROWS
    assert judge_growth(trial).growth is Growth.UNDECIDED


def test_a_leak_in_a_server_that_speeds_up_is_still_a_leak() -> None:
    work = work_of(1, per_s=lambda t, _route: 200.0 * math.exp(t / 10))

    assert judge_growth(worked(work, kept(work, {0: 500.0}))).growth is Growth.GROWS


def test_a_leak_is_as_steady_as_it_is_by_the_work_of_its_server() -> None:
    """A leak that is not steady is traced for longer. What comes in bursts stays unsteady."""
    work = work_of(1, per_s=lambda t, _route: 2_000.0 * (1.0 + 0.8 * math.sin(t / 1.3)))
    leak, bursts = kept(work, {0: 500.0}), lambda t: 4 * MB + 3 * MB * (t // 4.4)

    def by_work(trial: TrialOk) -> float:
        leading = judge_growth(trial).leading
        assert leading is not None
        return steadiness_by_work(leading, trial.work)

    leading = judge_growth(worked(work, leak)).leading
    assert leading is not None
    assert leading.window.steadiness < 0.6
    assert by_work(worked(work, leak)) > 0.9
    assert by_work(worked(work, bursts)) < 0.6
    assert by_work(trial_from(heap=leak)) == 0.0


def test_resources_are_counted_with_every_request_too() -> None:
    work = work_of(1)
    trial = worked(work, kept(work, {}))

    assert rate_of(trial).estimate == pytest.approx(0.0, abs=0.01)
    assert rate_of(trial, Metric.NATIVE) == IterationRate(0.0, 0.0, 0.0)


@pytest.mark.parametrize("leaks", [{}, {2: 64.0}, {1: 64.0, 3: 100_000.0}, {0: 2_000.0, 4: 300.0}])
def test_the_routes_that_leak_are_named_with_what_they_keep(leaks: dict[int, float]) -> None:
    work = work_of(5)
    found = routes(worked(work, plus(kept(work, leaks), lambda t: 300 * wobble(t * 9))))

    assert leaking(found) == [f"GET /{index}" for index in leaks]
    for index, each in leaks.items():
        growth = found[index].growth
        assert growth is not None
        assert growth.estimate == pytest.approx(each, rel=0.05)
        assert growth.low < growth.estimate < growth.high
    assert all(one.verdict is RouteVerdict.OK for index, one in enumerate(found) if index not in leaks)


def test_routes_that_are_asked_at_different_speeds() -> None:
    work = work_of(4, per_s=lambda _t, route: 75.0 * (1 + 10 * route))
    found = routes(worked(work, kept(work, {0: 240.0, 3: 64.0})))

    assert leaking(found) == ["GET /0", "GET /3"]


def test_garbage_is_not_charged_to_a_route() -> None:
    work = work_of(3)
    trial = worked(
        work,
        kept(work, {1: 200.0}),
        garbage=Garbage(per_s=150 * KB, collected_at=400 * KB),
        collections=Collections(first_s=3.0),
    )
    found = routes(trial)

    assert leaking(found) == ["GET /1"]
    assert found[1].growth is not None
    assert found[1].growth.estimate == pytest.approx(200.0, rel=0.05)


def test_routes_that_are_always_asked_together_are_not_told_apart() -> None:
    single = work_of(1)
    turns = tuple(
        type(turn)(turn.from_s, turn.to_s, (turn.counts[0], type(turn.counts[0])(1, turn.sent, 0)))
        for turn in single.turns
    )
    work = WorkRecord(routes=("GET /a", "GET /b"), turns=turns)
    found = routes(worked(work, kept(work, {0: 500.0})))

    assert {one.verdict for one in found} == {RouteVerdict.UNSURE}
    assert all(one.growth is None for one in found)


def test_growth_that_no_request_makes_accuses_no_single_route() -> None:
    work = work_of(2)
    found = routes(worked(work, linear(50 * KB)))

    assert found[0].growth is not None
    assert found[1].growth is not None
    assert found[0].growth.estimate == pytest.approx(found[1].growth.estimate, rel=0.1)


def test_too_few_turns_tell_nothing_and_still_count() -> None:
    work = work_of(5, end_s=3.0)
    found = routes(worked(work, kept(work, {0: 500.0}), end_s=30.0))

    assert sum(one.sent for one in found) == work.sent
    assert all(one.growth is None for one in found)


def test_without_a_load_there_are_no_routes() -> None:
    trial = worked(work_of(1), linear(KB))
    without = type(trial)(processes=trial.processes, tree=trial.tree, ending=trial.ending, watched_s=30.0)

    assert routes(without) == ()
    assert all(one.per_iteration is None for one in trends_of(without, judge_growth(without)))


def test_least_squares_find_what_was_put_in_and_outliers_count_for_less() -> None:
    rows = [(1.0, 0.0), (0.0, 2.0)] * 10
    values = [3.0 + 0.01 * wobble(index) if row[0] else 10.0 for index, row in enumerate(rows)]
    values[4] = 1_000.0
    first, second = fit(rows, values)

    assert first.value == pytest.approx(3.0, abs=0.3)
    assert second.value == pytest.approx(5.0)
    assert first.error > second.error


def test_what_rows_do_not_determine_has_no_bounds() -> None:
    assert all(math.isinf(one.error) for one in fit([(1.0, 1.0)] * 5, [2.0] * 5))
    assert all(math.isinf(one.error) for one in fit([(1.0, 0.0)] * 5, [2.0] * 5))
    assert math.isinf(fit([(1.0,)], [2.0])[0].error)


def test_thinned_work_loses_no_request() -> None:
    work = work_of(3)
    thin = thinned_work(work, 10)

    assert len(thin.turns) <= 10
    assert thin.sent == work.sent
    assert thinned_work(work, 1_000) is work


def test_at_an_even_pace_the_clock_of_work_gives_the_same_window_as_the_clock_of_time() -> None:
    work = work_of(1)
    signal = next(one for one in signals_of(worked(work, kept(work, {0: 500.0}))) if one.metric is Metric.HEAP)
    clock = clock_of(work)
    assert clock is not None
    by_time = find_window(signal.points, 12.0, 30.0, signal.noise)
    by_work = _window_by_work(signal, 12.0, 30.0, clock)
    assert by_work.shape is by_time.shape
    assert by_work.start_s == pytest.approx(by_time.start_s, abs=0.5)
    assert by_work.growth == pytest.approx(by_time.growth, rel=0.1)


def test_bytes_a_request_of_workers_that_are_replaced_come_from_all_their_lives() -> None:
    work = work_of(1)
    trial = replace(recycled(linear(50 * KB), life_s=3.0), work=work)
    assert rate_of(trial).estimate == pytest.approx(2 * 50 * KB * 29.0 / work.sent, rel=0.1)


def test_routes_that_keep_small_and_large_blocks_each_have_their_own_size() -> None:
    """Each request of the two routes keeps one block: of 208 bytes, and of 1,016 bytes from the C allocator."""
    work = work_of(3)
    frames = (Frame(file="/p/a.py", line=1, function="f"),)
    small = GrowthSite(frames=frames, grew_bytes=20_800, grew_blocks=100, bytes_per_s=1.0, share=0.2)
    large = GrowthSite(
        frames=frames,
        grew_bytes=101_600,
        grew_blocks=100,
        large_bytes=101_600,
        large_blocks=100,
        bytes_per_s=1.0,
        share=0.8,
    )
    trial = trial_from(
        heap=kept(work, {0: BYTES_PER_BLOCK, 2: BYTES_PER_BLOCK}),
        native=kept(work, {2: 1_016.0}),
        explanation=Explanation(
            window_s=3.0,
            traced_bytes=122_400,
            traced_blocks=200,
            traced_large_bytes=101_600,
            native_bytes=101_600,
            sites=(large, small),
        ),
    )
    found = routes(replace(trial, work=work))
    assert leaking(found) == ["GET /0", "GET /2"]
    assert [round(one.growth.estimate) for one in found if one.growth] == pytest.approx([208, 0, 1_016], abs=20)
