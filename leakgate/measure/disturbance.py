"""Takes out of resident memory what looking closer put into it, in the middle of a watch that went on. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from leakgate.model.evidence import Series
from leakgate.model.metrics import Metric

RESIDENT: Final = frozenset({Metric.RSS, Metric.ANON, Metric.USS})
MEMORY: Final = RESIDENT | {Metric.BLOCKS, Metric.NATIVE}


@dataclass(frozen=True, slots=True)
class Span:
    """A time in which leakgate looked closer, in seconds since the script was started."""

    start_s: float
    end_s: float
    marks: frozenset[Metric] = RESIDENT
    """The metrics in which a step stays of it."""


def undisturbed(series: Series, spans: Sequence[Span]) -> Series:
    """The series without the readings in ``spans``, and without the steps that stayed of them.

    What a probe needed to look at the heap is free again afterwards, but stays resident; a step up from before to
    after a span is taken off all later readings. Counters of memory in use have such a step only after allocations
    were traced: the tracer keeps names and tables.
    """
    if not spans:
        return series
    kept: list[tuple[float, float]] = []
    step, next_span = 0.0, 0
    for t, value in zip(series.t_s, series.values, strict=True):
        if any(span.start_s <= t <= span.end_s for span in spans):
            continue
        while next_span < len(spans) and t > spans[next_span].end_s:
            if kept and series.metric in spans[next_span].marks:
                step = max(step, value - kept[-1][1])
            next_span += 1
        kept.append((t, value - step))
    return replace(series, t_s=tuple(t for t, _ in kept), values=tuple(value for _, value in kept))
