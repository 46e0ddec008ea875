"""Probes that lose their folder or their files: the readings continue, or the trial says when and why they stopped."""

import os
import sys
from pathlib import Path

import pytest

from leakgate.growth.pile_ups import growing_counts
from leakgate.growth.signals import signals_of
from leakgate.measure.poller import TreePoller
from leakgate.measure.recorder import Recorder
from leakgate.model.evidence import TrialOk
from leakgate.model.metrics import Metric
from leakgate.model.step import ExplainPlan
from tests.helpers.outside import KeepingExplainer, PatientPacer, is_judgeable
from tests.helpers.real_runs import spec_of, try_script

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_FSIZE, and files that live without a name")


def newest_s(so_far: TrialOk) -> float:
    """Seconds since the start of the watch at the newest count of blocks in the main process; 0 before the first."""
    blocks = [one.t_s[-1] for one in so_far.processes[0].series if one.metric is Metric.BLOCKS and len(one)]
    return max(blocks, default=0.0)


def test_readings_and_answers_go_on_when_the_temporary_folder_is_emptied(
    tmp_path: Path,
) -> None:
    temp = tmp_path / "temp"
    temp.mkdir()

    def both_report(so_far: TrialOk) -> bool:
        later = [track.first_s for track in so_far.processes[1:] if track.probed]
        return bool(later) and newest_s(so_far) > later[0] + 1.0

    explainer = KeepingExplainer()
    pacer = PatientPacer(both_report, ExplainPlan(window_s=0.5))
    spec = spec_of("target_empties_temp.py", tmp_path, env={"TMPDIR": str(temp)})
    trial = try_script(spec, temp / "leakgate-run-1" / "logs", pacer=pacer, explainer=explainer)
    assert isinstance(trial, TrialOk)
    assert any(track.probed for track in trial.processes[1:]), "the child that came later reports too"
    assert both_report(trial)
    assert explainer.answers[0].complete
    assert any("was deleted after" in note for note in trial.notes)


def test_counters_that_stopped_are_not_judged_and_it_is_said_when_and_why(tmp_path: Path) -> None:
    def is_silent(so_far: TrialOk) -> bool:
        return newest_s(so_far) > 0 and so_far.watched_s > newest_s(so_far) + 6.0

    trial = try_script(spec_of("target_limits_files.py", tmp_path), tmp_path / "logs", pacer=PatientPacer(is_silent))
    assert isinstance(trial, TrialOk)
    assert [note for note in trial.notes if "stopped reporting after" in note and "RLIMIT_FSIZE" in note]
    assert {signal.metric for signal in signals_of(trial)} == {Metric.ANON}


def test_what_piles_up_is_seen(tmp_path: Path) -> None:
    def is_seen(so_far: TrialOk) -> bool:
        return is_judgeable(so_far) and set(growing_counts(so_far, 3.0)) >= {Metric.FDS, Metric.THREADS}

    spec = spec_of("target_early_pileup.py", tmp_path)
    trial = try_script(spec, tmp_path / "logs", pacer=PatientPacer(is_seen))
    assert isinstance(trial, TrialOk)
    assert is_seen(trial)


def test_a_watch_of_eight_seconds_has_enough_counts_to_see_it() -> None:
    recorder = Recorder(os.getpid())
    poller = TreePoller(lambda: [os.getpid()], os.getpid(), "this test", recorder)
    for tenth in range(80):
        poller.poll(tenth / 10)
    assert recorder.count(Metric.FDS) >= 4 * 6  # six in each quarter
