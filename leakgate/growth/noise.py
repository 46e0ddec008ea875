"""How much a floor may move without meaning anything, metric by metric, each with its physical reason."""

from dataclasses import dataclass
from typing import Final

from leakgate.model.metrics import Metric

BYTES_PER_BLOCK: Final = 80.0
"""Mean size of a live block of Python's allocator where none was traced; 55 to 110 in the programs of the corpus."""


@dataclass(frozen=True, slots=True)
class Noise:
    """The noise floor of one quantity."""

    per_s: float
    """A slower rise is not told from noise."""
    at_least: float
    """A smaller rise in all is not, either."""
    clear_per_s: float
    """From this rate on a rise need not be very steady to be believed."""

    def allowed(self, span_s: float) -> float:
        """The rise over ``span_s`` seconds that is not significant."""
        return max(self.per_s * span_s, self.at_least)


NOISE: Final[dict[Metric, Noise]] = {
    # Exact counts. What moves them in a program at rest: interned strings, specialised bytecode, free lists, a few
    # hundred blocks now and then. 2 KB/s is half of the slowest leak that is to be found.
    Metric.HEAP: Noise(per_s=2_000, at_least=12_000, clear_per_s=16_000),
    # Exact counts, but the allocator's per-thread cache keeps up to 7 chunks of each of 64 sizes (glibc malloc.c,
    # TCACHE_FILL_COUNT) and counts them as used.
    Metric.NATIVE: Noise(per_s=2_000, at_least=24_000, clear_per_s=16_000),
    # Pages of the kernel: heaps grow in steps of 128 KiB (M_TOP_PAD) and 1 MiB (Python's arenas), and memory that is
    # free for the allocator is still resident. Only growth that no counter explains is judged by it.
    Metric.ANON: Noise(per_s=16_000, at_least=400_000, clear_per_s=100_000),
    Metric.RSS: Noise(per_s=16_000, at_least=400_000, clear_per_s=100_000),
}
