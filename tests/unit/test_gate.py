"""The use case step by step: the effect of a failing script on the run."""

import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from leakgate.errors import InterpreterError, MeasureError, OutputError
from leakgate.gate import Assignment, Keep, _measure_of, keep_nothing, run_gate
from leakgate.measure.repeating import SuiteMeasure
from leakgate.measure.surroundings import Interrupt, Surroundings
from leakgate.measure.trial import measure_target
from leakgate.model.entry import ScriptEntry
from leakgate.model.evidence import EndReason, FailureReason, Measurement, TrialFailed
from leakgate.model.session_record import Session
from leakgate.model.target import TargetSpec
from leakgate.model.verdict import ExitCode, GateVerdict, Verdict
from leakgate.verdict.policy import Policy
from leakgate.verdict.script import judge_session
from tests.helpers.judged import measurement
from tests.helpers.outside import Onlooker
from tests.helpers.trials import KB, MB, Curve, flat, linear, trial_from


def targets(folder: Path, *names: str) -> tuple[TargetSpec, ...]:
    """Scripts that end at once with status 7."""
    script = folder / "ends.py"
    script.write_text("raise SystemExit(7)\n", encoding="utf-8")
    return tuple(
        TargetSpec(name=name, entry=ScriptEntry(path=script), python=Path(sys.executable), cwd=folder) for name in names
    )


def assignment(folder: Path, *names: str, keep: Keep = keep_nothing) -> Assignment:
    return Assignment(targets=targets(folder, *names), policy=Policy(root=str(folder)), keep=keep)


def test_results_come_in_order_with_a_session_each(tmp_path: Path) -> None:
    kept: list[Session] = []
    onlooker = Onlooker()
    asked = Assignment(
        targets=targets(tmp_path, "a", "b"),
        policy=Policy(root=str(tmp_path)),
        keep=kept.append,
        config_path="leakgate.yaml",
        command="leakgate run",
        surroundings=Surroundings(progress=onlooker),
    )
    outcome = run_gate(asked)
    assert [result.target.name for result in outcome.report.results] == ["a", "b"]
    assert [session.target.name for session in kept] == ["a", "b"]
    assert (outcome.report.verdict, outcome.report.exit_code) == (GateVerdict.ERROR, ExitCode.UNMEASURED)
    assert (outcome.report.about.config_path, outcome.report.about.command) == ("leakgate.yaml", "leakgate run")
    assert (outcome.report.about.notes, outcome.mishaps) == ((), ())
    assert onlooker.phases[0] == "run"
    assert onlooker.phases[-1] == "run finished"
    assert onlooker.phases.count("finished") == 2


def test_a_session_that_cannot_be_kept_costs_no_result(tmp_path: Path) -> None:
    refusal = OutputError("the disk is full")

    def refuse(session: Session) -> None:
        if session.target.name == "a":
            raise refusal

    outcome = run_gate(assignment(tmp_path, "a", "b", keep=refuse))
    assert [result.target.name for result in outcome.report.results] == ["a", "b"]
    assert outcome.mishaps == (refusal,)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (MeasureError("no pipe", hint="look"), "no pipe"),
        (OSError(28, "No space left on device"), "No space left on device"),
    ],
)
def test_trouble_with_the_machinery_is_the_scripts_result(tmp_path: Path, error: Exception, message: str) -> None:
    def fail(spec: TargetSpec, **kwargs: Any) -> Measurement:
        if spec.name == "a":
            raise error
        return measure_target(spec, **kwargs)

    outcome = run_gate(replace(assignment(tmp_path, "a", "b"), measure=fail))
    first, second = outcome.report.results
    assert isinstance(first.measurement.trial, TrialFailed)
    assert first.measurement.trial.reason is FailureReason.NOT_MEASURED
    assert message in first.reason
    assert first.hint
    assert second.reason.startswith("exited with status 7")
    assert outcome.mishaps == ()


def test_a_bug_costs_only_its_own_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bug = ZeroDivisionError()

    def fail(session: Session) -> object:
        if session.target.name == "a":
            raise bug
        return judge_session(session)

    monkeypatch.setattr("leakgate.gate.judge_session", fail)
    outcome = run_gate(assignment(tmp_path, "a", "b"))
    assert [result.target.name for result in outcome.report.results] == ["a", "b"]
    assert "bug in leakgate" in outcome.report.results[0].reason
    assert outcome.report.about.notes == ("not measured: a",)
    assert outcome.mishaps == (bug,)


