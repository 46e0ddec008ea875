"""A process that runs already: watch it, explain what grows, leave it as it was, and say how it went."""

import platform
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Protocol

import psutil

import leakgate
from leakgate.growth.assess import Growth, judge_growth
from leakgate.measure.channel import Channel, open_channel
from leakgate.measure.processes import descendants, is_living
from leakgate.measure.surroundings import Surroundings
from leakgate.measure.trial import LEAST_LIFE_S, LEAST_READINGS, Seen, watch_and_explain
from leakgate.measure.watch import Watch
from leakgate.model.evidence import (
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
"""How the note begins that says what could not be seen."""
ENTERING: Final = "entering"
LEAVING: Final = "leaving"


class AttachedProcess:
    """A running process with its descendants. leakgate is not its parent: its exit status stays unknown."""

    def __init__(self, process: psutil.Process, on_look: Callable[[], None] = lambda: None) -> None:
        """``on_look`` is called at every look at the tree."""
        self.pid = process.pid
        self.started = self.born = time.monotonic()
        self.earlier_peak_bytes = 0
        self.work: WorkRecord | None = None
        self._process = process
        self._on_look = on_look

    @property
    def ended(self) -> bool:
        """Whether this very process is gone."""
        return not is_living(self._process)

    def tree(self) -> list[int]:
        """The process and its descendants; empty when it is gone."""
        return [] if self.ended else [self.pid, *descendants(self.pid)]

    def remember(self, found: list[psutil.Process]) -> None:
        """Nothing is noted: leakgate ends none of them."""
        del found
        self._on_look()


class Door(Protocol):
    """The way of the probe into a process, and out again."""

    def enter(self, process: AttachedProcess, channel: Channel, interval_s: float) -> tuple[str, ...]:
        """Bring the probe in; returns notes for the report. Raises Refused where that fails."""
        ...

    def keep_up(self, process: AttachedProcess) -> None:
        """Called at every look at the tree: go into new workers, where that was asked for."""
        ...

    def leave(self, process: AttachedProcess) -> tuple[str, ...]:
        """Take the probe out and wait until it is gone; returns notes for the report."""
        ...


class InsideOrOutside:
    """A way in that is not insisted on: where it turns out to be closed, the process is looked at from outside."""

    def __init__(self, inside: Door) -> None:
        self._door = inside

    def enter(self, process: AttachedProcess, channel: Channel, interval_s: float) -> tuple[str, ...]:
        """Go in, or say why not and what cannot be seen."""
        try:
            return self._door.enter(process, channel, interval_s)
        except Refused as refusal:
            self._door.leave(process)
            self._door = Outside(f" ({refusal.message})")
            return self._door.enter(process, channel, interval_s)

    def keep_up(self, process: AttachedProcess) -> None:
        """Pass it on."""
        self._door.keep_up(process)

    def leave(self, process: AttachedProcess) -> tuple[str, ...]:
        """Pass it on."""
        return self._door.leave(process)


class Outside:
    """No way in: the process is looked at from outside only."""

    def __init__(self, because: str) -> None:
        self._because = because

    def enter(self, process: AttachedProcess, channel: Channel, interval_s: float) -> tuple[str, ...]:
        """Say what cannot be seen."""
        del process, channel, interval_s
        seen = "resident memory, descriptors, threads and child processes are judged"
        unseen = "Python's own memory, asyncio tasks, places in the code and holders cannot be seen"
        return (f"{FROM_OUTSIDE}{self._because}: {seen}; {unseen}",)

    def keep_up(self, process: AttachedProcess) -> None:
        """Nothing to do."""

    def leave(self, process: AttachedProcess) -> tuple[str, ...]:
        """Nothing to take out."""
        del process
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A running process and how leakgate looks at it."""

    process: RunningProcess
    door: Door

    def __call__(
        self, spec: TargetSpec, *, pacer: Pacer, explainer: Explainer, surroundings: Surroundings
    ) -> Measurement:
        """Watch until ``pacer`` concludes, the process ends or the user interrupts. It continues afterwards."""
        started_at = surroundings.clock.utc_iso()
        with open_channel() as channel:
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
    """The process that the facts are about; None where it ended and its PID may be that of another one."""
    try:
        found = psutil.Process(facts.pid)
        return found if found.create_time() == facts.created and is_living(found) else None
    except psutil.Error:
        return None


def environment_of(process: RunningProcess) -> Environment:
    """Where the process runs, as far as it can be told from outside."""
    python = process.python
    return Environment(
        implementation="none" if python is None else python.implementation + "-freethreaded" * python.free_threaded,
        python="0.0.0" if python is None or python.version is None else ".".join(map(str, (*python.version, 0))),
        os=platform.system().lower(),
        machine=platform.machine().lower(),
        leakgate=leakgate.__version__,
    )


@dataclass(frozen=True, slots=True)
class _Visit:
    """What had happened when the probe was out again."""

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
    """Growth that was seen to go on until the end is judged; nothing else is, for its status is not known."""
    after = format_duration(visit.at_s)
    evidence = visit.watch.evidence(visit.at_s)
    if judge_growth(evidence, warmup_s=visit.spec.warmup_s).growth is Growth.GROWS:
        note = f"the process ended after {after}, before its watch was over"
        return _watched(visit, Ending(reason=EndReason.EXITED, exit_code=None, at_s=visit.at_s), note)
    return _failed(
        visit,
        FailureReason.ENDED,
        f"the process ended after {after}, before its watch was over",
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
