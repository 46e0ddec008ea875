"""The words of all reports for types that grow: how fast, and which part of the growth they make up. Pure."""

from leakgate.model.explanation import TypeGrowth
from leakgate.model.metrics import Metric
from leakgate.model.report import TargetResult
from leakgate.report.words import rate, share


def type_rate(growth: TypeGrowth) -> str:
    """Return how many more instances per minute: ``+1,240``, or ``about +1,240`` if estimated, not counted."""
    return f"{'about ' if growth.estimated else ''}{growth.count_per_min:+,.0f}"


def type_bytes_per_s(growth: TypeGrowth) -> float:
    """Return the bytes per second that the new instances take."""
    return growth.count_per_min * growth.bytes_each / 60


def types_part(result: TargetResult, most: int) -> str:
    """Which part of the growth of live Python memory the first ``most`` types show; empty where none grows.

    ``These types make up +302 KB/s of the +389 KB/s by which live Python memory grows; 3 more types grow.``
    """
    if not result.types:
        return ""
    shown, hidden = result.types[:most], len(result.types) - most
    together = sum(map(type_bytes_per_s, shown))
    heap = result.trend(Metric.HEAP)
    part = f"These types make up {rate(together)}"
    if heap is not None and heap.growth > heap.noise:
        part += f", {share(min(1.0, together / heap.per_s))} of the growth of live Python memory"
    more = f"; {hidden} more {'type grows' if hidden == 1 else 'types grow'}" if hidden > 0 else ""
    return f"{part}{more}."
