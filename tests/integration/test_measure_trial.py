"""Whole trials with real processes: recording, explaining, interrupting, and running several at a time."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from leakgate.measure.jobs import measure_all
from leakgate.measure.surroundings import Interrupt, Surroundings
from leakgate.measure.trial import measure_target
from leakgate.model.evidence import EndReason, FailureReason, ProcessRole, Series, TrialFailed, TrialOk
from leakgate.model.metrics import Metric
from leakgate.model.step import ExplainPlan
from leakgate.model.target import TargetSpec
from tests.helpers.outside import KeepingExplainer, Onlooker, PatientPacer, is_judgeable, is_probed, never
from tests.helpers.real_runs import spec_of, try_script

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="fork and /proc")


def series_of(trial: TrialOk, metric: Metric, *, settled: bool = False) -> Series:
    return next(one for one in trial.processes[0].series if one.metric is metric and one.settled is settled)


def test_a_trial_holds_readings_from_inside_and_outside(tmp_path: Path) -> None:
    def was_collected_twice(so_far: TrialOk) -> bool:
        series = {(one.metric, one.settled): one for one in so_far.processes[0].series}
        plain, settled = (series.get((Metric.BLOCKS, settled)) for settled in (False, True))
        grew = plain is not None and plain.values[-1] > plain.values[0] + 10_000
        return grew and settled is not None and len(settled) >= 2 and is_judgeable(so_far)

    onlooker, pacer = Onlooker(), PatientPacer(was_collected_twice, collects=True)
    trial = try_script(
        spec_of("target_grower.py", tmp_path), tmp_path, pacer=pacer, surroundings=Surroundings(progress=onlooker)
    )
    assert isinstance(trial, TrialOk)
    main = trial.processes[0]
    assert (main.role, main.probed, len(trial.processes)) == (ProcessRole.MAIN, True, 1)
    blocks = series_of(trial, Metric.BLOCKS)
    assert blocks.values[-1] > blocks.values[0] + 10_000
    assert list(blocks.t_s) == sorted(blocks.t_s)
    assert 0 <= blocks.t_s[0] < blocks.t_s[-1]
    assert len(series_of(trial, Metric.BLOCKS, settled=True)) >= 2
    assert trial.longest_settle_s > 0
    tree = {one.metric: one for one in trial.tree}
    assert {Metric.RSS, Metric.CHILDREN, Metric.FDS, Metric.THREADS} <= tree.keys()
    assert set(tree[Metric.CHILDREN].values) == {0.0}
    assert trial.ending.reason is EndReason.DURATION
    assert onlooker.phases == ["started", "watching", "stopping"]
    assert onlooker.readings[-1][1] > 1_000_000
    assert len(pacer.seen) >= 3


def test_growth_is_explained_by_the_line_that_allocates(tmp_path: Path) -> None:
    explainer = KeepingExplainer()
    pacer = PatientPacer(is_probed, ExplainPlan(window_s=1.0))
    trial = try_script(spec_of("target_grower.py", tmp_path), tmp_path, pacer=pacer, explainer=explainer)
    assert isinstance(trial, TrialOk)
    assert trial.explanation is not None
    (answer,) = explainer.answers
    assert answer.complete
    assert answer.pid == trial.processes[0].pid
    assert any(Path(site.frames[0][0]).name == "target_grower.py" and site.frames[0][1] == 6 for site in answer.sites)
    assert trial.watched_s < series_of(trial, Metric.RSS).t_s[-1]


class Ender(Onlooker):
    """Makes a file, at which a script ends, when its growth is being explained."""

    sign = Path()

    def phase(self, target: TargetSpec, phase: str) -> None:
        super().phase(target, phase)
        if phase == "explaining":
            self.sign.touch()


def test_a_script_that_ends_while_it_is_explained_keeps_its_verdict(tmp_path: Path) -> None:
    onlooker = Ender()
    onlooker.sign = tmp_path / "sign"
    trial = try_script(
        spec_of("target_ends_on_sign.py", tmp_path, str(onlooker.sign), "7"),
        tmp_path,
        pacer=PatientPacer(is_probed, ExplainPlan(window_s=60.0)),
        surroundings=Surroundings(progress=onlooker),
    )
    assert isinstance(trial, TrialOk)
    assert (trial.ending.reason, trial.ending.exit_code) == (EndReason.DURATION, 7)
    assert any("when its watch was over" in note for note in trial.notes)


def test_children_have_tracks_of_their_own(tmp_path: Path) -> None:
    pacer = PatientPacer(lambda so_far: is_probed(so_far, processes=3))
    trial = try_script(spec_of("target_pool.py", tmp_path), tmp_path, pacer=pacer)
    assert isinstance(trial, TrialOk)
    assert [(track.role, track.probed) for track in trial.processes] == [
        (ProcessRole.MAIN, True),
        (ProcessRole.CHILD, True),
        (ProcessRole.CHILD, True),
    ]
    assert max(next(one for one in trial.tree if one.metric is Metric.CHILDREN).values) == 2


@pytest.mark.parametrize(("way", "phases"), [("stop", []), ("finish", ["explaining"])])
def test_an_interrupted_trial_gives_what_was_read(tmp_path: Path, way: str, phases: list[str]) -> None:
    interrupt, onlooker = Interrupt(), Onlooker()

    def interrupts(so_far: TrialOk) -> bool:
        if is_probed(so_far):
            getattr(interrupt, way).set()
        return False

    trial = try_script(
        spec_of("target_grower.py", tmp_path),
        tmp_path,
        pacer=PatientPacer(interrupts, ExplainPlan(window_s=0.3)),
        surroundings=Surroundings(progress=onlooker, interrupt=interrupt),
    )
    assert isinstance(trial, TrialOk)
    assert trial.ending.reason is EndReason.INTERRUPTED
    assert onlooker.phases == ["started", "watching", *phases, "stopping"]


def test_a_watch_beyond_its_duration_is_called_extended(tmp_path: Path) -> None:
    onlooker = Onlooker()
    spec = replace(spec_of("target_idle.py", tmp_path), duration_s=0.3)
    pacer = PatientPacer()
    pacer.seen_enough = lambda so_far: len(pacer.seen) > 3 and is_judgeable(so_far)
    trial = try_script(spec, tmp_path, pacer=pacer, surroundings=Surroundings(progress=onlooker))
    assert isinstance(trial, TrialOk)
    assert onlooker.phases == ["started", "watching", "extended", "stopping"]


def test_an_early_interrupt_leaves_too_little(tmp_path: Path) -> None:
    interrupt = Interrupt()
    interrupt.stop.set()
    trial = try_script(spec_of("target_idle.py", tmp_path), tmp_path, surroundings=Surroundings(interrupt=interrupt))
    assert isinstance(trial, TrialFailed)
    assert trial.reason is FailureReason.TOO_SHORT
    assert "interrupted" in trial.message


def test_scripts_side_by_side(tmp_path: Path) -> None:
    def run_one(spec: TargetSpec) -> str:
        measured = measure_target(
            spec,
            pacer=PatientPacer(never if spec.name == "target_raises.py" else is_judgeable),
            explainer=KeepingExplainer(),
            logs=tmp_path / spec.name,
            surroundings=Surroundings(),
        )
        assert measured.environment.implementation == "cpython"
        assert Path(measured.stdout_path).exists()
        return type(measured.trial).__name__

    names = ["target_raises.py", "target_idle.py", "target_grower.py"]
    specs = [replace(spec_of(name, tmp_path), name=name) for name in names]
    assert measure_all(specs, jobs=3, run_one=run_one, interrupt=Interrupt()) == ("TrialFailed", "TrialOk", "TrialOk")


def test_a_spawned_worker_finds_its_function(tmp_path: Path) -> None:
    trial = try_script(spec_of("target_spawn.py", tmp_path), tmp_path, pacer=PatientPacer(never))
    assert isinstance(trial, TrialOk), trial
    assert (trial.ending.reason, trial.ending.exit_code) == (EndReason.EXITED, 0)
    assert len(trial.processes) >= 2
