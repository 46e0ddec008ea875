"""The sensitivity in an `ok` is that of the judged signals, and the worst of all processes."""

from dataclasses import replace

import pytest

from leakgate.growth.assess import COARSE_TIMES, judge_growth
from leakgate.growth.signals import RecycledRole
from leakgate.model.evidence import ProcessRole, TrialOk
from leakgate.model.metrics import Metric
from leakgate.model.work_record import WorkUnit
from leakgate.verdict.sensitivity import Sensitivity, sensitivity_of
from tests.helpers.trials import KB, MB, flat, plus, saw, trial_from
from tests.helpers.works import work_of, worked

CHILD_PID = 4321


def sensitivity(trial: TrialOk) -> Sensitivity:
    return sensitivity_of(judge_growth(trial), trial)


def with_child(trial: TrialOk, *, probed: bool) -> TrialOk:
    """The same with a child that has resident memory only."""
    main = trial.processes[0]
    resident = tuple(one for one in main.series if one.metric in (Metric.ANON, Metric.RSS))
    child = replace(main, pid=CHILD_PID, role=ProcessRole.CHILD, series=resident, probed=probed)
    return replace(trial, processes=(main, child))


COUNTED = trial_from(heap=flat(), native=flat(), resident=flat(30 * MB))


def test_counters_of_memory_in_use_tell_small_leaks() -> None:
    assert sensitivity(COUNTED) == Sensitivity(per_s=2 * KB, objects_per_s=25)


def test_a_child_without_a_probe_is_judged_by_its_pages_and_that_is_quoted() -> None:
    found = sensitivity(with_child(COUNTED, probed=False))
    assert found.per_s >= 16 * KB


def test_where_that_is_coarse_the_process_the_reason_and_a_remedy_are_named() -> None:
    trial = trial_from(end_s=15.0, heap=flat(), native=flat(), resident=flat(30 * MB))
    found = sensitivity(with_child(trial, probed=False))
    assert found.per_s > COARSE_TIMES * 2 * KB
    assert f"child process {CHILD_PID}: no probe runs in it" in found.why
    assert "`duration`" in found.why


def test_a_process_with_a_blind_counter_is_as_coarse_as_its_pages() -> None:
    trial = trial_from(end_s=15.0, heap=flat(), resident=flat(30 * MB))
    found = sensitivity(trial)
    assert found.per_s > COARSE_TIMES * 2 * KB
    assert "some of its memory shows only in resident memory" in found.why


def test_pages_do_not_count_where_counters_see_everything() -> None:
    trial = trial_from(heap=flat(), native=flat(), resident=plus(flat(30 * MB), saw(3 * MB, 7.0)))
    assert sensitivity(trial) == Sensitivity(per_s=2 * KB, objects_per_s=25)


def test_a_server_is_as_sensitive_as_its_requests_are_many() -> None:
    served = worked(work_of(1, per_s=lambda _t, _route: 1_000.0), flat())
    found = sensitivity(served)
    seconds = served.watched_s - 1.0
    assert found.each == pytest.approx(2 * KB * seconds / (served.work.sent if served.work else 0), rel=0.05)
    assert found.text == f"{found.each:.1f} B/request (2.00 KB/s; Python objects: 25/s)"


def test_how_requests_are_spread_over_workers_is_not_known_so_their_limits_add_up() -> None:
    work = work_of(1)
    alone = worked(work, flat())
    worker = replace(alone.processes[0], pid=CHILD_PID, role=ProcessRole.CHILD)
    both = replace(alone, processes=(alone.processes[0], worker))
    assert sensitivity(both).each == pytest.approx(2 * sensitivity(alone).each)


def test_the_reason_for_a_coarse_answer_stands_beside_both_rates() -> None:
    found = Sensitivity(per_s=50 * KB, why="it swings", each=125.0, unit=WorkUnit.CALL)
    assert found.text == "125 B/call (50.0 KB/s; it swings)"


def test_the_sum_over_all_processes_counts_only_if_no_process_was_judged_alone() -> None:
    judgement = judge_growth(COUNTED)
    own = judgement.assessments[0]
    whole = replace(
        own, signal=replace(own.signal, pid=0), window=replace(own.window, unseen_per_s=9 * own.window.unseen_per_s)
    )
    both = replace(judgement, assessments=(own, whole))
    assert sensitivity_of(both, COUNTED).per_s == own.window.unseen_per_s
    alone = replace(judgement, assessments=(whole,))
    assert sensitivity_of(alone, COUNTED).per_s == 9 * own.window.unseen_per_s
    assert sensitivity_of(replace(judgement, assessments=()), COUNTED).per_s == 0.0


def test_requests_before_the_window_do_not_count() -> None:
    work = work_of(1)
    trial = worked(work, flat())
    judgement = judge_growth(trial)
    late = tuple(replace(one, window=replace(one.window, start_s=20.0)) for one in judgement.assessments)
    asked = sum(turn.counts[0].sent for turn in work.turns if turn.from_s >= 20.0)
    found = sensitivity_of(replace(judgement, assessments=late), trial)
    assert found.each == pytest.approx(max(one.window.unseen_per_s for one in late) * 10.0 / asked, rel=0.15)


def coarse(pid: int, trial: TrialOk, **signal: object) -> str:
    judgement = judge_growth(trial)
    one = judgement.assessments[0]
    worse = replace(one, signal=replace(one.signal, pid=pid, **signal), window=replace(one.window, unseen_per_s=1e6))  # type: ignore[arg-type]
    assert worse.is_coarse
    return sensitivity_of(replace(judgement, assessments=(worse,)), trial).why


def test_a_process_that_is_coarse_is_called_the_script_or_a_child() -> None:
    main = COUNTED.processes[0].pid
    pages = {"metric": Metric.ANON, "exact": False}
    trial = with_child(COUNTED, probed=True)
    assert coarse(main, trial, **pages).startswith("the script: some of its memory shows only in resident memory")
    assert coarse(CHILD_PID, trial, **pages).startswith(f"child process {CHILD_PID}: some of its memory")
    assert coarse(0, trial, **pages).startswith("the script: no probe runs in it")
    assert coarse(main, trial).startswith("its memory rises and falls in large swings")
    role = RecycledRole(
        parent=main, command="python w.py", pids=(1, 2), lives=2, life_s=4.0, pooled=True, grew=0.0, at_once=1.0
    )
    assert "after 4.0 s, and less than 4.00 MB in a life is not seen" in coarse(main, trial, recycled=role)
