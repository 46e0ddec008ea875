"""The rule on the baseline: a script that needs clearly more memory than when it was last accepted."""

from typing import Final

from leakgate.model.baseline import BaselineEntry
from leakgate.model.metrics import Metric
from leakgate.model.report import Finding
from leakgate.model.units import format_size
from leakgate.model.verdict import Verdict
from leakgate.verdict.case import Evidence

PEAK_NOISE_BYTES: Final = 8_000_000
"""Peaks of the same program differ from run to run: by one or two arenas, by thread stacks, and by the moment of a
reading."""


def allowed_peak_bytes(recorded_bytes: float, tolerance: float) -> float:
    """The highest peak that passes, from the recorded peak. ``tolerance``: a fraction of it."""
    return recorded_bytes * (1 + tolerance) + PEAK_NOISE_BYTES


def judge_regression(evidence: Evidence) -> Finding | None:
    """Return ``regression`` if the peak exceeds that of the baseline by more than tolerance and noise; else None."""
    rss = evidence.trend(Metric.RSS)
    return None if rss is None else higher_peak(evidence.baseline, rss.peak, evidence.target.tolerance)


def higher_peak(entry: BaselineEntry | None, peak_bytes: float, tolerance: float) -> Finding | None:
    """Return ``regression`` if a peak clearly exceeds that of the baseline; else None. ``tolerance``: a fraction."""
    if entry is None or entry.peak_bytes <= 0 or peak_bytes <= allowed_peak_bytes(entry.peak_bytes, tolerance):
        return None
    return Finding(
        rule="regression",
        verdict=Verdict.REGRESSION,
        message=f"RSS peaked at {format_size(peak_bytes)}; the baseline records {format_size(entry.peak_bytes)}",
        hint="find what needs the memory, or accept it with `leakgate baseline update`",
        metric=Metric.RSS,
    )
