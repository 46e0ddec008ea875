"""What the inner rooms need of the outside world, as Protocols; and the null objects that stand in for nobody."""

from typing import Protocol

from leakgate.model.report import TargetResult
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

    def reading(self, target: TargetSpec, at_s: float, rss_bytes: int, live_bytes: int | None) -> None:
        """A reading was taken: the tree's RSS, and live memory where a probe counts it."""
        ...

    def phase(self, target: TargetSpec, phase: str) -> None:
        """What is happening to the script now: ``watching``, ``extended``, ``explaining``, ``stopping``."""
        ...

    def target_finished(self, result: TargetResult) -> None:
        """A script was judged."""
        ...

    def run_finished(self) -> None:
        """No more calls will come."""
        ...


class NoProgress:
    """Nobody looks on."""

    def run_started(self, targets: tuple[TargetSpec, ...]) -> None:
        """Nothing to show."""

    def target_started(self, target: TargetSpec) -> None:
        """Nothing to show."""

    def reading(self, target: TargetSpec, at_s: float, rss_bytes: int, live_bytes: int | None) -> None:
        """Nothing to show."""

    def phase(self, target: TargetSpec, phase: str) -> None:
        """Nothing to show."""

    def target_finished(self, result: TargetResult) -> None:
        """Nothing to show."""

    def run_finished(self) -> None:
        """Nothing to show."""
