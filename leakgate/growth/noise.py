"""How much a floor may move by noise."""

from dataclasses import dataclass
from typing import Final

BYTES_PER_BLOCK: Final = 80.0
"""Mean size of a live block of Python's allocator where none was traced; 55 to 110 in the programs of the corpus."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """The noise floor of one quantity."""

    per_s: float
    """Bytes a second: a slower rise is not told from noise."""
    at_least: float
    """Bytes: a smaller rise in all is not, either."""

    def allowed(self, span_s: float) -> float:
        """The rise over ``span_s`` seconds that is not significant."""
        return max(self.per_s * span_s, self.at_least)
