"""One script from start to end: launch it, watch it, explain what grows, stop it, and return a trial."""

import signal
import time
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from leakgate.errors import MeasureError, OutputError
from leakgate.measure.channel import open_channel
from leakgate.measure.companion import StageFailed
from leakgate.measure.explained_watch import Seen, watch_and_explain
from leakgate.measure.launch import RunningScript, StartFailed
from leakgate.measure.output import read_tail
from leakgate.measure.stage import PortTaken, Stage, StagedScript
from leakgate.measure.surroundings import Surroundings
from leakgate.measure.watch import Watch
from leakgate.model.evidence import Ending, EndReason, FailureReason, Measurement, Trial, TrialFailed, TrialOk
from leakgate.model.target import TargetSpec
from leakgate.model.units import format_duration
from leakgate.ports import Explainer, Pacer
from leakgate.targets.interpreter import look_at_interpreter
from leakgate.targets.kind import kind_of
from leakgate.targets.plan import plan
from leakgate.targets.port_names import ports_of, with_ports

STDOUT_LOG: Final = "stdout.log"
STDERR_LOG: Final = "stderr.log"
_SIGNAL_HINTS: Final = {
    "SIGKILL": "the kernel may have killed it because memory ran out",
    "SIGSEGV": "a crash in native code; PYTHONFAULTHANDLER=1 in the script's `env` shows where",
    "SIGABRT": "a crash in native code; PYTHONFAULTHANDLER=1 in the script's `env` shows where",
}
_PORT_HINT: Final = (
    'write `ready: {port: "{port}"}`: then leakgate chooses a free port, and passes it in the variable PORT'
)
STARTS: Final = 3
"""How often a script is started if other processes take its ports."""
LEAST_READINGS: Final = 10
LEAST_LIFE_S: Final = 1.0
"""Seconds. A shorter watch, or fewer readings than `LEAST_READINGS`, cannot be judged."""


def measure_target(
    spec: TargetSpec,
    *,
    pacer: Pacer,
    explainer: Explainer,
    logs: Path,
    surroundings: Surroundings,
) -> Measurement:
    """Run one script, and return the measurement. Its output goes to ``stdout.log`` and ``stderr.log`` in ``logs``.

    Raises InterpreterError if the interpreter cannot run it, and OutputError if the logs cannot be written. Failures of
    the script are part of the trial.
    """
    environment = look_at_interpreter(spec)
    started_at = surroundings.clock.utc_iso()
    trial = run_trial(spec, pacer=pacer, explainer=explainer, logs=logs, surroundings=surroundings)
    return Measurement(
        trial=trial,
        environment=environment,
        started_at=started_at,
        stdout_path=str(logs / STDOUT_LOG),
        stderr_path=str(logs / STDERR_LOG),
    )


def run_trial(
    spec: TargetSpec,
    *,
    pacer: Pacer,
    explainer: Explainer,
    logs: Path,
    surroundings: Surroundings,
) -> Trial:
    """Start a script, watch it until ``pacer`` concludes, it ends or the user interrupts, and stop its process tree.

    When this returns or raises, no process of the script is alive. ``logs`` is created. The channel's folder was beside
    it and is removed.
    """
    surroundings.progress.target_started(spec)
    try:
        logs.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"the folder for the script's output cannot be made: {error}") from error
    names = ports_of(spec)
    for left in reversed(range(STARTS)):
        ports = surroundings.ports.choose(names)
        try:
            with closing(Stage(with_ports(spec, ports), ports, logs, surroundings)) as stage:
                return _staged_trial(stage, pacer=pacer, explainer=explainer, logs=logs, surroundings=surroundings)
        except StageFailed as failure:
            return TrialFailed(
                reason=failure.reason, message=failure.message, hint=failure.hint, stderr_tail=failure.tail
            )
        except PortTaken as taken:
            if not left:
                return TrialFailed(
                    reason=FailureReason.NOT_READY,
                    message=f"{taken} while it started, {STARTS} times",
                    hint="if the program has a fixed port, let it listen on {port} instead",
                )
    raise AssertionError("the last start returns")


def _staged_trial(stage: Stage, *, pacer: Pacer, explainer: Explainer, logs: Path, surroundings: Surroundings) -> Trial:
    """Start the script once, with everything around it. Raises StageFailed and PortTaken."""
    spec, stdout, stderr = stage.spec, logs / STDOUT_LOG, logs / STDERR_LOG
    stage.prepare()
    with open_channel(logs.parent) as channel:
        if spec.work:
            channel.count_calls(spec.work)
        launch = plan(spec, channel.folder, surroundings.probe_dir)
        try:
            script = RunningScript(
                launch,
                channel=channel.folder,
                stdout=stdout,
                stderr=stderr,
                stop=spec.stop,
                interrupted=surroundings.interrupt.stop,
            )
        except StartFailed as refusal:
            return TrialFailed(
                reason=FailureReason.NOT_STARTED,
                message=f"could not be started: {refusal}",
                hint=f"check that {spec.python} is an interpreter, and that the folder {spec.cwd} exists",
            )
        except MeasureError as error:
            return TrialFailed(reason=FailureReason.NOT_STARTED, message=error.message, hint=error.hint)
        with script:
            stage.await_ready(script, (stdout, stderr))
            subject = StagedScript(script, stage, script.started if spec.ready is None else time.monotonic())
            stage.start_load(subject.started)
            watch = Watch(spec, subject, channel, surroundings, lambda: read_tail(stderr))
            seen = watch_and_explain(watch, pacer, explainer)
            surroundings.progress.phase(spec, "stopping")
            trouble = stage.trouble()
            stage.stop_load()
        watch.finish()
        course = _Course(script, subject, watch, seen, stderr, surroundings.interrupt.out_of_time.is_set())
        return _conclude(course, trouble or stage.trouble())


