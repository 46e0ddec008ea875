"""The rates of places, holders and types as they were before leakgate looked closer, which slows the program. Pure."""

from dataclasses import replace
from typing import Final

from leakgate.growth.assess import Assessment
from leakgate.growth.noise import BYTES_PER_BLOCK
from leakgate.growth.signals import raw
from leakgate.model.explanation import TypeGrowth
from leakgate.model.metrics import Metric
from leakgate.model.report import Leak
from leakgate.verdict.case import Evidence

_LEAST_LOOK_S: Final = 1.0
"""A look that is shorter says little about a rate."""
_LARGEST_FACTOR: Final = 20.0
"""Tracing slows a program by up to about ten times. A larger factor comes from a program that rested meanwhile."""


def rated(evidence: Evidence) -> Evidence:
    """Return the evidence with the rates that the leaks and their holders had before leakgate looked closer.

    The rate of a place in the tracing window is too low, but its share of the growth is not. The rate of a leak is this
    share of the growth that the counters saw. Entries of holders are counted, so their rate is scaled.
    """
    per_s = evidence.live_bytes_per_s
    if per_s <= 0:
        return evidence
    slowed = slowed_by(evidence)
    return replace(evidence, leaks=tuple(_rated(leak, per_s, slowed) for leak in evidence.leaks))


def rated_types(evidence: Evidence) -> tuple[TypeGrowth, ...]:
    """Return the types that grow, with the rates that they had before leakgate looked closer."""
    found = evidence.trial.explanation
    slowed = slowed_by(evidence)
    types = () if found is None else found.types
    return tuple(replace(one, count_per_min=slowed * one.count_per_min) for one in types)


def slowed_by(evidence: Evidence) -> float:
    """Return how many times slower live Python memory grew while leakgate looked closer; 1 if that is not sure.

    It is known from the readings before and after the look. What the look itself left in memory makes the factor
    smaller, never larger.
    """
    leading = evidence.judgement.leading
    pid = leading.signal.pid if leading is not None else 0
    heaps = [one for one in evidence.judgement.assessments if _is_of_one_process(one)]
    fastest = max(heaps, key=lambda one: one.slope.per_s, default=None)
    heap = next((one for one in heaps if one.signal.pid == pid), fastest)
    if heap is None or heap.slope.per_s <= 0:
        return 1.0
    track = next(one for one in evidence.trial.processes if one.pid == heap.signal.pid)
    blocks = raw(track.series, Metric.BLOCKS)
    if blocks is None or blocks.t_s[-1] - evidence.judgement.end_s < _LEAST_LOOK_S:
        return 1.0
    took_s = blocks.t_s[-1] - evidence.judgement.end_s
    grew = blocks.values[-1] * BYTES_PER_BLOCK - _level_at_end(heap, evidence.judgement.end_s)
    if grew <= heap.signal.noise.allowed(took_s):
        return 1.0
    return min(max(1.0, heap.slope.per_s * took_s / grew), _LARGEST_FACTOR)


def _level_at_end(heap: Assessment, end_s: float) -> float:
    """Return the floor at the end of the watch, in bytes: garbage that waits for a collection does not count."""
    late = heap.signal.points.between(heap.window.start_s + (end_s - heap.window.start_s) / 2, end_s + _LEAST_LOOK_S)
    pairs = zip(late.t_s, late.values, strict=True)
    return min((value + heap.slope.per_s * (end_s - t_s) for t_s, value in pairs), default=0.0)


def _is_of_one_process(one: Assessment) -> bool:
    return one.signal.metric is Metric.HEAP and one.signal.exact and one.signal.pid > 0 and one.signal.recycled is None


def _rated(leak: Leak, per_s: float, slowed: float) -> Leak:
    holder = leak.holder
    if holder is not None:
        kept_per_s, per_min = slowed * holder.kept_bytes_per_s, slowed * holder.grew_per_min
        holder = replace(holder, kept_bytes_per_s=kept_per_s, grew_per_min=per_min)
    return replace(leak, site=replace(leak.site, bytes_per_s=leak.site.share * per_s), holder=holder)
