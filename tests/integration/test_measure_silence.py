"""Probes that lose their folder or their files: the readings go on, or the trial says when and why they stopped."""

import sys
import tempfile
from pathlib import Path

import pytest

from leakgate.growth.pile_ups import growing_counts
from leakgate.growth.signals import signals_of
from leakgate.model.evidence import TrialOk
from leakgate.model.metrics import Metric
from leakgate.model.step import ExplainPlan
from tests.helpers.outside import KeepingExplainer, TimedPacer
from tests.helpers.real_runs import spec_of, try_script

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_FSIZE, and files that live without a name")


def test_readings_and_answers_go_on_when_the_temporary_folder_is_emptied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temp = tmp_path / "temp"
    temp.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temp))
    explainer = KeepingExplainer()
    pacer = TimedPacer(9.0, ExplainPlan(window_s=0.5))
    spec = spec_of("target_empties_temp.py", tmp_path, env={"TMPDIR": str(temp)})
    trial = try_script(spec, tmp_path / "logs", pacer=pacer, explainer=explainer)
    assert isinstance(trial, TrialOk)
    blocks = next(one for one in trial.processes[0].series if one.metric is Metric.BLOCKS)
    assert blocks.t_s[-1] > 5.0
    assert any(track.probed for track in trial.processes[1:]), "the child that came later reports too"
    assert explainer.answers[0].complete
    assert any("was deleted after" in note for note in trial.notes)


def test_counters_that_stopped_are_not_judged_and_it_is_said_when_and_why(tmp_path: Path) -> None:
    trial = try_script(spec_of("target_limits_files.py", tmp_path), tmp_path / "logs", pacer=TimedPacer(7.0))
    assert isinstance(trial, TrialOk)
    assert [note for note in trial.notes if "stopped reporting after" in note and "RLIMIT_FSIZE" in note]
    assert {signal.metric for signal in signals_of(trial)} == {Metric.ANON}


def test_what_piles_up_is_seen_in_a_watch_of_eight_seconds(tmp_path: Path) -> None:
    spec = spec_of("target_early_pileup.py", tmp_path)
    trial = try_script(spec, tmp_path / "logs", pacer=TimedPacer(8.0))
    assert isinstance(trial, TrialOk)
    assert set(growing_counts(trial, 3.0)) >= {Metric.FDS, Metric.THREADS}
