"""Numbers in the words of all reports: a count with its noun, a rate, a part of the growth. Pure."""

from typing import Final

from leakgate.model.metrics import METRICS, Metric, Unit
from leakgate.model.units import format_count, format_rate, format_size

_SLOW_BYTES_PER_S: Final = 10.0
"""A rate below this has one decimal, so that it does not round to zero."""


def plural(count: int, noun: str) -> str:
    """Return a number and a noun: ``1 script``, ``2 scripts``."""
    return f"{format_count(count)} {noun}{'' if count == 1 else 's'}"


def rate(bytes_per_s: float) -> str:
    """Return a rate per second; all reports use this unit for rates of memory."""
    if round(abs(bytes_per_s), 1) >= _SLOW_BYTES_PER_S or round(bytes_per_s, 1) == 0:
        return format_rate(bytes_per_s)
    return f"{bytes_per_s:+.1f} B/s"


def level(metric: Metric, value: float) -> str:
    """Return how much there is of a metric: ``91.9 MB``, ``12``.

    Live Python memory is counted in blocks, and the size of a block is known for those that grew at most. So its level
    is an estimate: ``about 130 MB``.
    """
    if METRICS[metric].unit is not Unit.BYTES:
        return format_count(value)
    return f"{'about ' if metric is Metric.HEAP else ''}{format_size(value)}"


def share(part: float) -> str:
    """Return a part of all growth: ``81 %``."""
    return f"{part * 100:.0f} %"
