"""The slope of a few floors and its confidence interval, robust against outliers."""

from dataclasses import dataclass
from math import sqrt
from statistics import median

from leakgate.growth.floors import Points

Z_95 = 1.96
"""Standard errors to each side of an interval of 95 %, for a normal distribution."""


@dataclass(frozen=True, slots=True)
class Slope:
    """Units per second: the estimate and its 95 % interval."""

    per_s: float
    low: float
    high: float


def theil_sen(points: Points) -> Slope:
    """The median of all pairwise slopes, with Sen's distribution-free interval.

    Source: P. K. Sen, "Estimates of the regression coefficient based on Kendall's tau", JASA 63 (1968), section 6. The
    interval assumes independent readings, and floors of long sub-windows nearly are. With fewer than two points, all
    values are zero.
    """
    slopes = sorted(
        (points.values[j] - points.values[i]) / (points.t_s[j] - points.t_s[i])
        for i in range(len(points))
        for j in range(i + 1, len(points))
        if points.t_s[j] > points.t_s[i]
    )
    if not slopes:
        return Slope(0.0, 0.0, 0.0)
    n = len(points)
    spread = Z_95 * sqrt(n * (n - 1) * (2 * n + 5) / 18)
    lower = max(0, int((len(slopes) - spread) / 2))
    upper = min(len(slopes) - 1, len(slopes) - 1 - lower)
    return Slope(median(slopes), slopes[lower], slopes[max(upper, 0)])
