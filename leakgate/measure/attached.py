"""A process that runs already: watch it, explain what grows, leave it as it was, and return a trial."""

import platform
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Protocol

import psutil

import leakgate
from leakgate.growth.assess import Growth, judge_growth
from leakgate.measure.attach_folder import attach_folder
from leakgate.measure.channel import Channel, open_channel
from leakgate.measure.explained_watch import Seen, watch_and_explain
from leakgate.measure.processes import descendants, is_living
from leakgate.measure.surroundings import Surroundings
from leakgate.measure.trial import LEAST_LIFE_S, LEAST_READINGS
from leakgate.measure.watch import Watch
from leakgate.model.evidence import (
    NO_PYTHON,
    Ending,
    EndReason,
    Environment,
    FailureReason,
    Measurement,
    Trial,
    TrialFailed,
    TrialOk,
)
from leakgate.model.target import TargetSpec
from leakgate.model.units import format_duration
from leakgate.model.work_record import WorkRecord
from leakgate.ports import Explainer, Pacer
from leakgate.targets.refusals import Refused
from leakgate.targets.running import RunningProcess

FROM_OUTSIDE: Final = "watched from outside"
"""Beginning of the note that says what could not be seen."""
ENDED_EARLY: Final = "the process ended after"
"""Beginning of the note on a process that ended during its watch."""
ENTERING: Final = "entering"
LEAVING: Final = "leaving"


class AttachedProcess:
    """A running process with its descendants. leakgate is not its parent: its exit status stays unknown."""

    def __init__(self, process: psutil.Process, on_look: Callable[[], None] = lambda: None) -> None:
        """``on_look`` is called each time leakgate reads the tree."""
        self.pid = process.pid
        self.started = self.born = time.monotonic()
        self.earlier_peak_bytes = 0
        self.work: WorkRecord | None = None
        self._process = process
        self._on_look = on_look

    @property
    def ended(self) -> bool:
        """Whether this process has ended; another process with its PID does not count."""
        return not is_living(self._process)

    def tree(self) -> list[int]:
        """Return the PIDs of the process and its descendants; an empty list if it has ended."""
        return [] if self.ended else [self.pid, *descendants(self.pid)]

    def remember(self, found: list[psutil.Process]) -> None:
        """Call ``on_look``. The processes are not kept, because leakgate ends none of them."""
        del found
        self._on_look()


class Door(Protocol):
    """Brings the probe into a process and out again."""

    def enter(self, process: AttachedProcess, channel: Channel, interval_s: float) -> tuple[str, ...]:
        """Bring the probe in, and return notes for the report. Raises Refused if that fails."""
        ...

    def keep_up(self, process: AttachedProcess) -> None:
        """Bring the probe into new workers, if the user asked for it. Called each time leakgate reads the tree."""
        ...

    def leave(self, process: AttachedProcess) -> tuple[str, ...]:
        """Take the probe out, wait until it has left, and return notes for the report."""
        ...


class InsideOrOutside:
    """Brings the probe in if possible. If that is refused, the process is watched from outside."""

    def __init__(self, inside: Door) -> None:
        self._door = inside

    def enter(self, process: AttachedProcess, channel: Channel, interval_s: float) -> tuple[str, ...]:
        """Bring the probe in; if that is refused, return a note that says why, and what cannot be seen."""
        try:
            return self._door.enter(process, channel, interval_s)
        except Refused as refusal:
            self._door.leave(process)
            self._door = Outside(f", because {refusal.message}")
            return self._door.enter(process, channel, interval_s)

    def keep_up(self, process: AttachedProcess) -> None:
        """Call `keep_up` of the door in use."""
        self._door.keep_up(process)

    def leave(self, process: AttachedProcess) -> tuple[str, ...]:
        """Call `leave` of the door in use."""
        return self._door.leave(process)


