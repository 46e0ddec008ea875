"""Stand-ins for what is outside: a clock that is set by hand, pacing by the clock alone, an onlooker that remembers."""

import threading
from dataclasses import dataclass, field

from leakgate.model.evidence import EndReason, TrialOk
from leakgate.model.explain_raw import RawExplanation
from leakgate.model.explanation import Explanation
from leakgate.model.report import TargetResult
from leakgate.model.step import Conclude, ExplainPlan, KeepWatching, Settle, Step
from leakgate.model.target import TargetSpec


@dataclass
class FakeClock:
    """Time passes when somebody sleeps."""

    now_s: float = 1_000.0
    slept: list[float] = field(default_factory=list)

    def monotonic_s(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now_s += seconds

    def utc_iso(self) -> str:
        return "2026-01-02T03:04:05Z"


@dataclass
class TimedPacer:
    """Concludes after some seconds, whatever was read; asks for a collection at given moments before."""

    duration_s: float
    explain: ExplainPlan | None = None
    settle_at_s: tuple[float, ...] = ()
    seen: list[TrialOk] = field(default_factory=list)

    def next_step(self, so_far: TrialOk) -> Step:
        self.seen.append(so_far)
        if so_far.watched_s >= self.duration_s:
            return Conclude(reason=EndReason.DURATION, explain=self.explain)
        if self.settle_at_s and so_far.watched_s >= self.settle_at_s[0]:
            self.settle_at_s = self.settle_at_s[1:]
            return Settle()
        return KeepWatching()

    def confirms(self, explanation: Explanation | None) -> bool:
        return explanation is not None

    def agrees(self, explanation: Explanation | None) -> bool:
        return explanation is not None

    def last_look(self, so_far: TrialOk) -> ExplainPlan | None:
        self.seen.append(so_far)
        return self.explain


@dataclass
class KeepingExplainer:
    """Keeps the answers that it is given."""

    answers: tuple[RawExplanation, ...] = ()

    def __call__(self, answers: tuple[RawExplanation, ...], watched: TrialOk) -> Explanation | None:
        self.answers = answers
        return Explanation(window_s=watched.watched_s)


@dataclass
class Onlooker:
    """Remembers what it is told; sets an event when a phase begins."""

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
