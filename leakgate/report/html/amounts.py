"""Values, rates and intervals of a metric as text, in its unit."""

from leakgate.model.metrics import Unit
from leakgate.model.report import Trend
from leakgate.model.units import format_count, format_rate, format_size


def interval(trend: Trend, unit: Unit) -> str:
    """Return the confidence interval of a trend's rate."""
    low, high = rate_of(trend.low_per_s, unit), rate_of(trend.high_per_s, unit)
    return f"{low.removesuffix('/min').removesuffix('/s')} to {high}"


def rate_of(per_s: float, unit: Unit) -> str:
    """Return a rate: memory per second, counted things per minute."""
    if unit is Unit.BYTES:
        return format_rate(per_s)
    return f"{'+' if per_s * 60 >= 0.5 else ''}{format_count(per_s * 60)}/min"


def amount(value: float, unit: Unit) -> str:
    """Return a value in the metric's unit."""
    return format_size(value) if unit is Unit.BYTES else format_count(value)
