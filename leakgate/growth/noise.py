"""How much a floor may move by noise."""

from dataclasses import dataclass
from typing import Final

BYTES_PER_BLOCK: Final = 80.0
"""Assumed mean size of a live block of Python's allocator, before tracing; 55 to 110 in the programs of the corpus."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """The noise floor of one quantity."""

    per_s: float
    """Bytes per second: a slower rise counts as noise."""
    at_least: float
    """Bytes. A smaller total rise counts as noise too."""

    def allowed(self, span_s: float) -> float:
        """The largest rise over ``span_s`` seconds that counts as noise, in bytes."""
        return max(self.per_s * span_s, self.at_least)
