"""Measures by repetition, with services and set-up: a suite, a callable, or a script that ends by itself."""

from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from leakgate.errors import OutputError
from leakgate.growth.counts import NOT_REPEATABLE, TOO_SLOW
from leakgate.measure.companion import StageFailed
from leakgate.measure.process_runs import run_one_after_another
from leakgate.measure.stage import PortTaken, Stage
from leakgate.measure.suite_trial import SuiteTrial, run_suite
from leakgate.measure.surroundings import Surroundings
from leakgate.measure.trial import STDERR_LOG, STDOUT_LOG
from leakgate.model.entry import CommandEntry, TestsEntry
from leakgate.model.evidence import (
    Ending,
    EndReason,
    FailureReason,
    Measurement,
    RepeatedTest,
    SuiteEvidence,
    TrialFailed,
    TrialOk,
)
from leakgate.model.repeated import TestOutcome, error_line
from leakgate.model.target import TargetSpec
from leakgate.ports import Explainer, Pacer
from leakgate.targets.interpreter import look_at_interpreter
from leakgate.targets.port_names import ports_of, with_ports

_A_COMMAND: Final = "a command starts a new process each time"


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteMeasure:
    """Measures by repetition, in place of ``measure_target``."""

    jobs: int
    """Number of processes to which the tests of a suite are distributed."""

    def __call__(
        self, spec: TargetSpec, *, pacer: Pacer, explainer: Explainer, logs: Path, surroundings: Surroundings
    ) -> Measurement:
        """Repeat the target, and return the measurement.

        Raises InterpreterError, and OutputError if the logs cannot be written.
        """
        del pacer, explainer  # no clock is needed for this
        return measure_suite(spec, jobs=self.jobs, logs=logs, surroundings=surroundings)


def measure_suite(spec: TargetSpec, *, jobs: int, logs: Path, surroundings: Surroundings) -> Measurement:
    """Repeat all tests of a suite, a callable or a script.

    Raises InterpreterError, and OutputError if the logs cannot be written.
    """
    environment = look_at_interpreter(spec)
    started_at = surroundings.clock.utc_iso()
    surroundings.progress.target_started(spec)
    try:
        logs.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"the folder for the output of the tests cannot be made: {error}") from error
    trial, suite = _measured(spec, jobs, logs, surroundings)
    return Measurement(
        trial=trial,
        environment=environment,
        started_at=started_at,
        stdout_path=str(logs / STDOUT_LOG),
        stderr_path=str(logs / STDERR_LOG),
        suite=suite,
    )


_Measured = tuple[TrialOk | TrialFailed, SuiteEvidence | None]


def _measured(spec: TargetSpec, jobs: int, logs: Path, surroundings: Surroundings) -> _Measured:
    if isinstance(spec.entry, CommandEntry):
        return _apart(spec, logs, surroundings, _A_COMMAND, SuiteEvidence(tests=()))
    ports = surroundings.ports.choose(ports_of(spec))
    try:
        with closing(Stage(with_ports(spec, ports), ports, logs, surroundings)) as stage:
            stage.prepare()
            suite = run_suite(stage.spec, jobs=jobs, logs=logs, surroundings=surroundings)
    except StageFailed as failure:
        return _stage_failed(failure.reason, failure.message, failure.hint, failure.tail), None
    except PortTaken as taken:
        return _stage_failed(FailureReason.NOT_READY, str(taken), "run it again", ""), None
    why = _why_apart(suite.evidence.tests) if spec.repeat and not suite.interrupted else ""
    if why:
        return _apart(spec, logs, surroundings, why, suite.evidence)
    trial = _trial_of(spec, suite)
    return trial, None if isinstance(trial, TrialFailed) else suite.evidence


def _stage_failed(reason: FailureReason, message: str, hint: str, tail: str) -> TrialFailed:
    return TrialFailed(reason=reason, message=message, hint=hint, stderr_tail=tail)


def _why_apart(tests: tuple[RepeatedTest, ...]) -> str:
    """Return why a script must run as one process after another; empty if repeating in one process gave an answer."""
    if not tests:
        return "it ended its process"
    (test,) = tests
    if test.outcome is TestOutcome.DIED:
        return "" if "did not end" in test.text else f"in one process with leakgate {test.text}"
    first = test.deciding
    if first is None:
        return ""
    if first.answer == NOT_REPEATABLE:
        return f"it cannot be repeated in one process: {first.failure or 'a repetition failed'}"
    return "one run takes too long to be repeated in one process" if first.answer == TOO_SLOW else ""


def _apart(spec: TargetSpec, logs: Path, surroundings: Surroundings, why: str, inside: SuiteEvidence) -> _Measured:
    """Run one process after another, if repeating inside one process gave no answer."""
    found = run_one_after_another(spec, logs=logs, surroundings=surroundings)
    if found.failed is not None:
        return found.failed, None
    took_s = inside.took_s + sum(run.seconds for run in found.runs)
    ending = Ending(reason=EndReason.EXITED, exit_code=0, at_s=took_s)
    suite = SuiteEvidence(tests=(), runs=found.runs, apart=why, time_s=spec.repeating_s, took_s=took_s)
    return TrialOk(processes=(), tree=(), ending=ending, watched_s=took_s), suite


def _trial_of(spec: TargetSpec, suite: SuiteTrial) -> TrialOk | TrialFailed:
    """Return the trial of a suite. It has no series, because its evidence is separate."""
    if suite.failure:
        return _failed(FailureReason.NOT_STARTED, suite.failure, suite, hint=suite.hint)
    if not isinstance(spec.entry, TestsEntry) and (text := _first_failure(suite.evidence.tests)):
        hint = ""
        if spec.repeat and "did not end" in text:
            hint = "`repeat` is for scripts that end by themselves: take it out, or raise `duration` above one run"
        what = "run" if spec.repeat else "call"
        failed = _failed(FailureReason.CRASHED, f"the first {what} failed: {error_line(text)}", suite, hint=hint)
        return replace(failed, stderr_tail=text if "\n" in text.strip() else failed.stderr_tail)
    ending = Ending(
        reason=EndReason.INTERRUPTED if suite.interrupted else EndReason.EXITED,
        exit_code=suite.exit_code,
        at_s=suite.evidence.took_s,
    )
    return TrialOk(processes=(), tree=(), ending=ending, watched_s=suite.evidence.took_s)


def _first_failure(tests: tuple[RepeatedTest, ...]) -> str:
    """Return why the first run of a callable or script failed; empty if it did not."""
    failed = [test for test in tests if test.outcome in (TestOutcome.FAILED, TestOutcome.DIED)]
    return (failed[0].text.strip() or "no reason was given") if failed else ""


def _failed(reason: FailureReason, message: str, suite: SuiteTrial, *, hint: str) -> TrialFailed:
    return TrialFailed(
        reason=reason,
        message=message,
        hint=hint,
        exit_code=suite.exit_code,
        stderr_tail=suite.tail,
        at_s=suite.evidence.took_s,
    )