class Outside:
    """No probe: the process is watched from outside only."""

    def __init__(self, because: str, advice: str = "") -> None:
        """``because``: why no probe is used. ``advice``: what the user can do to see more; empty if nothing."""
        self._because = because
        self._advice = f"; {advice}" if advice else ""

    def enter(self, process: AttachedProcess, channel: Channel, interval_s: float) -> tuple[str, ...]:
        """Return a note that says what cannot be seen."""
        del process, channel, interval_s
        seen = "only resident memory, descriptors, threads and child processes are judged"
        return (f"{FROM_OUTSIDE}{self._because}: {seen}{self._advice}",)

    def keep_up(self, process: AttachedProcess) -> None:
        """Do nothing."""

    def leave(self, process: AttachedProcess) -> tuple[str, ...]:
        """Do nothing, because there is no probe to take out."""
        del process
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A running process, and how leakgate watches it."""

    process: RunningProcess
    door: Door

    def __call__(
        self, spec: TargetSpec, *, pacer: Pacer, explainer: Explainer, surroundings: Surroundings
    ) -> Measurement:
        """Watch until ``pacer`` concludes, the process ends or the user interrupts. The process is not ended."""
        started_at = surroundings.clock.utc_iso()
        with attach_folder() as folder, open_channel(folder) as channel:
            trial = self._trial(spec, channel, pacer, explainer, surroundings)
        return Measurement(trial=trial, environment=environment_of(self.process), started_at=started_at)

    def _trial(
        self, spec: TargetSpec, channel: Channel, pacer: Pacer, explainer: Explainer, surroundings: Surroundings
    ) -> Trial:
        surroundings.progress.target_started(spec)
        found = same_process(self.process)
        if found is None:
            return TrialFailed(reason=FailureReason.ENDED, message=f"process {self.process.pid} ended meanwhile")
        attached = AttachedProcess(found, on_look=lambda: self.door.keep_up(attached))
        surroundings.progress.phase(spec, ENTERING)
        try:
            notes = self.door.enter(attached, channel, spec.interval_s)
            watch = Watch(spec, attached, channel, surroundings)
            seen = watch_and_explain(watch, pacer, explainer)
            ended = attached.ended
            at_s = watch.now_s
        finally:
            surroundings.progress.phase(spec, LEAVING)
            left = self.door.leave(attached)
        watch.finish()
        return _conclude(_Visit(spec, watch, seen, at_s, ended, (*notes, *left)))


def same_process(facts: RunningProcess) -> psutil.Process | None:
    """Return the process that the facts describe; None if it has ended (its PID may belong to another process)."""
    try:
        found = psutil.Process(facts.pid)
        return found if found.create_time() == facts.created and is_living(found) else None
    except psutil.Error:
        return None


def environment_of(process: RunningProcess) -> Environment:
    """Return the environment of the process, as it can be seen from outside."""
    python = process.python
    return Environment(
        implementation=NO_PYTHON if python is None else python.implementation + "-freethreaded" * python.free_threaded,
        python="0.0.0" if python is None or python.version is None else ".".join(map(str, (*python.version, 0))),
        os=platform.system().lower(),
        machine=platform.machine().lower(),
        leakgate=leakgate.__version__,
    )


@dataclass(frozen=True, slots=True)
class _Visit:
    """The state after the probe has left."""

    spec: TargetSpec
    watch: Watch
    seen: Seen
    at_s: float
    ended: bool
    notes: tuple[str, ...]


def _conclude(visit: _Visit) -> Trial:
    seen = visit.seen
    by_itself = seen.conclusion is None and visit.ended
    if by_itself:
        return _of_ended(visit)
    at_s = seen.watched_s
    reason = seen.conclusion.reason if seen.conclusion else EndReason.INTERRUPTED
    if at_s < LEAST_LIFE_S or visit.watch.readings < LEAST_READINGS:
        watched = format_duration(at_s)
        cut = reason is EndReason.INTERRUPTED
        message = (
            f"not measured: the run was interrupted {watched} after its start"
            if cut
            else (f"watched for {watched}, which is too short to judge")
        )
        return _failed(visit, FailureReason.TOO_SHORT, message)
    return _watched(visit, Ending(reason=reason, exit_code=None, at_s=at_s))


def _of_ended(visit: _Visit) -> Trial:
    """Return the trial of a process that ended by itself.

    Only growth that continued until the end is judged. Otherwise the trial fails, because the exit status is unknown.
    """
    after = format_duration(visit.at_s)
    evidence = visit.watch.evidence(visit.at_s)
    if judge_growth(evidence, warmup_s=visit.spec.warmup_s).growth is Growth.GROWS:
        note = f"{ENDED_EARLY} {after}, before its watch was over"
        return _watched(visit, Ending(reason=EndReason.EXITED, exit_code=None, at_s=visit.at_s), note)
    return _failed(
        visit,
        FailureReason.ENDED,
        f"{ENDED_EARLY} {after}, before its watch was over",
        "leakgate is not its parent and does not know its exit status; attach again when it has been restarted",
    )


def _watched(visit: _Visit, ending: Ending, *notes: str) -> TrialOk:
    trial = visit.watch.evidence(ending.at_s)
    return replace(
        trial,
        ending=ending,
        extended=visit.seen.conclusion is not None and visit.seen.conclusion.extended,
        explanation=visit.seen.explanation,
        notes=(*visit.notes, *notes, *trial.notes),
    )


def _failed(visit: _Visit, reason: FailureReason, message: str, hint: str = "") -> TrialFailed:
    evidence = visit.watch.evidence(visit.at_s)
    return TrialFailed(
        reason=reason,
        message=message,
        hint=hint,
        processes=evidence.processes,
        tree=evidence.tree,
        at_s=visit.at_s,
    )
