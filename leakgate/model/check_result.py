"""The result of `leakgate.check` if it found no leak."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """The result of a check that found no leak."""

    answer: str
    """``ok``, ``inconclusive`` (neither at rest nor a steady rise) or ``too-slow`` (fewer than 20 calls in time)."""
    message: str
    """The leaks that an ``ok`` excludes, or why there is no answer."""
    calls: int
    """How often the callable was called."""
    blocks_per_call: float = 0.0
    bytes_per_call: float = 0.0
