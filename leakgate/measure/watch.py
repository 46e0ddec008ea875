"""Watches a script: takes readings at every tick, and does what the pacing rules ask for."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final, assert_never

from leakgate.measure.asking import NAP_S, Asker
from leakgate.measure.channel import Channel
from leakgate.measure.continuation import continued
from leakgate.measure.disturbance import Span, undisturbed
from leakgate.measure.exits import ExitWatch
from leakgate.measure.feed import Feed
from leakgate.measure.idleness import IdleWatch
from leakgate.measure.poller import TreePoller
from leakgate.measure.recorder import Recorder
from leakgate.measure.silence import SilenceWatch
from leakgate.measure.subject import Subject
from leakgate.measure.surroundings import Surroundings
from leakgate.model.evidence import Ending, EndReason, ProcessTrack, TrialOk
from leakgate.model.explain_raw import RawExplanation
from leakgate.model.metrics import Metric
from leakgate.model.step import Conclude, ExplainPlan, KeepWatching, Settle
from leakgate.model.target import TargetSpec
from leakgate.ports import Pacer
from leakgate.targets.kind import command_line

PACE_S: Final = 0.5
"""Seconds between two calls of the pacing rules."""
PACE_SHARE: Final = 0.05
"""Share of a processor that the pacing rules may take. On very long series they are called less often. Processor time
is used and not elapsed time: on a busy machine a call takes ten times as long, and an answer would come seconds later.
"""
_SHOW_S: Final = 0.25
_SETTLE_PATIENCE_S: Final = 5.0
_PROBE_PATIENCE_S: Final = 3.0
"""Seconds. A probe in a child reports a tenth of a second after its start; a busy machine may take longer."""
_MOST_NAMED: Final = 5
_GIVEN_BACK_S: Final = 1.0
"""Seconds until a probe has freed the memory that it needed for its answer."""


def unseen_pythons(tracks: tuple[ProcessTrack, ...]) -> list[str]:
    """Return a note about Python processes that lived long enough to have a probe, but have none; else an empty list.

    The note names at most `_MOST_NAMED` of them. There is no note if all processes of the tree are such processes.
    """
    found = [
        track
        for track in tracks
        if not track.probed
        and track.last_s - track.first_s >= _PROBE_PATIENCE_S
        and Path(track.command.partition(" ")[0]).name.startswith("python")
    ]
    if not found or len(found) == len(tracks):
        return []
    named = ", ".join(str(track.pid) for track in found[:_MOST_NAMED])
    note = f"Python without a probe in process {named}: it may ignore its environment (-I, -E); "
    return [note + "only its resident memory, read from outside, was judged"]


class Watch:
    """One script that is watched."""

    def __init__(
        self,
        spec: TargetSpec,
        script: Subject,
        channel: Channel,
        surroundings: Surroundings,
        last_words: Callable[[], str] = str,
    ) -> None:
        """``last_words`` returns the last lines that the script has written to stderr."""
        self._spec = spec
        self._script = script
        self._channel = channel
        self._clock = surroundings.clock
        self._progress = surroundings.progress
        self._interrupt = surroundings.interrupt
        self._recorder = Recorder(script.pid)
        command = " ".join(command_line(spec))
        self._poller = TreePoller(script.tree, script.pid, command, self._recorder)
        self._feed = Feed(channel.folder, self._recorder, script.pid, script.started, script.born)
        if script.earlier_peak_bytes:
            self._recorder.add_tree(Metric.RSS, 0.0, script.earlier_peak_bytes)
        self._exits = ExitWatch(last_words)
        self._silence = SilenceWatch(channel, self._feed, script.started)
        self._next_tick_s = self._next_show_s = self._next_pace_s = 0.0
        self._settle_seq = 0
        self._settle_asked_s = 0.0
        self._extended = False
        self._idleness = IdleWatch()
        self._notes: list[str] = []
        self._disturbed: list[Span] = []
        """Spans in which a look raised resident memory, if the watch continued after it."""
        self._looking = False
        """Whether leakgate waits for an explanation."""
        self._concluded_on: TrialOk | None = None
        """The evidence of the last conclusion; None before the first."""
        self._asker = Asker(
            channel=channel,
            recorder=self._recorder,
            feed=self._feed,
            clock=self._clock,
            started=script.started,
            tick=self._tick,
            is_over=lambda: self.over,
            notes=self._notes,
        )

    @property
    def unexplained(self) -> str:
        """Why the last explanation is missing or incomplete; empty if it is complete, or if none was asked for."""
        return self._asker.unexplained

    @property
    def now_s(self) -> float:
        """Seconds since the start of the watch."""
        return self._clock.monotonic_s() - self._script.started

    @property
    def over(self) -> bool:
        """Whether the script has ended, or must be ended at once."""
        return self._script.ended or self._interrupt.stop.is_set()

    def until_concluded(self, pacer: Pacer) -> Conclude | None:
        """Watch until the pacing rules conclude. Returns None if the script ends, or the user stops it, before that."""
        self._progress.phase(self._spec, "watching")
        while not self.over:
            self._tick()
            if self._interrupt.finish.is_set():
                return Conclude(reason=EndReason.INTERRUPTED, explain=pacer.last_look(self.evidence(self.now_s)))
            if self.now_s >= self._next_pace_s:
                conclusion = self._ask(pacer)
                if conclusion is not None:
                    self._idleness.conclude(self.now_s, self._poller.processes)
                    return conclusion
            self._nap()
        return None

    def explain(self, plan: ExplainPlan) -> tuple[RawExplanation, ...]:
        """Ask the probes where the growth comes from, and return their answers. The wait is limited."""
        self._progress.phase(self._spec, "explaining")
        self._looking = True
        try:
            return self._asker.explain(plan)
        finally:
            self._looking = False

    def resume(self, explained_from_s: float, *, traced: bool = False) -> None:
        """Continue to watch after an explanation. Readings that were taken during it are not evidence."""
        self._disturbed.append(Span(explained_from_s, self.now_s + _GIVEN_BACK_S, traced))
        self._progress.phase(self._spec, "watching")

    def finish(self) -> None:
        """Read the last readings of the probes, and close all files."""
        self._feed.drain(self._clock.monotonic_s())
        self._feed.close()
        self._exits.close()
        self._notes += [*self._feed.complaints(), *self._silence.notes]
        if not self._feed.heard:
            self._notes += self._channel.complaints()
            self._notes.append("the probe did not report: only resident memory, read from outside, was judged")
        if self._spec.work and (complaint := self._feed.calls.complaint(self._spec.work)):
            self._notes.append(complaint)
        self._notes += unseen_pythons(self._recorder.tracks(self._feed.main_pid))
        if self._recorder.dropped:
            self._notes.append(f"{self._recorder.dropped} short-lived processes count only in the totals")

    def evidence(self, watched_s: float) -> TrialOk:
        """Return the readings up to now as a trial. Its ending has no meaning before the end of the watch."""
        return TrialOk(
            processes=tuple(
                replace(track, series=tuple(undisturbed(series, self._disturbed) for series in track.series))
                for track in self._recorder.tracks(self._feed.main_pid)
            ),
            tree=tuple(undisturbed(series, self._disturbed) for series in self._recorder.tree()),
            ending=Ending(reason=EndReason.DURATION, exit_code=None, at_s=watched_s),
            watched_s=watched_s,
            longest_settle_s=self._feed.longest_settle_s,
            work=self._script.work or self._feed.calls.record(self._spec.work),
            idle_port=self._idleness.idle_port,
            notes=tuple(dict.fromkeys(self._notes)),
        )

    def concluded_evidence(self) -> TrialOk | None:
        """Return the evidence of the last conclusion, continued with later readings; None if no rule ended the watch.

        Readings that a probe took before the conclusion but that arrived after it are left out. With them the verdict
        could differ from the conclusion that ended the watch.
        """
        before = self._concluded_on
        if before is None:
            return None
        now = self.evidence(before.watched_s)
        later = {track.pid: track.series for track in now.processes}
        return replace(
            before,
            processes=tuple(
                replace(track, series=continued(track.series, later.get(track.pid, ()), before.watched_s))
                for track in before.processes
            ),
            tree=continued(before.tree, now.tree, before.watched_s),
            idle_port=now.idle_port,
            notes=now.notes,
        )

    @property
    def readings(self) -> int:
        """Number of readings of the tree's resident memory."""
        return self._recorder.count(Metric.RSS)

    def _tick(self) -> None:
        now_s = self.now_s
        if now_s < self._next_tick_s:
            return
        self._next_tick_s = max(now_s, self._next_tick_s + self._spec.interval_s)
        self._feed.poll(self._clock.monotonic_s())
        if self._disturbed and not self._looking and self._feed.are_explaining:
            # leakgate no longer waits for this look, but the probe has not ended it yet.
            self._disturbed[-1] = replace(self._disturbed[-1], end_s=now_s + _GIVEN_BACK_S)
        self._poller.poll(now_s)
        self._look_for_exits()
        self._silence.look(self._clock.monotonic_s())
        self._idleness.look(now_s, self._poller.processes)
        self._script.remember(self._poller.processes)
        if now_s >= self._next_show_s:
            self._next_show_s = now_s + _SHOW_S
            self._progress.reading(self._spec, now_s, self._poller.rss_bytes, *self._feed.in_use_bytes)

    def _look_for_exits(self) -> None:
        for process in self._poller.processes:
            if process.pid != self._feed.main_pid:
                self._exits.follow(process.pid)
        for one in self._exits.ended():
            self._recorder.end(one.pid, one.status, one.last_words)

    def _nap(self) -> None:
        self._clock.sleep(max(0.001, min(NAP_S, self._next_tick_s - self.now_s)))

    def _ask(self, pacer: Pacer) -> Conclude | None:
        asked_s, used_s = self.now_s, self._clock.processor_s()
        so_far = self.evidence(asked_s)
        step = pacer.next_step(so_far)
        self._next_pace_s = asked_s + max(PACE_S, (self._clock.processor_s() - used_s) / PACE_SHARE)
        match step:
            case KeepWatching():
                if not self._extended and 0 < self._spec.duration_s < asked_s:
                    self._extended = True
                    self._progress.phase(self._spec, "extended")
                return None
            case Settle():
                self._settle(asked_s)
                return None
            case Conclude():
                self._concluded_on = so_far
                return step
            case _:
                assert_never(step)

    def _settle(self, now_s: float) -> None:
        """Ask for a collection, unless the probe has not finished the last one."""
        busy = self._feed.obeyed_seq < self._settle_seq and now_s < self._settle_asked_s + _SETTLE_PATIENCE_S
        if self._feed.heard and not busy:
            self._settle_seq = self._channel.collect()
            self._settle_asked_s = now_s