@dataclass(frozen=True, slots=True)
class _Course:
    """The state after all processes of the script have ended."""

    script: RunningScript
    subject: StagedScript
    watch: Watch
    seen: Seen
    stderr: Path
    out_of_time: bool
    """Whether the time limit of the run was reached."""


def _conclude(course: _Course, trouble: StageFailed | None) -> Trial:
    ending = course.script.exit
    by_itself = ending is not None and not ending.stopped
    if trouble is not None and not (by_itself and ending is not None and ending.status != 0):
        failed = _failed(
            course, course.seen.watched_s, reason=trouble.reason, message=trouble.message, hint=trouble.hint
        )
        return replace(failed, stderr_tail=trouble.tail or failed.stderr_tail)
    if ending is not None and by_itself and course.seen.conclusion is None:
        at_s = max(0.0, ending.at - course.subject.started)
        if ending.status != 0:
            return _crashed(course, ending.status, at_s)
        reason = EndReason.EXITED
    elif ending is None and course.script.lost:
        after = format_duration(course.seen.watched_s)
        trouble_text = course.script.trouble
        return _failed(
            course,
            course.seen.watched_s,
            reason=FailureReason.KILLED,
            message=f"its supervisor failed after {after}: {trouble_text.splitlines()[-1]}"
            if trouble_text
            else f"its supervisor was killed from outside after {after}",
            hint="this is a fault of leakgate or of this machine, not of the script; check that /proc is readable"
            if trouble_text
            else "something on this machine ends processes of leakgate, such as a lack of memory",
        )
    elif course.out_of_time and course.seen.conclusion is None:
        return _failed(
            course,
            course.seen.watched_s,
            reason=FailureReason.NOT_MEASURED,
            message=f"stopped after {format_duration(course.seen.watched_s)}: the time limit for the run was reached",
            hint="raise the time limit, or measure fewer scripts in one run",
        )
    else:
        at_s = course.seen.watched_s
        reason = course.seen.conclusion.reason if course.seen.conclusion else EndReason.INTERRUPTED
    if at_s < LEAST_LIFE_S or course.watch.readings < LEAST_READINGS:
        return _too_short(course, reason, at_s)
    return _watched(course, Ending(reason=reason, exit_code=ending.status if by_itself and ending else None, at_s=at_s))


def _watched(course: _Course, ending: Ending) -> TrialOk:
    concluded = course.watch.concluded_evidence() if ending.reason in (EndReason.DURATION, EndReason.EARLY) else None
    trial = replace(
        concluded or course.watch.evidence(ending.at_s),
        ending=ending,
        extended=course.seen.conclusion is not None and course.seen.conclusion.extended,
        unexplained=course.watch.unexplained if course.seen.conclusion is not None else "",
    )
    notes = list(trial.notes)
    if course.script.leftovers:
        notes.append(_leftovers(course.script.leftovers))
    if course.seen.conclusion is not None and ending.exit_code is not None:
        notes.append(f"the script ended by itself with status {ending.exit_code} when its watch was over")
    return replace(trial, explanation=course.seen.explanation, notes=tuple(notes))


def _too_short(course: _Course, reason: EndReason, at_s: float) -> TrialFailed:
    if reason is EndReason.EXITED:
        message = f"ended by itself after {format_duration(at_s)}, which is too short to judge"
        hint = "`repeat: true` in leakgate.yaml runs a script that ends by itself again and again"
    elif reason is EndReason.INTERRUPTED:
        message, hint = f"not measured: the run was interrupted {format_duration(at_s)} after its start", "run it again"
    else:
        message = f"only {course.watch.readings} readings in {format_duration(at_s)}, which is too little to judge"
        hint = "watch it for longer, or set a shorter `interval`"
    if course.script.leftovers:
        message += f"; {_leftovers(course.script.leftovers)}"
        hint = "run the script in the foreground; leakgate does not measure a process that continues after the script"
    return _failed(course, at_s, reason=FailureReason.TOO_SHORT, message=message, hint=hint)


def _failed(course: _Course, at_s: float, *, reason: FailureReason, message: str, hint: str = "") -> TrialFailed:
    evidence = course.watch.evidence(at_s)
    ending = course.script.exit
    return TrialFailed(
        reason=reason,
        message=message,
        hint=hint,
        exit_code=ending.status if ending is not None and not ending.stopped else None,
        stderr_tail=read_tail(course.stderr),
        processes=evidence.processes,
        tree=evidence.tree,
        at_s=at_s,
        work=evidence.work,
    )


def _crashed(course: _Course, status: int, at_s: float) -> TrialFailed:
    after = format_duration(at_s)
    if status > 0:
        failed = _failed(
            course, at_s, reason=FailureReason.CRASHED, message=f"exited with status {status} after {after}"
        )
        spec = course.subject.stage.spec
        lacks_port = "KeyError: 'PORT'" in failed.stderr_tail and "PORT" not in spec.env
        hint = _PORT_HINT if lacks_port else kind_of(spec.entry).advice(spec.entry, failed.stderr_tail)
        return replace(failed, hint=hint)
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    hint = _SIGNAL_HINTS.get(name, "")
    return _failed(course, at_s, reason=FailureReason.KILLED, message=f"killed by {name} after {after}", hint=hint)


def _leftovers(count: int) -> str:
    if count == 1:
        return "a process was still running after the main process ended; leakgate stopped it"
    return f"{count} processes were still running after the main process ended; leakgate stopped them"
