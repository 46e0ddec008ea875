"""Workers of real pools: replaced while they leak, and dying while they are watched."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from leakgate.growth.assess import judge_growth
from leakgate.model.evidence import TrialOk
from leakgate.verdict.rules.death_rule import dead_workers
from tests.helpers.outside import TimedPacer
from tests.helpers.real_runs import spec_of, try_script

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="fork, and pidfd_open")
WATCHED_S = 9.0


@pytest.mark.parametrize("args", [("leak",), ()])
def test_workers_that_are_replaced_are_judged_by_their_age(args: tuple[str, ...], tmp_path: Path) -> None:
    spec = replace(spec_of("target_recycled.py", tmp_path), args=args)
    settles = tuple(2.0 + 0.7 * index for index in range(9))
    trial = try_script(spec, tmp_path, pacer=TimedPacer(WATCHED_S, settle_at_s=settles))
    assert isinstance(trial, TrialOk)
    workers = [track for track in trial.processes[1:] if track.pooled]
    assert len(workers) >= 6
    assert {track.parent for track in workers} == {trial.processes[0].pid}
    assert {track.status for track in workers} <= {0, None}
    roles = [one for one in judge_growth(trial).assessments if one.signal.recycled is not None]
    heap = next(one for one in roles if one.signal.metric.value == "heap")
    assert (heap.window.growth > 2 * heap.window.allowed) is bool(args)


def test_the_end_of_a_worker_is_seen_with_its_status_and_last_words(tmp_path: Path) -> None:
    trial = try_script(spec_of("target_dying.py", tmp_path), tmp_path, pacer=TimedPacer(4.0))
    assert isinstance(trial, TrialOk)
    found = {(track.status, track.raised): track.last_words for track in dead_workers(trial)}
    assert found.keys() == {(1, True), (-9, False)}
    assert found[1, True].splitlines()[-1] == "ValueError: no such order"
