"""Workers of real pools: replaced while they leak, and dying while they are watched."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from leakgate.growth.assess import Assessment, judge_growth
from leakgate.model.evidence import TrialOk
from leakgate.verdict.rules.death_rule import dead_workers
from tests.helpers.outside import PatientPacer, is_probed
from tests.helpers.real_runs import spec_of, try_script

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="fork, and pidfd_open")
LEAST_WATCHED_S = 9.0
LEAST_WORKERS = 12


def heap_of_roles(trial: TrialOk) -> list[Assessment]:
    """Return the answer on the heap of replaced workers; empty while there are too few of them."""
    found = judge_growth(trial).assessments
    return [one for one in found if one.signal.recycled is not None and one.signal.metric.value == "heap"]


def many_were_replaced(trial: TrialOk) -> bool:
    pooled = [track for track in trial.processes if track.pooled]
    return trial.watched_s >= LEAST_WATCHED_S and len(pooled) >= LEAST_WORKERS and bool(heap_of_roles(trial))


@pytest.mark.parametrize("args", [("leak",), ()])
def test_workers_that_are_replaced_are_judged_by_their_age(args: tuple[str, ...], tmp_path: Path) -> None:
    spec = replace(spec_of("target_recycled.py", tmp_path), args=args)
    trial = try_script(spec, tmp_path, pacer=PatientPacer(many_were_replaced, collects=True))
    assert isinstance(trial, TrialOk)
    workers = [track for track in trial.processes[1:] if track.pooled]
    assert len(workers) >= LEAST_WORKERS
    assert {track.parent for track in workers} == {trial.processes[0].pid}
    assert {track.status for track in workers} <= {0, None}
    heap = heap_of_roles(trial)[0]
    assert (heap.window.growth > 2 * heap.window.allowed) is bool(args)


def test_the_end_of_a_worker_is_seen_with_its_status_and_last_words(tmp_path: Path) -> None:
    sign = tmp_path / "sign"

    def two_have_died(so_far: TrialOk) -> bool:
        if is_probed(so_far, processes=3):  # the main process and both workers that will die
            sign.touch()
        return len(dead_workers(so_far)) == 2

    trial = try_script(spec_of("target_dying.py", tmp_path, str(sign)), tmp_path, pacer=PatientPacer(two_have_died))
    assert isinstance(trial, TrialOk)
    found = {(track.status, track.raised): track.last_words for track in dead_workers(trial)}
    assert found.keys() == {(1, True), (-9, False)}
    assert found[1, True].splitlines()[-1] == "ValueError: no such order"