def test_an_interrupted_run_names_what_was_not_measured(tmp_path: Path) -> None:
    interrupt = Interrupt()
    interrupt.stop.set()
    asked = Assignment(
        targets=targets(tmp_path, *"abcdefgh"),
        policy=Policy(root=str(tmp_path)),
        surroundings=Surroundings(interrupt=interrupt),
    )
    report = run_gate(asked).report
    assert (report.about.interrupted, report.exit_code) == (True, ExitCode.INTERRUPTED)
    assert report.about.notes == ("not measured: a, b, c, d, e and 3 more",)
    assert {result.reason for result in report.results} == {"not measured: the run was interrupted first"}
    assert [result.target.name for result in report.results] == [*"abcdefgh"]


@pytest.mark.parametrize(
    ("heap", "duration_s", "code"),
    [
        (flat(), 600.0, ExitCode.INTERRUPTED),
        (flat(), 0.0, ExitCode.PASS),
        (linear(500 * KB), 600.0, ExitCode.FAIL),
    ],
    ids=["too early", "the regular end", "a leak"],
)
def test_the_first_of_two_ctrl_c_is_an_interruption_if_no_leak_was_found_so_early(
    tmp_path: Path, heap: Curve, duration_s: float, code: ExitCode
) -> None:
    trial = trial_from(end_s=40.0, heap=heap, native=flat(), resident=flat(30 * MB))
    trial = replace(trial, ending=replace(trial.ending, reason=EndReason.INTERRUPTED))
    interrupt = Interrupt(gentle=True)

    def measure(*_: object, **__: object) -> Measurement:
        interrupt.finish.set()
        return measurement(trial)

    (spec,) = targets(tmp_path, "a")
    asked = Assignment(
        targets=(replace(spec, duration_s=duration_s),),
        policy=Policy(root=str(tmp_path)),
        surroundings=Surroundings(interrupt=interrupt),
        measure=measure,
    )
    report = run_gate(asked).report
    assert report.about.interrupted is (code is ExitCode.INTERRUPTED)
    assert report.exit_code == code


def test_the_time_limit_ends_a_run_that_waits_and_is_no_interrupt(tmp_path: Path) -> None:
    """The first script would run for 30 s; the limit is reached a second after its start."""
    (tmp_path / "waits.py").write_text("import time\ntime.sleep(600)\n", encoding="utf-8")
    specs = tuple(replace(one, entry=ScriptEntry(path=tmp_path / "waits.py")) for one in targets(tmp_path, "a", "b"))
    report = run_gate(Assignment(targets=specs, policy=Policy(root=str(tmp_path)), time_limit_s=1.0)).report
    running, waiting = report.results
    assert (report.about.interrupted, report.exit_code) == (False, ExitCode.UNMEASURED)
    assert (running.verdict, waiting.verdict) == (Verdict.ERROR, Verdict.ERROR)
    assert re.search(r"the time limit (of 1\.0 s )?for the run was reached", running.reason)
    assert waiting.reason == "not measured: the time limit of 1.0 s for the run was reached first"
    assert report.about.notes == ("not measured: b",)


def test_a_wrong_interpreter_is_refused_before_anything_runs(tmp_path: Path) -> None:
    (right,) = targets(tmp_path, "right")
    wrong = TargetSpec(name="wrong", entry=right.entry, python=tmp_path / "gone", cwd=tmp_path)
    onlooker = Onlooker()
    asked = Assignment(
        targets=(right, wrong), policy=Policy(root=str(tmp_path)), surroundings=Surroundings(progress=onlooker)
    )
    with pytest.raises(InterpreterError):
        run_gate(asked)
    assert onlooker.phases == []


def test_the_verdict_on_a_script_that_could_not_run_is_error(tmp_path: Path) -> None:
    (result,) = run_gate(assignment(tmp_path, "a")).report.results
    assert result.verdict is Verdict.ERROR


@pytest.mark.parametrize(("names", "jobs"), [(("a",), 4), (("a", "b"), 1)])
def test_only_a_suite_that_is_alone_gets_all_processes(tmp_path: Path, names: tuple[str, ...], jobs: int) -> None:
    asked = replace(assignment(tmp_path, *names), jobs=4)
    repeated = replace(asked.targets[0], repeat=True)
    measure = _measure_of(repeated, asked)
    assert isinstance(measure, SuiteMeasure)
    assert measure.jobs == jobs
    assert _measure_of(asked.targets[0], asked) is measure_target
