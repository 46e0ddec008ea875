"""Stand-ins for the outside world: a clock that tests set, pacing that waits for events, and a recording progress."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Self

from leakgate.model.evidence import EndReason, TrialOk
from leakgate.model.explain_raw import RawExplanation
from leakgate.model.explanation import Explanation
from leakgate.model.metrics import Metric
from leakgate.model.report import TargetResult
from leakgate.model.step import Conclude, ExplainPlan, KeepWatching, Settle, Step
from leakgate.model.target import TargetSpec

LEAST_READINGS: Final = 12
"""A few more readings of the tree than a verdict needs."""
LEAST_WATCHED_S: Final = 1.2
"""Seconds. A little longer than the shortest watch that is judged."""


@dataclass
class FakeClock:
    """Time passes only in `sleep`."""

    now_s: float = 1_000.0
    slept: list[float] = field(default_factory=list)

    def monotonic_s(self) -> float:
        return self.now_s

    def processor_s(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now_s += seconds

    def utc_iso(self) -> str:
        return "2026-01-02T03:04:05Z"


def is_judgeable(so_far: TrialOk) -> bool:
    """Whether the watch was long enough, with enough readings, to be judged."""
    resident = sum(len(one) for one in so_far.tree if one.metric is Metric.RSS)
    return so_far.watched_s >= LEAST_WATCHED_S and resident >= LEAST_READINGS


def is_probed(so_far: TrialOk, processes: int = 1) -> bool:
    """Whether the watch can be judged, and the probes of this many processes have reported."""
    return is_judgeable(so_far) and sum(track.probed for track in so_far.processes) >= processes


def never(_so_far: TrialOk) -> bool:
    """For scripts that end by themselves."""
    return False


@dataclass
class PatientPacer:
    """Concludes when the event has been seen, however long a busy machine needs.

    After ``patience_s`` it concludes anyway, and the test fails because the event is missing.
    """

    seen_enough: Callable[[TrialOk], object] = is_judgeable
    explain: ExplainPlan | None = None
    collects: bool = False
    """Whether it asks for a full collection again and again."""
    patience_s: float = 240.0
    seen: list[TrialOk] = field(default_factory=list)

    def next_step(self, so_far: TrialOk) -> Step:
        self.seen.append(so_far)
        if self.seen_enough(so_far) or so_far.watched_s >= self.patience_s:
            return Conclude(reason=EndReason.DURATION, explain=self.explain)
        return Settle() if self.collects else KeepWatching()

    def confirms(self, explanation: Explanation | None) -> bool:
        return explanation is not None

    def agrees(self, explanation: Explanation | None) -> bool:
        return explanation is not None

    def last_look(self, so_far: TrialOk) -> ExplainPlan | None:
        self.seen.append(so_far)
        return self.explain


@dataclass
class KeepingExplainer:
    """Stores the answers that it gets."""

    answers: tuple[RawExplanation, ...] = ()

    watched_s: float = 0.0

    def reader_of(self, watched: TrialOk) -> Self:
        self.watched_s = watched.watched_s
        return self

    def explanation_of(self, answers: tuple[RawExplanation, ...]) -> Explanation | None:
        self.answers = answers
        return Explanation(window_s=self.watched_s)

    def needs_native(self, answers: tuple[RawExplanation, ...]) -> bool:
        del answers
        return False


@dataclass
class Onlooker:
    """Records all calls; sets an event when a phase begins."""

    phases: list[str] = field(default_factory=list)
    readings: list[tuple[float, int, int | None]] = field(default_factory=list)
    watching: threading.Event = field(default_factory=threading.Event)

    def run_started(self, targets: tuple[TargetSpec, ...]) -> None:
        self.phases.append("run")

    def target_started(self, target: TargetSpec) -> None:
        self.phases.append("started")

    def tests(self, target: TargetSpec, done: int, total: int) -> None:
        pass

    def reading(
        self, target: TargetSpec, at_s: float, rss_bytes: int, heap_bytes: int | None, native_bytes: int | None
    ) -> None:
        self.readings.append((at_s, rss_bytes, heap_bytes))

    def phase(self, target: TargetSpec, phase: str) -> None:
        self.phases.append(phase)
        if phase == "watching":
            self.watching.set()

    def target_finished(self, result: TargetResult) -> None:
        self.phases.append("finished")

    def run_finished(self) -> None:
        self.phases.append("run finished")
