"""The words of all reports for types that grow: how fast, and which part of the growth they make up. Pure."""

from typing import Final

from leakgate.model.explanation import TypeGrowth
from leakgate.model.metrics import Metric
from leakgate.model.report import TargetResult
from leakgate.report.number_words import rate, share

MOST_OF_HEAP: Final = 2.0
"""A multiple of the growth of live Python memory. Types that seem to take more than this own memory elsewhere, such as
mapped files."""


def type_rate(growth: TypeGrowth) -> str:
    """Return how many more instances per minute: ``+1,240``, or ``about +1,240`` if estimated, not counted."""
    return f"{'about ' if growth.estimated else ''}{growth.count_per_min:+,.0f}"


def type_bytes_per_s(growth: TypeGrowth) -> float:
    """Return the bytes per second that the new instances take."""
    return growth.count_per_min * growth.bytes_each / 60


def types_part(result: TargetResult, most: int) -> str:
    """Return which part of the growth of live Python memory the first ``most`` types make up; empty if none grows.

    ``These types make up +302 KB/s, 78 % of the growth of live Python memory; 3 more types grow.`` Sizes and counts are
    partly estimated: if they add up to more than the memory grows, no rate is shown. If they add up to far more, only
    the rate is shown, because they own memory elsewhere.
    """
    if not result.types:
        return ""
    shown, hidden = result.types[:most], len(result.types) - most
    together = sum(map(type_bytes_per_s, shown))
    heap = result.trend(Metric.HEAP)
    if heap is None or heap.growth <= heap.noise or together > MOST_OF_HEAP * heap.per_s:
        part = f"These types make up {rate(together)}"
    elif together < heap.per_s:
        of_growth = share(together / heap.per_s)
        part = f"These types make up {rate(together)}, {of_growth} of the growth of live Python memory"
    else:
        part = "These types make up all growth of live Python memory"
    more = f"; {hidden} more {'type grows' if hidden == 1 else 'types grow'}" if hidden > 0 else ""
    return f"{part}{more}."
