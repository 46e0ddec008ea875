"""The Protocols through which the inner rooms use the outside world, and an implementation that does nothing."""

from typing import Protocol

from leakgate.model.evidence import TrialOk
from leakgate.model.explain_raw import RawExplanation
from leakgate.model.explanation import Explanation
from leakgate.model.report import TargetResult
from leakgate.model.step import ExplainPlan, Step
from leakgate.model.target import TargetSpec


class Clock(Protocol):
    """Time, so that tests do not have to wait."""

    def monotonic_s(self) -> float:
        """Return seconds that never decrease; only differences have a meaning."""
        ...

    def processor_s(self) -> float:
        """Return the processor time that this thread has used, in seconds."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...

    def utc_iso(self) -> str:
        """Return the current time in UTC, ISO 8601 with whole seconds."""
        ...


class Progress(Protocol):
    """Receives events while scripts are measured. With ``--jobs``, several threads call its methods."""

    def run_started(self, targets: tuple[TargetSpec, ...]) -> None:
        """The run begins; these scripts will be measured."""
        ...

    def target_started(self, target: TargetSpec) -> None:
        """A script is being started."""
        ...

    def reading(
        self, target: TargetSpec, at_s: float, rss_bytes: int, heap_bytes: int | None, native_bytes: int | None
    ) -> None:
        """A reading was taken: RSS of the process tree; counters of the main process's probe, None if absent."""
        ...

    def phase(self, target: TargetSpec, phase: str) -> None:
        """The script enters a phase, such as ``watching``, ``extended``, ``explaining`` or ``stopping``."""
        ...

    def tests(self, target: TargetSpec, done: int, total: int) -> None:
        """``done`` tests of a suite are done; ``total`` is 0 until the tests are collected."""
        ...

    def target_finished(self, result: TargetResult) -> None:
        """A script was judged."""
        ...

    def run_finished(self) -> None:
        """No more calls will come."""
        ...


class Pacer(Protocol):
    """The rules that decide what to do next while one script is watched."""

    def next_step(self, so_far: TrialOk) -> Step:
        """Return the next step, ``so_far.watched_s`` seconds into the run. Ignore the ending in ``so_far``."""
        ...

    def confirms(self, explanation: Explanation | None) -> bool:
        """Whether the answer "leak" stands after the quick look at the holders; if not, the watch continues."""
        ...

    def agrees(self, explanation: Explanation | None) -> bool:
        """Whether a revocable answer stands after allocations were traced; if not, the watch continues."""
        ...

    def last_look(self, so_far: TrialOk) -> ExplainPlan | None:
        """Return what to explain if the user ends the watch now; None: nothing."""
        ...


class ExplanationReader(Protocol):
    """Makes explanations from the answers of the probes to questions about one watch."""

    def explanation_of(self, answers: tuple[RawExplanation, ...]) -> Explanation | None:
        """Return what the answers say about the watched script; None if they say nothing."""
        ...

    def needs_native(self, answers: tuple[RawExplanation, ...]) -> bool:
        """Return whether tracing saw so little of the growth that places of native memory are needed as well."""
        ...


class Explainer(Protocol):
    """Knows how the answers of the probes are read."""

    def reader_of(self, watched: TrialOk) -> ExplanationReader:
        """Return the reader of the answers about what was watched. The growth is judged here, once."""
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
