"""A large rise that slows down but still continues when the watch ends: it is never ``ok`` unless a budget allows it.

Such a rise is a cache that fills, or a leak in a program that slows down because of the leak. The holder of the memory
decides: a container without a limit, from which the code removes nothing, keeps all its entries. If no holder is known
that decides, the verdict is ``error``, and its message says so.
"""

from typing import Final

from leakgate.growth.assess import Assessment, slope_over
from leakgate.growth.sizes import block_scale
from leakgate.model.explanation import COUNTED_ROOTS, Holder
from leakgate.model.metrics import METRICS, Metric
from leakgate.model.report import Finding
from leakgate.model.units import format_change, format_duration
from leakgate.model.verdict import Verdict
from leakgate.verdict.case import Evidence
from leakgate.verdict.rules.growth_hints import longer_or_budget

LARGE_BYTES: Final = 50_000_000
"""Bytes. Imports and warm-up of large programs add less. A larger rise is relevant for the cost of a program."""
LARGE_SHARE: Final = 1 / 3
"""Share of the resident memory at the end: in a large program, a rise above ``LARGE_BYTES`` may be irrelevant."""
LAST: Final = 1 / 4
"""The last share of the window, in which memory must still rise."""
GOES_ON: Final = 0.1
"""Memory still rises if its rate in the last part is at least this share of the mean rate; that of a full cache is 0.
"""
LEAST_KEPT: Final = 0.25
"""The holder must account for at least this share of the rate at the end. It is not higher because the memory of a
holder is estimated from few entries."""


def large_rise(evidence: Evidence, *, known: bool) -> Finding | None:
    """``leak`` or ``known`` if an unbounded container explains it, else ``error``; None if no large rise continues.

    ``known``: whether the growth was accepted.
    """
    risen = max(evidence.judgement.assessments, key=lambda one: _rise(one, evidence), default=None)
    if risen is None or not _is_large(risen, evidence):
        return None
    grew = _rise(risen, evidence)
    metric = risen.signal.metric
    watched = format_duration(risen.window.end_s - risen.window.start_s)
    rise = f"{METRICS[metric].title} grew by {format_change(grew)} in {watched} and still grows when the watch ends"
    holder = _unbounded(evidence, _late_per_s(risen) * _scale(metric, evidence))
    if holder is None:
        return Finding(
            rule="growth",
            verdict=Verdict.ERROR,
            message=f"{rise}, more and more slowly: it may be a leak or a filling cache",
            hint=longer_or_budget(evidence),
            metric=metric,
        )

    return Finding(
        rule="growth",
        verdict=Verdict.KNOWN if known else Verdict.LEAK,
        message=(
            f"{rise}, kept by {holder.path} ({holder.container_type}), which has no limit and from which no code "
            f"removes entries{'; known' if known else ''}"
        ),
        metric=metric,
    )


def _scale(metric: Metric, evidence: Evidence) -> float:
    return block_scale(evidence.trial.explanation) if metric is Metric.HEAP else 1.0


def _rise(one: Assessment, evidence: Evidence) -> float:
    return one.window.growth * _scale(one.signal.metric, evidence)


def _late_per_s(one: Assessment) -> float:
    window = one.window
    return slope_over(one.signal.points, window.end_s - LAST * (window.end_s - window.start_s), window.end_s).per_s


def _is_large(one: Assessment, evidence: Evidence) -> bool:
    resident = evidence.trend(Metric.RSS)
    grew, span_s = _rise(one, evidence), one.window.end_s - one.window.start_s
    if resident is None or span_s <= 0 or grew < LARGE_BYTES or grew < LARGE_SHARE * resident.end:
        return False
    return _late_per_s(one) >= GOES_ON * one.window.growth / span_s


def _unbounded(evidence: Evidence, late_per_s: float) -> Holder | None:
    """The holder that keeps most, if it has no limit, is not emptied, and keeps enough to explain the rise."""
    for holder in evidence.keepers[:1]:
        limited = holder.bound is not None or holder.evicts or holder.root_kind in COUNTED_ROOTS
        if not limited and holder.grew_per_min > 0 and holder.kept_bytes_per_s >= LEAST_KEPT * late_per_s:
            return holder
    return None
