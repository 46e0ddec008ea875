"""The Protocols through which the inner rooms use the outside world, and objects that do nothing."""

from typing import Protocol

from leakgate.model.evidence import TrialOk
from leakgate.model.explain_raw import RawExplanation
from leakgate.model.explanation import Explanation
from leakgate.model.report import TargetResult
from leakgate.model.step import ExplainPlan, Step
from leakgate.model.target import TargetSpec


class Clock(Protocol):
    """Time, so that tests need not wait."""

    def monotonic_s(self) -> float:
        """Seconds that never go back; the origin means nothing."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...

    def utc_iso(self) -> str:
        """Now, UTC, ISO 8601 with whole seconds."""
        ...


class Progress(Protocol):
    """Somebody who looks on while scripts are measured. Called from several threads with ``--jobs``."""

    def run_started(self, targets: tuple[TargetSpec, ...]) -> None:
        """The run begins; these scripts will be measured."""
        ...

    def target_started(self, target: TargetSpec) -> None:
        """A script is being started."""
        ...

    def reading(
        self, target: TargetSpec, at_s: float, rss_bytes: int, heap_bytes: int | None, native_bytes: int | None
    ) -> None:
        """A reading was taken: the tree's RSS, and what the main process's probe counts, where it can."""
        ...

    def phase(self, target: TargetSpec, phase: str) -> None:
        """What is happening to the script now: ``watching``, ``extended``, ``explaining``, ``stopping``."""
        ...

    def tests(self, target: TargetSpec, done: int, total: int) -> None:
        """So many tests of a suite are done; ``total`` is 0 until they are collected."""
        ...

    def target_finished(self, result: TargetResult) -> None:
        """A script was judged."""
        ...

    def run_finished(self) -> None:
        """No more calls will come."""
        ...


class Pacer(Protocol):
    """The rules that decide, while one script is watched, what to do next."""

    def next_step(self, so_far: TrialOk) -> Step:
        """What to do now, ``so_far.watched_s`` seconds into the run. The ending in ``so_far`` means nothing yet."""
        ...

    def confirms(self, explanation: Explanation | None) -> bool:
        """Whether an answer that was given early stands, now that it was explained; if not, the watch goes on."""
        ...

    def agrees(self, explanation: Explanation | None) -> bool:
        """Whether an explanation bears an early answer out; if not, the watch goes on."""
        ...

    def last_look(self, so_far: TrialOk) -> ExplainPlan | None:
        """What to explain when the user ends the watch now; None: nothing."""
        ...


class Explainer(Protocol):
    """The rules that make an explanation of the probes' answers."""

    def __call__(self, answers: tuple[RawExplanation, ...], watched: TrialOk) -> Explanation | None:
        """What the answers say of the script that was watched."""
        ...


class NoProgress:
    """A progress that shows nothing."""

    def run_started(self, targets: tuple[TargetSpec, ...]) -> None:
        """Nothing to show."""

    def target_started(self, target: TargetSpec) -> None:
        """Nothing to show."""

    def reading(
        self, target: TargetSpec, at_s: float, rss_bytes: int, heap_bytes: int | None, native_bytes: int | None
    ) -> None:
        """Nothing to show."""

    def phase(self, target: TargetSpec, phase: str) -> None:
        """Nothing to show."""

    def tests(self, target: TargetSpec, done: int, total: int) -> None:
        """Nothing to show."""

    def target_finished(self, result: TargetResult) -> None:
        """Nothing to show."""

    def run_finished(self) -> None:
        """Nothing to show."""
