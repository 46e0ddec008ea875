"""Descriptors, threads, tasks and child processes that pile up: which code creates them, and at what rate."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from leakgate.blame.holders import FrameNamer
from leakgate.model.explain_raw import RawExplanation
from leakgate.model.explanation import Explanation, Frame, ResourceGrowth
from leakgate.model.metrics import COUNTED, Metric
from leakgate.model.report import Trend

MAX_RESOURCES: Final = 20

Blamer = Callable[[tuple[Frame, ...]], int]


def resources_of(answers: Iterable[RawExplanation], frames: FrameNamer, blame: Blamer) -> tuple[ResourceGrowth, ...]:
    """The resources that all processes created and kept during the look, by kind and blamed line; most first."""
    found: dict[tuple[str, str, object], ResourceGrowth] = {}
    for row in (row for raw_answer in answers for row in raw_answer.resources if row.metric in COUNTED):
        stack = frames(row.frames) if row.frames else ()
        index = blame(stack) if stack else 0
        key = row.metric, row.what, (stack[index].file, stack[index].line) if stack else None
        per_min = 60.0 * row.count / row.watched_s if row.watched_s > 0 else 0.0
        known = found.get(key)
        if known is None:
            found[key] = ResourceGrowth(
                metric=Metric(row.metric),
                what=row.what,
                grew_count=row.count,
                per_min=per_min,
                frames=stack,
                blame=index,
            )
        else:
            found[key] = replace(known, grew_count=known.grew_count + row.count, per_min=known.per_min + per_min)
    return tuple(sorted(found.values(), key=lambda one: (COUNTED.index(one.metric), -one.grew_count))[:MAX_RESOURCES])


def resources_that_grow(
    explanation: Explanation | None, trends: Iterable[Trend], metrics: Iterable[Metric]
) -> tuple[ResourceGrowth, ...]:
    """The resources of these metrics that pile up, at the rates of the watch, because tracing slows a program.

    If the look saw no resource of a metric being created, only the growth of the counter is known.
    """
    by_metric = {trend.metric: trend for trend in trends}
    found: list[ResourceGrowth] = []
    for metric in metrics:
        trend = by_metric.get(metric)
        if trend is None:
            continue
        per_min = 60.0 * trend.per_s
        rows = [one for one in explanation.resources if one.metric is metric] if explanation is not None else []
        total = sum(row.grew_count for row in rows)
        if total > 0:
            found += [replace(row, per_min=per_min * row.grew_count / total) for row in rows]
        else:
            found.append(ResourceGrowth(metric=metric, what="", grew_count=round(trend.growth), per_min=per_min))
    return tuple(found)
