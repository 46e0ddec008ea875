"""Workers of a server that are replaced: which route leaks, from the stretches within their lives."""

from dataclasses import replace

import pytest

from leakgate.growth.assess import judge_growth
from leakgate.growth.floors import Points
from leakgate.growth.life_stretches import LifeReadings, stretches_of_lives
from leakgate.growth.routes import routes_of
from leakgate.model.evidence import ProcessRole, ProcessTrack
from leakgate.model.work_record import RouteVerdict
from tests.helpers.trials import KB, MAIN_PID, MB, flat, sampled, track_from, trial_of
from tests.helpers.works import kept, work_of

END_S, LIFE_S = 30.0, 4.2
WORK = work_of(3, end_s=END_S, per_s=lambda _t, _route: 300.0)
LEAK = kept(WORK, {1: 700.0})


def worker(pid: int, born_s: float, life_s: float = LIFE_S) -> ProcessTrack:
    """A worker that imports 1 MB in its first 0.3 s, and then keeps the memory of route 1. It answers every request."""

    def heap(t_s: float) -> float:
        return 8 * MB + min(1.0, (t_s - born_s) / 0.3) * MB + LEAK(t_s) - LEAK(born_s)

    died_s = min(END_S, born_s + life_s)
    return track_from(
        heap=sampled(heap, died_s, start_s=born_s),
        settled_heap=sampled(heap, died_s, start_s=born_s + 1.0, interval_s=1.0),
        native=sampled(flat(), died_s, start_s=born_s),
        pid=pid,
        role=ProcessRole.CHILD,
        first_s=born_s,
        last_s=died_s,
        parent=MAIN_PID,
    )


def test_the_route_that_leaks_is_named_although_workers_are_replaced() -> None:
    workers = tuple(worker(200 + at, 0.5 + at * (LIFE_S + 0.1)) for at in range(7))
    master = track_from(heap=sampled(flat(), END_S), native=sampled(flat(), END_S), last_s=END_S)
    trial = replace(trial_of((master, *workers), (), END_S), work=WORK)
    judgement = judge_growth(trial)
    assert judgement.leading is not None
    assert judgement.leading.signal.recycled is not None

    found = routes_of(trial, judgement)
    assert [one.verdict for one in found] == [RouteVerdict.OK, RouteVerdict.LEAK, RouteVerdict.OK]
    assert found[1].growth is not None
    assert found[1].growth.estimate == pytest.approx(700.0, rel=0.05)


def lives(born_s: float, died_s: float) -> LifeReadings:
    times = tuple(at / 10 for at in range(int(END_S * 10)) if born_s <= at / 10 <= died_s)
    points = Points(times, tuple(KB * t_s for t_s in times))
    return LifeReadings(born_s=born_s, warm_s=born_s + 1.0, died_s=died_s, quantities=(points,))


def test_a_stretch_in_which_a_worker_was_born_warmed_up_or_died_does_not_count() -> None:
    whole = stretches_of_lives(WORK, [lives(0.0, END_S)], END_S)
    assert len(whole) > 60
    with_a_second = stretches_of_lives(WORK, [lives(0.0, END_S), lives(10.0, 15.0)], END_S)
    assert len(with_a_second) < len(whole)
    together = [one for one in with_a_second if one.grew > 1.5 * KB * one.took_s]
    alone = [one for one in with_a_second if one not in together]
    assert together
    assert all(one.grew == pytest.approx(2 * KB * one.took_s, rel=0.5) for one in together)
    assert sum(one.took_s for one in together) <= 4.0, "the second worker was warm from 11 s to 15 s"
    assert sum(one.took_s for one in alone) <= END_S - 5.0
    assert stretches_of_lives(WORK, [], END_S) == []
