"""A series of readings as a small picture in text."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

_BARS: Final = "\u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588"
_ASCII_BARS: Final = "_.-~=+*#"
_LEAST_RANGE: Final = 0.1
"""Part of the highest value. A range below it does not use the full height, so that noise does not look like growth."""


def sparkline(values: Sequence[float], width: int, *, least: float | None = None, unicode: bool = True) -> str:
    """Return at most ``width`` bars, each the mean of its share of the values; empty without values.

    ``least``: the smallest range for the full height, such as a multiple of the noise; None: a tenth of the highest
    value.
    """
    bars = _BARS if unicode else _ASCII_BARS
    means = bucket_means(values, width)
    if not means:
        return ""
    lowest, highest = min(means), max(means)
    reach = max(highest - lowest, _LEAST_RANGE * abs(highest) if least is None else least) or 1.0
    return "".join(bars[min(int((mean - lowest) / reach * len(bars)), len(bars) - 1)] for mean in means)


def bucket_means(values: Sequence[float], count: int) -> list[float]:
    """Return the mean of each of at most ``count`` buckets of (nearly) equal size, in order."""
    buckets = max(0, min(count, len(values)))
    edges = [at * len(values) // buckets for at in range(buckets + 1)] if buckets else []
    return [sum(values[low:high]) / (high - low) for low, high in pairwise(edges)]
