"""The result of repeating one test, callable or script."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Optional

    Once = Callable[[], Optional[str]]
    """One repetition; returns why it failed, None if it did not fail."""


class RepeatResult:
    """The result of the repetitions of one test."""

    __slots__ = ("answer", "caches", "failure", "readings", "repetitions", "seconds", "stopped")

    def __init__(self) -> None:
        self.answer = ""
        self.failure = ""
        """Why a repetition failed; empty if none failed."""
        self.readings: dict[str, list[int]] = {}
        self.repetitions = 0
        self.seconds = 0.0
        self.stopped = ""
        """Why it stopped: ``decided``, ``time``, ``repetitions``, ``failed``, or ``rested``: levels after rests."""
        self.caches: list[str] = []
        """Bounded caches that grew and were emptied."""
