"""Fewer readings with the same floors and peaks, for charts and for files that people keep."""

from leakgate.model.evidence import Series


def thinned(series: Series, points: int) -> Series:
    """At most ``points`` readings: the first, the last, and of each equal run between them the lowest and highest.

    Minima are what leakgate judges and maxima are peaks, so neither is averaged away. Thinning twice changes nothing.
    """
    if len(series) <= points:
        return series
    kept = {0, len(series) - 1}
    runs = (points - 2) // 2
    inner = len(series) - 2
    for run in range(runs):
        first, end = 1 + run * inner // runs, 1 + (run + 1) * inner // runs
        stretch = series.values[first:end]
        kept.add(first + stretch.index(min(stretch)))
        kept.add(first + stretch.index(max(stretch)))
    order = sorted(kept)
    return Series(
        series.metric,
        tuple(series.t_s[index] for index in order),
        tuple(series.values[index] for index in order),
        series.settled,
    )
