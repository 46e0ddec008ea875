"""Tests and callables that were repeated: the readings of each, and the answer of leakgate."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

_LONGEST_MESSAGE: Final = 300


class TestOutcome(StrEnum):
    """How the first, normal run of a test ended."""

    __test__ = False

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    XFAILED = "xfailed"
    DIED = "died"
    """Its process ended while it ran."""


class TestAnswer(StrEnum):
    """The answer on one test after its repetitions."""

    __test__ = False

    OK = "ok"
    KNOWN = "known"
    """A leak that the baseline or a suppression records."""
    LEAK = "leak"
    OVER_BUDGET = "over-budget"
    REGRESSION = "regression"
    """A leak that the baseline records, but that grows by clearly more in each call than it records."""
    INCONCLUSIVE = "inconclusive"
    TOO_SLOW = "too-slow"
    """It made fewer repetitions in its time than the rule needs."""
    NOT_REPEATABLE = "not-repeatable"
    """A repetition failed although the normal run did not."""
    NOT_REPEATED = "not-repeated"
    """It was skipped, is expected to fail, or is marked not to be repeated."""
    FAILED = "failed"
    """Its normal run failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repetitions:
    """One series of repetitions of a test in one process."""

    answer: str
    """The answer of the rule, as the runner gave it: a value of ``growth.counts``."""
    count: int
    stopped: str
    """``decided``, ``time``, ``repetitions``, ``failed``, or ``rested``: levels after rests decided."""
    seconds: float
    failure: str = ""
    """The error of the first repetition that failed: hostile text."""
    readings: Mapping[str, tuple[int, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """The readings of each counter; see ``growth.counts.Readings``."""
    caches: tuple[str, ...] = ()
    """Bounded caches that grew and were emptied before each further reading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PerCall:
    """Growth of one leak, or one test, for each call."""

    blocks: float = 0.0
    """Live blocks of Python's allocator."""
    bytes: float = 0.0
    """Live bytes, Python's and native ones together; 0 if they are not known."""
    fds: float = 0.0
    threads: float = 0.0
    tasks: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Excluded:
    """The smallest steady leaks that an ``ok`` excludes. None: that counter was not read, or did not come to rest."""

    blocks: float | None = None
    """Blocks per call: 1/16 stands for one block in 16 calls."""
    native_bytes: float | None = None
    """Bytes of native memory per call."""
    references: bool = False
    """Whether containers were counted too, which grow alone if they collect references to objects that live anyway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedTest:
    """One test after judging."""

    id: str
    answer: TestAnswer
    message: str
    """One sentence: what grows, or what an ``ok`` excludes."""
    repetitions: int = 0
    seconds: float = 0.0
    per_call: PerCall = PerCall()
    excluded: Excluded | None = None
    """What an ``ok`` of flat counters excludes; None for other answers, and for growth that is allowed."""
    leaks: tuple[str, ...] = ()
    """Signatures of the leaks that it shows."""
    file: str = ""
    line: int = 0


def error_line(text: str) -> str:
    """Return the line that best describes a failure.

    That is pytest's first line of the error, else the last line of a traceback, else the first line of a message.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    marked = next((line[1:].strip() for line in lines if line.startswith("E ")), "")
    if marked or not lines:
        return marked[:_LONGEST_MESSAGE]
    has_trace = any(line.startswith(("Traceback", 'File "')) for line in lines)
    return lines[-1 if has_trace else 0][:_LONGEST_MESSAGE]
