"""The types of the Python API: the result of `leakgate.check`, and the type of the fixture `leak_check`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

CheckAnswer = Literal["ok", "inconclusive", "too-slow"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """The result of a check that found no leak."""

    answer: CheckAnswer
    """``ok``, ``inconclusive`` (neither at rest nor a steady rise) or ``too-slow`` (fewer than 20 calls in time)."""
    message: str
    """The leaks that an ``ok`` excludes, or why there is no answer."""
    calls: int
    """How often the callable was called."""
    blocks_per_call: float = 0.0
    bytes_per_call: float = 0.0


class LeakCheck(Protocol):
    """The type of the fixture `leak_check`; the same parameters as those of `leakgate.check`."""

    def __call__(
        self,
        function: Callable[[], object],
        *,
        time_s: float = 2.0,
        blocks_per_call: float = 0.0,
        bytes_per_call: float = 0.0,
    ) -> CheckResult:
        """Call ``function`` repeatedly, and raise AssertionError if it leaks."""
        ...
