"""The main use case, from targets to a `GateReport`: check the interpreters, measure, judge, store, conclude."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Protocol

from leakgate.archive.folder_names import STDERR, STDOUT
from leakgate.blame.explainer import SiteExplainer
from leakgate.errors import MeasureError, OutputError
from leakgate.measure.jobs import measure_all
from leakgate.measure.run_folder import restore_folder
from leakgate.measure.supervisor import LOGS_PREFIX
from leakgate.measure.surroundings import Interrupt, Surroundings
from leakgate.measure.trial import measure_target
from leakgate.model.entry import CallEntry, TestsEntry
from leakgate.model.evidence import Environment, FailureReason, Measurement, TrialFailed
from leakgate.model.report import Circumstances, GateReport, TargetResult
from leakgate.model.session_record import Session
from leakgate.model.target import TargetSpec
from leakgate.model.units import format_duration
from leakgate.model.verdict import Verdict
from leakgate.pacing.pacer import MemoryPacer
from leakgate.pacing.resource_pacer import ResourcePacer
from leakgate.ports import Explainer
from leakgate.ports import Pacer as PacerPort
from leakgate.targets.interpreter import look_at_interpreter
from leakgate.verdict.policy import Policy
from leakgate.verdict.rules.cut_short_rule import is_cut_short
from leakgate.verdict.script import failed_result, judge_session
from leakgate.verdict.whole_run import conclude, joint_state

Keep = Callable[[Session], Path | None]
"""Stores a finished session at once, so that it is not lost. Returns its folder, or None if it stores nothing."""


def keep_nothing(session: Session) -> None:
    """Store nothing."""
    del session


def temporary_folder(inside: Path | None = None) -> AbstractContextManager[str]:
    """Return a context that gives a new folder, ``inside`` that of the run, and removes it at the end."""
    if inside is not None:
        restore_folder(inside, getattr(os, "geteuid", int)())  # an earlier script may have deleted it
    return TemporaryDirectory(prefix=LOGS_PREFIX, dir=inside, ignore_cleanup_errors=True)


class Measure(Protocol):
    """Measures one target."""

    def __call__(
        self, spec: TargetSpec, *, pacer: PacerPort, explainer: Explainer, logs: Path, surroundings: Surroundings
    ) -> Measurement:
        """Measure the target and return the measurement. The output of the target goes into the folder ``logs``."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """The task of one run of the gate."""

    targets: tuple[TargetSpec, ...]
    policy: Policy
    jobs: int = 1
    keep: Keep = keep_nothing
    config_path: str = ""
    folder: str | None = None
    """The folder of the config, from the root of the repository; None if it is not known."""
    command: str = ""
    partial: bool = False
    """Whether the config has scripts that are not among the targets."""
    time_limit_s: float | None = None
    """Seconds after which the run ends, even if some targets are not measured; None: no limit."""
    surroundings: Surroundings = field(default_factory=Surroundings)
    measure: Measure | None = None
    """How each target is measured; None: as the kind of its entry requires."""
    look: Callable[[TargetSpec], Environment] = look_at_interpreter
    """Finds the environment in which a target runs, before anything is measured."""
    folder_for_logs: Callable[[], AbstractContextManager[str]] = temporary_folder
    """The folder for the output of one target until its session is written. Its channels are beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The result of a run, and the errors that are not results of a script."""

    report: GateReport
    mishaps: tuple[Exception, ...] = ()
    """Sessions that could not be stored, and other errors, including bugs, that left a script without a result."""


def run_gate(assignment: Assignment) -> Outcome:
    """Measure every target, judge it, and conclude. When this returns or raises, no process of a target is alive.

    An error of one script, or a full disk, does not lose the results of other scripts.
    Raises InterpreterError, before anything is run, if an interpreter cannot run its script.
    """
    for target in assignment.targets:
        assignment.look(target)
    if assignment.time_limit_s is not None:
        ends_at_s = assignment.surroundings.clock.monotonic_s() + assignment.time_limit_s
        assignment = replace(assignment, surroundings=replace(assignment.surroundings, ends_at_s=ends_at_s))
    progress = assignment.surroundings.progress
    progress.run_started(assignment.targets)
    mishaps: list[Exception] = []
    try:
        outcomes = measure_all(
            assignment.targets,
            jobs=assignment.jobs,
            run_one=lambda target: _run_target(target, assignment, mishaps),
            interrupt=assignment.surroundings.interrupt,
            on_error=lambda target, error: _unmeasured(target, error, assignment, mishaps),
            time_limit_s=assignment.time_limit_s,
        )
    finally:
        progress.run_finished()
    judged = tuple(
        outcome or _left_out(target, assignment) for target, outcome in zip(assignment.targets, outcomes, strict=True)
    )
    left = tuple(target.name for target, outcome in zip(assignment.targets, outcomes, strict=True) if outcome is None)
    report = conclude(
        tuple(result for _, result in judged),
        Circumstances(
            fail_on=assignment.policy.fail_on,
            config_path=assignment.config_path,
            baseline_path=assignment.policy.baseline_path,
            baseline_state=joint_state(session for session, _ in judged),
            interrupted=_is_interrupted(assignment.surroundings.interrupt, judged),
            notes=_notes(left),
            command=assignment.command,
            root=assignment.policy.root,
            folder=assignment.folder,
        ),
        assignment.policy.suppressions,
        partial=assignment.partial or bool(left),
    )
    return Outcome(report=report, mishaps=tuple(mishaps))


def _is_interrupted(interrupt: Interrupt, judged: tuple[tuple[Session, TargetResult], ...]) -> bool:
    """Whether the user ended the run. The first of two Ctrl-C is also the regular end of a watch without a duration.

    It is an interruption if it came too early for an answer.
    """
    return interrupt.by_user or (interrupt.finish.is_set() and any(_has_no_answer(*one) for one in judged))


def _has_no_answer(session: Session, result: TargetResult) -> bool:
    """Whether the watch was too short to judge, or was cut short without a leak."""
    trial = session.measurement.trial
    if isinstance(trial, TrialFailed):
        return trial.reason is FailureReason.TOO_SHORT
    return is_cut_short(trial, session.target) and result.verdict in (Verdict.INCONCLUSIVE, Verdict.ERROR)


def _run_target(
    target: TargetSpec, assignment: Assignment, mishaps: list[Exception]
) -> tuple[Session, TargetResult] | None:
    with assignment.folder_for_logs() as logs:
        measure = assignment.measure or _measure_of(target, assignment)
        measurement = measure(
            target,
            pacer=ResourcePacer(MemoryPacer(target), target),
            explainer=SiteExplainer(target),
            logs=Path(logs),
            surroundings=assignment.surroundings,
        )
        session = assignment.policy.session(target, measurement)
        result = judge_session(session)
        place = None
        try:
            place = assignment.keep(session)
        except OutputError as error:
            mishaps.append(error)
    result = replace(result, measurement=_with_kept_logs(measurement, place))
    assignment.surroundings.progress.target_finished(result)
    return session, result


def _measure_of(target: TargetSpec, assignment: Assignment) -> Measure:
    """Return how a target is measured: a program by the clock, others by repetition. A suite alone may use all jobs."""
    if target.repeat or isinstance(target.entry, CallEntry | TestsEntry):
        from leakgate.measure.repeating import SuiteMeasure  # noqa: PLC0415 - most runs repeat nothing

        return SuiteMeasure(jobs=assignment.jobs if len(assignment.targets) == 1 else 1)
    return measure_target


def _with_kept_logs(measurement: Measurement, session: Path | None) -> Measurement:
    """Replace the paths of the logs: their folder is removed by now, and only a stored session keeps them."""
    if session is None:
        return replace(measurement, stdout_path="", stderr_path="")
    return replace(measurement, stdout_path=str(session / STDOUT), stderr_path=str(session / STDERR))


def _unmeasured(
    target: TargetSpec, error: Exception, assignment: Assignment, mishaps: list[Exception]
) -> tuple[Session, TargetResult] | None:
    """Return the result of a script that leakgate could not measure; None for any other error, such as a bug."""
    match error:
        case MeasureError():
            message, hint = error.message, error.hint
        case OSError():
            message, hint = (
                f"the system refused a resource that leakgate needs: {error}",
                "check the disk space and the limits (ulimit)",
            )
        case _:
            mishaps.append(error)
            return None
    return _not_measured(target, assignment, message, hint)


def _left_out(target: TargetSpec, assignment: Assignment) -> tuple[Session, TargetResult]:
    """Return the result of a script that the run did not reach. It is an error, so that every report lists it."""
    interrupt = assignment.surroundings.interrupt
    if interrupt.out_of_time.is_set():
        limit = format_duration(assignment.time_limit_s or 0.0)
        message, hint = f"not measured: the time limit of {limit} for the run was reached first", TIME_HINT
    elif interrupt.stop.is_set():
        message, hint = "not measured: the run was interrupted first", "run it again"
    else:
        message, hint = "not measured because of a bug in leakgate; its output has the text for a bug report", ""
    return _not_measured(target, assignment, message, hint)


def _not_measured(target: TargetSpec, assignment: Assignment, message: str, hint: str) -> tuple[Session, TargetResult]:
    trial = TrialFailed(reason=FailureReason.NOT_MEASURED, message=message, hint=hint)
    measurement = Measurement(
        trial=trial,
        environment=assignment.look(target),
        started_at=assignment.surroundings.clock.utc_iso(),
    )
    return assignment.policy.session(target, measurement), failed_result(target, measurement, trial)


MOST_NAMED: Final = 5
TIME_HINT: Final = "raise the time limit, spread the scripts over machines (--shard), or run several at a time (--jobs)"


def _notes(left: tuple[str, ...]) -> tuple[str, ...]:
    if not left:
        return ()
    more = f" and {len(left) - MOST_NAMED} more" if len(left) > MOST_NAMED else ""
    return (f"not measured: {', '.join(left[:MOST_NAMED])}{more}",)
