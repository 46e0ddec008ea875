"""Takes out of readings what looking closer put into them, in the middle of a watch that went on. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from leakgate.model.evidence import Series
from leakgate.model.metrics import Metric

RESIDENT: Final = frozenset({Metric.RSS, Metric.ANON, Metric.USS})
COUNTERS: Final = frozenset({Metric.BLOCKS, Metric.NATIVE})
ENOUGH_S: Final = 3.0
"""With less than this read after allocations were traced, what was read before still says more."""


@dataclass(frozen=True, slots=True)
class Span:
    """A time in which leakgate looked closer, in seconds since the script was started."""

    start_s: float
    end_s: float
    traced: bool = False
    """Whether allocations were traced."""


def undisturbed(series: Series, spans: Sequence[Span]) -> Series:
    """The series without the readings in ``spans``, and without what stayed of them.

    What a probe needed to look at the heap is free again afterwards, but stays resident; a step up from before to
    after a span is taken off all later readings of resident memory. Counters of memory in use have such a step only
    after allocations were traced, for the tracer keeps names and tables. That cannot be told from what the program
    itself took meanwhile, so there the count begins anew.
    """
    if not spans:
        return series
    begin_s = _begin_s(series, spans) if series.metric in COUNTERS else 0.0
    kept: list[tuple[float, float]] = []
    step, next_span = 0.0, 0
    for t, value in zip(series.t_s, series.values, strict=True):
        if t < begin_s or any(span.start_s <= t <= span.end_s for span in spans):
            continue
        while next_span < len(spans) and t > spans[next_span].end_s:
            if kept and series.metric in RESIDENT:
                step = max(step, value - kept[-1][1])
            next_span += 1
        kept.append((t, value - step))
    return replace(series, t_s=tuple(t for t, _ in kept), values=tuple(value for _, value in kept))


def _begin_s(series: Series, spans: Sequence[Span]) -> float:
    last_s = series.t_s[-1] if series.t_s else 0.0
    return max((span.end_s for span in spans if span.traced and last_s - span.end_s >= ENOUGH_S), default=0.0)
